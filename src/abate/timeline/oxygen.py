"""Oxygen of each day: which support, above low flow or not, at what inspired fraction, and what for.

Estimated fractions: nasal cannula 4 % a litre, masks by flow, widely reproduced (secondary); neither
ASTCT nor CARTOX prints a table. Devices by the words of ASTCT 2019, doi:10.1016/j.bbmt.2018.12.758.
"""

from typing import Any

import ibis
import ibis.expr.types as ir

from abate.records.canonical import plain_word
from abate.records.options import Options
from abate.timeline.intervals import DAY_MINUTES, by_day
from abate.timeline.joins import DAY, KEYS, TOLERANCE, any_of, unknown
from abate.timeline.vitals import AIR, LOW_FLOW

HIGH_FIO2 = 40.0
HOME = ("home", "baseline", "baseline_osa", "chronic")
OTHER_CAUSE = ("airway_protection", "procedure")
MASKS = ("simple_mask", "face_mask", "venturi_mask", "non_rebreather", "tracheostomy_mask")
RESERVOIR = ((10, 95.0), (9, 90.0), (8, 80.0), (7, 70.0), (6, 60.0))


def estimated_fio2(rows: ibis.Table, method: str) -> ir.FloatingValue:
    """Return the inspired fraction (%) that a device and its flow make likely; null where none is estimated."""
    if method == "none":
        return ibis.null("float64")
    flow, device = rows.flow, rows.device
    cannula = 20 + 4 * flow if method == "four_percent" else 21 + 3 * flow
    return ibis.cases(
        ((device == "nasal_cannula") & (flow > LOW_FLOW), ibis.least(cannula, 60.0)),
        (device == "nasal_cannula", cannula),
        (device == "blow_by", 30.0),
        (device.isin(("simple_mask", "face_mask")) & (flow <= 5), 40.0),
        (device.isin(("simple_mask", "face_mask")) & (flow < 7), 50.0),
        (device.isin(("simple_mask", "face_mask")) & flow.notnull(), 60.0),
        *(((device == "non_rebreather") & (flow >= litres), fio2) for litres, fio2 in RESERVOIR),
    )


def classified(spans: ibis.Table, options: Options) -> ibis.Table:
    """Say of each span of oxygen what it is.

    Parameters
    ----------
    spans
        From :func:`abate.timeline.findings.spans` for ``oxygen``.
    options
        ``fio2_estimate``.

    Returns
    -------
    ibis.Table
        With ``none`` (room air), ``given`` (for hypoxia), ``home``, ``other_cause`` (not for hypoxia), ``low_flow``,
        ``above_low_flow``, ``positive_pressure``, ``noninvasive``, ``invasive`` (three values), ``percent``
        (inspired fraction, %), ``estimated``, ``cause_unknown``.
    """
    indication = ibis.coalesce(plain_word(spans.indication), "")
    device, flow = spans.device, spans.flow
    ventilated = device.isin(("cpap", "bipap", "invasive_ventilation"))
    none = (device == "room_air") | (~ventilated & ibis.coalesce(flow == 0, False))
    home, other = ~none & indication.isin(HOME), ~none & indication.isin(OTHER_CAUSE)
    cannulas = device.isin(("nasal_cannula", "high_flow_nasal_cannula"))
    above = ibis.cases(
        (device.isin(MASKS), True),
        (cannulas & flow.notnull(), flow > LOW_FLOW),
        (device == "high_flow_nasal_cannula", True),
        (device.isin(("nasal_cannula", "other_device")), unknown()),
        else_=False,
    )
    vague = device == "other_device"
    invasive = device == "invasive_ventilation"
    noninvasive = device.isin(("cpap", "bipap"))
    estimate = estimated_fio2(spans, options["fio2_estimate"])
    return spans.mutate(
        given=~none & ~home & ~other,
        none=none,
        home=home,
        other_cause=other,
        above_low_flow=above,
        low_flow=(cannulas & ~ibis.coalesce(above, False)) | (device == "blow_by"),
        positive_pressure=ibis.ifelse(vague, unknown(), invasive | noninvasive),
        noninvasive=ibis.ifelse(vague, unknown(), noninvasive),
        invasive=ibis.ifelse(vague, unknown(), invasive),
        percent=ibis.coalesce(spans.fio2, estimate),
        estimated=spans.fio2.isnull() & estimate.notnull(),
        cause_unknown=(invasive | noninvasive) & (indication == ""),
    )


