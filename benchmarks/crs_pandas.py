"""Daily features and grades of ASTCT CRS by pandas: whole columns throughout, no function called for each group.

Patients are read as categories and every patient-day is one whole number, which is the index of all tables of days.
Truths of three values are pandas' own (``boolean``). Windows are running maxima over the rows in order, compared with
the first row of a course.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crs_words import (
    AIR,
    BRIDGED_GAP,
    CANNULAS,
    CRITERIA,
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

pd: Any = peer("pandas")
np: Any = peer("numpy")
parquet: Any = peer("pyarrow.parquet")
Frame = Any
Column = Any
COURSES, DAYS = 256, 4096
"""More than a patient has courses, and than a course has days: a patient-day is one number."""
VITALS = ["temperature", "sbp", "o2_flow", "fio2"]


class Records:
    """The record tables, with patient and course as one number, ``course``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.patients = pd.read_parquet(folder / "patients.parquet", columns=[*KEYS, "last_contact_day"])
        self.patients = self.patients.sort_values(KEYS, ignore_index=True)
        self.names = pd.Index(self.patients["patient_id"].unique())
        self.patients["course"] = self.names.get_indexer(self.patients["patient_id"]) * COURSES
        self.patients["course"] += self.patients["course_id"]
        last = self.patients["last_contact_day"].clip(upper=LAST_DAY)
        self.last_day = pd.Series(last.to_numpy(), index=self.patients["course"])

    def read(self, name: str, columns: Sequence[str], filters: Any = None) -> Frame:
        """Return some columns of a table; text comes as categories."""
        text = ["patient_id", "variable", "drug", "kind", "status", "device", "domain"]
        rows = parquet.read_table(
            self.folder / f"{name}.parquet", columns=[*KEYS, *columns], filters=filters, read_dictionary=text
        ).to_pandas()
        people = rows.pop("patient_id").cat
        codes = self.names.get_indexer(people.categories).astype("int64")
        rows["course"] = codes[people.codes] * COURSES + rows.pop("course_id")
        return rows


def _vitals(records: Records) -> list[Frame]:
    """Return the extremes of each day, and the moments of fever, low pressure and measured oxygen."""
    columns = ["variable", "value", "day", "minute"]
    rows = records.read("measurements", columns, [("variable", "in", VITALS), ("day", ">=", 0)])
    rows["key"] = rows["course"] * DAYS + rows["day"]
    of = {name: rows.loc[rows["variable"] == name, ["key", "value", "minute"]] for name in VITALS}
    temperature, pressure, flow, fraction = (of[name] for name in VITALS)
    fever = temperature[temperature["value"] >= FEVER - TOLERANCE]
    low = pressure[pressure["value"] < LOW_PRESSURE - TOLERANCE]
    measured = pd.concat([flow[flow["value"] > 0], fraction[fraction["value"] > AIR]])
    return [
        temperature.groupby("key")["value"].max().rename("temperature_maximum"),
        pressure.groupby("key")["value"].min().rename("systolic_minimum"),
        fever.groupby("key")["minute"].min().rename("fever_minute"),
        low.groupby("key")["minute"].max().rename("low_last"),
        flow.groupby("key")["value"].max().rename("flow"),
        measured.groupby("key")["minute"].max().rename("measured_last"),
        flow[flow["value"] > LOW_FLOW].groupby("key")["minute"].max().rename("high_flow_last"),
    ]


def _by_day(spans: Frame) -> Frame:
    """Cut spans of minutes into the days that they touch."""
    rows = spans[spans["start"] < spans["end"]]
    first, last = rows["start"] // DAY_MINUTES, (rows["end"] - 1) // DAY_MINUTES
    count = (last - first + 1).to_numpy("int64")
    rows = rows.loc[rows.index.repeat(count)].reset_index(drop=True)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    day = np.repeat(first.to_numpy("int64"), count) + place
    rows["until"] = np.minimum(rows["end"].to_numpy("int64"), (day + 1) * DAY_MINUTES)
    rows["key"] = rows["course"] * DAYS + day
    return rows


