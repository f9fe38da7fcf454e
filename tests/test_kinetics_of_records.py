"""Concentrations from the dosing record: every number against the textbook's formula, and why there is none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from abate.cohort import Cohort
from abate.exposure import drug_levels, tocilizumab
from abate.exposure import linear_kinetics as linear
from abate.exposure.drug_levels import linear_levels, saturable_levels, spread_of_average
from abate.exposure.linear_kinetics import Doses, OneCompartment
from abate.findings.kinetics import kinetics
from abate.records.options import Options
from abate.verbs import analyse
from spec import write_folder

PATIENTS = """
    patient_id | age | sex    | weight_kg | height_cm | last_contact_day
    A          | 50  | male   | 70        | 175       | 60
    B          | 60  | female | 60        | 160       | 60
    C          | 40  | male   |           | 180       | 60
    D          | 40  | male   | 80        | 180       | 60
    E          | 40  | male   | 80        | 180       | 8
    F          | 40  | male   | 80        | 180       | 60
    G          | 40  | male   | 80        | 180       |
"""
DRUGS = """
    patient_id | drug        | kind | amount | unit  | dose_count | interval_h | route | day
    A          | anakinra    | dose | 100    | mg    | 4          | 24         | SC    | 6
    A          | tocilizumab | dose | 8      | mg/kg | 2          | 8          | IV    | 4
    B          | anakinra    | dose | 100    | mg    | 8          | 12         | IV    | 5
    C          | anakinra    | dose | 100    | mg    | 4          | 24         | SC    | 6
    D          | anakinra    | dose | 100    | mg    | 4          | 24         |       | 6
    D          | tocilizumab | dose |        |       | 1          |            | IV    | 3
    E          | tocilizumab | dose | 640    | mg    | 1          |            | IV    | 3
    F          | tocilizumab | interval total | 640 | mg  |        |            |       | 3
    G          | anakinra    | dose | 100    | mg    | 1          |            | SC    | 20
"""
MEASUREMENTS = """
    patient_id | variable   | value | unit  | day
    A          | creatinine | 0.9   | mg/dL | 5
    A          | creatinine | 0.9   | mg/dL | 8
    B          | creatinine | 3.0   | mg/dL | 4
    B          | creatinine | 2.5   | mg/dL | 7
    D          | creatinine | 0.9   | mg/dL | 2
"""
EVENTS = """
    patient_id | event | day
    G          | death | 10
