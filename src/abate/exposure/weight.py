"""Doses by body weight: as recorded, else as a dose per kg and its total in mg imply it."""

import ibis

from abate.timeline.joins import KEYS, beside


def implied_weights(drugs: ibis.Table, caps: ibis.Table) -> ibis.Table:
    """Return the body weight implied by per-kg doses and the total of the same drug.

    Parameters
    ----------
    drugs
        The record table: rows per kg with a dose count, and totals in mg of the same drug.
    caps
        ``drug, cap_mg``: largest single dose usually given. At the cap the weight is a lower bound.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, drug, weight_low, weight_high`` (kg) and the ``amount`` (mg),
        ``per_kg`` (mg/kg) and ``doses`` it rests on; ``weight_high`` is null at the cap.

    Notes
    -----
    It assumes that all doses per kg lie within the totals and that none was rounded: an
    implication, not a measurement.
    """
    rows = drugs.filter(drugs.status == "given")
    by_weight = rows.filter(rows.per_kg, rows.kind != "interval total", rows.amount.notnull())
    counts = by_weight.mutate(doses=ibis.coalesce(by_weight.dose_count, 1.0))
    counts = counts.group_by(*KEYS, "drug").aggregate(
        doses=counts.doses.sum(), milligrams_per_kg=(counts.doses * counts.amount).sum()
    )
    totals = rows.filter(rows.kind == "interval total", ~rows.per_kg, rows.amount.notnull())
    totals = totals.group_by(*KEYS, "drug").aggregate(amount=totals.amount.sum())
    joined = counts.join(totals, [*KEYS, "drug"]).filter(ibis._.amount > 0)
    joined = beside(joined, caps, ("drug",))
    weight = joined.amount / joined.milligrams_per_kg
    at_cap = ibis.coalesce(joined.amount / joined.doses >= joined.cap_mg, False)
    return joined.select(
        *KEYS,
        "drug",
        weight_low=weight,
        weight_high=ibis.ifelse(at_cap, ibis.null("float64"), weight),
        amount=joined.amount,
        per_kg=joined.milligrams_per_kg / joined.doses,
        doses=joined.doses,
    )


def daily_by_weight(courses: ibis.Table, weights: ibis.Table, implied: ibis.Table) -> ibis.Table:
    """Lay the daily dose by body weight beside courses.

    Parameters
    ----------
    courses
        ``patient_id, course_id, daily_low, daily_high`` (mg) and more.
    weights
        ``patient_id, course_id, weight_kg`` (null where none is recorded).
    implied
        From :func:`implied_weights`.

    Returns
    -------
    ibis.Table
        The courses with ``weight`` (``recorded``, ``implied`` or ``unknown``) and ``daily_per_kg_low,
        daily_per_kg_high`` (mg/kg). Where several drugs imply a weight, the bounds hold for all of them; the lower
        one is null where the weight is known only to be at least so much, both where it is not known.
    """
    bounds = implied.group_by(*KEYS).aggregate(
        weight_low=implied.weight_low.min(),
        weight_high=ibis.ifelse(implied.weight_high.isnull().any(), ibis.null("float64"), implied.weight_high.max()),
    )
    rows = beside(beside(courses, weights.select(*KEYS, "weight_kg")), bounds)
    return rows.mutate(
        weight=ibis.cases(
            (rows.weight_kg.notnull(), "recorded"), (rows.weight_low.notnull(), "implied"), else_="unknown"
        ),
        daily_per_kg_low=rows.daily_low / ibis.coalesce(rows.weight_kg, rows.weight_high),
        daily_per_kg_high=rows.daily_high / ibis.coalesce(rows.weight_kg, rows.weight_low),
    ).drop("weight_kg", "weight_low", "weight_high")
