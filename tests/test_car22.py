"""59 real recipients of CD22 CAR T cells, through a mapping file. Skipped where the data is absent."""

import shutil
from pathlib import Path

import pytest

from abate import verbs
from abate.findings.comparisons import comparisons
from abate.grading.systems import systems_named

MAPPING = Path(__file__).parents[1] / "docs" / "car22.toml"


@pytest.fixture
def car22(shared: Path, tmp_path: Path) -> Path:
    for file in (shared / "data" / "car22").glob("*.csv"):
        (tmp_path / file.name).symlink_to(file)
    shutil.copy(MAPPING, tmp_path / "abate.toml")
    return tmp_path


def test_every_value_is_used_or_set_aside_with_a_reason(car22: Path) -> None:
    records = verbs.read(car22)
    rows = {row["table"]: row for row in records.accounting.to_pylist()}
    labs = rows["measurements"]
    assert (labs["values_in"], labs["used"]) == (787, 784)
    assert labs["not a number"] == 3  # "Hemolyzed"
    assert rows["patients"]["rows_in"] == 59


def test_days_before_the_infusion_are_floored(car22: Path) -> None:
    records = verbs.read(car22)
    first = records["measurements"].day.min().to_pyarrow().as_py()
    assert first == -1  # the earliest fractional day is -0.83


def test_the_comparison_leaves_out_whom_the_outcome_came_first(car22: Path) -> None:
    """One HLH began on day 7, before the window ends on day 9."""
    tables, _ = comparisons(verbs.analyse(car22, systems=systems_named(["astct_crs"])))
    results = {row["comparison"].split(":")[0]: row for row in tables["comparisons"].to_pylist()}
    crp = results["C-reactive protein"]
    assert "1 the event came before the window ended" in crp["left out"]
    assert crp["n_first"] + crp["n_second"] == 58
    assert "Drugs are not declared complete" in crp["left out"]  # it may have been suppressed
    # It is not the one named first, but 58 are not few; they cannot be enumerated, only counted by their ranks.
    assert crp["permutation_method"].startswith("Monte Carlo")
    assert crp["least_p"] == pytest.approx(1e-5)
    assert (crp["wilcoxon_method"], crp["family"]) == ("exact", 3)