"""
L_PER_HOUR = 60 / 1000


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("doses") / "records"
    mapping = '[study]\ntreatment = "anakinra"\n[options]\nanakinra_limit = 0.5\n'
    write_folder(folder, mapping, patients=PATIENTS, drugs=DRUGS, measurements=MEASUREMENTS, events=EVENTS)
    return analyse(folder)


@pytest.fixture(scope="module")
def found(cohort: Cohort) -> dict[str, Any]:
    tables, _texts = kinetics(cohort)
    return {name: table.to_pylist() for name, table in tables.items()}


def line(found: dict[str, Any], patient: str, model: str) -> dict[str, Any]:
    (row,) = [row for row in found["kinetics"] if (row["patient"], row["model"]) == (patient, model)]
    return dict(row)


def test_of_many_courses_no_spread_is_simulated(cohort: Cohort) -> None:
    """Three courses of anakinra are more than two, those of tocilizumab are not: the average stands alone."""
    few = replace(cohort, options=Options({"anakinra_limit": 0.5, "simulated_courses": 2}))
    tables, texts = kinetics(few)
    brackets = {(row["drug"], "(" in row["average (mg/L)"]) for row in tables["kinetics"].to_pylist()}
    assert brackets == {("anakinra", False), ("tocilizumab", True)}
    assert "not simulated for a drug of more than 2 courses" in texts["kinetics"]


def bateman(hours: np.ndarray, clearance: float, volume: float, absorption: float, dose: float) -> np.ndarray:
    """Return the concentration after a dose under the skin, with apparent clearance (L/h) and volume (L)."""
    rate = clearance / volume
    curve = dose * absorption / (volume * (absorption - rate)) * (np.exp(-rate * hours) - np.exp(-absorption * hours))
    return np.where(hours >= 0, curve, 0.0)


def test_anakinra_under_the_skin_is_the_sum_of_its_doses(found: dict[str, Any]) -> None:
    """Clearance (140 - 50) x 70 / (72 x 0.9) = 97 mL/min: CL/F 170 mL/min, V/F 9.94 L, ka 0.14/h (Yang 2003)."""
    times = np.arange(0, 96.001, 0.01)
    curve = np.sum([bateman(times - 24 * dose, 170 * L_PER_HOUR, 9.94, 0.14, 100.0) for dose in range(4)], axis=0)
    row = line(found, "A", "yang_2003_groups")
    assert row["average (mg/L)"].split()[0] == f"{np.trapezoid(curve, times) / 96:.3f}"
    assert row["peak (mg/L)"] == f"{curve.max():.3f}"
    assert row["trough (mg/L)"] == f"{min(curve[2400], curve[4800], curve[7200]):.3f}"
    assert row["hours above the limit"] == f"{(curve > 0.5).mean() * 96:.1f} (> 0.5 mg/L)"
    average = np.trapezoid(curve, times) / 96
    assert row["cerebrospinal fluid (ng/mL)"] == f"{average * 2.8:.1f} to {average * 40:.1f}"
    assert (row["doses"], row["dose in all (mg)"], row["hours looked at"]) == (4, "400", "96")


def test_anakinra_into_a_vein_falls_as_one_exponential(found: dict[str, Any]) -> None:
    """Clearance 0.85 x 80 x 60 / (72 x 3) = 18.9: CL/F 51.5 mL/min; of a dose into a vein 0.9 of both."""
    clearance, volume = 51.5 * L_PER_HOUR * 0.9, 0.142 * 60 * 0.9
    rate = clearance / volume
    peak = sum(100 / volume * np.exp(-rate * 12 * dose) for dose in range(8))
    row = line(found, "B", "yang_2003_groups")
    assert row["peak (mg/L)"] == f"{peak:.3f}"
    assert row["trough (mg/L)"] == f"{100 / volume * np.exp(-rate * 12):.3f}"


def test_the_models_stand_beside_each_other(found: dict[str, Any]) -> None:
    """All four of anakinra; Urien's knows no dose into a vein."""
    models = {patient: [row["model"] for row in found["kinetics"] if row["patient"] == patient] for patient in "AB"}
    both = ["yang_2003_groups", "yang_2003_regression", "yang_2001"]
    assert models == {"A": [*both, "urien_2013", "frey_2010"], "B": both}


def test_why_there_is_none_is_told(found: dict[str, Any]) -> None:
    """No weight; no route; no amount; a creatinine that is four days old; a dose into a vein by Urien's model."""
    told = {
        (row["drug"], row["model"], row["not computed because"]): row["courses"] for row in found["kinetics_not_told"]
    }
    route = "the route of a dose is not recorded as into a vein or under the skin"
    assert told[("anakinra", "any", route)] == 1
    assert told[("tocilizumab", "any", "the amount of a dose is not known")] == 1
    assert told[("anakinra", "yang_2003_groups", "the body weight is not recorded")] == 1
    assert told[("tocilizumab", "any", "it is told as a total alone")] == 1
    assert told[("anakinra", "any", "a dose stands after the end of the follow-up")] == 1
    assert told[("anakinra", "urien_2013", "the model knows no dose into a vein")] == 1


def test_nothing_is_told_after_the_end_of_the_follow_up(found: dict[str, Any]) -> None:
    """Tocilizumab at noon of day 3, last contact on day 8: 5.5 days, not 28."""
    assert line(found, "E", "frey_2010")["hours looked at"] == "132"


