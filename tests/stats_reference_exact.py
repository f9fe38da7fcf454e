"""What abate makes of the small tables and samples of the reference."""

import re
from functools import cache

import numpy as np
import pytest
from scipy import stats

from abate.statistics.bootstrap import bootstrap
from abate.statistics.exact import rank_sum
from abate.statistics.firth import Penalised, firth_logistic
from abate.statistics.fisher_table import fisher_table
from abate.statistics.permutation import rearranged
from abate.statistics.power import means_n, means_power, shares_n, shares_power
from abate.statistics.proportion import PRIORS, interval, posterior
from abate.statistics.shift import shift
from abate.statistics.signed_rank import signed_rank
from abate.statistics.student import paired, student, welch
from abate.statistics.two_by_two import mcnemar, odds_ratio, two_by_two
from stats_reference import Row, Values, frame, handles

FILES = ("exact_small_R.csv",)
SAMPLES = {"sleep": ("extra", "group", "1"), "toy_auc8": ("auc", "resp", "1"), "rotarod": ("time", "group", "control")}


def _groups(name: str) -> tuple[Values, Values]:
    """Return the two groups of a sample, the first one first."""
    value, group, first = SAMPLES[name.split(maxsplit=1)[0]]
    data = frame(name.split(maxsplit=1)[0])
    chosen = data.text(group) == first
    return data.number(value)[chosen], data.number(value)[~chosen]


