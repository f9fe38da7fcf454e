"""Daily features and ASTCT CRS of every patient-day: the product against careful pipelines in pandas and in Polars.

All start from the same Parquet files (see ``generate.py``) and keep the whole result. Prints, for each size,

``features_peers PATIENTS ROWS SECONDS PEAK_MIB ratio_pandas=X ratio_polars=Y``, and ``astct_crs_peers``

X and Y are the seconds of the product over those of pandas, and over those of the faster of the two engines of Polars:
below 1 the product is faster. Nothing is printed unless each peer gave every patient-day what the product gave it.
With ``--gaps`` readings, drugs and promises of completeness lack by chance, so that much is unknown.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from crs_grades import derived, written
from crs_words import DAY, FEATURES, GRADES, drugs
from generate import DAYS, ROWS_A_PATIENT
from running import DATA, Figures, add_hidden, backend, peak_mib, repeats_at, run, written_once

if TYPE_CHECKING:
    import duckdb

WORK: Mapping[str, Sequence[str]] = {"features": FEATURES, "astct_crs": GRADES}
"""What is asked for, and the columns that must be the same."""
UP_TO = {"pandas": 10_000, "polars_in-memory": 100_000}
"""Who holds all measurements at once, to the most patients that it is asked for: 100,000 take Polars 6 GB."""

AGREE = """
SELECT count(*), count(*) FILTER (a.patient_id IS NULL OR b.patient_id IS NULL), count(*) FILTER ({unlike})
FROM read_parquet('{ours}') a FULL JOIN read_parquet('{theirs}') b USING (patient_id, course_id, day)
"""

KEPT = {
    "measurements": "NOT (variable = 'temperature' AND lot(patient_id || day || 't') % 5 = 0) "
    "AND NOT (variable = 'sbp' AND lot(patient_id || day || 's') % 6 = 0)",
    "drugs": "lot(patient_id || drug) % 4 > 0",
    "coverage": "lot(patient_id || domain) % 3 > 0",
}
"""Table to what is left of it with ``--gaps``."""


def _result(folder: Path, who: str, work: str) -> Path:
    return folder / f"result_{who}_{work}.parquet"


def abate(work: str, folder: Path, spill: str) -> Figures:
    """Let the product derive the features, and grade."""
    from abate.engine.store import Engine

    engine = Engine(backend(spill))
    start = time.perf_counter()
    found = derived(folder, engine, ["astct_crs"], ["astct_crs"] if work == "astct_crs" else [])[work]
    found.count().to_pyarrow()
    figures = {"seconds": time.perf_counter() - start, "peak_mib": peak_mib()}
    found.select(*DAY, *WORK[work]).to_parquet(_result(folder, "abate", work))
    return figures


def pandas(work: str, folder: Path, spill: str) -> Figures:  # noqa: ARG001 - all that it does is in memory
    """Let pandas do the same."""
    import crs_pandas

    names = drugs()
    start = time.perf_counter()
    found = crs_pandas.days(folder, names, work == "astct_crs")
    figures = {"seconds": time.perf_counter() - start, "peak_mib": peak_mib()}
    found.to_parquet(_result(folder, "pandas", work), index=False)
    return figures


def polars(engine: str, work: str, folder: Path, spill: str) -> Figures:  # noqa: ARG001 - it finds its own
    """Let Polars do the same by one of its engines."""
    import crs_polars

    names = drugs()
    start = time.perf_counter()
    found = crs_polars.days(folder, names, work == "astct_crs", engine)
    figures = {"seconds": time.perf_counter() - start, "peak_mib": peak_mib()}
    found.write_parquet(_result(folder, f"polars_{engine}", work))
    return figures


WHO: dict[str, Callable[[str, Path, str], Figures]] = {
    "abate": abate,
    "pandas": pandas,
    "polars_streaming": partial(polars, "streaming"),
    "polars_in-memory": partial(polars, "in-memory"),
}


def agree(folder: Path, spill: str) -> Figures:  # noqa: ARG001 - a task has both
    """Count the patient-days to which a peer gave something else than the product, and remove the results."""
    import duckdb

    found = {}
    for work, columns in WORK.items():
        ours = _result(folder, "abate", work)
        unlike = " OR ".join(f"a.{name} IS DISTINCT FROM b.{name}" for name in columns)
        for theirs in sorted(folder.glob(_result(folder, "*", work).name)):
            if theirs != ours:
                query = AGREE.format(unlike=unlike, ours=ours, theirs=theirs)
                found[theirs.stem.removeprefix("result_")] = duckdb.connect().execute(query).fetchall()[0]
    for path in folder.glob("result_*.parquet"):
        path.unlink()
    return {"found": found}


def _with_gaps(connection: "duckdb.DuckDBPyConnection", to: Path, folder: Path) -> None:
    connection.execute("CREATE MACRO lot(what) AS md5_number_lower(what)")
    for path in sorted(folder.glob("*.parquet")):
        query = f"SELECT * FROM read_parquet('{path}') WHERE {KEPT.get(path.stem, 'true')}"
        connection.execute(f"COPY ({query}) TO '{to / path.name}' (FORMAT parquet, COMPRESSION zstd)")


def gaps(folder: Path, spill: str) -> Figures:  # noqa: ARG001 - a task has both
    """Write the records of a cohort without some of them, beside it, unless they are there."""
    import duckdb

    to = folder.with_name(f"{folder.name}_gaps")
    written_once(to, {"of": folder.name, "kept": KEPT, "seed": 0}, partial(_with_gaps, folder=folder))
    path = to / "measurements.parquet"
    counted = duckdb.connect().execute(f"SELECT count(*) FROM read_parquet('{path}')").fetchall()
    return {"folder": str(to), "rows": counted[0][0]}


TASKS: dict[str, Callable[[Path, str], Figures]] = {
    "agree": agree,
    "gaps": gaps,
    **{f"{who}_{work}": partial(do, work) for (who, do), work in product(WHO.items(), WORK)},
}


def measure(
    folder: Path, patients: int, rows: int, only: Sequence[str], who: Sequence[str], repeats: int
) -> list[Figures]:
    """Run the product and its peers in turn, see that they agree, and return the figures of each line.

    Raises
    ------
    RuntimeError
        If a peer gave a patient-day something else, or not every patient-day anything.
    """
    runs: dict[tuple[str, str], list[Figures]] = {(one, work): [] for one, work in product(who, only)}
    for _ in range(repeats):
        for (one, work), those in runs.items():
            those.append(run(__file__, f"{one}_{work}", folder))
    agreed = run(__file__, "agree", folder)["found"]
    for name, (days, alone, unlike) in agreed.items():
        if days != patients * DAYS or alone or unlike:
            message = f"{name}: {days} patient-days, {alone} of one side alone, {unlike} unlike"
            raise RuntimeError(message)
    if len(agreed) != len(runs) - len(only):
        raise RuntimeError("Not every result was compared.")
    found = []
    for work in only:
        seconds = {one: median(figures["seconds"] for figures in runs[one, work]) for one in who}
        # Of Polars the faster of the two engines.
        peers = {peer: [seconds[one] for one in who if one.startswith(peer)] for peer in ("pandas", "polars")}
        found.append(
            {
                "task": f"{work}_peers",
                "patients": patients,
                "rows": rows,
                "seconds": seconds["abate"],
                "peak_mib": max(figures["peak_mib"] for figures in runs["abate", work]),
                "ratios": {peer: seconds["abate"] / min(those) for peer, those in peers.items() if those},
                "runs": {one: [round(figures["seconds"], 2) for figures in runs[one, work]] for one in who},
                "peaks": {one: round(max(figures["peak_mib"] for figures in runs[one, work])) for one in who},
            }
        )
    return found


def line(figures: Figures) -> str:
    """Return the line that a benchmark run is compared by."""
    ratios = " ".join(f"ratio_{peer}={ratio:.2f}" for peer, ratio in figures["ratios"].items())
    counts = f"{figures['task']} {figures['patients']} {figures['rows']}"
    return f"{counts} {figures['seconds']:.1f} {figures['peak_mib']:.0f} {ratios}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark from the command line, or one task of it."""
    parser = argparse.ArgumentParser(description="Derive features and grade ASTCT CRS, against pandas and Polars.")
    parser.add_argument("--only", nargs="+", choices=list(WORK), default=list(WORK), help="both unless named")
    parser.add_argument("--patients", type=int, nargs="+", default=[10_000], help="sizes; 10000 unless given")
    parser.add_argument("--everybody", action="store_true", help="also who cannot be expected to hold so many patients")
    parser.add_argument("--gaps", action="store_true", help="leave out readings, drugs and promises by chance")
    parser.add_argument("--data", type=Path, default=DATA, help="where each size has a folder; benchmarks/data")
    parser.add_argument("--repeats", type=int, help="runs of each, of which the median counts; fewer of more patients")
    parser.add_argument("--profile", action="store_true", help="also print the seconds and the memory of every run")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    add_hidden(parser)
    chosen = parser.parse_args(arguments)
    if chosen.task:
        print(json.dumps(TASKS[chosen.task](chosen.data, chosen.spill)))
        return
    found = []
    for patients in chosen.patients:
        folder, rows = written(chosen.data, patients), patients * ROWS_A_PATIENT
        if chosen.gaps:
            left = run(__file__, "gaps", folder)
            folder, rows = Path(left["folder"]), left["rows"]
        who = [one for one in WHO if chosen.everybody or patients <= UP_TO.get(one, patients)]
        repeats = chosen.repeats or repeats_at(patients)
        for figures in measure(folder, patients, rows, chosen.only, who, repeats):
            found.append(figures)
            print(line(figures), flush=True)
            for name in ("runs", "peaks") if chosen.profile else ():
                print(f"{name}: " + ", ".join(f"{one} {value}" for one, value in figures[name].items()), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
