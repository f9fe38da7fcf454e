"""Table 1 with tests and standardised differences: the product against the package tableone, on the same file.

Prints

``table_one PATIENTS COLUMNS SECONDS PEAK_MIB ratio_scan=R ratio_tableone=T``

Both start from one Parquet file and end with the whole table in memory. The same work: median and range of each number,
count of each word, of all patients and of two groups, with what is missing; a rank test or a chi-square, and a
standardised difference. Every run is a process of its own.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from running import DATA, Figures, add_hidden, backend, peak_mib, run, timed_scan, written_once

if TYPE_CHECKING:
    import duckdb

PEERS = DATA / ".peers"
"""Where what is compared with is installed (``peers.txt``); hidden, or the type checker would read it."""
VERSION, SEED = 1, 2020
"""Raise the version with every change of what is written: older folders are then written anew."""
NUMBERS = [f"number_{place}" for place in range(10)]
WORDS = [f"word_{place}" for place in range(10)]
GROUPS = ("control", "treated")
TOLERANCE = 1e-6
"""How far two figures may lie apart."""


def _queries() -> Iterator[str]:
    """Yield how each column is made: a bell curve that lies higher in one group, every other to one digit; words."""
    for place, name in enumerate(NUMBERS):
        bell = f"sqrt(-2 * ln(1 - chance(n, '{name} far'))) * cos(2 * pi() * chance(n, '{name} way'))"
        value = f"50 + 10 * {bell} + {place} * treated / 20"
        rounded = f"round({value}, 1)" if place % 2 else value
        yield f"CASE WHEN chance(n, '{name} known') >= {place} / 50 THEN {rounded} END AS {name}"
    for place, name in enumerate(WORDS):
        # Of 2 to 6 words the later are rarer, and more so in one group.
        levels = 2 + place % 5
        level = f"floor({levels} * pow(chance(n, '{name}'), 1 + {place} * treated / 200))::BIGINT"
        yield f"CASE WHEN chance(n, '{name} known') >= {place} / 50 THEN 'level ' || {level} END AS {name}"


def _folder(chosen: argparse.Namespace) -> Path:
    return Path(chosen.data) / f"table_one_{chosen.patients}"


def _file(chosen: argparse.Namespace) -> str:
    return str(_folder(chosen) / "patients.parquet")


def _write(connection: "duckdb.DuckDBPyConnection", folder: Path, patients: int) -> None:
    people = f"SELECT range AS n, (chance(range, 'group') < 0.4)::BIGINT AS treated FROM range({patients})"
    group = f"CASE WHEN treated = 1 THEN '{GROUPS[1]}' ELSE '{GROUPS[0]}' END AS \"group\""
    query = f"SELECT {', '.join([group, *_queries()])} FROM ({people}) ORDER BY n"
    connection.execute(f"COPY ({query}) TO '{folder / 'patients.parquet'}' (FORMAT parquet, COMPRESSION zstd)")


def write(chosen: argparse.Namespace) -> Figures:
    """Write the patients, unless they are there."""
    said = {"patients": chosen.patients, "seed": SEED, "version": VERSION}
    written_once(_folder(chosen), said, partial(_write, patients=chosen.patients))
    return {"patients": chosen.patients}


def scan(chosen: argparse.Namespace) -> Figures:
    """Only read the file."""
    figures = [f"sum({name}), min({name}), max({name})" for name in NUMBERS]
    figures += [f"min({name}), max({name})" for name in (*WORDS, '"group"')]
    return timed_scan(f"SELECT {', '.join(figures)} FROM read_parquet('{_file(chosen)}')", chosen.spill)


def _done(start: float, who: str, chosen: argparse.Namespace, found: Callable[[], Figures]) -> Figures:
    """Return the figures of a run that has just ended, and keep what it found, untimed."""
    figures = {"seconds": time.perf_counter() - start, "peak_mib": peak_mib()}
    (_folder(chosen) / f"result_{who}.json").write_text(json.dumps(found()), encoding="utf-8")
    return figures


def abate(chosen: argparse.Namespace) -> Figures:
    """Let the product make the table, as the report does."""
    import scipy.stats  # noqa: F401 (as for the peer, importing is left out)

    from abate.engine.haste import swiftly
    from abate.findings.table_one import between_groups
    from abate.records.options import Options
    from abate.statistics.baseline import baseline
    from abate.statistics.baseline_tests import baseline_tests
    from abate.statistics.description import lines

    connection = backend(chosen.spill)
    start = time.perf_counter()
    with swiftly():
        patients = connection.read_parquet(_file(chosen))
        counted = baseline(patients, [*NUMBERS, *WORDS], NUMBERS)
        rows = lines(counted)
        between = between_groups(counted, baseline_tests(patients, counted, Options()))

    def found() -> Figures:
        figures: Figures = {}
        for row in rows:
            named = f"{row['characteristic']}/{row['level']}/{row['group']}"
            if row["group"] not in GROUPS or row["level"] == "missing":
                continue
            if row["level"] == "median (range)":
                figures |= {f"{named}/{name}": row[name] for name in ("count", "median", "least", "greatest")}
            else:
                figures[named] = row["count"]
        for name, row in zip(counted.columns, between, strict=True):
            figures |= {f"{name}/difference": row["standardised_difference"], f"{name}/p": row["p"]}
        return figures

    return _done(start, "abate", chosen, found)


def tableone(chosen: argparse.Namespace) -> Figures:
    """Let tableone make it: words as categories, which it takes faster than text."""
    sys.path.append(str(PEERS))
    package = import_module("tableone")
    from pyarrow import parquet

    start = time.perf_counter()
    frame = parquet.read_table(_file(chosen), read_dictionary=[*WORDS, "group"]).to_pandas()
    table = package.TableOne(
        frame,
        columns=[*NUMBERS, *WORDS],
        continuous=NUMBERS,
        categorical=WORDS,
        nonnormal=NUMBERS,
        min_max=NUMBERS,
        groupby="group",
        pval=True,
        smd=True,
        include_null=False,
    )

    def found() -> Figures:
        figures: Figures = {}
        numbers = {"count": "count", "median": "median", "min": "least", "max": "greatest"}
        for group in GROUPS:
            for name in NUMBERS:
                of_group = {ours: table.cont_describe.loc[name, (theirs, group)] for theirs, ours in numbers.items()}
                figures |= {f"{name}/median (range)/{group}/{ours}": float(value) for ours, value in of_group.items()}
            for name in WORDS:
                counts = table.cat_describe.loc[name][("freq", group)]
                figures |= {f"{name}/{level}/{group}": int(count) for level, count in counts.items()}
        for name in (*NUMBERS, *WORDS):
            figures[f"{name}/difference"] = abs(float(table.smd_table.loc[name].iloc[0]))
            figures[f"{name}/p"] = float(table.htest_table.loc[name, "P-Value"])
        return figures

    return _done(start, "tableone", chosen, found)


def agree(chosen: argparse.Namespace) -> Figures:
    """Hold what the peer found to what the product found: counts, medians, ranges, differences, P values.

    The product's rank sum has a correction for continuity, which the peer's statistic of Kruskal and Wallis has not; of
    two words in two groups the peer's chi-square has one, which the product's has not. P values may lie as far apart as
    half a step in standard deviations can move them.

    Raises
    ------
    RuntimeError
        If one has a figure that the other has not, or a figure is further apart.
    """
    ours, theirs = (
        json.loads((_folder(chosen) / f"result_{who}.json").read_text(encoding="utf-8"))
        for who in ("abate", "tableone")
    )
    if ours.keys() != theirs.keys():
        message = f"figures of one alone: {sorted(ours.keys() ^ theirs.keys())[:5]}"
        raise RuntimeError(message)
    n = float(chosen.patients)
    steps = {f"{name}/p": 6 / n**1.5 for name in NUMBERS} | {f"{name}/p": 3 / n**0.5 for name in WORDS[::5]}
    apart = {name: abs(ours[name] - theirs[name]) for name in ours}
    far = [name for name, by in apart.items() if not by <= TOLERANCE + steps.get(name, 0.0)]
    if far:
        message = f"{len(far)} of {len(ours)} figures differ, the first {far[0]}: {ours[far[0]]} and {theirs[far[0]]}"
        raise RuntimeError(message)
    for path in _folder(chosen).glob("result_*.json"):
        path.unlink()
    return {"figures": len(ours), "apart": max(by for name, by in apart.items() if name not in steps)}


TASKS: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "write": write,
    "scan": scan,
    "abate": abate,
    "tableone": tableone,
    "agree": agree,
}


def measure(chosen: argparse.Namespace, start: Callable[[str], Figures]) -> Figures:
    """Run product, peer and scans in turn, see that they agree, and return the figures of the line.

    Raises
    ------
    SystemExit
        If the peer is not installed.
    """
    if not (PEERS / "installed").is_file():
        raise SystemExit("tableone is not installed for the benchmark. Run `make bench-table-one`.")
    start("write")
    runs: dict[str, list[Figures]] = {"scan": [], "abate": [], "tableone": []}
    for _ in range(chosen.repeats):
        for who in ("scan", "abate", "scan", "tableone"):
            runs[who].append(start(who))
    agreed = start("agree")
    seconds = {who: median(one["seconds"] for one in those) for who, those in runs.items()}
    return {
        "task": "table_one",
        "patients": chosen.patients,
        "columns": len(NUMBERS) + len(WORDS),
        "seconds": seconds["abate"],
        "peak_mib": max(one["peak_mib"] for one in runs["abate"]),
        "ratio_scan": seconds["abate"] / seconds["scan"],
        "ratio_tableone": seconds["abate"] / seconds["tableone"],
        "peer": {"seconds": seconds["tableone"], "peak_mib": max(one["peak_mib"] for one in runs["tableone"])},
        "runs": {who: [round(one["seconds"], 3) for one in those] for who, those in runs.items()},
        "agreed": agreed,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark from the command line, or one task of it."""
    parser = argparse.ArgumentParser(description="Time Table 1 with tests and differences, and tableone's.")
    parser.add_argument("--patients", type=int, default=200_000)
    parser.add_argument("--data", type=Path, default=DATA, help="folder; benchmarks/data unless given")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--profile", action="store_true", help="also print every run, and how far the figures agree")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    add_hidden(parser)
    chosen = parser.parse_args(arguments)
    if chosen.task:
        print(json.dumps(TASKS[chosen.task](chosen)))
        return
    found = measure(chosen, lambda task: run(__file__, task, chosen.data, "--patients", str(chosen.patients)))
    counts = f"{found['task']} {found['patients']} {found['columns']} {found['seconds']:.2f} {found['peak_mib']:.0f}"
    print(f"{counts} ratio_scan={found['ratio_scan']:.1f} ratio_tableone={found['ratio_tableone']:.3f}")
    if chosen.profile:
        for name in ("runs", "peer", "agreed"):
            print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in found[name].items()))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
