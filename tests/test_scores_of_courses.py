"""Scores of courses from records: each over the window of its paper, and what is not recorded is not normal."""

from pathlib import Path
from typing import Any

import ibis
import pytest

from abate import verbs
from abate.records.options import Options
from abate.scores.of_iec_hs import rapid_rises, transaminases
from spec import frame, write_folder

DAY0 = "2024-03-11 10:00"
SITES = "major_extranodal"
PATIENTS = f"""
    patient_id | age | sex | weight_kg | height_cm | stage | ecog | extranodal_sites | {SITES} | day0 | last_contact
    A | 55 | F | 70 | 170 | 3 | 1 | 2 | yes | {DAY0} | 2024-04-30
    B | 66 | m | 80 | 180 | | | | | {DAY0} | 2024-03-20
"""
OTHERS = f"""
    C | 50 | f | 60 | 165 | | | | | {DAY0} | 2024-06-30
    D | 50 | f | 60 | 165 | | | | | {DAY0} | 2024-03-20
"""
DRUGS = """
    patient_id | drug             | kind | amount | unit | time
    A          | fludarabine      | dose | 50     | mg   | 2024-03-06 09:00
    A          | cyclophosphamide | dose | 900    | mg   | 2024-03-06 12:00
    C          | cyclophosphamide | dose | 900    | mg   | 2023-08-01 12:00
    C          | fludarabine      | dose | 50     | mg   | 2024-03-06 09:00
    A          | filgrastim       | dose | 0.3    | mg   | 2024-03-13 12:00
"""
MEASUREMENTS = """
    patient_id | variable        | value  | unit    | uln | lln | time
    A          | platelets       | 60     | 10*9/L  |     |     | 2024-03-06 07:00
    A          | platelets       | 20     | 10*9/L  |     |     | 2024-03-06 15:00
    A          | anc             | 1.0    | 10*9/L  |     |     | 2024-03-06 07:00
    A          | hemoglobin      | 8.5    | g/dL    |     |     | 2024-03-06 07:00
    A          | crp             | 10     | mg/L    |     |     | 2024-03-06 07:00
    A          | ferritin        | 700    | ug/L    | 300 |     | 2024-03-06 07:00
    A          | ldh             | 500    | U/L     | 250 |     | 2024-03-06 07:00
    A          | creatinine      | 1.2    | mg/dL   | 1.2 |     | 2024-03-04 07:00
    A          | creatinine      | 1.0    | mg/dL   | 1.2 |     | 2024-03-11 07:00
    A          | creatinine      | 4.0    | mg/dL   | 1.2 |     | 2024-03-15 07:00
    A          | ferritin        | 600    | ug/L    | 300 |     | 2024-03-11 07:00
    A          | ferritin        | 5000   | ug/L    | 300 |     | 2024-03-14 06:00
    A          | ferritin        | 9000   | ug/L    | 300 |     | 2024-03-14 18:00
    A          | ferritin        | >16500 | ug/L    | 300 |     | 2024-03-15 18:00
    A          | ast             | 30     | U/L     | 40  |     | 2024-03-10 07:00
    A          | temperature     | 39.5   | Cel     |     |     | 2024-03-14 06:00
    A          | hemoglobin      | 7.9    | g/dL    |     |     | 2024-03-14 06:00
    A          | platelets       | 40     | 10*9/L  |     |     | 2024-03-14 06:00
    A          | wbc             | 1.0    | 10*9/L  |     |     | 2024-03-14 06:00
    A          | anc             | 0.2    | 10*9/L  |     |     | 2024-03-14 06:00
    A          | triglyceride    | 400    | mg/dL   |     |     | 2024-03-16 06:00
    A          | fibrinogen      | 120    | mg/dL   |     | 200 | 2024-03-15 06:00
    A          | ast             | 250    | U/L     | 40  |     | 2024-03-15 06:00
    A          | ldh             | 900    | U/L     | 250 |     | 2024-03-15 06:00
    A          | sil2r           | 4000   | U/mL    |     |     | 2024-03-15 06:00
    A          | inr             | 1.5    | 1       | 1.2 |     | 2024-03-15 06:00
    A          | bilirubin_direct | 0.3   | mg/dL   | 0.3 |     | 2024-03-15 06:00
    B          | ferritin        | 700    | ug/L    |     |     | 2024-03-12
    C          | platelets       | 100    | 10*9/L  |     |     | 2024-03-05 07:00
    C          | ldh             | 300    | U/L     | 250 |     | 2024-03-05 07:00
    C          | alt             | 160    | U/L     | 40  |     | 2024-03-10 07:00
    C          | alt             | 240    | U/L     | 40  |     | 2024-03-13 06:00
    C          | temperature     | 37.0   | Cel     |     |     | 2024-03-13 06:00
    C          | ferritin        | 700    | ug/L    | 300 |     | 2024-03-13 06:00
    C          | platelets       | 50     | 10*9/L  |     |     | 2024-03-13 06:00
    C          | ast             | 90     | U/L     | 40  |     | 2024-03-13 06:00
    C          | triglyceride    | 300    | mg/dL   |     |     | 2024-03-13 06:00
    C          | fibrinogen      | 300    | mg/dL   |     | 200 | 2024-03-13 06:00
    C          | temperature     | 39.0   | Cel     |     |     | 2024-03-31 06:00
    C          | ferritin        | >10000 | ug/L    | 300 |     | 2024-03-31 06:00
    C          | platelets       | 50     | 10*9/L  |     |     | 2024-03-31 06:00
    C          | ast             | 90     | U/L     | 40  |     | 2024-03-31 06:00
    C          | triglyceride    | 100    | mg/dL   |     |     | 2024-03-31 06:00
    C          | fibrinogen      | 300    | mg/dL   |     | 200 | 2024-03-31 06:00
    C          | anc             | 2.0    | 10*9/L  |     |     | 2024-04-15 06:00
    C          | anc             | 2.1    | 10*9/L  |     |     | 2024-04-16 06:00
    C          | anc             | 0.05   | 10*9/L  |     |     | 2024-05-20 06:00
    C          | anc             | 0.05   | 10*9/L  |     |     | 2024-05-21 06:00
    C          | hemoglobin      | 7.0    | g/dL    |     |     | 2024-06-29 06:00
    D          | temperature     | 37.0   | Cel     |     |     | 2024-03-12 06:00
"""
EVENTS = """
    patient_id | event       | text         | time
    A          | hlh_feature | splenomegaly | 2024-03-15
    A          | hlh_feature | Onset as CRS resolves | 2024-03-15
    C          | relapse     |              | 2024-05-01
"""
COVERAGE = """
    patient_id | domain | complete
    A          | events | yes
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], dict[str, Any]]:
    folder = tmp_path_factory.mktemp("scores")
    tables = {
        "patients": PATIENTS.rstrip() + OTHERS,
        "drugs": DRUGS,
        "measurements": MEASUREMENTS,
        "events": EVENTS,
        "coverage": COVERAGE,
    }
    write_folder(folder, **tables)
    rows = verbs.analyse(folder).scores.to_pyarrow().to_pylist()
    return {(row["patient_id"], row["score"], row["at"]): row for row in rows}


BEFORE, INFUSION, WEEK = "before lymphodepletion", "at infusion", "worst 7 days of 0 to 30"
Found = dict[tuple[str, str, str], dict[str, Any]]


def test_car_hematotox_reads_the_last_values_before_lymphodepletion(found: Found) -> None:
    """Platelets 60 (2), neutrophils 1.0 (1), hemoglobin 8.5 (1), CRP 1 mg/dL (0), ferritin 700 (1); 20 came after."""
    row = found["A", "car-hematotox", BEFORE]
    assert (row["value"], row["class"], row["complete"], row["day"]) == (5, "high", True, None)


def test_easix_is_of_one_draw(found: Found) -> None:
    """Creatinine of two days earlier is not of the draw: there is no EASIX then, but a simplified one."""
    row = found["A", "easix", BEFORE]
    assert (row["value"], row["complete"], row["missing"]) == (None, False, "a draw of all of it")
    assert found["A", "s-easix", BEFORE]["value"] == pytest.approx(500 / 60)
    assert found["A", "m-easix", BEFORE]["value"] == pytest.approx(500 * 1 / 60)


def test_renal_function_is_that_of_infusion(found: Found) -> None:
    assert found["A", "cockcroft-gault", INFUSION]["value"] == pytest.approx((140 - 55) * 70 / 72 * 0.85)
    assert found["A", "body-surface", INFUSION]["value"] == pytest.approx((170 * 70 / 3600) ** 0.5)
    assert ("B", "cockcroft-gault", INFUSION) not in found


def test_prognostic_indices_read_columns_of_their_names(found: Found) -> None:
    """LDH twice normal, stage III, two sites, ECOG 1, 55 years: 3 points; NCCN: age 1, LDH 1, stage 1, site 1."""
    assert (found["A", "ipi", BEFORE]["value"], found["A", "ipi", BEFORE]["class"]) == (3, "high-int")
    assert (found["A", "nccn-ipi", BEFORE]["value"], found["A", "aaipi", BEFORE]["value"]) == (4, 2)


def test_hyperinflammation_is_that_of_the_worst_week(found: Found) -> None:
    """Fever (49), spleen alone (23), three lineages (34), ferritin (50), fat (64), fibrinogen (30), AST (19)."""
    row = found["A", "hscore (all_cart)", WEEK]
    assert (row["lower"], row["upper"]) == (18 + 49 + 23 + 34 + 50 + 64 + 30 + 19, 287 + 35)
    assert row["missing"] == "hemophagocytosis" and row["day"] == 5
    assert found["A", "hscore (fardet)", WEEK]["lower"] == row["lower"] - 18
    hlh = found["A", "hlh-2004", WEEK]
    assert (hlh["value"], hlh["class"]) == (6, "met")  # fever, spleen, cytopenias, fat, ferritin, soluble CD25
    assert found["A", "ohi", WEEK]["class"] == "met"


def test_a_value_beyond_the_assay_is_a_bound(found: Found) -> None:
    """Over 16,500 is over 10,000: the gate of CARTOX is open; liver and kidney are grade 3 or more."""
    row = found["A", "cartox-hlh", "days 0 to 30, organs near"]
    assert (row["value"], row["class"]) == (2, "met")
    assert row["criteria"] == "hepatic; renal; ferritin"


def test_a_rise_of_ferritin_is_between_draws_of_4_to_24_hours(found: Found) -> None:
    """4,000 in 12 hours is 333 an hour; from 9,000 on the value is only a bound."""
    row = found["A", "mas-l", "days 0 to 30"]
    assert (row["class"], row["criteria"]) == ("met", "fibrinogen; lactate dehydrogenase; ferritin rise")


def test_iec_hs_counts_and_calls_nothing(found: Found) -> None:
    row = found["A", "iec-hs", "most within 72 hours, ferritin gate open"]
    assert (row["value"], row["class"], row["day"]) == (3, "", 4)
    assert row["criteria"] == "transaminases; fibrinogen; onset as CRS resolves"
    assert "new_grade_4_cytopenia" in row["missing"]
    other = found["A", "iec-hs-other", "most within 72 hours, ferritin gate open"]
    told = "ldh above normal; prolonged clotting; new splenomegaly; fever; new renal insufficiency; triglycerides"
    assert (other["criteria"], other["missing"], other["upper"]) == (told, "neurotoxicity; lung", 8)


ENZYMES = """
    patient_id    | alt_low | ast_low | alt_uln | ast_uln | alt_baseline | ast_baseline
    over normal   | 210     | 30      | 40      | 40      | 20           | 20
    over baseline | 210     | 30      | 40      | 40      | 50           | 20
    no baseline   | 210     | 30      | 40      | 40      |              | 20
    no limit      | 150     | 30      |         | 40      | 20           | 20
    one unmeasured | 60     |         | 40      | 40      | 20           | 20
    neither       |         |         | 40      | 40      | 20           | 20
