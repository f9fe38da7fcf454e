"""Refractory to steroid or tocilizumab, and dependent on steroid: by operational definitions, since none is agreed on.

"Refractory" says that a grade did not fall while, or after, a drug was given. It never says that the drug failed.
"""

import ibis
import ibis.expr.types as ir

from abate.timeline.joins import DAY, KEYS, beside

YES, NO, UNKNOWN = "yes", "no", "not known"
NOT_KEPT = "not applicable: the dose was not kept so long"


def grades_of(computed: ibis.Table, toxicity: str, system: str) -> ibis.Table:
    """Return the days of one toxicity under one system: ``patient_id, course_id, day, low, high`` (null: not known)."""
    mine = computed.filter(computed.toxicity == toxicity, computed.system == system)
    low = ibis.coalesce(mine.primary_grade, mine.primary_low)
    return mine.select(*DAY, low=low.cast("int64"), high=mine.primary_grade.cast("int64"))


def _not_fallen(start: ibis.Table, grades: ibis.Table, days: int) -> ibis.Table:
    """Say whether a grade above 0 at a start had not fallen some days later, or was worse at any time until then.

    ``start`` has ``patient_id, course_id, start_day, kept``.
    """
    first = start.join(grades.select(*KEYS, start_day="day", start_low="low", start_high="high"), [*KEYS, "start_day"])
    after = first.join(grades, list(KEYS))
    after = after.filter(after.day > after.start_day, after.day <= after.start_day + days)
    last = after.day == after.start_day + days
    found = after.group_by(*KEYS).aggregate(
        worse=(after.low > after.start_high).max(),
        no_worse=(after.high <= after.start_low).sum(),
        end_low=after.low.min(where=last),
        end_high=after.high.max(where=last),
    )
    rows = beside(first, found)
    verdict = ibis.cases(
        (rows.kept.isnull(), UNKNOWN),
        (~rows.kept, NOT_KEPT),
        (ibis.coalesce(rows.worse, False), YES),
        (ibis.coalesce(rows.end_low >= rows.start_high, False), YES),
        # No day between may have been worse.
        (ibis.coalesce((rows.end_high < rows.start_low) & (rows.no_worse == days), False), NO),
        else_=UNKNOWN,
    )
    return rows.select(*KEYS, "start_day", start_grade="start_low", verdict=verdict)


def steroid_refractory(daily: ibis.Table, grades: ibis.Table, dose: float, days: int) -> ibis.Table:
    """Say whether a toxicity was refractory to steroid.

    Parameters
    ----------
    daily
        From :func:`abate.exposure.daily_dose.daily_doses` (mg of dexamethasone).
    grades
        From :func:`grades_of`.
    dose, days
        Options ``steroid_refractory_dose`` (mg a day) and ``steroid_refractory_days``: from the first day with that
        dose and a grade above 0, the dose kept on each day, the grade that many days later.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, start_day, start_grade, verdict``: yes (not fallen, or worse on a day between), no, not
        known, or why it does not apply; courses without such a day have no row.
    """
    enough = daily.filter(daily.low >= dose)
    toxic = grades.filter(grades.low > 0)
    first = enough.join(toxic.select(*DAY), list(DAY)).group_by(*KEYS).aggregate(start_day=ibis._.day.min())
    kept = daily.select(*DAY, "low", "high").join(first, list(KEYS))
    kept = kept.filter(kept.day >= kept.start_day, kept.day < kept.start_day + days)
    kept = kept.group_by(*KEYS, "start_day").aggregate(
        enough=kept.day.nunique(where=kept.low >= dose), less=ibis.coalesce(kept.high < dose, False).max()
    )
    # A day without a recorded dose is not known to be a day without steroid.
    kept = kept.mutate(kept=ibis.cases((kept.less, False), (kept.enough >= days, True)))
    return _not_fallen(kept, grades, days)


