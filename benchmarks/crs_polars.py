"""Daily features and grades of ASTCT CRS by Polars: one lazy plan, for the streaming engine or the one in memory.

Long records become one row a day in two passes: what every day has, and the few readings that matter. What only some
days have is laid together before it is joined to all days. Windows are running values over the rows in order, compared
with the first row of a course: nothing is called for each group.
"""

from pathlib import Path
from typing import Any

from crs_words import (
    AIR,
    BRIDGED_GAP,
    CANNULAS,
    CRITERIA,
    DAY,
    DAY_MINUTES,
    DOUBT,
    FEATURES,
    FEVER,
    GRADES,
    KEYS,
    LAST_DAY,
    LOW_FLOW,
    LOW_PRESSURE,
    MASKS,
    OVERLAP,
    REQUIRED,
    SHORTEST_RUN,
    SIGNS,
    TOLERANCE,
    VENTILATED,
    Drugs,
)
from running import peer

pl: Any = peer("polars")
Frame = Any
Column = Any
variable, value, minute, start, end, until = (
    pl.col(name) for name in ("variable", "value", "minute", "start", "end", "until")
)


def _table(folder: Path, name: str) -> Frame:
    return pl.scan_parquet(folder / f"{name}.parquet")


def _vitals(folder: Path) -> tuple[Frame, Frame]:
    """Return the extremes of each day, and the moments of fever, low pressure and measured oxygen."""
    rows = _table(folder, "measurements").filter(pl.col("day") >= 0)
    temperature, pressure, flow, fraction = (variable == name for name in ("temperature", "sbp", "o2_flow", "fio2"))
    every = rows.filter(temperature | pressure | flow).group_by(DAY)
    extremes = every.agg(
        temperature_maximum=pl.when(temperature).then(value).max(),
        systolic_minimum=pl.when(pressure).then(value).min(),
        flow=pl.when(flow).then(value).max(),
    )
    few = rows.filter(
        (temperature & (value >= FEVER - TOLERANCE))
        | (pressure & (value < LOW_PRESSURE - TOLERANCE))
        | (flow & (value > 0))
        | (fraction & (value > AIR))
    )
    moments = few.group_by(DAY).agg(
        fever_minute=pl.when(temperature).then(minute).min(),
        low_last=pl.when(pressure).then(minute).max(),
        measured_last=pl.when(flow | fraction).then(minute).max(),
        high_flow_last=pl.when(flow & (value > LOW_FLOW)).then(minute).max(),
    )
    return extremes, moments