"""


def test_transaminases_are_known_as_far_as_their_limits_and_baselines_are() -> None:
    columns = [f"{name}_{what}" for name in ("alt", "ast") for what in ("low", "uln", "baseline")]
    rows = frame(ENZYMES, **dict.fromkeys(columns, "float"))
    rows = rows.mutate(alt_high=rows.alt_low, ast_high=rows.ast_low)
    found = {row["patient_id"]: row for row in rows.mutate(**transaminases(rows)).to_pyarrow().to_pylist()}
    ends = {name: (row["transaminases_ratio_low"], row["transaminases_ratio_high"]) for name, row in found.items()}
    assert ends == {
        "over normal": (5.25, 5.25),
        "over baseline": (4.2, 4.2),
        "no baseline": (0.75, 5.25),
        "no limit": (0.75, 7.5),
        "one unmeasured": (1.5, None),
        "neither": (None, None),
    }


RISES = """
    patient_id | minute | low  | high
    rate       | 600    | 900  | 900
    rate       | 840    | 1300 | 1300
    too soon   | 600    | 1900 | 1900
    too soon   | 839    | 2400 | 2400
    too slow   | 600    | 1000 | 1000
    too slow   | 840    | 1399 | 1399
    doubled    | 600    | 500  | 500
    doubled    | 2040   | 1000 | 1000
    too late   | 600    | 500  | 500
    too late   | 2041   | 1000 | 1000
    too low    | 600    | 400  | 400
    too low    | 840    | 999  | 999
    a bound    | 600    | 900  | 900
    a bound    | 1200   | 9000 | 1e300