def test_doses_by_renal_function_and_schedule(found: dict[str, Any]) -> None:
    """B: 18.9 mL/min and every 12 h; C and D have no clearance."""
    rows = [tuple(row.values()) for row in found["renal_doses"]]
    assert rows == [
        ("above 80", "daily", 1, 4, "100", 0),
        ("below 30", "every 12 h", 1, 8, "100", 8),
        ("not known", "daily", 2, 8, "100", 0),
        ("not known", "one dose", 1, 1, "100", 0),
    ]


def test_the_points_and_the_doses_of_the_figure(found: dict[str, Any]) -> None:
    """A line from the first dose on, a mark a dose, in days."""
    points = [row for row in found["concentrations"] if (row["patient"], row["drug"]) == ("A", "anakinra")]
    assert (points[0]["day"], points[0]["concentration"], points[-1]["day"]) == (6.5, 0.0, 10.5)
    marks = [(row["day"], row["amount"], row["route"]) for row in found["kinetic_doses"] if row["patient"] == "A"]
    assert marks[:2] == [(6.5, 100.0, "under the skin"), (7.5, 100.0, "under the skin")]
    assert sorted(marks[4:]) == [(4.5, 560.0, "into a vein"), (4.5 + 1 / 3, 560.0, "into a vein")]


@pytest.mark.parametrize(
    ("drugs", "starts"),
    [
        ("anakinra | 100 | mg | 1 | | 6", [156.0]),
        # two rows of a day without hours are spread over it: 6 and 18 o'clock
        ("anakinra | 100 | mg | 1 | | 6\nA | anakinra | 50 | mg | 1 | | 6", [150.0, 162.0]),
        # an interval follows the first dose
        ("anakinra | 100 | mg | 3 | 12 | 6", [156.0, 168.0, 180.0]),
    ],
)
def test_where_doses_without_an_hour_stand(drugs: str, starts: list[float], frame_of: Callable[[str], Any]) -> None:
    """At midday; several of a day spread evenly over it."""
    found = frame_of(f"patient_id | drug | amount | unit | dose_count | interval_h | day\nA | {drugs}")
    assert sorted(found.start.to_pyarrow().to_pylist()) == starts


@pytest.fixture
def frame_of() -> Callable[[str], Any]:
    from abate.exposure.administrations import administrations, given
    from abate.exposure.dosing_records import dosing
    from abate.records.options import Options
    from spec import frame

    nobody = frame("patient_id | course_id | weight_kg\nA | 1 |", course_id="int", weight_kg="float")
    return lambda text: dosing(administrations(given(frame(text, "drugs"), nobody)), "anakinra", Options())


def test_tocilizumab_by_frey_keeps_its_mass() -> None:
    """8 mg/kg over an hour: the average is the area over the time, the peak at the end of the infusion."""
    doses = Doses(np.array([0]), np.zeros(1), np.array([560.0]), np.ones(1), np.zeros(1, bool))
    patient = tocilizumab.parameters(np.array([1.8]), np.zeros(1))
    found = saturable_levels(doses, patient, np.array([672.0]), limit=10.0)
    # 560 mg over 3.5 L, less what is lost within the hour
    assert found.peak[0] == pytest.approx(160, rel=0.005)
    assert np.isnan(found.trough[0])
    # 28 days: area = lost / clearance, between that of the linear loss alone and that of the full saturable loss
    assert 560 / (0.3 + 7.5 / 2.7) / 28 < found.average[0] < 560 / 0.3 / 28
    assert 0 < found.hours_above[0] < 672


