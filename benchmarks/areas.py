"""Areas under laboratory curves: the product against pandas and Polars doing the same, on values in two orders.

All start from one Parquet file and end with the whole result in memory. The same work: values at one time are
averaged, trapezoids between values that are not further apart than the longest gap, cut at the edges of the window by
interpolation; area, days covered, area a day, whether the window is covered, and the number of values in it.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from running import Figures, Start, backend, filled, peak_mib, peer, written_once

if TYPE_CHECKING:
    import duckdb

VARIABLES = ("anc", "crp", "ferritin", "il6", "ldh")
TIMES = 20
"""Values of a variable of a patient."""
VALUES = TIMES * len(VARIABLES)
"""Values of a patient."""
VERSION, SEED = 1, 2020
"""Raise the version with every change of what is written: older folders are then written anew."""
WINDOW = (0.0, 28.0)
OPTIONS = {"auc_edges": "interpolate"}
ORDERS = {"shuffled": "bits, n, variable, i", "sorted": "patient_id, variable, time, bits"}
KEYS = ["patient_id", "course_id", "variable"]
FEW = 256
"""More than a patient has courses, and more than there are variables: peers work on one number for each series."""
TOLERANCE = 1e-9

# 20 moments of 40 days, so that one series in 18 has a gap of more than 10 days; ldh is known to the day alone, at
# midday, so that it has several values at one time.
POINTS = """
CREATE TABLE points AS
SELECT
    n, i, bits, printf('P%06d', n + 1) AS patient_id, 1::BIGINT AS course_id, variable,
    CASE WHEN variable = 'ldh' THEN minute // 1440 + 0.5 ELSE minute / 1440 END - 5 AS time,
    (1 + ((bits >> 32) & 4095)::BIGINT) / 10 AS value
