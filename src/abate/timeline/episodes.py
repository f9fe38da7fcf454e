"""Episodes of CRS, and whether a sign of the day counts in one.

ASTCT 2019, doi:10.1016/j.bbmt.2018.12.758: fever opens; once an antipyretic or anticytokine drug was
given, fever is no longer required. That a clear day of recorded absence closes is our resolution.
Episodes are windows over the days of a patient, never recursive.
"""

import math
from typing import Any

import ibis
import ibis.expr.types as ir

from abate.records.dictionary import Dictionary
from abate.records.options import Options
from abate.timeline.administered import administered
from abate.timeline.joins import DAY, KEYS, unknown

ANTICYTOKINE = ("anti-IL6", "anti-IL6R", "IL1RA", "anti-IL1b", "anti-IFNg", "JAK1/2", "steroid")
ANTIPYRETIC = ("antipyretic",)
PROPHYLAXIS_FROM = -1
POINTS = ("hypotension",)
"""Signs whose last minute is that of a reading, and not the end of a span."""
SIGNS = {
    "hypotension": ("low_last", "low_untimed"),
    "vasopressor": ("vasopressor_until", "vasopressor_untimed"),
    "two_vasopressors_besides_vasopressin": ("two_besides_until", ""),
    "oxygen": ("oxygen_until", "oxygen_untimed"),
    "oxygen_above_low_flow": ("above_low_flow_until", "above_low_flow_untimed"),
    "positive_pressure": ("positive_pressure_until", "positive_pressure_untimed"),
}
"""Sign to the columns of its last minute of the day, and of whether it has none."""


def waiver_drugs(drugs: ibis.Table, known: Dictionary, options: Options) -> ibis.Table:
    """Return the days on which a drug was given that can mask fever.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``; ``waiver_first``, ``waiver_last`` (minutes), ``waiver_untimed``
        (one of them has no time).
    """
    anticytokine = known.drugs_of(*ANTICYTOKINE)
    chosen = anticytokine
    if options["waiver_drugs"] == "antipyretic_or_anticytokine":
        chosen = chosen + known.drugs_of(*ANTIPYRETIC)
    rows = administered(drugs.filter(drugs.drug.isin(chosen)))
    return rows.group_by(*DAY).aggregate(
        waiver_first=rows.minute.min(),
        waiver_last=rows.minute.max(),
        waiver_untimed=rows.minute.isnull().max(),
    )


def _last(rows: ibis.Table, condition: ir.BooleanValue, before: bool) -> ir.IntegerValue:
    """Return the last day up to (or before) this one on which a condition held."""
    end: Any = {"preceding": (None, 1)} if before else {"preceding": None, "following": 0}
    window = ibis.window(group_by=KEYS, order_by=rows.day, **end)
    return ibis.ifelse(condition, rows.day, ibis.null("int64")).max().over(window)


def with_closed(rows: ibis.Table, options: Options) -> ibis.Table:
    """Add ``closed``: whether a day is the last of as many clear ones as end an episode (``episode_gap_hours``).

    Parameters
    ----------
    rows
        Patient-days, every day from 0 on, with ``fever, hypotension, vasopressor, oxygen``.
    """
    rows = rows.mutate(clear=ibis.coalesce(~(rows.fever | rows.hypotension | rows.vasopressor | rows.oxygen), False))
    gap = math.ceil(options["episode_gap_hours"] / 24)
    window = ibis.window(group_by=KEYS, order_by=rows.day, preceding=gap - 1, following=0)
    closed = rows.clear if gap == 1 else rows.clear.cast("int64").sum().over(window) == gap
    return rows.mutate(closed=closed)