def oxygen_days(spans: ibis.Table) -> ibis.Table:
    """Return the recorded oxygen of each day.

    Parameters
    ----------
    spans
        From :func:`classified`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``; ``no_oxygen_recorded`` and ``oxygen_given`` (rows for hypoxia),
        ``oxygen_low`` (some of it low flow), the classes of three values, ``fio2_rows_from_40``,
        ``*_until`` (last minutes), and flags; ``*_above`` leaves low flow out.
    """
    rows = by_day(spans)
    given = rows.given
    until = ibis.ifelse(rows.timed, rows.until, ibis.null("int64"))
    classes = ("positive_pressure", "noninvasive", "invasive")
    reached = rows.percent >= HIGH_FIO2 - TOLERANCE
    found: dict[str, Any] = {
        "no_oxygen_recorded": (rows["none"] | rows.home).max(),
        "oxygen_low": (given & rows.low_flow).max(),
        "fio2_estimated": (given & rows.estimated).max(),
        "home_support": rows.home.max(),
        "ventilated_not_for_hypoxia": (rows.other_cause & ibis.coalesce(rows.invasive, False)).max(),
        "ventilation_indication_unknown": (given & rows.cause_unknown).max(),
        "high_flow_device_at_low_flow": (
            given & (rows.device == "high_flow_nasal_cannula") & ~ibis.coalesce(rows.above_low_flow, True)
        ).max(),
        "any_invasive": (~rows.home & ibis.coalesce(rows.invasive, False)).max(),
    }
    # The same of all rows, and of those above low flow, since low flow may be asked to prove its need.
    for suffix, chosen in (("", given), ("_above", given & ~rows.low_flow)):
        found[f"oxygen_given{suffix}"] = chosen.sum()
        found[f"oxygen_until{suffix}"] = until.max(where=chosen)
        found[f"oxygen_untimed{suffix}"] = (chosen & ~rows.timed).max()
        found[f"fio2_rows_from_40{suffix}"] = any_of(reached, chosen)
        found[f"above_low_flow_rows{suffix}"] = any_of(rows.above_low_flow, chosen)
    for name in classes:
        found[f"{name}_rows"] = any_of(rows[name], given)
    for name in ("above_low_flow", "positive_pressure"):
        mine = given & ibis.coalesce(rows[name], False)
        found[f"{name}_until"] = until.max(where=mine)
        found[f"{name}_untimed"] = (mine & ~rows.timed).max()
    return rows.group_by(*DAY).aggregate(**found)


def measured_oxygen(readings: ibis.Table, spans: ibis.Table) -> ibis.Table:
    """Return the oxygen that was measured without being charted as home support or for another cause.

    Parameters
    ----------
    readings
        From :func:`abate.timeline.vitals.notable_readings`: flows, and fractions above that of air.
    spans
        From :func:`classified`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day``; ``flow_given`` and ``fraction_given`` (highest of the day), ``flow_last``,
        ``high_flow_last`` (minutes), ``flow_untimed``.
    """
    rows = readings.filter(readings.what.isin(("flow", "fraction")))
    rows = rows.mutate(first=ibis.coalesce(rows.minute, rows.day * DAY_MINUTES))
    other = spans.filter(spans.home | spans.other_cause).select(*KEYS, "start", "end")
    rows = rows.anti_join(
        other, [*(rows[key] == other[key] for key in KEYS), rows["first"] >= other.start, rows["first"] < other.end]
    )
    flow = rows.what == "flow"
    return rows.group_by(*DAY).aggregate(
        flow_given=rows.value.max(where=flow),
        fraction_given=rows.value.max(where=~flow),
        flow_last=rows.minute.max(),
        high_flow_last=rows.minute.max(where=flow & (rows.value > LOW_FLOW)),
        flow_untimed=rows.minute.isnull().max(),
    )


def off_oxygen(readings: ibis.Table, spans: ibis.Table) -> ibis.Table:
    """Return the days with a saturation below 92 % read while no oxygen was given.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, day, low_saturation``.
    """
    low = readings.filter(readings.what == "low_saturation")
    given = spans.filter(spans.given | spans.other_cause).select(*KEYS, "start", "end")
    # An untimed saturation is off oxygen only on a day without any.
    first = ibis.coalesce(low.minute, low.day * DAY_MINUTES)
    low = low.mutate(first=first, last=ibis.coalesce(low.minute, low.day * DAY_MINUTES + 1439))
    low = low.anti_join(
        given, [*(low[key] == given[key] for key in KEYS), low["last"] >= given.start, low["first"] < given.end]
    )
    return low.select(*DAY).distinct().mutate(low_saturation=ibis.literal(True))


