"""The page on immortal time: every number of its tables, computed again.

``python test_immortal_time_page.py`` prints the tables.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from abate.statistics.clone_censor import clone_censor, resampled, strategies
from abate.statistics.cox import Model, cox
from abate.statistics.landmark import landmark
from abate.statistics.time_varying import split_at
from abate.statistics.times import Floats, Integers, times
from stats_reference import DATA, frame

PAGE = Path(__file__).parents[1] / "docs" / "immortal-time.md"
PATIENTS, SEED, SAMPLES = 40_000, 20200713, 500


def ratio(model: Model) -> str:
    """Write the hazard ratio of the first column with its interval."""
    low, high = model.interval()
    value, first, last = (float(np.exp(one[0])) for one in (model.coefficients, low, high))
    return f"{value:.2f} ({first:.2f} to {last:.2f})"


def analyses(
    time: Floats, event: Integers, start: Floats, columns: Floats, day: float, grace: int, horizon: float, samples: int
) -> list[tuple[str, str]]:
    """Return each analysis by name, and what it finds."""
    of = times(time, event)
    ever = start < time
    names = ["treated", *(f"x{place}" for place in range(columns.shape[1]))]
    naive = cox(of, ever[:, None].astype(float), names[:1])
    at = landmark(of, start, day)
    split = split_at(of, np.where(ever, start, np.inf))
    changing = cox(split.of, np.column_stack([split.treated, columns[split.row]]), names)
    cloned = strategies(time, event, start, grace, columns)
    found = clone_censor(cloned)
    alive = [1 - float(arm.curve.at([horizon])[0]) for arm in (found.start, found.wait)]
    words = f"{100 * alive[0]:.1f} % and {100 * alive[1]:.1f} % alive on day {horizon:g}"
    if samples:
        spread = resampled(cloned, [horizon], samples=samples)
        low, high = 100 * -float(spread.high[0]), 100 * -float(spread.low[0])
        words += f"; difference {100 * (alive[0] - alive[1]):+.1f} % ({low:+.1f} to {high:+.1f})"
    assert at.model is not None
    return [
        ("ever against never treated (biased)", ratio(naive)),
        (f"landmark at day {day:g}", ratio(at.model)),
        (f"treatment that changes with time{', adjusted' if columns.shape[1] else ''}", ratio(changing)),
        (f"start within {grace} days or not, cloned, censored, weighted", words),
    ]


def nothing_works() -> list[tuple[str, str]]:
    """Death at 0.01 a day, start at 0.05 a day, to day 60; the drug does nothing."""
    random = np.random.default_rng(SEED)
    death, start = random.exponential(100, PATIENTS), random.exponential(20, PATIENTS)
    time = np.minimum(death, 60)
    return analyses(time, (death <= 60).astype(int), start, np.zeros((PATIENTS, 0)), 14, 7, 28, 0)


def stanford() -> list[tuple[str, str]]:
    """The Stanford heart transplants (Crowley and Hu 1977); age, year and earlier surgery where it is adjusted."""
    data = frame("heart")
    who = data.number("id")
    people = np.unique(who)
    first = np.array([np.flatnonzero(who == one)[0] for one in people])
    last = np.array([np.flatnonzero(who == one)[-1] for one in people])
    stop, given = data.number("stop"), data.number("transplant") > 0
    start = np.where(given[last], np.where(first == last, 0.0, stop[first]), np.inf)
    columns = np.column_stack([data.number(name)[first] for name in ("age", "year", "surgery")])
    event = data.number("event")[last].astype(int)
    return analyses(stop[last], event, start, columns, 30, 30, 100, SAMPLES)


def printed(heading: str) -> list[tuple[str, str]]:
    """Return the rows of a table of the page."""
    text = PAGE.read_text(encoding="utf-8").split(f"## {heading}")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (.*?) \| (.*?) \|", text, re.MULTILINE)
    return [(name, finding) for name, finding in cells if name != "analysis" and set(name) != {"-"}]


def same(told: Sequence[tuple[str, str]], computed: Sequence[tuple[str, str]]) -> None:
    assert [name for name, _ in told] == [name for name, _ in computed]
    for (_, one), (_, other) in zip(told, computed, strict=True):
        numbers = [[float(each) for each in re.findall(r"[-+]?\d+\.?\d*", text)] for text in (one, other)]
        # A last digit may fall either way on another machine.
        assert numbers[0] == pytest.approx(numbers[1], abs=0.11 if "%" in one else 0.011)


def test_the_made_up_example_is_what_the_page_prints() -> None:
    computed = nothing_works()
    same(printed("A drug that does nothing"), computed)
    assert float(computed[0][1].split()[0]) < 0.25


def test_the_stanford_example_is_what_the_page_prints() -> None:
    """Naive 0.27; about 1 once the treatment changes with time."""
    if not (DATA / "heart.csv").is_file():
        pytest.skip("the public data (ABATE_STATS_DATA) are not here")
    computed = stanford()
    same(printed("Stanford heart transplants"), computed)
    assert computed[0][1].startswith("0.27") and abs(float(computed[2][1].split()[0]) - 1) < 0.05


if __name__ == "__main__":
    import sys

    for table in (nothing_works(), stanford()):
        sys.stdout.write("".join(f"| {name} | {finding} |\n" for name, finding in table) + "\n")