def episodes(rows: ibis.Table, options: Options) -> ibis.Table:
    """Return the episode of each day, and whether its fever may be waived.

    Parameters
    ----------
    rows
        Patient-days, every day from 0 on, with ``fever, hypotension, vasopressor, oxygen``,
        ``fever_minute``, the columns of :func:`waiver_drugs` and ``drugs_covered``.
    options
        ``episode_gap_hours``.

    Returns
    -------
    ibis.Table
        Days of courses with a fever, or a day of unknown fever: ``patient_id, course_id, day``;
        ``episode_open`` (three values), ``episode_start`` (its first day of fever), ``waived_before``
        (a waiver drug on an earlier day of the episode), ``drugs_known`` (no such drug can have been
        missed). No other course has an episode.
    """
    needed = ("fever", "hypotension", "vasopressor", "oxygen", "fever_minute", "waiver_last", "waiver_untimed")
    febrile = rows.filter(ibis.coalesce(rows.fever, True)).select(*KEYS).distinct()
    rows = with_closed(rows.semi_join(febrile, list(KEYS)).select(*DAY, *needed, "drugs_covered"), options)
    fever = ibis.coalesce(rows.fever, False)
    rows = rows.mutate(
        last_fever=_last(rows, fever, before=False),
        fever_before=_last(rows, fever, before=True),
        last_unknown=_last(rows, rows.fever.isnull(), before=False),
        unknown_before=_last(rows, rows.fever.isnull(), before=True),
        closed_before=_last(rows, rows.closed, before=True),
        last_uncovered=_last(rows, ~ibis.coalesce(rows.drugs_covered, False), before=False),
    )
    since = ibis.coalesce(rows.closed_before, -1)
    fever = ibis.coalesce(rows.fever, False)
    opens = fever & ~ibis.coalesce(rows.fever_before > since, False)
    rows = rows.mutate(
        episode_open=ibis.cases(
            (ibis.coalesce(rows.last_fever > since, False), True),
            (ibis.coalesce(rows.last_unknown > since, False), unknown()),
            else_=False,
        ),
        opens=opens,
        may_open=rows.fever.isnull() & ~ibis.coalesce(rows.unknown_before > since, False),
    )
    # An episode that may have opened would have done so on the first day of unknown fever.
    known, possible = _last(rows, rows.opens, before=False), _last(rows, rows.may_open, before=False)
    start = ibis.ifelse(ibis.coalesce(rows.episode_open, False), known, possible)
    rows = rows.mutate(episode_start=start)
    # On the first day of fever a drug must not be given before the fever; untimed, it is taken as after.
    after_fever = ibis.coalesce(rows.waiver_last >= rows.fever_minute, True) | ibis.coalesce(rows.waiver_untimed, False)
    counts = rows.waiver_untimed.notnull() & (~rows.opens | after_fever)
    rows = rows.mutate(waiver_counts=counts)
    rows = rows.mutate(waiver_before=_last(rows, rows.waiver_counts, before=True))
    return rows.select(
        *DAY,
        "episode_open",
        "episode_start",
        waived_before=ibis.coalesce(rows.waiver_before >= rows.episode_start, False),
        drugs_known=~ibis.coalesce(rows.last_uncovered >= rows.episode_start, False),
    )


def with_defaults(rows: ibis.Table) -> ibis.Table:
    """Say of days that are in no episode that none is open, and of every day whether it follows prophylaxis."""
    return rows.mutate(
        # Where an episode was sought, unknown stays unknown.
        episode_open=ibis.ifelse(rows.waived_before.isnull(), False, rows.episode_open),
        waived_before=ibis.coalesce(rows.waived_before, False),
        drugs_known=ibis.coalesce(rows.drugs_known, True),
        prophylaxis=ibis.coalesce(rows.day > rows.prophylaxis_day, False),
    )


def signs_in_crs(rows: ibis.Table, options: Options) -> dict[str, ir.BooleanValue]:
    """Say which signs of a day count in an episode of CRS: on fever, or at or after a waiver drug.

    Returns
    -------
    dict
        Name of the sign with ``_in_crs`` to a truth of three values.
    """
    found: dict[str, ir.BooleanValue] = {}
    today = rows.waiver_untimed.notnull()
    for sign, (until, untimed) in SIGNS.items():
        no_time = ibis.coalesce(rows[untimed], False) if untimed else ibis.literal(False)
        # At or after: a reading of the same minute counts, a span that ends with it does not.
        later = rows[until] >= rows.waiver_first if sign in POINTS else rows[until] > rows.waiver_first
        after = ibis.cases(
            (rows.waived_before, True),
            (today & ibis.coalesce(later, False), True),
            (today & (rows.waiver_untimed | no_time | rows[sign].isnull()), unknown()),
            (today, False),
            (rows.drugs_known, False),
        )
        gate = rows.fever | (rows.episode_open & after)
        if options["prophylaxis_waives_fever"] == "yes":
            gate = gate | rows.prophylaxis
        found[f"{sign}_in_crs"] = rows[sign] & gate
    return found


def prophylaxis(drugs: ibis.Table, known: Dictionary) -> ibis.Table:
    """Return the first day, from the one before day 0 on, of an anticytokine drug: ``prophylaxis_day``."""
    rows = administered(drugs.filter(drugs.drug.isin(known.drugs_of(*ANTICYTOKINE))))
    rows = rows.filter(rows.day >= PROPHYLAXIS_FROM)
    return rows.group_by(*KEYS).aggregate(prophylaxis_day=rows.day.min())