FROM (
    SELECT
        range AS n, variable, i, md5_number_lower('$seed/' || range || '/' || variable || '/' || i) AS bits,
        (bits % 57600)::BIGINT AS minute
    FROM range($patients), unnest($variables) variables(variable), range($times) times(i)
)
"""

AGREE = """
WITH pairs AS (
    SELECT
        a.auc IS NULL OR b.auc IS NULL AS alone,
        a.complete IS DISTINCT FROM b.complete OR a."values" IS DISTINCT FROM b."values" AS other,
        greatest({apart}) AS apart
    FROM read_parquet('{ours}') a FULL JOIN read_parquet('{theirs}') b USING (patient_id, course_id, variable)
)
SELECT count(*), count(*) FILTER (alone), count(*) FILTER (other), max(apart) FROM pairs
"""


def _folder(chosen: argparse.Namespace) -> Path:
    return Path(chosen.data) / f"auc_{chosen.values}"


def _write(connection: "duckdb.DuckDBPyConnection", folder: Path, patients: int) -> None:
    known = {"patients": patients, "variables": list(VARIABLES), "times": TIMES, "seed": SEED}
    connection.execute(filled(POINTS, known))
    for name, order in ORDERS.items():
        query = f"SELECT {', '.join(KEYS)}, time, value FROM points ORDER BY {order}"
        connection.execute(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")


def write(chosen: argparse.Namespace) -> Figures:
    """Write the values in both orders, unless they are there."""
    patients = chosen.values // VALUES
    said = {"patients": patients, "values": VALUES, "seed": SEED, "version": VERSION}
    written_once(_folder(chosen), said, partial(_write, patients=patients))
    return {"patients": patients}


def _done(start: float, order: str, who: str, chosen: argparse.Namespace) -> tuple[Figures, Path]:
    """Return the figures of a run that has just ended, and where its result goes, untimed."""
    figures = {"seconds": time.perf_counter() - start, "peak_mib": peak_mib()}
    return figures, _folder(chosen) / f"result_{who}_{order}.parquet"


def abate(order: str, chosen: argparse.Namespace) -> Figures:
    """Let the product compute the areas."""
    from pyarrow import parquet

    from abate.biomarkers.auc import area_under_curve
    from abate.engine.store import Engine
    from abate.records.options import Options

    engine, options = Engine(backend(chosen.spill)), Options(OPTIONS)
    start = time.perf_counter()
    points = engine.backend.read_parquet(str(_folder(chosen) / f"{order}.parquet"))
    found = area_under_curve(points, *WINDOW, options).to_pyarrow()
    figures, path = _done(start, order, "abate", chosen)
    parquet.write_table(found, path)
    return figures


def pandas(order: str, chosen: argparse.Namespace) -> Figures:
    """Compute the areas by pandas: keys as categories, one whole number for each series, whole columns throughout."""
    from pyarrow import parquet

    pd = peer("pandas")
    (first, last), gap = WINDOW, _longest_gap()
    start = time.perf_counter()
    table = parquet.read_table(_folder(chosen) / f"{order}.parquet", read_dictionary=["patient_id", "variable"])
    points = table.to_pandas()
    people, variables = points["patient_id"].cat, points["variable"].cat
    series = (people.codes.astype("int64") * FEW + points["course_id"]) * FEW + variables.codes
    rows = pd.DataFrame({"series": series, "time": points["time"], "value": points["value"]})
    rows = rows.groupby(["series", "time"], sort=True)["value"].mean().reset_index()
    moment, value = rows["time"], rows["value"]
    following, next_value = moment.shift(-1), value.shift(-1)
    length = following - moment
    used = rows["series"].eq(rows["series"].shift(-1)) & (length <= gap) & (following > first) & (moment < last)
    left, right = moment.clip(lower=first), following.clip(upper=last)
    slope = (next_value - value) / length
    middle = value + slope * ((left - moment) + (right - moment)) / 2
    rows["covered_days"] = (right - left).where(used, 0.0)
    rows["auc"] = (middle * (right - left)).where(used, 0.0)
    rows["values"] = moment.between(first, last)
    found = rows.groupby("series", sort=False)[["auc", "covered_days", "values"]].sum().reset_index()
    found = found[found["covered_days"] > 0]
    found["auc_per_day"] = found["auc"] / found["covered_days"]
    found["complete"] = found["covered_days"] >= last - first - 1e-9
    number = found.pop("series")
    found["patient_id"] = pd.Categorical.from_codes(number // FEW**2, people.categories)
    found["course_id"] = number // FEW % FEW
    found["variable"] = pd.Categorical.from_codes(number % FEW, variables.categories)
    figures, path = _done(start, order, "pandas", chosen)
    found.to_parquet(path, index=False)
    return figures


def polars(engine: str, order: str, chosen: argparse.Namespace) -> Figures:
    """Compute the areas by Polars: lazy, one whole number for each series, by one of its two engines."""
    pl = peer("polars")
    (first, last), gap = WINDOW, _longest_gap()
    moment, value, following = pl.col("time"), pl.col("value"), pl.col("following")
    code = {name: pl.col(name).cast(pl.Categorical).to_physical().cast(pl.Int64) for name in ("patient_id", "variable")}
    start = time.perf_counter()
    points = pl.scan_parquet(_folder(chosen) / f"{order}.parquet")
    points = points.with_columns(series=(code["patient_id"] * FEW + pl.col("course_id")) * FEW + code["variable"])
    names = points.select("series", *KEYS).unique()
    rows = points.group_by("series", "time").agg(value.mean()).sort("series", "time")
    rows = rows.with_columns(
        same=pl.col("series") == pl.col("series").shift(-1), following=moment.shift(-1), next_value=value.shift(-1)
    )
    length = following - moment
    used = pl.col("same") & (length <= gap) & (following > first) & (moment < last)
    left, right = pl.max_horizontal(moment, pl.lit(first)), pl.min_horizontal(following, pl.lit(last))
    slope = (pl.col("next_value") - value) / length
    middle = value + slope * ((left - moment) + (right - moment)) / 2
    rows = rows.with_columns(
        auc=pl.when(used).then(middle * (right - left)).otherwise(0.0),
        covered_days=pl.when(used).then(right - left).otherwise(0.0),
        values=moment.is_between(first, last),
    )
    found = rows.group_by("series").agg(pl.col("auc", "covered_days", "values").sum())
    covered = pl.col("covered_days")
    found = found.filter(covered > 0).join(names, on="series").drop("series")
    found = found.with_columns(auc_per_day=pl.col("auc") / covered, complete=covered >= last - first - 1e-9)
    frame = found.collect(engine=engine)
    figures, path = _done(start, order, f"polars_{engine}", chosen)
    frame.write_parquet(path)
    return figures


def _longest_gap() -> float:
    from abate.records.options import Options

    return float(Options(OPTIONS)["auc_max_gap_days"])


WHO: dict[str, Callable[[str, argparse.Namespace], Figures]] = {
    "abate": abate,
    "pandas": pandas,
    "polars_streaming": partial(polars, "streaming"),
    "polars_in-memory": partial(polars, "in-memory"),
}


def agree(chosen: argparse.Namespace) -> Figures:
    """Hold the results of the others to those of the product, and remove them.

    Raises
    ------
    RuntimeError
        If one has other series, other counts, or a number that is further apart than the tolerance.
    """
    import duckdb

    numbers = ("auc", "covered_days", "auc_per_day")
    apart = ", ".join(f"abs(a.{name} - b.{name}) / greatest(abs(a.{name}), abs(b.{name}))" for name in numbers)
    most, series = 0.0, 0
    for order in ORDERS:
        ours = _folder(chosen) / f"result_abate_{order}.parquet"
        for who in list(WHO)[1:]:
            theirs = ours.with_name(f"result_{who}_{order}.parquet")
            query = AGREE.format(apart=apart, ours=ours, theirs=theirs)
            series, alone, other, found = duckdb.connect().execute(query).fetchall()[0]
            if not series or alone or other or not found <= TOLERANCE:
                message = f"{who}, {order}: {alone} of {series} series alone, {other} unlike, apart by up to {found}"
                raise RuntimeError(message)
            most = max(most, found)
    for path in _folder(chosen).glob("result_*.parquet"):
        path.unlink()
    return {"apart": most, "series": series}


TASKS: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "write_values": write,
    "agree": agree,
    **{f"{who}_{order}": partial(work, order) for who, work in WHO.items() for order in ORDERS},
}


def measure(chosen: argparse.Namespace, start: Start) -> Iterator[Figures]:
    """Run product and peers in turn, see that they agree, and yield the figures of a line for each order."""
    patients = start("write_values")["patients"]
    runs: dict[str, dict[str, list[Figures]]] = {order: {who: [] for who in WHO} for order in ORDERS}
    for _ in range(chosen.repeats):
        for order, of_order in runs.items():
            for who, those in of_order.items():
                those.append(start(f"{who}_{order}"))
    agreed = start("agree")
    for order, of_order in runs.items():
        seconds = {who: median(one["seconds"] for one in those) for who, those in of_order.items()}
        # The faster of the two engines.
        polars_seconds = min(value for who, value in seconds.items() if who.startswith("polars"))
        yield {
            "task": f"auc_{order}",
            "patients": patients,
            "rows": patients * VALUES,
            "seconds": seconds["abate"],
            "peak_mib": max(one["peak_mib"] for one in of_order["abate"]),
            "shown": {
                "ratio_pandas": f"{seconds['abate'] / seconds['pandas']:.2f}",
                "ratio_polars": f"{seconds['abate'] / polars_seconds:.2f}",
            },
            "runs": {who: [round(one["seconds"], 3) for one in those] for who, those in of_order.items()},
            "peaks": {who: round(max(one["peak_mib"] for one in those)) for who, those in of_order.items()},
            "agreed": agreed,
        }