def _by_day(spans: Frame) -> Frame:
    """Cut spans of minutes into the days that they touch."""
    days = pl.int_ranges(start // DAY_MINUTES, (end - 1) // DAY_MINUTES + 1)
    rows = spans.filter(start < end).with_columns(day=days).explode("day")
    return rows.with_columns(until=pl.min_horizontal(end, (pl.col("day") + 1) * DAY_MINUTES))


def _held(rows: Frame, followed: Frame, keys: list[str]) -> Frame:
    """Let rows hold until their end, else the next row of the same keys, else the end of follow-up."""
    rows = rows.join(followed, on=KEYS).sort(*keys, "minute")
    following = minute.shift(-1).over(keys)
    last = (pl.col("last_day") + 1) * DAY_MINUTES
    return rows.with_columns(start=minute, end=pl.coalesce(pl.col("end_minute"), following, last))


def _oxygen(folder: Path, followed: Frame) -> Frame:
    rows = _table(folder, "states").filter(variable == "oxygen", pl.col("day").is_not_null())
    device, flow = pl.col("device"), pl.col("flow")
    positive = device.is_in(VENTILATED)
    rows = _held(rows, followed, KEYS).with_columns(
        given=(device != "room_air") & (positive | (flow != 0).fill_null(True)),
        above=pl.when(device.is_in(MASKS))
        .then(True)
        .when(device.is_in(CANNULAS) & flow.is_not_null())
        .then(flow > LOW_FLOW)
        .when(device == "nasal_cannula")
        .then(None)
        .otherwise(device == "high_flow_nasal_cannula"),
        positive=positive,
    )
    given, above, positive = pl.col("given"), pl.col("above"), pl.col("positive")
    return (
        _by_day(rows)
        .group_by(DAY)
        .agg(
            no_oxygen=(~given).any(),
            oxygen_rows=given.any(),
            above_rows=above.filter(given).any(ignore_nulls=False),
            positive_rows=positive.filter(given).any(),
            oxygen_until=until.filter(given).max(),
            above_until=until.filter(given & above).max(),
            positive_until=until.filter(given & positive).max(),
            invasive=(device == "invasive_ventilation").any(),
        )
    )


def _infusions(folder: Path, followed: Frame, names: tuple[str, ...]) -> Frame:
    """Return the spans in which each of some drugs ran."""
    rows = _table(folder, "drugs").filter(
        pl.col("drug").is_in(names), pl.col("kind") == "infusion", pl.col("status") == "given", minute.is_not_null()
    )
    rows = rows.with_columns(agent=pl.col("drug").replace("argipressin", "vasopressin"))
    rows = _held(rows, followed, [*KEYS, "agent"])
    return rows.filter((pl.col("rate") > 0).fill_null(True)).select(*KEYS, "agent", "start", "end")


def _runs(segments: Frame) -> Frame:
    """Join infusions of one agent over short gaps; leave out what is a push dose."""
    agent = [*KEYS, "agent"]
    rows = segments.sort(*agent, "start", "end")
    reached = end.cum_max().shift(1).over(agent)
    rows = rows.with_columns(run=(start > reached + BRIDGED_GAP).fill_null(True).cum_sum())
    runs = rows.group_by(*agent, "run").agg(start.min(), end.max())
    return runs.filter(end - start >= SHORTEST_RUN).drop("run")


def _vasopressors(folder: Path, followed: Frame, names: tuple[str, ...]) -> tuple[Frame, Frame]:
    """Return the last minute of each day of any vasopressor, and of two together besides vasopressin."""
    runs = _runs(_infusions(folder, followed, names))
    besides = runs.filter(pl.col("agent") != "vasopressin")
    pairs = besides.join(besides, on=KEYS, suffix="_other").filter(pl.col("agent") < pl.col("agent_other"))
    pairs = pairs.with_columns(
        start=pl.max_horizontal("start", "start_other"), end=pl.min_horizontal("end", "end_other")
    )
    pairs = pairs.filter(end - start >= OVERLAP)
    return (
        _by_day(runs).group_by(DAY).agg(vasopressor_until=until.max()),
        _by_day(pairs).group_by(DAY).agg(two_until=until.max()),
    )


def _waivers(folder: Path, names: tuple[str, ...]) -> Frame:
    rows = _table(folder, "drugs").filter(pl.col("drug").is_in(names), pl.col("status") == "given")
    return rows.group_by(DAY).agg(waiver_first=minute.min(), waiver_last=minute.max())


def _coverage(folder: Path) -> Frame:
    domain, complete = pl.col("domain"), pl.col("complete")
    found = {
        "drugs_covered": domain == "drugs",
        "vasopressors_covered": domain.is_in(["drugs", "vasopressors"]),
        "oxygen_covered": domain == "oxygen",
    }
    rows = _table(folder, "coverage").group_by(KEYS)
    return rows.agg(**{name: complete.filter(where).min().fill_null(False) for name, where in found.items()})


def _days(folder: Path, drugs: Drugs) -> Frame:
    """Return every patient-day, in order, with what was recorded of it."""
    last_day = pl.min_horizontal("last_contact_day", pl.lit(LAST_DAY))
    followed = _table(folder, "patients").select(*KEYS, last_day=last_day).sort(KEYS)
    count, row = pl.col("last_day") + 1, pl.col("first") + pl.col("day")
    followed = followed.with_columns(first=count.cum_sum() - count)
    extremes, moments = _vitals(folder)
    sedated = _by_day(_infusions(folder, followed, drugs.sedatives)).select(*DAY, sedated=True).unique()
    some = [
        moments,
        _oxygen(folder, followed),
        *_vasopressors(folder, followed, drugs.vasopressors),
        _waivers(folder, drugs.waivers),
        sedated,
    ]
    sparse = pl.concat(some, how="diagonal_relaxed").group_by(DAY).agg(pl.all().max())
    rows = followed.join(_coverage(folder), on=KEYS, how="left", maintain_order="left")
    rows = rows.with_columns(day=pl.int_ranges(0, count)).explode("day").with_columns(row=row)
    # Joined by one number a day: by names it takes several times as long.
    for part in (extremes, sparse):
        numbered = part.join(followed.select(*KEYS, "first"), on=KEYS).with_columns(row=row)
        rows = rows.join(numbered.drop(*DAY, "first"), on="row", how="left", maintain_order="left")
    return rows


def _by_exception(seen: Column, covered: str) -> Column:
    """Say that what was not seen was not there, where the records are complete."""
    return pl.when(seen).then(True).when(pl.col(covered)).then(False)


def _signs(rows: Frame) -> Frame:
    flow, oxygen = pl.col("flow"), pl.col("oxygen")
    recorded = pl.col("oxygen_rows").fill_null(False)
    rows = rows.with_columns(
        fever=pl.col("temperature_maximum") >= FEVER - TOLERANCE,
        hypotension=pl.col("systolic_minimum") < LOW_PRESSURE - TOLERANCE,
        vasopressor=_by_exception(pl.col("vasopressor_until").is_not_null(), "vasopressors_covered"),
        two_vasopressors_besides_vasopressin=_by_exception(pl.col("two_until").is_not_null(), "vasopressors_covered"),
        oxygen=pl.when(recorded | pl.col("measured_last").is_not_null())
        .then(True)
        .when(pl.col("no_oxygen") | (flow == 0) | pl.col("oxygen_covered"))
        .then(False),
        oxygen_until=pl.max_horizontal("oxygen_until", "measured_last"),
        above_until=pl.max_horizontal("above_until", "high_flow_last"),
    )

    def kind(found: Column, measured: Column) -> Column:
        return (
            pl.when(found.fill_null(False) | measured)
            .then(True)
            .when(~oxygen)
            .then(False)
            .when(oxygen & recorded)
            .then(found)
        )

    return rows.with_columns(
        oxygen_above_low_flow=kind(pl.col("above_rows"), (flow > LOW_FLOW).fill_null(False)),
        positive_pressure=kind(pl.col("positive_rows"), pl.lit(False)),
        vasopressor_during_sedation=(pl.col("invasive") & pl.col("sedated") & pl.col("vasopressor")).fill_null(False),
    )


def _last(condition: Column) -> Column:
    """Return the last row up to this one on which a condition held, of whatever course."""
    return pl.when(condition).then(pl.col("row")).forward_fill()


def _in_crs(rows: Frame) -> Frame:
    """Say which signs count: on a day of fever, or at or after a drug that masks it in an open episode."""
    fever, row = pl.col("fever"), pl.col("row")
    clear = ~(fever | pl.col("hypotension") | pl.col("vasopressor") | pl.col("oxygen"))
    # Rows of another course lie before the first day of this one.
    before = row - pl.col("day") - 1
    rows = rows.with_columns(since=pl.max_horizontal(_last(clear).shift(1), before))
    since, last_fever, last_unknown = pl.col("since"), _last(fever), _last(fever.is_null())
    rows = rows.with_columns(
        open=pl.when(last_fever > since).then(True).when(last_unknown > since).then(None).otherwise(False),
        opens=fever.fill_null(False) & ~(last_fever.shift(1) > since).fill_null(False),
        may_open=fever.is_null() & ~(last_unknown.shift(1) > since).fill_null(False),
    )
    opens, opened, today = pl.col("opens"), pl.col("open"), pl.col("waiver_first").is_not_null()
    in_time = (pl.col("waiver_last") >= pl.col("fever_minute")).fill_null(True)
    begun = pl.when(opened).then(_last(opens)).otherwise(_last(pl.col("may_open")))
    earlier = (_last(today & (~opens | in_time)).shift(1) >= begun).fill_null(False)
    rows = rows.with_columns(waived_before=earlier)
    found = {}
    for name, column in SIGNS.items():
        seen, first = pl.col(column), pl.col("waiver_first")
        later = seen >= first if name == "hypotension" else seen > first
        after = (
            pl.when(pl.col("waived_before") | (today & later).fill_null(False))
            .then(True)
            .when(today & pl.col(name).is_null())
            .then(None)
            .when(today | pl.col("drugs_covered"))
            .then(False)
        )
        found[f"{name}_in_crs"] = pl.col(name) & (fever | (opened & after))
    return rows.with_columns(**found)


def _graded(rows: Frame) -> Frame:
    def worst(conditions: list[Column]) -> Column:
        grades = zip(conditions, CRITERIA, strict=True)
        return pl.max_horizontal(
            *(pl.when(where).then(pl.lit(grade, pl.Int8)).otherwise(pl.lit(0, pl.Int8)) for where, (grade, _) in grades)
        )

    names = [name for _, name in CRITERIA]
    certain = [pl.col(name) & ~pl.col(DOUBT) if "vasopressor" in name else pl.col(name) for name in names]
    rows = rows.with_columns(
        worst=worst([pl.col(name) for name in names]),
        lower=worst(certain),
        upper=worst([pl.col(name).fill_null(True) for name in names]),
    )
    known = pl.all_horizontal(*(pl.col(name).is_not_null() for name in REQUIRED))
    return rows.with_columns(
        grade=pl.when((pl.col("worst") > 0) | known | (pl.col("upper") == 0)).then(pl.col("worst"))
    )


def days(folder: Path, drugs: Drugs, graded: bool, engine: str) -> Frame:
    """Return every patient-day with its features, or with its grade and the bounds of it, in memory."""
    rows = _in_crs(_signs(_days(folder, drugs)))
    rows = _graded(rows).select(*DAY, *GRADES) if graded else rows.select(*DAY, *FEATURES)
    return rows.collect(engine=engine)
