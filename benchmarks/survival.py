"""Time the statistics on cohorts of the size that they are for, against lifelines, statsmodels, SurPyval, firthmodels.

Prints ``task patients milliseconds ratio_NAME=R ... apart=A``: the median of the repeats, the ratio to each library
that does the same, interleaved in one run, and how far the furthest of them lies from ours. Times are made up without
ties, for not all of them know what to do with those. With ``--values`` it times nothing and prints, as JSON, the number
that each gives, also for whole days full of ties: the tests hold ours to them.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from abate.statistics.clone_censor import resampled, strategies
from abate.statistics.cox import cox
from abate.statistics.firth import firth_cox
from abate.statistics.gray import gray
from abate.statistics.incidence import incidence
from abate.statistics.kaplan_meier import kaplan_meier
from abate.statistics.times import Times, times

FOLDER = Path(sys.prefix) / "survival"
"""Where the libraries are installed (``survival.txt``)."""
SEED, AT = 2020, 10.0
Work = Callable[[], float]
"""Does the task and returns the number by which it is compared."""


def cohort(patients: int, tied: bool = False) -> tuple[Times, np.ndarray[Any, Any]]:
    """Return times with a competing event and two covariates; whole days where they are to be tied."""
    random = np.random.default_rng([SEED, patients])
    columns = np.column_stack([random.integers(0, 2, patients), random.normal(size=patients)]).astype(float)
    each = [random.exponential(scale * np.exp(-0.3 * columns[:, 0]), patients) for scale in (20, 60)]
    censored = random.uniform(5, 60, patients)
    event = np.argmin([censored, *each], axis=0)
    last = np.min([censored, *each], axis=0)
    return times(np.ceil(last) if tied else last, event), columns


def kaplan_meiers(patients: int, tied: bool = False) -> Mapping[str, Work]:
    """Return survival at a time by each."""
    of, _ = cohort(patients, tied)
    died = of.event > 0
    frame = import_module("statsmodels.duration.api")
    other, surpyval = import_module("lifelines"), import_module("surpyval")

    def of_statsmodels() -> float:
        found = frame.SurvfuncRight(of.exit, died.astype(int))
        return float(found.surv_prob[np.searchsorted(found.surv_times, AT, side="right") - 1])

    return {
        "abate": lambda: float(kaplan_meier(of).at([AT])[0]),
        "lifelines": lambda: float(other.KaplanMeierFitter().fit(of.exit, died).predict(AT)),
        "statsmodels": of_statsmodels,
        "surpyval": lambda: float(surpyval.KaplanMeier.fit(of.exit, (~died).astype(int)).sf(AT)),
    }


def incidences(patients: int, tied: bool = False) -> Mapping[str, Work]:
    """Return the incidence of the first cause at a time by each, with its variance."""
    of, _ = cohort(patients, tied)
    frame, other = import_module("statsmodels.duration.api"), import_module("lifelines")

    def ours() -> float:
        found = incidence(of, 2)
        found.variance([AT], 1)
        return float(found.at([AT], 1)[0])

    def of_lifelines() -> float:
        found = other.AalenJohansenFitter(seed=SEED).fit(of.exit, of.event, event_of_interest=1)
        return float(found.cumulative_density_.loc[:AT].iloc[-1, 0])

    def of_statsmodels() -> float:
        found = frame.CumIncidenceRight(of.exit, of.event)
        return float(found.cinc[0][np.searchsorted(found.times, AT, side="right") - 1])

    return {"abate": ours, "lifelines": of_lifelines, "statsmodels": of_statsmodels}


def hazards(patients: int, tied: bool = False) -> Mapping[str, Work]:
    """Return the first coefficient of Cox's model by each."""
    of, columns = cohort(patients, tied)
    died = (of.event == 1).astype(int)
    frame, other, surpyval = (import_module(name) for name in ("pandas", "lifelines", "surpyval"))
    rows = frame.DataFrame({"time": of.exit, "event": died, "a": columns[:, 0], "b": columns[:, 1]})
    models = import_module("statsmodels.duration.api")
    return {
        "abate": lambda: float(cox(of.cause(1), columns, ["a", "b"]).coefficients[0]),
        "lifelines": lambda: float(other.CoxPHFitter().fit(rows, "time", "event").params_["a"]),
        "statsmodels": lambda: float(models.PHReg(of.exit, columns, status=died, ties="efron").fit().params[0]),
        "surpyval": lambda: float(surpyval.CoxPH.fit(of.exit, columns, 1 - died).params[0]),
    }


