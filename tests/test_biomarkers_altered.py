"""Values that a drug, a product, dialysis or a haemolysed sample alters: marked, and left out or not."""

import ibis
import pytest

from abate.biomarkers.altered import SAMPLE, may_be_altered, with_altered
from abate.biomarkers.series import series
from abate.exposure.administrations import administrations, given, interval_totals
from abate.records.options import Options
from spec import frame, rows_of

NO_STATE = "patient_id | variable | state | day | end_day\nZ | oxygen | room_air | 0 |"


def of_drugs(values: ibis.Table, drugs: ibis.Table, states: str = NO_STATE, chosen: str = "starred") -> ibis.Table:
    """Return the values (of the record table), marked."""
    options = Options({"altered_values": chosen})
    weights = frame("patient_id | course_id | weight_kg\nA | 1 |", course_id="int", weight_kg="float")
    rows = given(drugs, weights)
    points, held = series(values, options), frame(states, "states")
    return with_altered(points, administrations(rows), interval_totals(rows, 0), held, options)


def marked(
    values: str, doses: str = "Z | anakinra | given | 0 |", states: str = NO_STATE, chosen: str = "starred"
) -> list[tuple[object, ...]]:
    """Return time, cause and whether it is out of comparisons, of ``variable | value | day | minute | text``."""
    drugs = frame(f"patient_id | drug | status | day | dose_count\n{doses}", "drugs")
    recorded = frame(f"patient_id | variable | value | day | minute | text\n{values}", "measurements")
    return rows_of(of_drugs(recorded, drugs, states, chosen), "time", "altered_by", "left_out")


def altered(values: str, doses: str) -> list[tuple[object, ...]]:
    lines = "\n".join(f"{line} |" for line in values.splitlines())
    return [row[:2] for row in marked(lines, doses)]


@pytest.mark.parametrize("drug", ["tocilizumab", "siltuximab"])
@pytest.mark.parametrize(("day", "marked"), [(3, False), (4, False), (5, True), (25, True), (26, False)])
def test_crp_is_altered_for_21_days_after_interleukin_6_blockade(drug: str, day: int, marked: bool) -> None:
    """From the day after the dose to 21 days after it; the order on the day itself is not known."""
    found = altered(f"A | crp | 8 | {day} |", f"A | {drug} | given | 4 |")
    assert found == [(day + 0.5, drug if marked else None)]


@pytest.mark.parametrize(("day", "marked"), [(4, False), (5, True), (26, True), (400, True)])
def test_interleukin_6_is_altered_from_tocilizumab_on(day: int, marked: bool) -> None:
    """It rises when its receptor is blocked; no end is named."""
    found = altered(f"A | il6 | 8 | {day} |", "A | tocilizumab | given | 4 |")
    assert found == [(day + 0.5, "tocilizumab" if marked else None)]


@pytest.mark.parametrize(
    "doses",
    [
        "A | anakinra | given | 4 |",
        "A | tocilizumab | held | 4 |",
        "B | tocilizumab | given | 4 |",
    ],
)
def test_only_a_dose_of_that_drug_given_to_that_patient_alters_a_value(doses: str) -> None:
    """Anakinra, a dose held and another patient's dose mark nothing."""
    assert altered("A | crp | 8 | 6 |", doses) == [(6.5, None)]


def test_other_variables_are_not_altered() -> None:
    """Ferritin after tocilizumab stands."""
    assert altered("A | ferritin | 8 | 6 |", "A | tocilizumab | given | 4 |") == [(6.5, None)]


@pytest.mark.parametrize(
    ("dose", "marked"),
    [("A | tocilizumab | given | |", [True] * 3), ("A | tocilizumab | given | 4 | 2", [False, True, True])],
)
def test_a_dose_without_a_day_may_have_altered_all_that_comes_after_it(dose: str, marked: list[bool]) -> None:
    """Undated it may be the first; the second of two doses is given on day 4 or on any day after it."""
    found = altered("A | crp | 8 | 3 |\nA | crp | 8 | 6 |\nA | crp | 8 | 60 |", dose)
    assert [drug == "tocilizumab" for _, drug in found] == marked


def test_within_the_day_of_the_dose_the_hours_decide_where_both_are_known() -> None:
    """Tocilizumab at 06:00 of day 5: a value at 20:00 is altered, at 05:00 not, without an hour taken as not."""
    drugs = frame("patient_id | drug | day | minute\nA | tocilizumab | 5 | 7560", "drugs")
    text = "A | crp | 1 | 5 | 7500\nA | crp | 1 | 5 |\nA | crp | 1 | 5 | 8400"
    found = of_drugs(frame(f"patient_id | variable | value | day | minute\n{text}", "measurements"), drugs)
    assert rows_of(found.order_by("time"), "altered_by", order="time") == [(None,), (None,), ("tocilizumab",)]