def _tables(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


@handles(r"^(Student|Welch|paired) t\b")
def _t(row: Row, match: re.Match[str]) -> float:
    found = {"Student": student, "Welch": welch, "paired": paired}[match[1]](*_groups(row.dataset))
    return {"t": found.t, "df": found.freedom, "p": found.p, "ci.lo": found.low, "ci.hi": found.high}[row.quantity]


@handles(r"^exact (?:two-sample )?permutation of mean difference|^coin oneway_test exact")
def _permuted(row: Row, _: re.Match[str]) -> float:
    first, second = _groups(row.dataset)
    found = rearranged(np.concatenate([first, second]), np.arange(len(first) + len(second)) < len(first))
    assert found.method == "exact"
    known = {"obs": found.difference, "p2": found.p, "p": found.p, "pg": found.greater, "pl": found.less}
    return (known | {"N": float(found.arrangements), "Z": found.z})[row.quantity]


@handles(r"^Wilcoxon exact|^coin wilcox_test exact")
def _ranked(row: Row, _: re.Match[str]) -> float:
    first, second = _groups(row.dataset)
    values = stats.rankdata(np.concatenate([first, second]))
    by_ranks = rearranged(values, np.arange(len(values)) < len(first))
    found = rank_sum(first, second)
    assert found.method == by_ranks.method == "exact"
    assert found.p == pytest.approx(by_ranks.p, rel=1e-9)
    known = {"W": found.superiority * len(first) * len(second), "Z": by_ranks.z}
    return (known | {"p": by_ranks.greater if row.setting == "greater" else found.p})[row.quantity]


@handles(r"^paired Wilcoxon exact")
def _signed(row: Row, _: re.Match[str]) -> float:
    first, second = _groups(row.dataset)
    return {"p": signed_rank(first - second).p}[row.quantity]


@handles(r"^Hodges-Lehmann")
def _shifted(row: Row, _: re.Match[str]) -> float:
    found = shift(*_groups(row.dataset))
    return {"estimate": found.estimate, "lo": found.low, "hi": found.high}[row.quantity]


JOBS = np.array([[1, 3, 10, 6], [2, 3, 10, 7], [1, 6, 14, 12], [0, 1, 9, 11]])
"""Income by job satisfaction: Agresti A. Categorical Data Analysis, 2nd ed. 2002, table 2.8."""
TEA = ((3, 4), (1, 4))
"""Fisher's tea tasting: milk first said of 3 of 4 cups in which it was first, and of 1 of 4 others."""


@handles(r"^Fisher (one|two)-sided")
def _fisher(row: Row, match: re.Match[str]) -> float:
    assert row.dataset.startswith("tea")
    return two_by_two(*TEA, "fisher", "greater" if match[1] == "one" else "two-sided").p


@handles(r"^Fisher \| (conditional MLE OR)?$")
def _odds(row: Row, _: re.Match[str]) -> float:
    assert row.dataset.startswith("tea")
    found = odds_ratio(*TEA)
    return {"or": found.estimate, "lo": found.low, "hi": found.high}[row.quantity]


@handles(r"^Fisher RxC")
def _table(row: Row, _: re.Match[str]) -> float | None:
    return fisher_table(JOBS).p if row.dataset.startswith("job satisfaction") else None


INTERVALS = {"Clopper-Pearson": "clopper-pearson", "Wilson": "wilson", "Blaker": "blaker", "mid-P": "mid-p"}


@handles(r"^(Clopper-Pearson|Wilson|Blaker|mid-P) 95%")
def _interval(row: Row, match: re.Match[str]) -> float:
    count, total = _tables(row.dataset)
    return dict(zip(("lo", "hi"), interval(count, total, INTERVALS[match[1]]), strict=True))[row.quantity]


@handles(r"^(Jeffreys|uniform)")
def _belief(row: Row, match: re.Match[str]) -> float:
    count, total = _tables(row.dataset)
    found = posterior(count, total, PRIORS[match[1]], (0.5,))
    return {"mean": found.mean, "lo": found.low, "hi": found.high, "prob": found.above[0.5]}[row.quantity]


@handles(r"^(exact )?McNemar")
def _judged_twice(row: Row, _: re.Match[str]) -> float | None:
    assert row.dataset.startswith("approval ratings")
    found = mcnemar(86, 150)
    return {"chisq": found.chi_square, "p": found.p}[row.quantity]


@cache
def _endometrial() -> Penalised:
    data = frame("endometrial")
    return firth_logistic(data.matrix(["NV", "PI", "EH"]), data.number("HG"), ["NV", "PI", "EH"])


@handles(r"^Firth|^PLR test|^profile penalized CI")
def _penalised(row: Row, _: re.Match[str]) -> float:
    model = _endometrial()
    name, what = ("", *row.quantity.rsplit(" ", 1))[-2:]
    if what == "loglik":
        return float(model.log_likelihood)
    if what in ("coef", "se"):
        place = [term.lower() for term in model.names].index(name.lower())
        return float({"coef": model.coefficients, "se": model.errors}[what][place])
    place = [term.lower() for term in model.names].index(row.setting.lower())
    known = {"chisq": model.tests[place].statistic, "p": model.tests[place].p}
    return float((known | {"lo": model.low[place], "hi": model.high[place]})[row.quantity])


@handles(r"^ideal|^BCa")
def _sampled(row: Row, _: re.Match[str]) -> float:
    ties = "strict" if "strict" in row.method else "mid"
    found = bootstrap(frame("toy_auc8").number("auc"), lambda samples: samples.mean(axis=1), ties=ties)
    assert found.method == "every sample"
    side = "low" if "0.025" in row.setting else "high"
    limit = float(getattr(found, f"percentile_{side}" if "percentile" in row.method else side))
    return {"q": limit, "z0": found.bias, "a": found.acceleration, "se": found.error}[row.quantity]


@handles(r"^power\.(t|prop)\.test (.*)")
def _power(row: Row, match: re.Match[str]) -> float | None:
    said = dict(re.findall(r"([\w.]+)=([\d.]+)", match[2]))
    if match[1] == "t":
        delta, spread = float(said.get("delta", 1)), float(said.get("sd", 1))
        if row.quantity == "n":
            return means_n(float(said["power"]), delta, spread)
        return means_power(float(said["n"]), delta, spread)
    one, two = (float(share) for share in re.findall(r"(?<![\w.])(?:p[12]=)?(0?\.\d+)", match[2])[:2])
    if row.quantity == "n":
        return shares_n(float(said["power"]), one, two)
    return shares_power(float(said["n"]), one, two)
