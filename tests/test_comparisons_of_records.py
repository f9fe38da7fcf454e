"""Two groups of a small cohort: what is tested, what is only shown, and what the page says of it."""

from dataclasses import replace
from typing import Any

import pytest

from abate.cohort import Cohort, derive
from abate.findings.comparisons import PICTURE, comparisons
from abate.findings.shape import Section
from abate.grading.systems import systems_named
from abate.records.options import Options
from abate.report.page import OTHER_TESTS, comparison_days
from abate.report.page import comparisons as laid_out
from abate.statistics.comparison import detectable_difference
from spec import read_records

COUNT = 12
MAPPING = """
[study]
treatment = "anakinra"
[groups.hlh]
column = "hlh"
labels = { 0 = "no HLH", 1 = "HLH" }
[[comparisons]]
variables = ["ferritin", "crp"]
measure = "auc"
group = "hlh"
window = [0, 4]
[[comparisons]]
variables = ["ferritin"]
measure = "baseline"
group = "hlh"
window = [0, 1]
[[comparisons]]
variables = ["ferritin"]
measure = "peak"
group = "responder"
anchor = "treatment"
window = [-4, 0]
"""


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    """Twelve patients, the last four with HLH and ten times the ferritin; C-reactive protein says nothing."""
    people = "\n".join(f"P{place:02} | {int(place >= 8)}" for place in range(COUNT))
    labs = "\n".join(
        f"P{place:02} | ferritin | {(1 + 9 * (place >= 8)) * (1000 + 100 * place)} | ug/L | {day}\n"
        f"P{place:02} | crp | {100 + 10 * (place % 5)} | mg/L | {day}"
        for place in range(COUNT)
        for day in range(-1, 6)
    )
    doses = "\n".join(f"P{place:02} | anakinra | 100 | mg | 5" for place in range(COUNT))
    grades = "\n".join(
        f"P{place:02} | icans_grade | X | {grade} | {day}"
        for place in range(COUNT)
        for day, grade in ((4, 4), (5, 4), (6, 4 - 3 * (place % 2)), (7, 4 - 3 * (place % 2)))
    )
    records = read_records(
        tmp_path_factory.mktemp("groups"),
        MAPPING,
        patients=f"patient_id | hlh\n{people}",
        measurements=f"patient_id | variable | value | unit | day\n{labs}",
        drugs=f"patient_id | drug | amount | unit | day\n{doses}",
        events=f"patient_id | event | system | value | day\n{grades}",
    )
    return derive(records, systems=systems_named(["astct_crs"]))


def found(cohort: Cohort, **chosen: object) -> Section:
    return comparisons(replace(cohort, options=Options(chosen)))


def rows(section: Section, name: str) -> list[dict[str, Any]]:
    return list(section[0][name].to_pylist())


def test_few_patients_are_tested_once(cohort: Cohort) -> None:
    """Of four comparisons of twelve patients the one named first has a P value; the rest is a picture."""
    section = found(cohort)
    tested, *others = rows(section, "comparisons")
    # All four with HLH lie above all eight without: 1 of 495 groupings is as far apart.
    assert tested["permutation_p"] == pytest.approx(1 / 495)
    assert tested["wilcoxon_p"] == pytest.approx(2 / 495)
    assert (tested["holm"], tested["family"]) == (tested["permutation_p"], 1)
    assert tested["detectable"] == detectable_difference(8, 4)
    for row in others:
        assert row["note"] == PICTURE
        assert [row[name] for name in ("permutation_p", "wilcoxon_p", "t_p", "welch_p", "holm")] == [None] * 5
        assert row["difference"] is not None
    assert all(row["p"] is None for row in rows(section, "comparison_days"))
    assert "fewer than 20 patients" in section[1]["comparisons"]