def with_oxygen(rows: ibis.Table, options: Options) -> ibis.Table:
    """Add the features of oxygen to patient-days.

    Parameters
    ----------
    rows
        Patient-days with the columns of :func:`oxygen_days`, ``oxygen_covered``, the measured maxima of
        :mod:`abate.timeline.vitals`, ``low_saturation`` and ``low_saturation_before`` (of the day
        before), ``saturation_measured`` (on either).

    Returns
    -------
    ibis.Table
        With ``oxygen, oxygen_above_low_flow, positive_pressure, noninvasive_positive_pressure,
        invasive_ventilation, fio2_from_40`` and the flag ``saturation_unknown``.
    """
    flow = ibis.coalesce(rows.flow_given, 0.0)
    # A fraction above that of air is oxygen by a device that is not named, at a flow that is not known.
    fraction = ibis.coalesce(rows.fraction_given > AIR, False)
    above = (ibis.coalesce(rows.oxygen_given_above, 0) > 0) | (flow > LOW_FLOW) | fraction
    low = ibis.coalesce(rows.oxygen_low, False) | ((flow > 0) & (flow <= LOW_FLOW))
    proven = ibis.coalesce(rows.low_saturation | rows.low_saturation_before, False)
    needed = ibis.literal(True)
    if options["oxygen_requires_saturation"] == "yes":
        needed = ibis.cases((proven, True), (rows.saturation_measured, False))
    counts = ibis.coalesce(needed, False)
    absent = (
        ibis.coalesce(rows.no_oxygen_recorded, False)
        | ibis.coalesce(rows.flow_measured_maximum == 0, False)
        | ibis.coalesce(rows.oxygen_covered, False)
        | (low & ~counts)
    )
    oxygen = ibis.cases((above, True), (low, needed), (absent, False))

    def of_rows(name: str) -> ir.Value:
        return ibis.ifelse(counts, rows[name], rows[f"{name}_above"])

    rows = rows.mutate(
        oxygen=oxygen,
        oxygen_seen=above | low,
        oxygen_until=ibis.greatest(of_rows("oxygen_until"), ibis.ifelse(counts, rows.flow_last, rows.high_flow_last)),
        oxygen_untimed=ibis.coalesce(of_rows("oxygen_untimed"), False) | ibis.coalesce(rows.flow_untimed, False),
        above_low_flow_until=ibis.greatest(rows.above_low_flow_until, rows.high_flow_last),
        above_low_flow_untimed=ibis.coalesce(rows.above_low_flow_untimed, False)
        | ibis.coalesce(rows.flow_untimed, False),
    )
    given = ibis.coalesce(of_rows("oxygen_given"), 0) > 0
    kinds = {
        "oxygen_above_low_flow": (of_rows("above_low_flow_rows"), flow > LOW_FLOW),
        "positive_pressure": (rows.positive_pressure_rows, False),
        "noninvasive_positive_pressure": (rows.noninvasive_rows, False),
        "invasive_ventilation": (rows.invasive_rows, False),
    }
    classes: dict[str, ir.Value] = {
        name: ibis.cases(
            (ibis.coalesce(found, False) | measured, True),
            (~rows.oxygen, False),
            # A flow alone does not name the device.
            (rows.oxygen & given, found),
        )
        for name, (found, measured) in kinds.items()
    }
    certain, every = of_rows("fio2_rows_from_40"), rows.fio2_rows_from_40
    high = ibis.coalesce(rows.fraction_given >= HIGH_FIO2 - TOLERANCE, False)
    classes["fio2_from_40"] = ibis.cases(
        (ibis.coalesce(certain, False) | high, True),
        # A measured fraction stands in for that of rows that have none.
        (~rows.oxygen | rows.fraction_given.notnull(), False),
        (rows.oxygen & given & (certain == every), certain),
        (rows.oxygen & given & ~counts & needed.notnull(), certain),
    )
    return rows.mutate(**classes, saturation_unknown=low & ~proven)
