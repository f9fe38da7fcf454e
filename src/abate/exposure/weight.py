"""The body weight that a dose per kg and its total in mg imply, where no weight is recorded."""

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