def test_two_doses_mark_a_value_once() -> None:
    """A value within 21 days of both has one row; the second dose prolongs the time."""
    found = altered(
        "A | crp | 8 | 6 |\nA | crp | 8 | 26 |\nA | crp | 8 | 27 |",
        "A | tocilizumab | given | 4 |\nA | tocilizumab | given | 5 |",
    )
    assert found == [(6.5, "tocilizumab"), (26.5, "tocilizumab"), (27.5, None)]


def test_the_hour_does_not_move_a_value_to_the_next_day() -> None:
    """23:59 of the day of the dose is still that day; 00:00 of the next is after it."""
    found = altered("A | crp | 8 | 4 | 7199\nA | crp | 8 | 5 | 7200", "A | tocilizumab | given | 4 |")
    assert [drug for _, drug in found] == [None, "tocilizumab"]


@pytest.mark.parametrize(
    ("variable", "drug", "last"),
    [
        # after blood products, until half a fibrinogen is gone or the cells are told apart no more
        ("fibrinogen", "cryoprecipitate", 4),
        ("fibrinogen", "fresh frozen plasma", 4),
        ("fibrinogen", "fibrinogen concentrate", 4),
        ("platelets", "platelet concentrate", 7),
        ("hemoglobin", "red blood cells", 7),
        # growth factor, lipids of the infusion, asparaginase
        ("anc", "filgrastim", 7),
        ("anc", "pegfilgrastim", 14),
        ("triglyceride", "propofol", 2),
        ("triglyceride", "pegaspargase", 21),
    ],
)
def test_a_value_after_a_product_is_marked_and_still_compared(variable: str, drug: str, last: int) -> None:
    """Flagged by the review, without a star: drawn with a mark, in comparisons by default."""
    values = "\n".join(f"A | {variable} | 100 | {day} | |" for day in (10, 11, 10 + last, 11 + last))
    found = marked(values, f"A | {drug} | given | 10 |")
    assert [cause for _, cause, _ in found] == [None, drug, drug, None]
    assert not any(left_out for _, _, left_out in found)
    assert may_be_altered(variable)


@pytest.mark.parametrize(
    ("chosen", "crp", "platelets"), [("starred", True, False), ("all", True, True), ("none", False, False)]
)
def test_what_is_left_out_is_an_option(chosen: str, crp: bool, platelets: bool) -> None:
    """C-reactive protein after tocilizumab is starred, platelets after transfusion are not; the mark stays."""
    values = "A | crp | 8 | 6 | |\nA | platelets | 40 | 6 | |"
    doses = "A | tocilizumab | given | 5 |\nA | platelet concentrate | given | 5 |"
    found = marked(values, doses, chosen=chosen)
    assert found == [(6.5, "platelet concentrate", platelets), (6.5, "tocilizumab", crp)]


@pytest.mark.parametrize(
    ("stretch", "days"),
    [
        ("4 | 6", [4, 5, 6]),  # the end is not part of it: days 4 and 5, and the day after
        ("4 |", [4, 5]),
        ("4 | 4", [4, 5]),
    ],
)
def test_creatinine_under_renal_replacement_is_marked(stretch: str, days: list[int]) -> None:
    values = "\n".join(f"A | creatinine | 1 | {day} | |" for day in range(3, 9))
    states = f"patient_id | variable | state | day | end_day\nA | renal_replacement | yes | {stretch}"
    found = marked(values, states=states)
    assert [time - 0.5 for time, cause, _ in found if cause == "renal replacement"] == days  # type: ignore[operator]


def test_no_renal_replacement_marks_nothing() -> None:
    states = "patient_id | variable | state | day | end_day\nA | renal_replacement | no | 4 | 6"
    assert marked("A | creatinine | 1 | 5 | |", states=states) == [(5.5, None, False)]


def test_a_haemolysed_sample_is_marked_and_compared_unless_asked() -> None:
    """AST of a haemolysed sample; a ferritin of it stands."""
    values = "A | ast | 900 | 6 | | Hemolyzed\nA | ferritin | 900 | 6 | | haemolysed"
    assert marked(values) == [(6.5, SAMPLE, False), (6.5, None, False)]
    assert marked(values, chosen="all") == [(6.5, SAMPLE, True), (6.5, None, False)]


@pytest.mark.parametrize("ends", ["5 | 7200 | 12000 |", "5 | | | 9"])
def test_an_infusion_of_several_days_counts_to_its_end(ends: str) -> None:
    """Propofol from day 5 to day 8, by the minute or by the day: triglycerides to day 10."""
    drugs = frame(f"patient_id | drug | day | minute | end_minute | end_day\nA | propofol | {ends}", "drugs")
    values = "\n".join(f"A | triglyceride | 300 | {day}" for day in (5, 6, 10, 11))
    found = of_drugs(frame(f"patient_id | variable | value | day\n{values}", "measurements"), drugs)
    assert rows_of(found, "time", "altered_by") == [(5.5, None), (6.5, "propofol"), (10.5, "propofol"), (11.5, None)]