def penalised(patients: int, tied: bool = False) -> Mapping[str, Work]:
    """Return the first coefficient of Cox's model under Firth's penalty by each."""
    of, columns = cohort(patients, tied)
    structured = np.array(list(zip(of.event == 1, of.exit, strict=True)), dtype=[("event", bool), ("time", float)])
    other = import_module("firthmodels")
    return {
        "abate": lambda: float(firth_cox(of.cause(1), columns, ["a", "b"]).coefficients[0]),
        "firthmodels": lambda: float(other.FirthCoxPH().fit(columns, structured).coef_[0]),
    }


def grays(patients: int, tied: bool = False) -> Mapping[str, Work]:
    """Return the P value of Gray's test by each."""
    of, columns = cohort(patients, tied)
    surpyval = import_module("surpyval")
    cause = [None if event == 0 else int(event) for event in of.event]
    return {
        "abate": lambda: gray(of, columns[:, 0]).p,
        "surpyval": lambda: float(surpyval.gray_test(of.exit, cause, columns[:, 0], 1).p_value),
    }


def clones(patients: int) -> Mapping[str, Work]:
    """Return the difference of two strategies with 2,000 samples of patients."""
    random = np.random.default_rng(SEED)
    death, start = random.exponential(40, patients), random.exponential(10, patients)
    of = strategies(np.minimum(death, 28), (death < 28).astype(int), start, 7, random.normal(size=(patients, 2)))
    return {"abate": lambda: float(resampled(of, [21.0], samples=2000).difference[0])}


TASKS: dict[str, tuple[Callable[..., Mapping[str, Work]], Sequence[int], int]] = {
    "kaplan_meier": (kaplan_meiers, (35, 1000), 50),
    "aalen_johansen": (incidences, (35, 1000), 50),
    "cox": (hazards, (35, 1000), 20),
    "firth_cox": (penalised, (35, 200), 10),
    "gray": (grays, (35, 1000), 20),
    "clone_censor_2000_samples": (clones, (200,), 1),
}
"""What is done, of how many patients, and how often."""


def measure(name: str) -> Iterator[str]:
    """Yield a line for each number of patients."""
    made, sizes, repeats = TASKS[name]
    for patients in sizes:
        work = made(patients)
        found = {by: one() for by, one in work.items()}
        seconds: dict[str, list[float]] = {by: [] for by in work}
        for _ in range(repeats):
            for by, one in work.items():
                start = time.perf_counter()
                one()
                seconds[by].append(time.perf_counter() - start)
        ours = median(seconds["abate"])
        ratios = [f"ratio_{by}={ours / median(each):.3g}" for by, each in seconds.items() if by != "abate"]
        apart = max(abs(value - found["abate"]) for value in found.values())
        agreement = [f"apart={apart:.2g}"] if ratios else []
        yield " ".join([name, str(patients), f"{1000 * ours:.3f}", *ratios, *agreement])


def values() -> Iterator[dict[str, Any]]:
    """Yield what each library finds, of every task in which there are several."""
    for name, (made, sizes, _) in TASKS.items():
        for patients in sizes if name != "clone_censor_2000_samples" else ():
            for tied in (False, True):
                found = {by: one() for by, one in made(patients, tied).items()}
                yield {"task": name, "patients": patients, "tied": tied, "found": found}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description="Time the statistics against other libraries.")
    parser.add_argument("--only", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--values", action="store_true", help="time nothing, and print what each finds")
    chosen = parser.parse_args(arguments)
    if not (FOLDER / "installed").is_file():
        raise SystemExit("The libraries to compare with are not installed. Run `make bench-survival`.")
    sys.path.insert(0, str(FOLDER))
    if chosen.values:
        print(json.dumps(list(values())))
        return
    for name in chosen.only:
        for line in measure(name):
            print(line, flush=True)


if __name__ == "__main__":
    main()
