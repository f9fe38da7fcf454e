"""The table beside every response, from records to the page: lines, hours, refractory and dependent."""

from typing import Any

import pytest

from abate.cohort import Cohort
from abate.findings.context import context
from abate.findings.doses import doses
from abate.findings.spells import spells
from abate.verbs import analyse
from spec import write_folder

PATIENTS = """
    patient_id | age | sex | weight_kg | last_contact_day
    A          | 50  | M   | 70        | 12
    B          | 60  | F   | 60        | 12
    C          | 60  | F   | 60        | 12
"""
MEASUREMENTS = """
    patient_id | variable    | value | unit | day | minute
    A          | temperature | 39.0  | Cel  | 2   | 3180
    A          | temperature | 39.0  | Cel  | 3   |
    A          | temperature | 37.0  | Cel  | 4   |
    A          | ice         | 4     |      | 4   |
    A          | ice         | 4     |      | 5   |
    A          | ice         | 5     |      | 6   |
    A          | ice         | 8     |      | 7   |
    A          | ice         | 5     |      | 8   |
    B          | temperature | 38.4  | Cel  | 1   |
"""
DRUGS = """
    patient_id | drug          | amount | unit  | dose_count | interval_h | route | indication | day | minute
    A          | tocilizumab   | 8      | mg/kg |            |            | IV    |            | 2   | 3540
    A          | dexamethasone | 20     | mg    | 3          | 24         | IV    | ICANS      | 4   |
    A          | dexamethasone | 8      | mg    | 2          | 24         | IV    | ICANS      | 7   |
    A          | anakinra      | 100    | mg    | 4          | 24         | SC    |            | 6   |
    B          | tocilizumab   | 480    | mg    |            |            | IV    |            | 3   |
"""
EVENTS = """
    patient_id | event            | day | end_day
    A          | hospital_admission | -6  | 11
"""
MAPPING = """
[study]
treatment = "anakinra"
[coverage]
vitals = "complete"
drugs = "complete"
oxygen = "complete"
neuro = "complete"
events = "complete"
"""


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("context") / "records"
    write_folder(folder, MAPPING, patients=PATIENTS, measurements=MEASUREMENTS, drugs=DRUGS, events=EVENTS)
    return analyse(folder)


def lines(tables: Any, name: str) -> dict[str, dict[str, Any]]:
    return {row["patient"]: row for row in tables[name].to_pylist()}


def test_the_context_of_a_response(cohort: Cohort) -> None:
    """ICE 4 is grade 2: under 20 mg a day it is still 2 on day 6 (ICE 5), and rises from 1 to 2 on the taper."""
    tables, texts = context(cohort)
    rows = lines(tables, "context")
    assert rows["A"]["drugs in the order begun"] == ("tocilizumab (day 2), corticosteroid (day 4), anakinra (day 6)")
    assert rows["A"]["indication of steroid"] == "ICANS"
    # fever at 53:00 on day 2, tocilizumab at 59:00; B has no hours
    assert rows["A"]["hours from first fever to first tocilizumab"] == "6"
    assert rows["B"]["hours from first fever to first tocilizumab"] == "2 days"
    assert rows["A"]["steroid-refractory ICANS"] == "yes"
    assert rows["A"]["steroid-dependent ICANS"] == "yes"
    # grade 1 on day 2 and on day 3
    assert rows["A"]["tocilizumab-refractory CRS"] == "yes"
    assert "C" not in rows
    assert "after 2 days at 10 mg" in texts["context"]


def test_steroid_by_day_and_around_moments(cohort: Cohort) -> None:
    """Three days of 20 mg and two of 8: peak 20, area 76, a taper from day 7 on."""
    tables, _texts = doses(cohort)
    row = lines(tables, "steroids")["A"]
    assert (row["highest daily dose (mg)"], row["area under the daily dose (mg·d)"]) == ("20", "76")
    assert (row["taper from day"], row["days of taper"]) == (7, 2)
    around = {(one["window"], one["drug"]): one["mg: median (range)"] for one in tables["anchored_doses"].to_pylist()}
    assert around[("before the start of anakinra", "dexamethasone-equivalent")] == "40 (40–40)"
    assert around[("from discharge on", "dexamethasone-equivalent")] == "0 (0–0)"
    assert around[("from day 0 on", "tocilizumab")] == "480 (0–560)"
    agents = [(one["patient"], one["drug"], one["cumulative (mg/kg)"]) for one in tables["agents"].to_pylist()]
    assert agents == [("A", "tocilizumab", "8"), ("A", "anakinra", "5.71"), ("B", "tocilizumab", "8")]
    limits = [tuple(one.values())[2:] for one in tables["tocilizumab_limits"].to_pylist()]
    assert limits == [(0, 2, 0)] * 4
    changes = {
        one["table of equivalent doses"]: one["change of a course's dose (%)"]
        for one in tables["equivalences"].to_pylist()
    }
    assert changes["default (chosen)"] == "0 to 0"


def test_spells_and_orders_from_records(cohort: Cohort) -> None:
    """CRS was seen before ICANS; the record of drugs is complete, so that days without steroid are free of it."""
    tables, texts = spells(cohort)
    assert [tuple(row.values()) for row in tables["orders"].to_pylist()] == [
        ("CRS", "1 of 3 (33 %)"),
        ("CRS, then ICANS", "1 of 3 (33 %)"),
    ]
    free = {row["patient_id"]: (row["free_low"], row["free_high"]) for row in tables["steroid_free"].to_pylist()}
    # 13 days are followed, of which five have steroid; 30 are counted
    assert free == {"A": (8, 25), "B": (13, 30), "C": (13, 30)}
    assert "of the first 30" in texts["steroid_free"]
    assert {row["system"] for row in tables["toxicity_days"].to_pylist()} >= {"ASTCT 2019"}
