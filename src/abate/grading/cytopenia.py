"""Days of cytopenia: a daily grid of counts, filled over short gaps, and the days at or below a limit.

Rules: Rejeski K, et al. Blood 2023;142(10):865-877, doi:10.1182/blood.2023020578 (verified through public grading
code); how days are counted is not defined there. Compatibility: the automated grading of Liang EC, et al.
(Fred Hutch), which rounds to tens, fills up to seven days and joins runs over two.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from abate.grading.points import Score, evaluate
from abate.grading.rules import named
from abate.grading.systems.icaht import ICAHT_EARLY, ICAHT_LATE, T_ICAHT_EARLY, T_ICAHT_LATE
from abate.records.options import Options
from abate.timeline.intervals import joined
from abate.timeline.joins import DAY, KEYS, TOLERANCE, beside
from abate.timeline.patient_days import patient_days

FILLED_GAP = 7
"""Most days without a value that are filled by a straight line, or carried at an end."""
JOINED_GAP = 2
"""A recovery of so many days is not stable: it does not part two runs."""
EARLY_START = 3
"""A run that begins by this day and lasts to the end never recovered: the nadir may come after lymphodepletion."""
LAST_EARLY, LAST_LATE = 30, 100
KNOWN_ENOUGH = _.known_days >= 0.5 * _.days
"""Days with a count, measured or filled, without which early ICAHT is not graded (our guard)."""
RECOVERED, DIP, DIP_AFTER, APLASTIC_DAYS = 1.5, 1.0, 21, 14
"""Phenotypes of recovery: counts (10*9/L), the day after which a dip is a second one, days of aplasia."""
ANEMIA, PROTRACTED_DAYS = 8.0, 7
"""Hemoglobin (g/dL) under which there is anemia; days that make neutropenia protracted."""
COUNTING = {"cumulative": "cumulative", "longest_joined": "longest", "cumulative_raw": "raw"}
"""Rule of counting, and the column that it makes."""
LIMITS = {"days_500": 0.5, "days_100": 0.1}
PLATELET_LIMITS = {"days_under_100": 100.0, "days_under_50": 50.0, "days_under_20": 20.0}


def daily_counts(values: ibis.Table, follow_up: ibis.Table, first: int, last: int) -> ibis.Table:
    """Return one count a day: the lowest measured, else filled between neighbours.

    Parameters
    ----------
    values
        ``patient_id, course_id, day, value``.
    follow_up
        ``patient_id, course_id, last_day``: the grid stops there.
    first, last
        The days of the grid, both included.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day, value`` (null where it is not filled), ``measured``.
    """
    lowest = values.filter(values.value.notnull()).group_by(*DAY).aggregate(found=ibis._.value.min())
    rows = beside(patient_days(follow_up, last, first), lowest, DAY)
    upto = ibis.window(group_by=KEYS, order_by=rows.day, preceding=None, following=0)
    onward = ibis.window(group_by=KEYS, order_by=rows.day, preceding=0, following=None)
    known = ibis.ifelse(rows.found.notnull(), rows.day, ibis.null("int64"))
    rows = rows.mutate(day_before=known.max().over(upto), day_after=known.min().over(onward))
    course = ibis.window(group_by=KEYS)
    rows = rows.mutate(start=rows.day.min().over(course), stop=rows.day.max().over(course))
    found = lowest.select(*DAY, "found")
    for side in ("before", "after"):
        other = found.select(*KEYS, **{f"day_{side}": found.day, f"value_{side}": found.found})
        rows = beside(rows, other, (*KEYS, f"day_{side}"))
    span = rows.day_after - rows.day_before
    part = (rows.day - rows.day_before) / span
    line = rows.value_before + (rows.value_after - rows.value_before) * part
    filled = ibis.cases(
        (rows.found.notnull(), rows.found),
        (rows.day_before.isnull() & (rows.day_after - rows.start <= FILLED_GAP), rows.value_after),
        (rows.day_after.isnull() & (rows.stop - rows.day_before <= FILLED_GAP), rows.value_before),
        (span - 1 <= FILLED_GAP, line),
    )
    return rows.select(*DAY, value=filled, measured=rows.found.notnull())


def rounded_to_tens(counts: ibis.Table) -> ibis.Table:
    """Round counts to the nearest ten, a half to the even one, as the compatible grading does."""
    tens = counts.value / 10
    half = (tens - tens.floor() - 0.5).abs() < TOLERANCE
    even = (tens.floor() / 2).floor() * 2 == tens.floor()
    whole = ibis.ifelse(half, ibis.ifelse(even, tens.floor(), tens.floor() + 1), tens.round())
    return counts.mutate(value=whole * 10)


def runs_below(counts: ibis.Table, low: ir.BooleanValue, gap: int = JOINED_GAP) -> ibis.Table:
    """Return the runs of low days, joined over recoveries that are not stable.

    Parameters
    ----------
    counts
        ``patient_id, course_id, day``.
    low
        Which days are low; a day without a count is not.
    gap
        Days of a recovery that does not part two runs.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, start_day, end_day`` (not included), ``days``.
    """
    rows = counts.filter(ibis.coalesce(low, False))
    runs = joined(rows.select(*KEYS, start_day=rows.day, end_day=rows.day + 1), KEYS, gap=gap)
    return runs.mutate(days=runs.end_day - runs.start_day)


def days_below(counts: ibis.Table, limits: Mapping[str, float], strict: bool = False) -> ibis.Table:
    """Count the days at or below some limits, by three rules.

    Parameters
    ----------
    counts
        From :func:`daily_counts`.
    limits
        Name to limit.
    strict
        Whether a count at the limit is not low.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, days`` (of the grid), ``known_days``, ``measured_days``, ``filled_days``; for each name
        ``NAME_longest`` (longest run, joined over recoveries of up to two days), ``NAME_cumulative`` (all
        runs so joined), ``NAME_raw`` (low days alone) and ``NAME_never_recovered`` (one run from day 3 or
        before to the last day).
    """
    whole = counts.group_by(*KEYS).aggregate(
        days=counts.count(),
        known_days=counts.value.count(),
        measured_days=counts.measured.sum(),
        filled_days=(counts.value.notnull() & ~counts.measured).sum(),
        last_day=counts.day.max(),
    )
    for name, limit in limits.items():
        low = counts.value < limit - TOLERANCE if strict else counts.value <= limit + TOLERANCE
        raw = counts.group_by(*KEYS).aggregate(**{f"{name}_raw": ibis.coalesce(low, False).sum()})
        runs = beside(runs_below(counts, low), whole.select(*KEYS, "last_day"))
        ending = (runs.start_day <= EARLY_START) & (runs.end_day > runs.last_day)
        found = runs.group_by(*KEYS).aggregate(
            **{
                f"{name}_longest": runs.days.max(),
                f"{name}_cumulative": runs.days.sum(),
                f"{name}_never_recovered": ending.max(),
            }
        )
        whole = beside(beside(whole, raw), found)
        whole = whole.mutate(
            **{f"{name}_{rule}": ibis.coalesce(whole[f"{name}_{rule}"], 0) for rule in ("longest", "cumulative")},
            **{f"{name}_never_recovered": ibis.coalesce(whole[f"{name}_never_recovered"], False)},
        )
    return whole.drop("last_day")


def _graded(rows: ibis.Table, score: Score, names: Sequence[str], options: Options, more: Any = 0) -> ibis.Table:
    """Grade numbers, of which each may be larger by so many."""
    ends = {f"{name}_low": rows[name] for name in names} | {f"{name}_high": rows[name] + more for name in names}
    return evaluate(rows.mutate(**ends), score, options).drop(*ends, "class", "flags")


def _judged(
    rows: ibis.Table, score: Score, limits: Mapping[str, float], rule: str, enough: Any, options: Options
) -> ibis.Table:
    """Grade numbers of days: a day without a count may have been low, and without enough of them there is no grade."""
    rows = rows.mutate(**{name: rows[f"{name}_{rule}"].cast("float64") for name in limits})
    found = _graded(rows, score, tuple(limits), options, more=rows.days - rows.known_days).mutate(enough=enough)
    settled = found.enough & (found.lower == found.upper)
    return found.mutate(
        value=ibis.ifelse(found.enough, found.lower, ibis.null("float64")),
        upper=ibis.ifelse(found.enough, found.upper, 4.0),
        complete=settled,
        missing=ibis.ifelse(settled, "", "counts"),
    ).drop("enough")


def _counting(options: Options) -> tuple[bool, str]:
    """Return whether the compatible grading is asked for, and the rule of counting."""
    compatible = options["icaht_compatibility"] == "fredhutch"
    rule = "longest_joined" if compatible else options["icaht_counting"]
    return compatible, COUNTING[rule]


def early_icaht(neutrophils: ibis.Table, follow_up: ibis.Table, options: Options) -> ibis.Table:
    """Grade early ICAHT of every course.

    Parameters
    ----------
    neutrophils
        ``patient_id, course_id, day, value`` (10*9/L).
    follow_up
        ``patient_id, course_id, last_day``.
    options
        ``icaht_counting, icaht_compatibility``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id``, the columns of :func:`days_below` for ``days_500`` and ``days_100``, and
        ``value`` (the grade; null where under half of the days have a count), ``lower, upper, complete``.
    """
    compatible, rule = _counting(options)
    counts = daily_counts(neutrophils, follow_up, 0, LAST_EARLY)
    if compatible:
        counts = rounded_to_tens(counts.mutate(value=counts.value * 1000))
        counts = counts.mutate(value=counts.value / 1000)
    rows = days_below(counts, LIMITS)
    # A day that was not counted may have ended the recovery.
    open_ = rows.known_days < rows.days
    never = rows.days_500_never_recovered
    rows = rows.mutate(never_recovered=ibis.ifelse(~never & open_, ibis.null("boolean"), never))
    enough = (_.known_days > 0) if compatible else KNOWN_ENOUGH & (_.known_days > 0)
    return _judged(rows, ICAHT_EARLY, LIMITS, rule, enough, options).drop("never_recovered")


def late_icaht(neutrophils: ibis.Table, follow_up: ibis.Table, options: Options) -> ibis.Table:
    """Grade late ICAHT of every course that has a count after day 30.

    Parameters
    ----------
    neutrophils, follow_up
        As for :func:`early_icaht`; ``last_day`` ends at the next therapy or progression where that is earlier.
    options
        ``icaht_late_rule, icaht_compatibility``.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, anc_lowest, anc_second_lowest``, ``value`` (the grade), ``lower, upper, complete``.
    """
    compatible = _counting(options)[0]
    chosen = Options({**options, "icaht_late_rule": "nadir"}) if compatible else options
    rows = neutrophils.filter(neutrophils.value.notnull()).join(follow_up.select(*KEYS, "last_day"), list(KEYS))
    rows = rows.filter(rows.day > LAST_EARLY, rows.day <= ibis.least(rows.last_day, LAST_LATE))
    daily = rows.group_by(*DAY).aggregate(value=rows.value.min())
    order = ibis.window(group_by=KEYS, order_by=[daily.value, daily.day])
    daily = daily.mutate(rank=ibis.row_number().over(order))
    found = daily.group_by(*KEYS).aggregate(
        anc_lowest=daily.value.min(where=daily["rank"] == 0),
        anc_second_lowest=daily.value.min(where=daily["rank"] == 1),
    )
    return _graded(found, ICAHT_LATE, ("anc_lowest", "anc_second_lowest"), chosen)


def platelet_icaht(platelets: ibis.Table, follow_up: ibis.Table, options: Options, late: bool = False) -> ibis.Table:
    """Grade T-ICAHT of every course, early (days 0 to 30) or late (31 to 100).

    Returns
    -------
    ibis.Table
        As :func:`early_icaht`, for ``days_under_100``, ``days_under_50`` and ``days_under_20``; late, two tests or
        more are asked for.
    """
    rule = COUNTING[options["icaht_counting"]]
    first, last = (LAST_EARLY + 1, LAST_LATE) if late else (0, LAST_EARLY)
    rows = days_below(daily_counts(platelets, follow_up, first, last), PLATELET_LIMITS, strict=True)
    score, enough = (T_ICAHT_LATE, _.measured_days > 1) if late else (T_ICAHT_EARLY, KNOWN_ENOUGH)
    return _judged(rows, score, PLATELET_LIMITS, rule, enough, options)


def phenotypes(neutrophils: ibis.Table, follow_up: ibis.Table) -> ibis.Table:
    """Name the course of neutrophils after infusion: aplastic, intermittent, quick, or unclassified.

    Parameters
    ----------
    neutrophils, follow_up
        As for :func:`early_icaht`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, phenotype``. Aplastic: 14 days or more on end under 0.5 x 10*9/L. Intermittent:
        a count over 1.5 after the first under 1.0, then one under 1.0 again after day 21. Quick: such a
        recovery and no second dip. In that order.

    Notes
    -----
    Rejeski K, et al. Blood 2021;138(24):2499-2513, doi:10.1182/blood.2020010543; the numbers are recalled.
    """
    counts = daily_counts(neutrophils, follow_up, 0, LAST_LATE)
    runs = runs_below(counts, counts.value < LIMITS["days_500"] - TOLERANCE, gap=0)
    longest = runs.group_by(*KEYS).aggregate(longest=runs.days.max())
    first = counts.group_by(*KEYS).aggregate(first_dip=counts.day.min(where=counts.value < DIP - TOLERANCE))
    rows = beside(counts, first)
    over = (rows.value > RECOVERED + TOLERANCE) & (rows.day > rows.first_dip)
    recovery = rows.group_by(*KEYS).aggregate(recovery=rows.day.min(where=over))
    rows = beside(rows, recovery)
    again = ibis.coalesce((rows.value < DIP - TOLERANCE) & (rows.day > rows.recovery), False)
    dips = rows.group_by(*KEYS).aggregate(any_dip=again.max(), second_dip=(again & (rows.day > DIP_AFTER)).max())
    found = beside(beside(recovery, longest), dips)
    phenotype = ibis.cases(
        (ibis.coalesce(found.longest >= APLASTIC_DAYS, False), "aplastic"),
        (found.second_dip, "intermittent"),
        (found.recovery.notnull() & ~found.any_dip, "quick"),
        else_="unclassified",
    )
    return found.select(*KEYS, phenotype=phenotype)


def hematotoxicity(
    neutrophils: ibis.Table, platelets: ibis.Table, hemoglobin: ibis.Table, follow_up: ibis.Table
) -> ibis.Table:
    """Return the endpoints of hematotoxicity of every course, and the course of its neutrophils.

    Parameters
    ----------
    neutrophils, platelets, hemoglobin, follow_up
        As for :func:`early_icaht`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id``; ``criteria``: severe (0.5 x 10*9/L or less) and profound (0.1) neutropenia,
        protracted where they last 7 days or more, prolonged (1.0 or less measured from day 21 on), severe
        thrombocytopenia (under 50), anemia (under 8 g/dL); ``class``: the phenotype of :func:`phenotypes`, empty
        where it is not told; ``value`` (how many), ``lower, upper, complete, missing``.

    Notes
    -----
    Rejeski K, et al. Blood 2021;138(24):2499-2513, doi:10.1182/blood.2020010543 (verified).
    """
    rows = days_below(daily_counts(neutrophils, follow_up, 0, LAST_LATE), LIMITS)
    measured = {
        "prolonged": (neutrophils, DIP_AFTER, ibis._.value <= DIP + TOLERANCE),
        "thrombocytopenia": (platelets, 0, ibis._.value < PLATELET_LIMITS["days_under_50"] - TOLERANCE),
        "anemia": (hemoglobin, 0, ibis._.value < ANEMIA - TOLERANCE),
    }
    for name, (values, first, low) in measured.items():
        inside = values.join(follow_up.select(*KEYS, "last_day"), list(KEYS))
        inside = inside.filter(inside.day >= first, inside.day <= ibis.least(inside.last_day, LAST_LATE))
        # What was never measured in that time is not known.
        rows = beside(rows, inside.mutate(low=low).group_by(*KEYS).aggregate(**{name: ibis._.low.max()}))
    rows = beside(rows, phenotypes(neutrophils, follow_up))
    endpoints = [
        ("severe neutropenia", rows.days_500_raw > 0),
        ("profound neutropenia", rows.days_100_raw > 0),
        ("protracted severe neutropenia", rows.days_500_longest >= PROTRACTED_DAYS),
        ("protracted profound neutropenia", rows.days_100_longest >= PROTRACTED_DAYS),
        ("prolonged neutropenia", rows.prolonged),
        ("severe thrombocytopenia", rows.thrombocytopenia),
        ("anemia", rows.anemia),
    ]
    counted: Any = rows.known_days == rows.days
    count: Any = ibis.literal(0.0)
    for _name, where in endpoints:
        count = ibis.coalesce(where, False).cast("float64") + count
    missing = named(
        [
            ("anc", ~counted | rows.prolonged.isnull()),
            ("platelets", rows.thrombocytopenia.isnull()),
            ("hemoglobin", rows.anemia.isnull()),
        ]
    )
    unknown: Any = ibis.literal(0.0)
    for name in measured:
        unknown = rows[name].isnull().cast("float64") + unknown
    whole = missing == ""
    return rows.select(
        *KEYS,
        value=count,
        lower=count,
        upper=ibis.ifelse(counted, count + unknown, float(len(endpoints))),
        complete=whole,
        missing=missing,
        criteria=named(endpoints),
        **{"class": ibis.ifelse(counted, rows.phenotype, "")},
    )
