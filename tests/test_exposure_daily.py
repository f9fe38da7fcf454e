"""Dose of each day, its curve and taper; doses around any moment; drugs against cytokines and printed limits."""

from typing import Any

import pytest

from abate.exposure.administrations import administrations, given, interval_totals, outside_totals
from abate.exposure.anti_cytokine import beyond_limits, with_details
from abate.exposure.courses import courses
from abate.exposure.daily_dose import daily_doses, dose_curves
from abate.exposure.dosing_records import dosing
from abate.exposure.equivalence import dexamethasone_factors
from abate.exposure.windows import anchor_windows, dose_in_windows
from abate.records.options import Options
from spec import frame, rows_of

FACTORS = dexamethasone_factors("default")
HEADER = "patient_id | drug | amount | dose_count | interval_h | day"


def weights_of(kg: object = 70) -> Any:
    return frame(f"patient_id | course_id | weight_kg\nA | 1 | {kg}", course_id="int", weight_kg="float")


def doses_of(lines: str, kg: object = 70, header: str = HEADER) -> Any:
    """Administrations of patient A; a line is what the header says after the patient."""
    numbered = [f"A | {line} | row {place}" for place, line in enumerate(lines.strip().splitlines())]
    text = "\n".join([f"{header} | source", *numbered])
    return administrations(given(frame(text, "drugs"), weights_of(kg)))


def curve(lines: str) -> dict[str, Any]:
    (row,) = dose_curves(daily_doses(doses_of(lines), FACTORS)).to_pyarrow().to_pylist()
    return dict(row)


def test_a_day_adds_up_its_doses_in_one_currency() -> None:
    """Dexamethasone 10 mg every 6 h on day 5 is 40 mg; with 100 mg methylprednisolone (18.75) it is 58.75."""
    doses = doses_of("dexamethasone | 10 | 4 | 6 | 5\nmethylprednisolone | 100 | | | 5\nfludrocortisone | 1 | | | 5")
    assert rows_of(daily_doses(doses, FACTORS), "day", "low", "high", "doses") == [(5, 58.75, 58.75, 5)]


@pytest.mark.parametrize(
    ("lines", "start", "days"),
    [
        # 40, 40, 20, 10: falls from day 7 on, the last dose on day 8
        ("dexamethasone | 40 | 2 | 24 | 5\ndexamethasone | 20 | | | 7\ndexamethasone | 10 | | | 8", 7, 2),
        # 40 to the end: no taper
        ("dexamethasone | 40 | 3 | 24 | 5", None, None),
        # 10, then 40 for two days, then falls on day 8
        ("dexamethasone | 10 | | | 5\ndexamethasone | 40 | 2 | 24 | 6\ndexamethasone | 8 | | | 8", 8, 1),
        # a day without a dose is a dose of 0: what follows is a rise, and no taper
        ("dexamethasone | 40 | | | 5\ndexamethasone | 10 | | | 7", None, None),
        # steps that stay level belong to it
        ("dexamethasone | 40 | | | 5\ndexamethasone | 10 | 3 | 24 | 6\ndexamethasone | 4 | | | 9", 6, 4),
    ],
)
def test_the_taper_is_the_last_stretch_that_only_falls(lines: str, start: int | None, days: int | None) -> None:
    row = curve(lines)
    assert (row["taper_start"], row["taper_days"]) == (start, days)


def test_the_curve_has_a_peak_an_area_and_days() -> None:
    """40, 40, 20: peak 40 first on day 5, area 100 mg x days on three days."""
    row = curve("dexamethasone | 40 | 2 | 24 | 5\ndexamethasone | 20 | | | 7")
    assert (row["first_day"], row["last_day"], row["days"]) == (5, 7, 3)
    assert (row["peak_low"], row["peak_high"], row["peak_day"]) == (40.0, 40.0, 5)
    assert (row["area_low"], row["area_high"]) == (100.0, 100.0)


