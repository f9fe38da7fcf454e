"""Corticosteroid equivalents, and the body weight that doses imply."""

import pytest

from abate.exposure.equivalence import TABLES, dexamethasone_factors
from abate.exposure.weight import daily_by_weight, implied_weights
from abate.records.options import REGISTRY
from spec import frame, rows_of


def factors(table: str) -> dict[str, float]:
    found = dexamethasone_factors(table).to_pyarrow().to_pylist()
    return {row["drug"]: row["factor"] for row in found}


@pytest.mark.parametrize(
    ("drug", "milligrams"),
    [
        ("dexamethasone", 0.75),
        ("betamethasone", 0.75),
        ("methylprednisolone", 4),
        ("triamcinolone", 4),
        ("prednisone", 5),
        ("prednisolone", 5),
        ("deflazacort", 6),
        ("hydrocortisone", 20),
        ("cortisone", 25),
    ],
)
def test_the_standard_table(drug: str, milligrams: float) -> None:
    """Each of these doses is 0.75 mg of dexamethasone (the standard table)."""
    assert milligrams * factors("default")[drug] == pytest.approx(0.75, rel=1e-12)


@pytest.mark.parametrize(
    ("table", "drug", "dose", "dexamethasone"),
    [
        ("default", "methylprednisolone", 1000, 187.5),
        ("dexamethasone_0.6", "methylprednisolone", 1000, 150.0),
        ("dexamethasone_0.6", "dexamethasone", 10, 10.0),
        ("deflazacort_7.5", "deflazacort", 7.5, 0.75),
        ("deflazacort_7.5", "methylprednisolone", 1000, 187.5),
        ("betamethasone_0.6", "betamethasone", 0.6, 0.75),
        ("betamethasone_0.6", "dexamethasone", 10, 10.0),
    ],
)
def test_where_sources_disagree_the_table_is_named(table: str, drug: str, dose: float, dexamethasone: float) -> None:
    """1 g of methylprednisolone is 187.5 mg of dexamethasone, or 150 mg where 0.6 mg equals 4 mg."""
    assert dose * factors(table)[drug] == pytest.approx(dexamethasone, rel=1e-12)


def test_fludrocortisone_is_in_no_table() -> None:
    """A mineralocorticoid is no part of a dose sum."""
    assert all("fludrocortisone" not in table for table in TABLES.values())


def test_every_table_can_be_chosen_and_every_choice_is_a_table() -> None:
    """The option and the tables name the same."""
    assert set(REGISTRY["steroid_equivalence"].values) == set(TABLES)


CAPS = frame("drug | cap_mg\ntocilizumab | 800", cap_mg="float")
WEIGHTS = ("weight_low", "weight_high", "amount", "per_kg", "doses")


def weights_of(text: str) -> list[tuple[object, ...]]:
    return rows_of(implied_weights(frame(text, "drugs"), CAPS), *WEIGHTS)


def test_two_doses_of_8_mg_per_kg_and_their_total_imply_a_weight() -> None:
    """The letter's patient 1: 1480 mg in two doses of 8 mg/kg is 92.5 kg."""
    assert weights_of("""
        patient_id | drug        | kind           | amount | per_kg | dose_count
        A          | tocilizumab | dose           | 8      | yes    | 2
        A          | tocilizumab | interval total | 1480   | no     |
    """) == [(92.5, 92.5, 1480.0, 8.0, 2.0)]


@pytest.mark.parametrize(("total", "low", "high"), [("792", 99.0, 99.0), ("800", 100.0, None), ("808", 101.0, None)])
def test_at_the_cap_the_weight_is_a_lower_bound(total: str, low: float, high: float | None) -> None:
    """The letter's patient 7: 800 mg in one dose, the largest given, fits every weight from 100 kg."""
    found = weights_of(f"""
        patient_id | drug        | kind           | amount  | per_kg | dose_count
        A          | tocilizumab | dose           | 8       | yes    |
        A          | tocilizumab | interval total | {total} | no     |
    """)
    assert found == [(low, high, float(total), 8.0, 1.0)]


