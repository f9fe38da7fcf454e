"""Tests of Table 1, each chosen by a stated rule before the result is known, and named with its reason.

STROBE advises against them: whether groups differ at baseline by more than chance is seldom the question, and a P value
says as much of the number of patients as of the difference (Vandenbroucke 2007, doi:10.1371/journal.pmed.0040297). So
none is made unless ``baseline_tests`` asks for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ibis
import numpy as np
from numpy.typing import NDArray

from abate.records.options import Options
from abate.statistics import contingency, ranks
from abate.statistics.baseline import MOST_LEVELS, Baseline
from abate.statistics.comparison import LEVEL
from abate.statistics.differences import TOO_MANY
from abate.statistics.exact import most_steps, rank_sum

MOST_RANK_STEPS = 100_000_000
"""Additions up to which a rank sum of Table 1 is exact: about 60 patients in each of two groups, a moment's work."""
MOST_DRAWN = 100
"""Patients up to which ranks of three or more groups are tested by random arrangements."""
LEAST_APPROXIMATED = 5
"""Values that every group must have for an approximation of the distribution of ranks."""
PICTURE = "few patients: the row is a picture, without a P value"


@dataclass(frozen=True)
class BaselineTest:
    """The test of one row of Table 1.

    Attributes
    ----------
    test
        Its name; empty where none was made.
    p
        Two-sided where there is a direction.
    least_p
        The smallest P value that the test could give with these patients and ties; null where it is not exact.
    why
        Why this test.
    note
        Why there is no P value, or what it cannot say.
    """

    test: str = ""
    p: float | None = None
    least_p: float | None = None
    why: str = ""
    note: str = ""


def baseline_tests(patients: ibis.Table, found: Baseline, options: Options | None = None) -> dict[str, BaselineTest]:
    """Test each column of Table 1 between its groups.

    Numbers are tested by their ranks (:func:`numbers_tested`), words by their counts (:func:`words_tested`). No test is
    made of a column that fewer than ``few_patients`` patients in groups have, as for comparisons.

    Parameters
    ----------
    patients
        What was counted: one row a course with ``group``.
    found
        Its counts, by :func:`abate.statistics.baseline.baseline`.
    options
        ``few_patients, permutation_limit, permutation_draws``.

    Returns
    -------
    dict
        By column; empty where there are no groups to compare.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from abate.statistics.baseline import baseline
    >>> people = {"age": [30.0, 41.0, 52.0, 63.0, 74.0, 85.0], "group": ["yes"] * 3 + ["no"] * 3}
    >>> people = ibis.memtable(pa.table(people))
    >>> counted = baseline(people, ["age"], ["age"])
    >>> test = baseline_tests(people, counted, Options({"few_patients": 6}))["age"]
    >>> test.test, round(test.p, 4), round(test.least_p, 4)
    ('rank sum, exact', 0.1, 0.1)
    """
    options = options or Options()
    if not found.pairs:
        return {}
    tests = {column: BaselineTest(note=_untested(found, column, options)) for column in found.columns}
    ranked = [column for column in found.numbers if not tests[column].note]
    for column, (values, groups) in _values(patients, ranked, found.labels).items():
        tests[column] = numbers_tested(values, groups, len(found.labels), options)
    for column in found.words:
        if not tests[column].note:
            tests[column] = words_tested(_counts(found, column), options)
    return {column: _with_its_limit(test) for column, test in tests.items()}


def _untested(found: Baseline, column: str, options: Options) -> str:
    """Say why a column is not tested; nothing where it is."""
    known = [found.known(column, label) for label in found.labels]
    if sum(known) < options["few_patients"]:
        return PICTURE
    if min(known) < 2:
        return "a group has fewer than 2 values"
    if column in found.numbers:
        of_groups = [found.numbers[column][label] for label in found.labels]
        equal = len({limit for group in of_groups for limit in (group.least, group.greatest)}) == 1
        return "all values are equal" if equal else ""
    levels = found.levels(column, found.labels)
    if len(levels) > MOST_LEVELS:
        return TOO_MANY
    return "all have the same word" if len(levels) < 2 else ""


def _counts(found: Baseline, column: str) -> NDArray[np.int64]:
    levels = found.levels(column, found.labels)
    return np.array([[found.words[column][label].get(level, 0) for label in found.labels] for level in levels])


