"""The recommended analysis of timing on made-up cohorts whose truth is known, and the naive one beside it.

``python timing_cohorts.py --cohorts 1000`` prints, for each number of patients, policy and effect: in how many cohorts
the analysis refused, its bias, and how often its 95 % interval held the truth, with the Monte Carlo error. The truth is
that of the same patients in the same world without the drug. The drug goes to patients with neurotoxicity of grade 3 or
more after four days of steroids, by what their doctors see (``refractory``) or by what no record shows (``unseen``).
``--others`` prints how often, without an effect, the intervals of the analyses beside the recommended one hold it.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from math import sqrt

# Every process does many small sums: threads of their own would stand in each other's way. Before NumPy is loaded.
if __name__ == "__main__":
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import numpy as np

from abate.records.problems import AbateError
from abate.statistics.clone_censor import resampled, strategies
from abate.statistics.cox import cox
from abate.statistics.matching import matched
from abate.statistics.natural_recovery import natural_recovery
from abate.statistics.overlap_weights import Weigh, difference_of_shares, overlap_weights
from abate.statistics.person_days import PersonDays, days_since, highest_so_far
from abate.statistics.sequential_trials import DIED, RESOLVED, Entries, daily, entries
from abate.statistics.start_or_wait import GREATEST_WEIGHT, lacking, start_or_wait
from abate.statistics.staying_weights import staying_weights
from abate.statistics.times import Booleans, Floats, Integers, times
from abate.synthesis.illness import DAYS, LOTS, NO_EFFECT, Effect, Illness, fall_ill
from abate.synthesis.patients import NEVER, draw_patients

WINDOW, ILL, STEROID_DAYS = 7, 3, 4
COVARIATES = ("grade 4", "log days since onset", "highest CRS")
MATCH = {"grade 4": 0.0, "steroid dose": 20.0}
SAMPLES = 500
EFFECTS = {"none": NO_EFFECT, "half the days": Effect(duration=float(np.log(0.5)))}


@dataclass(frozen=True)
class Found:
    """One cohort: the difference of shares resolved, its truth, and the naive hazard ratio; none where refused."""

    estimate: float
    low: float
    high: float
    truth: float
    naive_low: float
    naive_high: float


def person_days(ill: Illness) -> PersonDays:
    """Return a made-up cohort as patients by days."""
    grade = ill.encephalopathy.astype(float)
    since = days_since(grade > 0)
    covariates = {
        "grade 4": (grade == 4).astype(float),
        "log days since onset": np.log1p(np.where(np.isnan(since), 0, since)),
        "highest CRS": highest_so_far(ill.crs.astype(float)),
    }
    start = np.where(ill.anakinra_start == NEVER, np.inf, ill.anakinra_start)
    return PersonDays(0, grade, start, ill.last_day, ill.death_day < DAYS, covariates)


def trials(of: PersonDays, steroid: Integers) -> Entries:
    """Return who could have started on which day: ill, and on steroids for four days before."""
    given = (steroid > 0).astype(np.int64)
    enough: Booleans = np.cumsum(given, axis=1) - given >= STEROID_DAYS
    return entries(of, (of.grade >= ILL) & of.followed, enough, WINDOW)


def resolved(ill: Illness, patient: Integers, day: Integers) -> Floats:
    """Return whether the toxicity of each patient had resolved within the window after a day, and the patient lived."""
    found = []
    for one, start in zip(patient, day, strict=True):
        last = min(start + WINDOW, int(ill.last_day[one]))
        later = ill.encephalopathy[one, start + 1 : last + 1]
        alive = np.arange(start + 1, last + 1) < ill.death_day[one]
        found.append(bool(((later < ILL) & alive).any()))
    return np.array(found, float)


def naive(ill: Illness) -> tuple[float, float]:
    """Return the interval of the log hazard ratio of resolution from onset on, ever against never treated."""
    high = ill.encephalopathy >= ILL
    some = high.any(axis=1)
    first = high.argmax(axis=1)
    well = (ill.encephalopathy < ILL) & (np.arange(DAYS) > first[:, None]) & ill.alive
    ends = np.where(well.any(axis=1), well.argmax(axis=1), ill.last_day)
    kept = some & (ends > first)
    ever = (ill.anakinra_start < NEVER).astype(float)
    of = times((ends - first)[kept], well.any(axis=1)[kept])
    low, high_ = cox(of, ever[kept][:, None], ["ever treated"]).interval()
    return float(low[0]), float(high_[0])


def analyse(seed: int, patients: int, policy: str, effect: str) -> Found | None:
    """Analyse one cohort."""
    random = np.random.default_rng([seed, 0])
    people = draw_patients(random, patients)
    lots = random.random((DAYS, LOTS, patients))
    ill = fall_ill(lots, people, EFFECTS[effect], policy)
    other = fall_ill(lots, people, NO_EFFECT, "none")
    of = person_days(ill)
    found = trials(of, ill.dexamethasone)
    try:
        result = start_or_wait(found, COVARIATES, of).difference
        ever = naive(ill)
    except AbateError:
        return None
    who = found.where(found.treated)
    truth = float(np.mean(resolved(ill, who.patient, who.day)) - np.mean(resolved(other, who.patient, who.day)))
    return Found(result.value, result.low, result.high, truth, *ever)


def others(seed: int, patients: int, policy: str) -> dict[str, tuple[float, float, float, float]]:
    """Return estimate, limits and truth of the analyses beside the recommended one, of a cohort without an effect."""
    random = np.random.default_rng([seed, 0])
    people = draw_patients(random, patients)
    ill = fall_ill(random.random((DAYS, LOTS, patients)), people, NO_EFFECT, policy)
    of = person_days(ill)
    before = np.column_stack([np.zeros(patients), ill.dexamethasone[:, :-1]])
    of = replace(of, covariates={**of.covariates, "steroid dose": before})
    found = trials(of, ill.dexamethasone)
    who, told = found.where(found.treated), {}
    names = (*COVARIATES, "steroid dose")

    def weigh(by: Callable[[Entries], Floats]) -> Weigh:
        return lambda rows: (by(rows), staying_weights(rows, daily(rows), of, names, stabilised=False))

    ways = {
        "matched": weigh(lambda rows: matched(rows, MATCH).weight),
        "overlap weights": weigh(lambda rows: overlap_weights(rows, COVARIATES)),
    }
    for name, way in ways.items():
        with suppress(AbateError):
            weight, stay = way(found)
            if not lacking(found.where(weight > 0)) and stay and stay.largest <= GREATEST_WEIGHT:
                one = difference_of_shares(found, way)[1]
                told[name] = (one.value, one.low, one.high, 0.0)
    with suppress(AbateError):
        share = natural_recovery(found, COVARIATES, of)
        told["natural recovery"] = (
            *(share.share, share.low, share.high),
            float(np.mean(resolved(ill, who.patient, who.day))),
        )
    with suppress(AbateError):
        told["start within 3 days, cloned"] = (*cloned(of, seed), 0.0)
    return told


def cloned(of: PersonDays, seed: int) -> tuple[float, float, float]:
    """Return the difference of starting within three days of the grade, and its limits by samples of patients."""
    ill = (of.grade >= ILL) & of.followed
    zero = np.where(ill.any(axis=1), ill.argmax(axis=1), 0)
    well = (of.days > zero[:, None]) & ~ill & of.followed
    ends = np.minimum(np.where(well.any(axis=1), well.argmax(axis=1), np.inf), of.last) - zero
    event = np.where(well.any(axis=1), RESOLVED, np.where(of.died, DIED, 0))
    start = of.start - zero
    who = np.flatnonzero(ill.any(axis=1) & (ends > 0) & (start > 0))
    columns = np.column_stack([of.covariates[name][who, zero[who]] for name in COVARIATES])
    patients = strategies(ends[who], event[who], start[who], 3, columns)
    found = resampled(patients, [10.0], RESOLVED, SAMPLES, seed=seed)
    return float(found.difference[0]), float(found.low[0]), float(found.high[0])


def other_lines(patients: int, policy: str, cohorts: int, workers: int) -> list[str]:
    """Return a line of each analysis beside the recommended one."""
    with ProcessPoolExecutor(workers) as pool:
        each = list(pool.map(others, range(cohorts), [patients] * cohorts, [policy] * cohorts, chunksize=4))
    said = []
    for name in ("natural recovery", "matched", "overlap weights", "start within 3 days, cloned"):
        found = np.array([one[name] for one in each if name in one])
        if len(found) < cohorts / 20:
            said.append(f"{patients:>5} {policy:<11} {name:<28} refused {cohorts - len(found)} of {cohorts}")
            continue
        value, low, high, truth = found.T
        # Of a share the truth is the mean of all cohorts: that of one is of a handful of patients.
        inside = (low <= truth.mean()) & (truth.mean() <= high)
        holds, named = float(np.mean(inside)), _told(low, high)
        said.append(
            f"{patients:>5} {policy:<11} {name:<28} refused {cohorts - len(found)} of {cohorts}; "
            f"truth {truth.mean():+.3f}, bias {np.mean(value - truth):+.3f} "
            f"({np.std(value - truth) / sqrt(len(found)):.3f}); "
            f"holds it in {100 * holds:.1f} % ({100 * sqrt(holds * (1 - holds) / len(found)):.1f}); "
            f"{int(named.sum())} told, {100 * np.mean(inside[named]):.1f} % of them; "
            f"half of the intervals wider than {100 * np.median(high - low):.0f} points"
        )
    return said


def _told(low: Floats, high: Floats) -> Booleans:
    """Say which intervals do not hold every difference that there can be: beside the others no estimate is told."""
    return np.asarray((low > -1) | (high < 1))


def line(patients: int, policy: str, effect: str, cohorts: int, workers: int) -> str:
    """Return a line of the table."""
    with ProcessPoolExecutor(workers) as pool:
        each = pool.map(analyse, range(cohorts), *([one] * cohorts for one in (patients, policy, effect)), chunksize=8)
        found = [one for one in each if one is not None]
    if len(found) < cohorts / 20:
        return f"{patients:>5} {policy:<11} {effect:<14} refused {cohorts - len(found)} of {cohorts}"
    bias = np.array([one.estimate - one.truth for one in found])
    inside = np.array([one.low <= one.truth <= one.high for one in found])
    named = _told(np.array([one.low for one in found]), np.array([one.high for one in found]))
    covers = float(inside.mean())
    naively = float(np.mean([one.naive_low <= 0 <= one.naive_high for one in found])) if effect == "none" else np.nan
    true, apart = np.mean([one.truth for one in found]), bias.std() / sqrt(len(found))
    error = sqrt(covers * (1 - covers) / len(found))
    return (
        f"{patients:>5} {policy:<11} {effect:<14} refused {cohorts - len(found)} of {cohorts}; "
        f"truth {true:+.3f}, bias {bias.mean():+.3f} ({apart:.3f}); "
        f"95 % interval holds it in {100 * covers:.1f} % ({100 * error:.1f}), "
        f"of the {int(named.sum())} told {100 * inside[named].mean():.1f} %; naive {100 * naively:.1f} %"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Hold the analysis of timing to cohorts whose truth is known.")
    parser.add_argument("--cohorts", type=int, default=1000)
    parser.add_argument("--patients", type=int, nargs="+", default=[8, 40, 124, 1000])
    parser.add_argument("--policies", nargs="+", default=["refractory", "unseen"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--others", type=int, default=0, help="cohorts for the analyses beside the recommended one")
    chosen = parser.parse_args(arguments)
    for policy in chosen.policies:
        for effect in EFFECTS:
            for patients in chosen.patients:
                print(line(patients, policy, effect, chosen.cohorts, chosen.workers), flush=True)
        for patients in chosen.patients if chosen.others else ():
            print(*other_lines(patients, policy, chosen.others, chosen.workers), sep="\n", flush=True)


if __name__ == "__main__":
    main()