def _held(records: Records, rows: Frame, keys: list[str]) -> Frame:
    """Let rows hold until their end, else the next row of the same keys, else the end of follow-up."""
    rows = rows.sort_values([*keys, "minute"], ignore_index=True)
    following = rows.groupby(keys, observed=True)["minute"].shift(-1)
    last = (rows["course"].map(records.last_day) + 1) * DAY_MINUTES
    rows["start"] = rows["minute"].astype("int64")
    rows["end"] = rows["end_minute"].astype("float64").fillna(following).fillna(last).astype("int64")
    return rows


def _oxygen(records: Records) -> Frame:
    columns = ["device", "flow", "minute", "end_minute"]
    rows = records.read("states", columns, [("variable", "==", "oxygen")])
    rows = _held(records, rows.dropna(subset=["minute"]), ["course"])
    device, flow = rows["device"], rows["flow"]
    positive, cannula = device.isin(VENTILATED), device.isin(CANNULAS)
    above = device.isin(MASKS) | (device == "high_flow_nasal_cannula") & flow.isna() | cannula & (flow > LOW_FLOW)
    rows["given"] = (device != "room_air") & (positive | (flow != 0))
    rows["above"] = above.astype("boolean").mask((device == "nasal_cannula") & flow.isna())
    rows["positive"] = positive
    rows["invasive"] = device == "invasive_ventilation"
    rows = _by_day(rows)
    rows["no_oxygen"] = ~rows["given"]
    given = rows[rows["given"]]
    kinds = given.groupby("key")
    above_rows, vague = kinds["above"].max(), given["above"].isna().groupby(given["key"]).max()
    days = rows.groupby("key")[["no_oxygen", "invasive"]].max()
    days["oxygen_rows"] = rows.groupby("key")["given"].max()
    # Unknown where one is unknown and none is true.
    days["above_rows"] = above_rows.mask(vague & ~above_rows.eq(True).fillna(False))
    days["positive_rows"] = kinds["positive"].max()
    days["oxygen_until"] = kinds["until"].max()
    days["above_until"] = given[given["above"].eq(True).fillna(False)].groupby("key")["until"].max()
    days["positive_until"] = given[given["positive"]].groupby("key")["until"].max()
    return days


def _infusions(records: Records, drugs: Frame, names: tuple[str, ...]) -> Frame:
    """Return the spans in which each of some drugs ran."""
    chosen = drugs["drug"].isin(names) & (drugs["kind"] == "infusion") & drugs["minute"].notna()
    rows = drugs[chosen].copy()
    rows["agent"] = rows["drug"].astype("str").replace("argipressin", "vasopressin")
    rows = _held(records, rows, ["course", "agent"])
    return rows.loc[rows["rate"].isna() | (rows["rate"] > 0), ["course", "agent", "start", "end"]]


def _runs(segments: Frame) -> Frame:
    """Join infusions of one agent over short gaps; leave out what is a push dose."""
    agent = ["course", "agent"]
    rows = segments.sort_values([*agent, "start", "end"], ignore_index=True)
    reached = rows.groupby(agent)["end"].cummax().groupby([rows[name] for name in agent]).shift()
    rows["run"] = (reached.isna() | (rows["start"] > reached + BRIDGED_GAP)).cumsum()
    runs = rows.groupby([*agent, "run"], as_index=False).agg(start=("start", "min"), end=("end", "max"))
    return runs[runs["end"] - runs["start"] >= SHORTEST_RUN]


