"""Who is compared, by which number, on which clock: each patient beside the reason."""

from dataclasses import replace

import ibis
import pytest

from abate.biomarkers.groups import beyond, measured, measured_days
from abate.records.options import Options
from abate.sources.mapping import Comparison
from spec import frame, rows_of

PEAK = Comparison(("ferritin",), "peak", "hlh", (0, 9))
TYPES = dict.fromkeys(("course_id", "anchor_day", "event_day", "start_day", "death_day"), "int")
TRUTHS = dict.fromkeys(("undated", "died", "death_exact"), "bool")


def people(*lines: str) -> ibis.Table:
    """``patient label anchor event start death``: a dash is none, ``?`` is on no known day, ``8~`` is about day 8."""
    rows = []
    for line in lines:
        patient, label, anchor, event, start, death = ("" if cell == "-" else cell for cell in line.split())
        exact = "no" if death == "?" or "~" in death else "yes"
        rows.append(
            f"{patient} | 1 | {label} | {anchor} | {event.strip('?')} | {'yes' if '?' in event else 'no'} | {start} | "
            f"{'yes' if death else 'no'} | {death.strip('?~')} | {exact}"
        )
    names = "patient_id course_id label anchor_day event_day undated start_day died death_day death_exact"
    return frame("\n".join([names.replace(" ", " | "), *rows]), **TYPES, **TRUTHS)


def points(*lines: str) -> ibis.Table:
    """``patient time value``, then ``>`` for a limit of the assay and ``x`` for what a drug alters."""
    rows = []
    for line in lines or ("Z 1 5",):
        patient, time, value, *marks = line.split()
        limit = "above" if ">" in marks else ""
        rows.append(f"{patient} | 1 | ferritin | {time} | {value} | {limit} | {'yes' if 'x' in marks else 'no'} | s")
    header = "patient_id | course_id | variable | time | value | limit | left_out | source"
    return frame("\n".join([header, *rows]), course_id="int", time="float", value="float", left_out="bool")


def of(
    comparison: Comparison, who: tuple[str, ...], values: tuple[str, ...], **chosen: object
) -> list[tuple[object, ...]]:
    found = measured(points(*values), people(*who), comparison, Options(chosen))
    return rows_of(found, "patient_id", "value", "left_out")


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("A hlh 0 - - -", None),
        ("A - 0 - - -", "group not known"),
        ("A hlh - - - -", "the day from which the window runs is not known"),
        ("A hlh 0 ? - -", "the day of the event is not known"),
        ("A hlh 0 8 - -", "the event came before the window ended"),
        ("A hlh 0 9 - -", None),
        # one on day 9, and one of no known day
        ("A hlh 0 9? - -", "the day of the event is not known"),
        ("A hlh 0 - - 8", "died before the window ended"),
        ("A hlh 0 - - 9", None),
        ("A hlh 0 - - ?", "the day of death is not known"),
        # in the month before day 39 or 40: it may have been on day 8, but not before day 9
        ("A hlh 0 - - 39~", "the day of death is not known"),
        ("A hlh 0 - - 40~", None),
        # the treatment matters only where the groups are told by the response to it
        ("A hlh 0 - 3 -", None),
    ],
)
def test_who_is_left_out_and_why(who: str, why: str | None) -> None:
    """The window is days 0 to 9; a peak of 900."""
    ((_, value, left_out),) = of(PEAK, (who,), ("A 2.5 900",))
    assert left_out == why
    assert value == (None if who.split()[2] == "-" else 900)


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ("8", "the window would contain the treatment and the response"),
        ("9", None),
        ("-", "the day of the treatment is not known"),
    ],
)
def test_a_window_by_response_ends_with_the_start_of_the_treatment(start: str, why: str | None) -> None:
    by_response = replace(PEAK, group="responder")
    ((_, _, found),) = of(by_response, (f"A responder 0 - {start} -",), ("A 2.5 900",))
    assert found == why


@pytest.mark.parametrize("later", [100, 20_000])
def test_no_edge_is_drawn_to_a_value_after_the_treatment(later: int) -> None:
    """1,000 on days 6.5 and 11.0, treatment on day 12: whatever came on day 14, the mean before it is 1,000."""
    before = replace(PEAK, measure="auc_per_day", group="responder", anchor="treatment", window=(-5, 0))
    values = ("A 6.5 1000", "A 11 1000", f"A 14 {later}")
    assert of(before, ("A responder 12 - 12 -",), values) == [("A", 1000, None)]


@pytest.mark.parametrize("later", [1000, 60_000])
def test_no_edge_is_drawn_to_a_value_after_the_event(later: int) -> None:
    """The event of day 9: a value of day 10 says nothing of days 0 to 9."""
    area = replace(PEAK, measure="auc_per_day", exclude_event="hlh")
    assert of(area, ("A hlh 0 9 - -",), ("A 0 1000", "A 8 1000", f"A 10 {later}")) == [("A", 1000, None)]