def test_an_amount_that_is_not_known_leaves_area_and_taper_open() -> None:
    """Day 6 has a dose of unknown amount: at least 50 mg x days, and no taper can be told."""
    row = curve("dexamethasone | 40 | | | 5\ndexamethasone | | | | 6\ndexamethasone | 10 | | | 7")
    assert (row["area_low"], row["area_high"], row["peak_high"], row["taper_start"]) == (50.0, None, None, None)


def test_an_infusion_told_by_its_rate_has_its_amount() -> None:
    """1 mg/kg/h for 10 h at 70 kg is 700 mg, and 2 mg/h is 20 mg."""
    header = "patient_id | drug | kind | rate | rate_unit | day | minute | end_day | end_minute"
    ends = "6 | 8640 | 6 | 9240"
    rate = 1000 / 60
    doses = doses_of(
        f"anakinra | infusion | {rate} | ug/kg/min | {ends}\nanakinra | infusion | {2 * rate} | ug/min | {ends}",
        header=header,
    )
    found = sorted(round(row[0], 6) for row in rows_of(doses, "low", "hours"))
    assert found == [20.0, 700.0]


@pytest.mark.parametrize(
    ("window", "low"),
    [
        ("before day 0", 0.0),
        ("from day 0 on", 60.0),
        ("before the onset of CRS", 40.0),
        ("from the onset of CRS on", 20.0),
    ],
)
def test_doses_around_any_moment(window: str, low: float) -> None:
    """40 mg on day 5, 20 mg on day 7; the onset on day 6."""
    rows = given(
        frame(f"{HEADER}\nA | dexamethasone | 40 | | | 5\nA | dexamethasone | 20 | | | 7", "drugs"), weights_of()
    )
    anchors = frame(
        "patient_id | course_id | anchor | day\nA | 1 | day 0 | 0\nA | 1 | the onset of CRS | 6\nA | 1 | discharge |",
        course_id="int",
        day="int",
    )
    coverage = frame("patient_id | domain | complete\nA | drugs | yes", "coverage")
    totals = interval_totals(rows, 0)
    doses = outside_totals(administrations(rows), totals)
    found = dose_in_windows(anchor_windows(anchors, 0), doses, totals, FACTORS, coverage)
    assert {row[0]: row[1] for row in rows_of(found, "window", "low")}[window] == low
    assert "before discharge" not in {row[0] for row in rows_of(found, "window")}


CLASSES = frame(
    "drug | drug_class\nanakinra | IL1RA\ntocilizumab | anti-IL6R\ndexamethasone | steroid\nsiltuximab | anti-IL6"
)


@pytest.mark.parametrize(
    ("lines", "beside"),
    [
        ("anakinra | 100 | 4 | 24 | 6", ""),
        ("anakinra | 100 | 4 | 24 | 6\ndexamethasone | 10 | | | 7", "corticosteroid"),
        ("anakinra | 100 | 4 | 24 | 6\ndexamethasone | 10 | | | 10\nsiltuximab | 10 | | | 5", ""),
        (
            "anakinra | 100 | 4 | 24 | 6\ndexamethasone | 10 | 9 | 24 | 1\ntocilizumab | 10 | | | 9",
            "corticosteroid; anti-IL6R",
        ),
    ],
)
def test_what_ran_beside_a_course(lines: str, beside: str) -> None:
    """A day in common: the course of anakinra is of days 6 to 9."""
    every = courses(doses_of(lines), 3)
    found = with_details(every.filter(every.drug == "anakinra"), every, weights_of(), CLASSES)
    assert rows_of(found, "concurrent") == [(beside,)]


def test_a_course_has_its_dose_by_weight_its_interval_and_its_route() -> None:
    """Four doses of 100 mg at 80 kg: 5 mg/kg in all."""
    header = "patient_id | drug | amount | dose_count | interval_h | day | route"
    every = courses(doses_of("anakinra | 100 | 4 | 12 | 6 | SC", header=header), 3)
    found = with_details(every, every, weights_of(80), CLASSES)
    assert rows_of(found, "per_kg_low", "per_kg_high", "interval_h", "route") == [(5.0, 5.0, 12.0, "sc")]
    found = with_details(every, every, weights_of(""), CLASSES)
    assert rows_of(found, "per_kg_low", "per_kg_high") == [(None, None)]