def _vasopressors(records: Records, drugs: Frame, names: tuple[str, ...]) -> list[Frame]:
    """Return the last minute of each day of any vasopressor, and of two together besides vasopressin."""
    runs = _runs(_infusions(records, drugs, names))
    besides = runs[runs["agent"] != "vasopressin"]
    pairs = besides.merge(besides, on="course", suffixes=("", "_other"))
    pairs = pairs[pairs["agent"] < pairs["agent_other"]]
    start, end = pairs[["start", "start_other"]].max(axis=1), pairs[["end", "end_other"]].min(axis=1)
    pairs = pairs[["course"]].assign(start=start, end=end)
    pairs = pairs[pairs["end"] - pairs["start"] >= OVERLAP]
    return [
        _by_day(runs).groupby("key")["until"].max().rename("vasopressor_until"),
        _by_day(pairs).groupby("key")["until"].max().rename("two_until"),
    ]


def _waivers(drugs: Frame, names: tuple[str, ...]) -> Frame:
    rows = drugs[drugs["drug"].isin(names)]
    key = rows["course"] * DAYS + rows["day"]
    return rows.groupby(key)["minute"].agg(waiver_first="min", waiver_last="max")


def _coverage(records: Records) -> Frame:
    rows = records.read("coverage", ["domain", "complete"])
    found = {
        "drugs_covered": ["drugs"],
        "vasopressors_covered": ["drugs", "vasopressors"],
        "oxygen_covered": ["oxygen"],
    }
    complete = {
        name: rows[rows["domain"].isin(domains)].groupby("course")["complete"].min() for name, domains in found.items()
    }
    courses = pd.DataFrame(complete, index=records.last_day.index)
    return courses.eq(True)


def _days(records: Records, names: Drugs) -> Frame:
    """Return every patient-day, in order, with what was recorded of it."""
    drugs = records.read("drugs", ["drug", "kind", "rate", "day", "minute", "end_minute"], [("status", "==", "given")])
    sedated = _by_day(_infusions(records, drugs, names.sedatives))["key"].unique()
    parts = [
        *_vitals(records),
        _oxygen(records),
        *_vasopressors(records, drugs, names.vasopressors),
        _waivers(drugs, names.waivers),
        pd.Series(True, index=sedated, name="sedated"),
    ]
    count = (records.last_day + 1).to_numpy("int64")
    first = np.cumsum(count) - count
    day = np.arange(count.sum()) - np.repeat(first, count)
    course = np.repeat(records.last_day.index.to_numpy("int64"), count)
    key = pd.Index(course * DAYS + day)
    rows = pd.concat([part.reindex(key) for part in parts], axis=1)
    covered = _coverage(records)
    return rows.assign(day=day, **{name: np.repeat(covered[name].to_numpy(), count) for name in covered})


def _known(column: Column, unknown: Column) -> Column:
    """Return a truth of three values."""
    return column.astype("boolean").mask(unknown)


def _signs(rows: Frame) -> Frame:
    seen = rows.notna()
    recorded = rows["oxygen_rows"].eq(True)
    oxygen = recorded | seen["measured_last"]
    absent = rows["no_oxygen"].eq(True) | (rows["flow"] == 0) | rows["oxygen_covered"]
    vasopressors = ~rows["vasopressors_covered"]
    flow = rows["flow"] > LOW_FLOW
    rows["fever"] = _known(rows["temperature_maximum"] >= FEVER - TOLERANCE, ~seen["temperature_maximum"])
    low = rows["systolic_minimum"] < LOW_PRESSURE - TOLERANCE
    rows["hypotension"] = _known(low, ~seen["systolic_minimum"])
    for name, until in (("vasopressor", "vasopressor_until"), ("two_vasopressors_besides_vasopressin", "two_until")):
        rows[name] = _known(seen[until], ~seen[until] & vasopressors)
    rows["oxygen"] = _known(oxygen, ~oxygen & ~absent)
    rows["oxygen_until"] = np.fmax(rows["oxygen_until"], rows["measured_last"])
    rows["above_until"] = np.fmax(rows["above_until"], rows["high_flow_last"])
    kinds = (("oxygen_above_low_flow", "above_rows", flow), ("positive_pressure", "positive_rows", False))
    for name, found, measured in kinds:
        kind = rows[found].eq(True).fillna(False).astype(bool) | measured
        vague = ~kind & (rows["oxygen"].isna() | oxygen & (~recorded | rows[found].isna()))
        rows[name] = _known(kind, vague)
    sedated = rows["invasive"].eq(True) & rows["sedated"].eq(True)
    rows[DOUBT] = sedated & rows["vasopressor"].fillna(False).astype(bool)
    return rows