@pytest.mark.parametrize(
    ("anchor", "who", "values", "expected"),
    [
        # the day of the infusion is before it, the day of another anchor is not
        ("infusion", "A hlh 0 - - -", ("A -1 7", "A 0.9 8", "A 1.1 9"), (8, None)),
        ("treatment", "A hlh 12 - 12 -", ("A 11.5 7", "A 12.1 8"), (7, None)),
        # by response nothing after the start of the treatment
        ("treatment", "A responder 12 - 12 -", ("A 11.5 7", "A 12.1 8"), (7, None)),
        (
            "onset",
            "A responder 12 - 5 -",
            ("A 6 100", "A 11 9000"),
            (None, "the window would contain the treatment and the response"),
        ),
        (
            "infusion",
            "A responder 0 - 0 -",
            ("A -1 7",),
            (7, "the window would contain the treatment and the response"),
        ),
    ],
)
def test_the_baseline_is_before_its_anchor(
    anchor: str, who: str, values: tuple[str, ...], expected: tuple[float | None, str | None]
) -> None:
    group = who.split()[1]
    comparison = replace(PEAK, measure="baseline", group=group, anchor=anchor, window=(0, 1))
    assert of(comparison, (who,), values) == [("A", *expected)]


def test_the_window_runs_from_the_anchor() -> None:
    """Five days before the treatment of day 12: the values of days 7 to 11, whoever died on day 14."""
    before = replace(PEAK, group="responder", anchor="treatment", window=(-5, 0))
    found = of(before, ("A responder 12 - 12 14",), ("A 6.5 9000", "A 7.5 700", "A 11.5 800", "A 12.5 9000"))
    assert found == [("A", 800, None)]


def test_what_a_drug_alters_and_who_was_not_measured_are_left_out() -> None:
    found = of(PEAK, ("A hlh 0 - - -", "B hlh 0 - - -"), ("A 2.5 900 x", "A 3.5 100"))
    assert found == [("A", 100, None), ("B", None, "too few values in the window")]


def test_a_logarithm_needs_a_value_above_0() -> None:
    who = ("A hlh 0 - - -", "B hlh 0 - - -")
    found = of(PEAK, who, ("A 2.5 1000", "B 2.5 0"), comparison_scale="log10")
    assert found == [("A", 3.0, None), ("B", None, "the value is not above 0 and has no logarithm")]


def test_an_area_stands_beside_its_share_of_a_day() -> None:
    """900 throughout days 0 to 9: 8,100 ug/L·d, 900 a day; a window half covered has no area, but a mean."""
    values = ("A 0 900", "A 9 900", "B 0 900", "B 4 900")
    who = people("A hlh 0 - - -", "B hlh 0 - - -")
    found = measured(points(*values), who, replace(PEAK, measure="auc"), Options())
    assert rows_of(found, "patient_id", "value", "per_day") == [("A", 8100, 900), ("B", None, 900)]


def test_the_days_of_those_who_are_compared() -> None:
    """The highest value of each day from the anchor; nothing of a patient who is left out."""
    values = ("A 10.2 1", "A 10.9 3", "A 11.5 2", "A 9.9 9", "B 10.5 7", "A 12.5 8 x")
    who = people("A hlh 10 - - -", "B - 10 - - -")
    found = measured_days(points(*values), who, PEAK, Options())
    assert rows_of(found, "patient_id", "day", "value", "label") == [("A", 0, 3, "hlh"), ("A", 1, 2, "hlh")]


@pytest.mark.parametrize(
    ("values", "above"),
    [
        (("A 1 10001",), True),
        (("A 1 10000",), False),
        # more than 10,000 is above it; more than 9,000 may be
        (("A 1 10000 >",), True),
        (("A 1 9000 >",), None),
        (("A 1 9000 >", "A 2 10001"), True),
        (("A 1 500", "A 12 20000"), False),
        # what is left out may have been above it
        (("A 1 20000 x", "A 2 500"), None),
        (("A 1 50 x", "A 2 10001"), True),
        ((), None),
    ],
)
def test_who_passed_the_cut_off_of_the_letter(values: tuple[str, ...], above: bool | None) -> None:
    """Ferritin above 10,000 ug/L within days 0 to 9; the scale of a comparison does not move it."""
    found = beyond(points(*values), people("A hlh 0 - - -"), PEAK, {"ferritin": 10_000.0})
    assert rows_of(found, "limit", "label", "above") == [(10_000.0, "hlh", above)]


def test_a_variable_without_a_cut_off_has_none() -> None:
    assert rows_of(beyond(points("A 1 5"), people("A hlh 0 - - -"), PEAK, {"ldh": 500.0}), "above") == []