def _values(
    patients: ibis.Table, columns: Sequence[str], labels: Sequence[str]
) -> Mapping[str, tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """Return the values of each column, and the number of the group of each: one query for all."""
    if not columns:
        return {}
    rows = patients.filter(patients.group.notnull())
    place = ibis.cases(*((rows.group == label, place) for place, label in enumerate(labels)))
    cells = {f"x_{number}": rows[name].cast("float64") for number, name in enumerate(columns)}
    held = rows.select(place=place.cast("int8"), **cells).to_pyarrow()
    groups = held["place"].to_numpy()
    out = {}
    for number, name in enumerate(columns):
        values = held[f"x_{number}"].to_numpy()
        known = ~np.isnan(values)
        out[name] = values[known], groups[known]
    return out


def numbers_tested(
    values: NDArray[np.float64], groups: NDArray[np.int64], count: int, options: Options
) -> BaselineTest:
    """Test whether groups differ in their ranks.

    Two groups by the rank sum (Wilcoxon, Mann and Whitney), exact where all arrangements can be counted in a moment,
    else by the normal approximation with corrections for ties and continuity. Three or more by Kruskal and Wallis: by
    random arrangements up to 100 patients, else by the chi-square distribution, corrected for ties. An approximation
    asks for 5 values in each group.

    Examples
    --------
    >>> values, groups = np.arange(120.0), np.arange(120) % 3
    >>> found = numbers_tested(values, groups, 3, Options())
    >>> found.test, round(found.p, 3)
    ('Kruskal-Wallis, chi-square approximation', 0.967)
    """
    sizes = np.bincount(groups, minlength=count)
    if count == 2 and most_steps(*map(int, sizes)) <= MOST_RANK_STEPS:
        # In order, so that sums do not depend on the order in which an engine hands patients over.
        exact = rank_sum(*(np.sort(values[groups == group]) for group in (0, 1)))
        why = "a number in 2 groups, few enough to count every arrangement"
        return BaselineTest("rank sum, exact", exact.p, exact.least_p, why)
    ranked = ranks.ranked(values, groups, count)
    if count > 2 and ranked.total <= MOST_DRAWN:
        draws = options["permutation_draws"]
        drawn = contingency.drawn_kruskal_wallis(ranked.counts, ranked.twice, draws)
        name, why = f"Kruskal-Wallis, Monte Carlo, {draws:,} draws", f"a number in {count} groups, few patients"
        return BaselineTest(name, drawn.p, None, why)
    if sizes.min() < LEAST_APPROXIMATED:
        return BaselineTest(note=f"a group has fewer than {LEAST_APPROXIMATED} values: no approximation holds")
    why = f"a number in {count} groups, too many patients to count every arrangement"
    if count == 2:
        return BaselineTest("rank sum, normal approximation", ranks.rank_sum_p(ranked), None, why)
    from scipy import stats

    p = float(stats.chi2.sf(ranks.kruskal_wallis(ranked), count - 1))
    return BaselineTest("Kruskal-Wallis, chi-square approximation", p, None, why)


def words_tested(counts: NDArray[np.int64], options: Options) -> BaselineTest:
    """Test whether groups differ in their words.

    Pearson's chi-square without a correction for continuity, where the expected counts allow it
    (:func:`abate.statistics.contingency.chi_square_holds`). Else two words in two groups by Fisher's exact test; larger
    tables by the permutation distribution of the chi-square: of two groups all tables where they can be listed, else
    random ones.

    Parameters
    ----------
    counts
        Patients by word and group, without empty words.
    options
        ``permutation_limit, permutation_draws``.

    Examples
    --------
    >>> words_tested(np.array([[8, 2], [3, 7]]), Options()).test
    "Fisher's exact test"
    """
    square = counts.shape == (2, 2)
    shape = f"{counts.shape[0]} words in {counts.shape[1]} groups"
    if contingency.chi_square_holds(counts):
        p, name = contingency.chi_square(counts).p, "chi-square, no continuity correction"
        return BaselineTest(name, p, None, f"{shape}, expected counts large enough")
    most = min(options["permutation_limit"], contingency.MOST_TABLES)
    if square:
        tested, name = contingency.fisher(counts), "Fisher's exact test"
    elif counts.shape[1] == 2 and contingency.arrangements(counts) <= most:
        tested, name = contingency.exact_chi_square(counts), "permutation chi-square, exact"
    else:
        draws = options["permutation_draws"]
        tested = contingency.drawn_chi_square(counts, draws)
        name = f"permutation chi-square, Monte Carlo, {draws:,} draws"
    why = "an expected count below 5" if square else "expected counts too small for the chi-square distribution"
    return BaselineTest(name, tested.p, tested.least_p, f"{shape}, {why}")


def _with_its_limit(test: BaselineTest) -> BaselineTest:
    """Say of a test that it cannot reach the level, whatever the groups are like."""
    if test.least_p is None or test.least_p <= LEVEL:
        return test
    return replace(test, note=f"with these patients and ties the test cannot give a P value of {LEVEL} or less")