def tocilizumab_refractory(doses: ibis.Table, grades: ibis.Table, number: int, days: int) -> ibis.Table:
    """Say whether a toxicity was refractory to tocilizumab.

    Parameters
    ----------
    doses
        From :func:`abate.exposure.dosing_records.dosing`.
    grades
        From :func:`grades_of`.
    number, days
        Options ``tocilizumab_refractory_doses`` (which dose) and ``tocilizumab_refractory_days``.

    Returns
    -------
    ibis.Table
        As :func:`steroid_refractory`; only doses of a known day count.
    """
    known = doses.filter(doses.day.notnull())
    order = ibis.window(group_by=KEYS, order_by=[known.start, known.position, known.source])
    known = known.mutate(place=ibis.row_number().over(order) + 1)
    chosen = known.filter(known.place == number).select(*KEYS, start_day="day", kept=ibis.literal(True))
    toxic = grades.filter(grades.low > 0).select(*KEYS, start_day="day")
    return _not_fallen(chosen.semi_join(toxic, [*KEYS, "start_day"]), grades, days)


def steroid_dependent(curves: ibis.Table, grades: ibis.Table) -> ibis.Table:
    """Say whether a grade rose again while steroid was tapered.

    Parameters
    ----------
    curves
        From :func:`abate.exposure.daily_dose.dose_curves`.
    grades
        From :func:`grades_of`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, verdict``: yes where a grade rose from one day to the next between the first day of the
        taper and the day after the last dose; no where every such day was graded exactly and none rose; else not
        known. Courses without a taper, and those whose toxicity was not seen before it, have no row.
    """
    tapers = curves.filter(curves.taper_start.notnull()).select(*KEYS, "taper_start", "last_day")
    order = ibis.window(group_by=KEYS, order_by=grades.day)
    rows = grades.mutate(
        rise=ibis.ifelse(
            grades.day - grades.day.lag().over(order) == 1, grades.low > grades.high.lag().over(order), None
        ),
        level=ibis.ifelse(
            grades.day - grades.day.lag().over(order) == 1, grades.high <= grades.low.lag().over(order), None
        ),
    )
    inside = rows.select(*DAY, "rise", "level").join(tapers, list(KEYS))
    inside = inside.filter(inside.day >= inside.taper_start, inside.day <= inside.last_day + 1)
    found = inside.group_by(*KEYS).aggregate(
        rose=inside.rise.max(), level=ibis.coalesce(inside.level, False).sum(), days=inside.day.nunique()
    )
    before = grades.join(tapers, list(KEYS))
    had = before.filter(before.low > 0, before.day <= before.taper_start).select(*KEYS).distinct()
    # What begins on the taper does not rise again.
    both = beside(tapers.semi_join(had, list(KEYS)), found)
    every = both.last_day + 2 - both.taper_start
    return both.select(
        *KEYS,
        verdict=ibis.cases(
            (ibis.coalesce(both.rose, False), YES), (ibis.coalesce(both.level == every, False), NO), else_=UNKNOWN
        ),
    )


def lines_of_therapy(doses: ibis.Table, names: ibis.Table, from_day: int) -> ibis.Table:
    """Return in which order the drugs against a toxicity were begun.

    Parameters
    ----------
    doses
        From :func:`abate.exposure.administrations.administrations`; what is told as a total alone has no day.
    names
        ``drug, called``: which drugs, and what they are called in the list.
    from_day
        First day counted (option ``exposure_from_day``): a drug of before it treats something else.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, called, start_day, place`` (1 for what was begun first; begun on one day, one place).
    """
    placed = doses.mutate(start_day=ibis.coalesce(doses.day, doses.earliest_day))
    mine = placed.filter(placed.start_day >= from_day).join(names, "drug")
    first = mine.group_by(*KEYS, "called").aggregate(start_day=mine.start_day.min())
    order = ibis.window(group_by=KEYS, order_by=first.start_day)
    place: ir.IntegerValue = ibis.dense_rank().over(order) + 1
    return first.mutate(place=place)
