"""Concentrations by model: what the report computes of anakinra (four models) and tocilizumab, for many patients."""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING
from unittest import mock

from running import Figures, Start, peak_mib

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from abate.exposure.drug_levels import Levels
    from abate.exposure.linear_kinetics import Doses, Numbers

SEED = 2020
UNTIL = 28 * 24.0
"""Hours looked at: from the first dose on."""


@contextmanager
def _counted() -> Iterator[list[int]]:
    """Count the concentrations that the models compute, in the list that is handed out."""
    from abate.exposure import linear_kinetics, saturable_kinetics

    counts: list[int] = []
    concentrations, amounts = linear_kinetics.concentrations, saturable_kinetics.amounts

    def linear(*arguments: object) -> "Numbers":
        found = concentrations(*arguments)  # type: ignore[arg-type]
        counts.append(found.size)
        return found

    def saturable(*arguments: object) -> "Numbers":
        found = amounts(*arguments)  # type: ignore[arg-type]
        counts.append(found[0].size)
        return found

    with (
        mock.patch.object(linear_kinetics, "concentrations", linear),
        mock.patch.object(saturable_kinetics, "amounts", saturable),
    ):
        yield counts


def _doses(patient: "NDArray[np.int64]", start: "Numbers", amount: "Numbers", hours: float, under: bool) -> "Doses":
    import numpy as np

    from abate.exposure.linear_kinetics import Doses

    count = len(patient)
    return Doses(patient, start, amount, np.full(count, hours), np.full(count, under))


def anakinra(chosen: argparse.Namespace) -> Figures:
    """Compute the levels of 100 mg under the skin over 28 days, every 12 hours in half of the patients, else daily."""
    import numpy as np

    from abate.exposure.anakinra import MODELS
    from abate.exposure.drug_levels import linear_levels
    from abate.records.options import Options

    limit, count = Options({})["anakinra_limit"], chosen.patients
    random = np.random.default_rng(SEED)
    weight, renal = random.uniform(50, 100, count), random.uniform(15, 130, count)
    often = np.arange(count) % 2 == 0
    each = np.where(often, 56, 28)
    who = np.repeat(np.arange(count), each)
    place = np.arange(len(who)) - np.repeat(np.cumsum(each) - each, each)
    doses = _doses(who, place * np.where(often, 12.0, 24.0)[who], np.full(len(who), 100.0), 0.0, under=True)
    until, kept = np.full(count, UNTIL), []
    with _counted() as counts:
        begin = time.perf_counter()
        for name, model in MODELS.items():
            start = time.perf_counter()
            _all_told(name, linear_levels(doses, model.parameters(renal, weight), until, limit))
            kept.append((name, time.perf_counter() - start))
        seconds = time.perf_counter() - begin
    return _figures(seconds, kept, len(who), sum(counts))


def tocilizumab(chosen: argparse.Namespace) -> Figures:
    """Compute the levels of one to three doses of 8 mg/kg into a vein, 8 to 72 hours apart."""
    import numpy as np

    from abate.exposure.drug_levels import saturable_levels
    from abate.exposure.tocilizumab import MODEL, parameters
    from abate.records.options import Options

    options, count = Options({}), chosen.patients
    random = np.random.default_rng(SEED)
    weight, surface = random.uniform(50, 100, count), random.uniform(1.4, 2.3, count)
    each = random.choice([1, 2, 3], count, p=[0.5, 0.35, 0.15])
    who = np.repeat(np.arange(count), each)
    first = np.cumsum(each) - each
    charted = chosen.charted_to
    apart = random.integers(8 * 60 // charted, 72 * 60 // charted, len(who)) * charted / 60
    apart[first] = 0.0
    elapsed = np.cumsum(apart)
    start = elapsed - elapsed[first][who]
    doses = _doses(who, start, np.minimum(8 * weight, 800.0)[who], options["tocilizumab_infusion_hours"], under=False)
    with _counted() as counts:
        begin = time.perf_counter()
        patients = parameters(surface, random.integers(0, 2, count).astype(float))
        _all_told(MODEL, saturable_levels(doses, patients, np.full(count, UNTIL), options["tocilizumab_limit"]))
        seconds = time.perf_counter() - begin
    return _figures(seconds, [(MODEL, seconds)], len(who), sum(counts))


def _all_told(name: str, levels: "Levels") -> None:
    import numpy as np

    if not (np.isfinite(levels.average) & np.isfinite(levels.peak)).all():
        message = f"{name}: a patient has no concentration"
        raise RuntimeError(message)


def _figures(seconds: float, kept: list[tuple[str, float]], doses: int, concentrations: int) -> Figures:
    return {
        "seconds": seconds,
        "peak_mib": peak_mib(),
        "kept": kept,
        "doses": doses,
        "concentrations": concentrations,
    }


TASKS: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "kinetics_anakinra": anakinra,
    "kinetics_tocilizumab": tocilizumab,
}


def measure(chosen: argparse.Namespace, start: Start) -> Iterator[Figures]:
    """Run each drug and yield the figures of its line."""
    for task in TASKS:
        runs = [start(task) for _ in range(chosen.repeats)]
        seconds = median(one["seconds"] for one in runs)
        last = runs[-1]
        yield {
            "task": task,
            "patients": chosen.patients,
            "rows": last["doses"],
            "seconds": seconds,
            "peak_mib": max(one["peak_mib"] for one in runs),
            "shown": {
                "models": str(len(last["kept"])),
                "concentrations": str(last["concentrations"]),
                "per_10000": f"{seconds / chosen.patients * 10_000:.1f}",
            },
            "kept": last["kept"],
            "kept_in": last["seconds"],
            "runs": {task: [round(one["seconds"], 3) for one in runs]},
        }
