"""Time what exposure rests on: dosing records, areas under laboratory curves, and concentrations by model.

Prints

``dosing PATIENTS RECORDS SECONDS PEAK_MIB ratio_scan=R``
``auc_shuffled PATIENTS VALUES SECONDS PEAK_MIB ratio_pandas=P ratio_polars=Q``, and ``auc_sorted``
``kinetics_anakinra PATIENTS DOSES SECONDS PEAK_MIB models=M concentrations=C per_10000=S``, and
``kinetics_tocilizumab``

What runs is in ``dosing.py``, ``areas.py`` and ``levels.py``; every run is a process of its own, so that the peak of
memory is that of the run.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import areas
import dosing
import levels
from running import DATA, Figures, Start, add_hidden, run, steps

WORK: Mapping[str, Callable[[argparse.Namespace, Start], Iterator[Figures]]] = {
    "dosing": dosing.measure,
    "auc": areas.measure,
    "kinetics": levels.measure,
}
TASKS = {**dosing.TASKS, **areas.TASKS, **levels.TASKS}


def line(figures: Figures) -> str:
    """Return the line that a benchmark run is compared by."""
    counts = f"{figures['task']} {figures['patients']} {figures['rows']}"
    shown = " ".join(f"{name}={value}" for name, value in figures["shown"].items())
    return f"{counts} {figures['seconds']:.2f} {figures['peak_mib']:.0f} {shown}"


def profile(figures: Figures) -> Iterator[str]:
    """Yield the seconds of each kept step, slowest first, what was derived, and the seconds of every run."""
    if "kept" in figures:
        yield from steps(figures["kept"], figures["kept_in"])
    for name in ("derived", "runs", "peaks"):
        if name in figures:
            yield f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures[name].items())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark from the command line, or one task of it."""
    parser = argparse.ArgumentParser(description="Time dosing records, areas under curves, and concentrations.")
    parser.add_argument("--only", nargs="+", choices=list(WORK), default=list(WORK), help="all three unless named")
    parser.add_argument("--records", type=int, default=1_000_000, help=f"of dosing, {dosing.DOSES} a patient")
    parser.add_argument("--values", type=int, default=10_000_000, help=f"of laboratories, {areas.VALUES} a patient")
    parser.add_argument("--patients", type=int, default=10_000, help="with concentrations")
    parser.add_argument("--charted-to", type=int, default=1, help="minutes to which doses of tocilizumab are charted")
    parser.add_argument("--data", type=Path, default=DATA, help="folder; benchmarks/data unless given")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--profile", action="store_true", help="also print what stands behind the line")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    add_hidden(parser)
    chosen = parser.parse_args(arguments)
    if chosen.task:
        print(json.dumps(TASKS[chosen.task](chosen)))
        return

    def start(task: str) -> Figures:
        sizes = ("--records", chosen.records, "--values", chosen.values, "--patients", chosen.patients)
        more = ("--profile",) if chosen.profile else ()
        return run(__file__, task, chosen.data, *map(str, (*sizes, "--charted-to", chosen.charted_to)), *more)

    found = []
    for name in chosen.only:
        for figures in WORK[name](chosen, start):
            found.append(figures)
            print(line(figures), flush=True)
            if chosen.profile:
                print("\n".join(profile(figures)), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