def test_more_patients_than_are_looked_at_together_keep_their_own_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    amounts = np.array([100.0, 200.0, 400.0, 560.0, 800.0])
    doses = Doses(np.arange(5), np.zeros(5), amounts, np.ones(5), np.zeros(5, bool))
    patients = tocilizumab.parameters(np.full(5, 1.8), np.zeros(5))
    together = saturable_levels(doses, patients, np.full(5, 672.0), limit=10.0)
    monkeypatch.setattr(drug_levels, "TOGETHER", 2)
    apart = saturable_levels(doses, patients, np.full(5, 672.0), limit=10.0)
    assert len(set(together.peak.tolist())) == 5
    np.testing.assert_allclose(apart.peak, together.peak, rtol=1e-12)
    np.testing.assert_allclose(apart.average, together.average, rtol=1e-12)
    np.testing.assert_allclose(apart.hours_above, together.hours_above, rtol=1e-12)


def test_the_spread_is_that_of_the_clearance() -> None:
    """The area is the dose over the clearance: its quantiles are those of the clearance (log-normal, CV 28 %)."""
    doses = Doses(np.array([0]), np.zeros(1), np.array([100.0]), np.zeros(1), np.ones(1, bool))
    one = OneCompartment(*(np.array([value]) for value in (10.0, 10.0, 0.5, 1.0)))
    until, variation = np.array([400.0]), {"clearance": np.array([0.28])}
    low, high = spread_of_average(doses, one, until, variation, 20_000, seed=1)[0]
    sigma = np.sqrt(np.log1p(0.28**2))
    expected = 100 / 10 / 400 * np.exp(np.array([-1, 1]) * 1.6449 * sigma)
    np.testing.assert_allclose([low, high], expected, rtol=0.02)
    again = spread_of_average(doses, one, until, variation, 20_000, seed=1)[0]
    assert (low, high) == tuple(again)


def test_every_patient_meets_the_same_simulated_ones() -> None:
    """Two patients with the same doses and parameters have the same spread, many at once or one alone."""
    doses = Doses(np.array([1, 0]), np.zeros(2), np.full(2, 100.0), np.zeros(2), np.ones(2, bool))
    two = OneCompartment(*(np.full(2, value) for value in (10.0, 10.0, 0.5, 1.0)))
    found = spread_of_average(doses, two, np.full(2, 24.0), {"clearance": np.full(2, 0.3)}, 4000, seed=3)
    np.testing.assert_array_equal(found[0], found[1])


def test_a_patient_without_parameters_has_no_number() -> None:
    """Not a number, and no 0."""
    doses = Doses(np.array([0, 1]), np.zeros(2), np.full(2, 100.0), np.zeros(2), np.ones(2, bool))
    two = OneCompartment(*(np.array([value, np.nan]) for value in (10.0, 10.0, 0.5, 1.0)))
    levels = linear_levels(doses, two, np.full(2, 24.0), limit=0.1)
    for values in (levels.average, levels.peak, levels.hours_above):
        assert not np.isnan(values[0])
        assert np.isnan(values[1])


def test_times_may_be_of_each_patient() -> None:
    """A row of hours a patient gives what each alone gives."""
    doses = Doses(np.array([0, 1]), np.array([0.0, 5.0]), np.full(2, 100.0), np.zeros(2), np.array([True, False]))
    two = OneCompartment(*(np.full(2, value) for value in (10.0, 10.0, 0.5, 0.9)))
    own = np.array([[1.0, 2.0], [6.0, 30.0]])
    found = linear.concentrations(doses, two, own)
    for patient in (0, 1):
        np.testing.assert_allclose(found[patient], linear.concentrations(doses, two, own[patient])[patient])


def test_without_a_limit_no_hours_are_counted() -> None:
    """A limit of 0 is none."""
    doses = Doses(np.array([0]), np.zeros(1), np.full(1, 100.0), np.zeros(1), np.ones(1, bool))
    one = OneCompartment(*(np.array([value]) for value in (10.0, 10.0, 0.5, 1.0)))
    assert linear_levels(doses, one, np.array([24.0])).hours_above.tolist() == [0.0]