@pytest.mark.parametrize(
    ("lines", "interval"),
    [
        ("anakinra | 100 | | | 6", None),
        ("anakinra | 100 | | | 6\nanakinra | 100 | | | 8", 48.0),
        # several intervals, and days without hours: not known
        ("anakinra | 100 | 2 | 12 | 6\nanakinra | 100 | 2 | 24 | 8", None),
        # the interval of one record is not that of the course
        ("anakinra | 100 | 2 | 12 | 6\nanakinra | 100 | | | 8", None),
        ("anakinra | 100 | 2 | | 6", None),
    ],
)
def test_the_interval_of_a_course(lines: str, interval: float | None) -> None:
    """The one that the record names, else the mean between days; null where a dose has no day."""
    assert rows_of(courses(doses_of(lines), 3), "interval_h") == [(interval,)]


@pytest.mark.parametrize(
    ("lines", "kg", "beyond"),
    [
        ("tocilizumab | 560 | | | 4", 70, {"weight": [False], "most": [False]}),
        # rounded to vials: 588 mg is 5 % more
        ("tocilizumab | 588 | | | 4", 70, {"weight": [False]}),
        ("tocilizumab | 589 | | | 4", 70, {"weight": [True]}),
        ("tocilizumab | 300 | | | 4", 25, {"weight": [False]}),
        ("tocilizumab | 316 | | | 4", 25, {"weight": [True]}),
        ("tocilizumab | 240 | | | 4", 30, {"weight": [False]}),
        ("tocilizumab | 360 | | | 4", 30, {"weight": [True]}),
        ("tocilizumab | 560 | | | 4", "", {"weight": [None]}),
        ("tocilizumab | | | | 4", 70, {"weight": [None], "most": [None]}),
        ("tocilizumab | 800 | | | 4", 100, {"most": [False]}),
        ("tocilizumab | 801 | | | 4", 110, {"most": [True]}),
        ("tocilizumab | 400 | 2 | 8 | 4", 70, {"interval": [False, False]}),
        ("tocilizumab | 400 | 2 | 6 | 4", 70, {"interval": [False, True]}),
        ("tocilizumab | 400 | | | 4\ntocilizumab | 401 | | | 5", 70, {"interval": [None, False]}),
        ("tocilizumab | 400 | | | 4\ntocilizumab | 401 | | | 6", 70, {"interval": [False, False]}),
        ("tocilizumab | 400 | 5 | 24 | 4", 70, {"number": [False, False, False, False, True]}),
        # a dose without a day may be any of them: the fourth dated one may be the fifth
        ("tocilizumab | 400 | 2 | | 4", 70, {"number": [False, False]}),
        ("tocilizumab | 400 | 2 | 24 | 4\ntocilizumab | 401 | 2 | | 9", 70, {"number": [False] * 4}),
        (
            "tocilizumab | 400 | 4 | 24 | 4\ntocilizumab | 401 | 2 | | 9",
            70,
            {"number": [False, False, False, None, True, None]},
        ),
    ],
)
def test_tocilizumab_against_its_printed_limits(lines: str, kg: object, beyond: dict[str, list[bool | None]]) -> None:
    """A check of the data: beyond, within, or not to be told."""
    doses = dosing(doses_of(lines, kg), "tocilizumab", Options())
    rows = beyond_limits(doses, weights_of(kg)).to_pyarrow().to_pylist()
    for name, expected in beyond.items():
        assert sorted((row[name] for row in rows), key=str) == sorted(expected, key=str), name


def test_two_doses_nearer_than_eight_hours() -> None:
    """At 08:00 and 15:59, and at 08:00 and 16:00."""
    header = "patient_id | drug | amount | day | minute"
    for minute, expected in ((959, [False, True]), (960, [False, False])):
        lines = f"tocilizumab | 400 | 0 | 480\ntocilizumab | 401 | 0 | {minute}"
        rows = beyond_limits(dosing(doses_of(lines, header=header), "tocilizumab", Options()), weights_of())
        assert sorted(row[0] for row in rows_of(rows, "interval")) == expected