"""


@pytest.mark.parametrize(
    ("how", "rapid"),
    [
        ("rate", {"rate"}),
        ("doubling", {"doubled"}),
        ("rate_or_doubling", {"rate", "doubled"}),
        ("off", set()),
    ],
)
def test_a_rapid_rise_of_ferritin_is_one_that_is_chosen(how: str, rapid: set[str]) -> None:
    """100 ug/L an hour over 4 hours or more, or twice as much within 24, and 1,000 reached."""
    rows = frame(RISES, minute="int", low="float", high="float").mutate(course_id=1, variable=ibis.literal("ferritin"))
    rows = rows.mutate(day=rows.minute // 1440)
    found = rapid_rises(rows, Options({"iec_hs_rapid_rise": how})).to_pyarrow().to_pylist()
    assert {row["patient_id"] for row in found} == rapid


def test_neutropenia_is_told_by_its_endpoints_and_its_course(found: Found) -> None:
    """Neutrophils 0.2 on day 3, the only count after infusion: severe, and nobody knows for how long."""
    row = found["A", "neutropenia", "from day 0"]
    assert (row["class"], row["criteria"]) == ("", "severe neutropenia; severe thrombocytopenia; anemia")
    assert found["A", "g-csf", "from day 0"]["value"] == 2
    assert ("B", "neutropenia", "from day 0") not in found


def test_cytopenia_needs_counts(found: Found) -> None:
    assert not [key for key in found if key[0] == "B" and "icaht" in key[1]]


def test_what_is_not_recorded_is_not_normal(found: Found) -> None:
    """Of B one ferritin is known: nothing is met, nothing is told to be absent but what it decides."""
    mine = {key[1]: row for key, row in found.items() if key[0] == "B"}
    assert set(mine) <= {"ohi", "hlh-2004", "hlh-2024", "hscore (all_cart)", "hscore (fardet)", "mas-2016"} | {
        *("body-surface", "cartox-hlh", "iec-hs-gate"),
    }
    assert mine["ohi"]["class"] == "not met" and not mine["hlh-2004"]["complete"]


def test_the_drugs_of_another_treatment_are_no_lymphodepletion(found: Found) -> None:
    """Cyclophosphamide of seven months earlier; the last values are those before fludarabine."""
    assert found["C", "s-easix", BEFORE]["value"] == pytest.approx(3)


def test_criteria_with_a_gate_are_met_in_the_window_that_meets_them(found: Found) -> None:
    """Four criteria without fever on day 2; three of them on day 20, with fever and ferritin."""
    row = found["C", "mas-2016", WEEK]
    assert (row["class"], row["day"], row["value"], row["upper"]) == ("met", 20, 3, 4)


def test_over_the_assay_is_over_the_limit_and_an_organ_never_measured_is_open(found: Found) -> None:
    """Ferritin >10,000 opens the gate; kidney and bilirubin were not measured near it."""
    row = found["C", "cartox-hlh", "days 0 to 30, organs near"]
    assert "ferritin" in row["criteria"] and row["class"] == ""
    assert "renal_grade" in row["missing"]


def test_an_abnormal_baseline_is_the_measure_of_transaminases(found: Found) -> None:
    """ALT 240 is six times normal and one and a half times the baseline: not over five times."""
    row = found["C", "iec-hs", "most within 72 hours, ferritin gate open"]
    assert "transaminases" not in row["criteria"]


def test_cytopenia_after_a_relapse_is_not_counted(found: Found) -> None:
    """Neutrophils of 2.0 before the relapse of day 51, 0.05 after it; anemia after day 100."""
    assert found["C", "icaht-late", "days 31 to 100"]["value"] == 0
    row = found["C", "neutropenia", "from day 0"]
    assert (row["value"], row["criteria"], row["class"], row["complete"]) == (0, "", "", False)


def test_early_icaht_is_told_by_both_ways_of_counting(tmp_path: Path) -> None:
    """Neutrophils of 0.3 on days 2-5 and 9-12 with three days of recovery: 8 days in all, the longest run 4."""
    counts = {day: 0.3 if day in (2, 3, 4, 5, 9, 10, 11, 12) else 0.9 if 6 <= day <= 8 else 3.0 for day in range(31)}
    lines = "\n".join(f"A | anc | {value} | 10*9/L | {day}" for day, value in counts.items())
    write_folder(
        tmp_path,
        patients="patient_id | last_contact_day\nA | 40",
        measurements=f"patient_id | variable | value | unit | day\n{lines}",
    )
    rows = verbs.analyse(tmp_path).scores.to_pyarrow().to_pylist()
    grades = {row["score"]: row["value"] for row in rows if row["score"].startswith("icaht-early")}
    assert grades == {"icaht-early (cumulative)": 2, "icaht-early (longest_joined)": 1}
