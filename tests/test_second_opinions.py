"""What other libraries find in the same made-up cohorts: second opinions, where they are known to be right."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "survival.py"
INSTALLED = Path(sys.prefix) / "survival" / "installed"
CLOSE = {"lifelines": 1e-7, "firthmodels": 5e-6}
"""Where a library stops its steps; the others agree to the last digits."""
TIES = {("aalen_johansen", "lifelines"), ("firth_cox", "firthmodels")}
"""Wrong or otherwise with ties: lifelines moves tied times at random, and firthmodels has no Efron likelihood."""
TASKS = ("kaplan_meier", "aalen_johansen", "cox", "firth_cox", "gray")
Values = dict[tuple[str, bool], list[dict[str, float]]]


@pytest.fixture(scope="module")
def values() -> Values:
    """What each library finds, by task and whether times are tied: a small cohort and a larger one."""
    if not INSTALLED.is_file():
        pytest.skip("the libraries for second opinions are not installed (make test installs them)")
    # In a process of its own: they bring pandas, which nothing of ours may come to need.
    done = subprocess.run([sys.executable, "-W", "ignore", str(SCRIPT), "--values"], check=True, stdout=subprocess.PIPE)
    found: Values = {}
    for row in json.loads(done.stdout):
        found.setdefault((row["task"], row["tied"]), []).append(row["found"])
    return found


@pytest.mark.parametrize("tied", [False, True], ids=["untied", "tied"])
@pytest.mark.parametrize("task", TASKS)
def test_other_libraries_find_the_same(task: str, tied: bool, values: Values) -> None:
    cohorts = values[task, tied]
    assert len(cohorts) == 2
    for found in cohorts:
        assert len(found) > 1
        for library, value in found.items():
            if not (tied and (task, library) in TIES):
                assert value == pytest.approx(found["abate"], abs=CLOSE.get(library, 1e-12)), library


@pytest.mark.parametrize(("task", "library"), sorted(TIES))
def test_ties_are_where_they_differ(task: str, library: str, values: Values) -> None:
    """Should this fail, the library was mended: hold ours to it with ties too."""
    assert all(abs(found[library] - found["abate"]) > 1e-4 for found in values[task, True])