def test_more_patients_have_every_p_value_and_its_adjustment(cohort: Cohort) -> None:
    """Four tests: Holm's value of the smallest is four times it; every day has its own family."""
    section = found(cohort, few_patients=12)
    results = rows(section, "comparisons")
    assert [row["family"] for row in results] == [4] * 4
    smallest = min(row["permutation_p"] for row in results)
    assert min(row["holm"] for row in results) == pytest.approx(4 * smallest)
    assert all(row["holm"] >= row["benjamini_hochberg"] >= row["permutation_p"] for row in results)
    days = rows(section, "comparison_days")
    ferritin = [row for row in days if row["comparison"].startswith("Ferritin: area")]
    assert [row["day"] for row in ferritin] == [0, 1, 2, 3]
    assert {row["p"] for row in ferritin} == {2 / 495}
    assert {row["groups"] for row in ferritin} == {"no HLH (8) and HLH (4)"}
    assert {row["family"] for row in days} == {len(days)}
    assert "picture" not in section[1]["comparisons"]


def test_a_comparison_by_response_counts_back_from_the_treatment(cohort: Cohort) -> None:
    """Days 1 to 4: the four days before the treatment of day 5."""
    *_, last = rows(found(cohort), "comparisons")
    assert last["comparison"] == "Ferritin: peak, days -4 to 0 from the start of anakinra, by response"
    assert (last["first"], last["n_first"], last["second"], last["n_second"]) == ("responder", 6, "nonresponder", 6)


def test_the_cut_offs_of_the_letter_are_counted_and_not_tested(cohort: Cohort) -> None:
    """Ferritin above 10,000 ug/L: all four with HLH, none of the others. C-reactive protein: none above 300."""
    limits = {row["comparison"]: row for row in rows(found(cohort), "comparison_cut_offs")}
    ferritin = limits["Ferritin: area under the curve, days 0 to 4, by hlh"]
    assert (ferritin["no HLH"], ferritin["HLH"]) == ("0 of 8 (0 %)", "4 of 4 (100 %)")
    assert ferritin["cut-off"] == "above 10,000 ug/L"
    crp = limits["C-reactive protein: area under the curve, days 0 to 4, by hlh"]
    assert (crp["no HLH"], crp["HLH"], crp["cannot be told"]) == ("0 of 8 (0 %)", "0 of 4 (0 %)", 0)


def test_the_page_lays_them_out(cohort: Cohort) -> None:
    """An area stands beside its mean a day; P values have their methods; without P values there are no columns."""
    section = found(cohort)
    shown = laid_out(section[0]["comparisons"])
    first = dict(zip(shown.columns, shown.rows[0], strict=True))
    assert first["permutation P"] == "0.002 (exact; least 0.002)"
    assert first["medians"].endswith("per covered day 1,350 and 19,500")
    second = dict(zip(shown.columns, shown.rows[1], strict=True))
    assert second["permutation P"] == ""
    assert second["left out"].endswith(f"; {PICTURE}")
    others = laid_out(section[0]["comparisons"], OTHER_TESTS)
    assert dict(zip(others.columns, others.rows[0], strict=True))["rank-sum P"] == "0.004 (exact; least 0.004)"
    assert comparison_days(section[0]["comparison_days"]).columns == ["comparison", "day", "measured (n)", "medians"]
    every = comparison_days(found(cohort, few_patients=12)[0]["comparison_days"])
    assert every.rows[0][-4:] == ["0.004", "0.004", every.rows[0][-2], every.rows[0][-1]]


def test_the_laboratory_values_can_be_drawn_from_the_treatment(cohort: Cohort) -> None:
    """Days -1 to 5 of the infusion are days -6 to 0 of the treatment, which then starts on day 0."""
    from abate.findings.biomarkers import biomarkers

    moved = biomarkers(replace(cohort, options=Options({"laboratory_clock": "treatment"})))[0]
    drawn = moved["biomarker_points"].to_pylist()
    assert {row["clock"] for row in drawn} == {"the start of anakinra"}
    assert {(row["time"], row["start_day"]) for row in drawn} == {(day - 4.5, 0) for day in range(-1, 6)}
    assert {row["day"] for row in moved["heat"].to_pylist()} == set(range(-6, 1))
    days = moved["biomarker_days"].to_pylist()
    assert {row["day"] - row["days from the start of anakinra"] for row in days} == {5}