def _last(condition: Column) -> Column:
    """Return the last row up to each on which a condition held, of whatever course; -1 before the first."""
    return np.maximum.accumulate(np.where(condition, np.arange(len(condition)), -1))


def _before(last: Column) -> Column:
    return np.concatenate([[-1], last[:-1]])


def _in_crs(rows: Frame) -> Frame:
    """Say which signs count: on a day of fever, or at or after a drug that masks it in an open episode."""
    clear = ~(rows["fever"] | rows["hypotension"] | rows["vasopressor"] | rows["oxygen"])
    clear, fever = (column.fillna(False).to_numpy(bool) for column in (clear, rows["fever"]))
    unknown = rows["fever"].isna().to_numpy(bool)
    # Rows of another course lie before the first day of this one.
    since = np.maximum(_before(_last(clear)), np.arange(len(rows)) - rows["day"].to_numpy() - 1)
    last_fever, last_unknown = _last(fever), _last(unknown)
    opened, may_be_open = last_fever > since, last_unknown > since
    opens = fever & ~(_before(last_fever) > since)
    may_open = unknown & ~(_before(last_unknown) > since)
    begun = np.where(opened, _last(opens), _last(may_open))
    today = rows["waiver_first"].notna().to_numpy()
    in_time = ~(rows["waiver_last"] < rows["fever_minute"]).to_numpy()
    waived = (_before(_last(today & (~opens | in_time))) >= begun) & (opened | may_be_open)
    episode = _known(pd.Series(opened, index=rows.index), ~opened & may_be_open)
    covered = rows["drugs_covered"].to_numpy()
    for name, column in SIGNS.items():
        seen, first = rows[column].to_numpy("float64"), rows["waiver_first"].to_numpy("float64")
        later = seen >= first if name == "hypotension" else seen > first
        after = waived | later
        vague = ~after & np.where(today, rows[name].isna().to_numpy(), ~covered)
        counts = rows["fever"] | (episode & _known(pd.Series(after, index=rows.index), vague))
        rows[f"{name}_in_crs"] = rows[name] & counts
    return rows


def _graded(rows: Frame) -> Frame:
    def worst(unknown: bool, doubted: bool) -> Column:
        found = np.zeros(len(rows), "int8")
        for grade, name in CRITERIA:
            where = rows[name].fillna(unknown).to_numpy(bool)
            if doubted and "vasopressor" in name:
                where = where & ~rows[DOUBT].to_numpy(bool)
            found = np.maximum(found, where * np.int8(grade))
        return found

    found, upper = worst(False, False), worst(True, False)
    known = rows[list(REQUIRED)].notna().all(axis=1).to_numpy()
    grade = pd.array(found, dtype="Int8")
    grade[~((found > 0) | known | (upper == 0))] = pd.NA
    return rows.assign(grade=grade, lower=worst(False, True), upper=upper)


def days(folder: Path, drugs: Drugs, graded: bool, engine: str = "") -> Frame:  # noqa: ARG001 - pandas has one engine
    """Return every patient-day with its features, or with its grade and the bounds of it."""
    records = Records(folder)
    rows = _in_crs(_signs(_days(records, drugs)))
    rows = _graded(rows)[list(GRADES)] if graded else rows[list(FEATURES)]
    course, day = rows.index.to_numpy() // DAYS, rows.index.to_numpy() % DAYS
    rows = rows.reset_index(drop=True)
    rows.insert(0, "patient_id", pd.Categorical.from_codes(course // COURSES, records.names))
    rows.insert(1, "course_id", course % COURSES)
    rows.insert(2, "day", day)
    return rows