def test_the_cap_is_that_of_a_single_dose() -> None:
    """1180 mg in two doses is 590 mg each, below 800 mg."""
    found = weights_of("""
        patient_id | drug        | kind           | amount | per_kg | dose_count
        A          | tocilizumab | dose           | 8      | yes    | 2
        A          | tocilizumab | interval total | 1180   | no     |
    """)
    assert found[0][:2] == (73.75, 73.75)


def test_a_drug_without_a_cap_implies_a_weight_all_the_same() -> None:
    """2 mg/kg and a total of 160 mg is 80 kg."""
    found = weights_of("""
        patient_id | drug               | kind           | amount | per_kg
        A          | methylprednisolone | dose           | 2      | yes
        A          | methylprednisolone | interval total | 160    | no
    """)
    assert found[0][:2] == (80.0, 80.0)


def test_several_totals_and_rows_of_doses_are_added() -> None:
    """One dose and two doses of 8 mg/kg, totals of 700 and 1100 mg and one of 0: 75 kg."""
    found = weights_of("""
        patient_id | drug        | kind           | amount | per_kg | dose_count
        A          | tocilizumab | dose           | 8      | yes    | 1
        A          | tocilizumab | dose           | 8      | yes    | 2
        A          | tocilizumab | interval total | 700    | no     |
        A          | tocilizumab | interval total | 1100   | no     |
        A          | tocilizumab | interval total | 0      | no     |
    """)
    assert found == [(75.0, 75.0, 1800.0, 8.0, 3.0)]


@pytest.mark.parametrize(
    "rows",
    [
        "A | tocilizumab | dose | 8 | yes | 2 | given",
        "A | tocilizumab | interval total | 1480 | no | | given",
        "A | tocilizumab | dose | 8 | yes | 2 | given\nA | tocilizumab | interval total | 0 | no | | given",
        "A | tocilizumab | dose | 8 | yes | 2 | held\nA | tocilizumab | interval total | 1480 | no | | given",
        "A | tocilizumab | dose | 8 | yes | 2 | given\nA | anakinra | interval total | 1480 | no | | given",
        "A | tocilizumab | dose |  | yes | 2 | given\nA | tocilizumab | interval total | 1480 | no | | given",
    ],
)
def test_no_weight_is_implied_without_both_a_dose_per_kg_and_a_total(rows: str) -> None:
    """Missing, 0, held or of another drug: nothing is implied."""
    header = "patient_id | drug | kind | amount | per_kg | dose_count | status"
    assert weights_of(f"{header}\n{rows}") == []


@pytest.mark.parametrize(
    ("recorded", "implied", "expected"),
    [
        ("80", "", ("recorded", 1.25, 2.5)),
        ("80", "A | 1 | 92.5 | 92.5", ("recorded", 1.25, 2.5)),
        ("", "A | 1 | 50 | 50", ("implied", 2.0, 4.0)),
        ("", "A | 1 | 100 |", ("implied", None, 2.0)),
        ("", "A | 1 | 50 | 50\nA | 1 | 40 | 40", ("implied", 2.0, 5.0)),
        ("", "", ("unknown", None, None)),
    ],
    ids=["recorded", "recorded and implied", "implied", "at least", "implied by two drugs", "unknown"],
)
def test_the_daily_dose_is_divided_by_the_weight_recorded_else_implied(
    recorded: str, implied: str, expected: tuple[object, ...]
) -> None:
    """100 to 200 mg a day; a weight of at least 100 kg gives at most so much per kg, and no least."""
    course = frame(
        "patient_id | course_id | daily_low | daily_high\nA | 1 | 100 | 200",
        course_id="int",
        daily_low="float",
        daily_high="float",
    )
    weights = frame(f"patient_id | course_id | weight_kg\nA | 1 | {recorded}", course_id="int", weight_kg="float")
    heading = "patient_id | course_id | weight_low | weight_high"
    kinds = {"course_id": "int", "weight_low": "float", "weight_high": "float"}
    bounds = frame(f"{heading}\n{implied or 'Z | 1 | 1 | 1'}", **kinds)
    found = daily_by_weight(course, weights, bounds)
    assert rows_of(found, "weight", "daily_per_kg_low", "daily_per_kg_high") == [expected]
