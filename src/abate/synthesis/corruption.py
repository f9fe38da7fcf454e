"""What goes wrong between the bedside and the export: rows lost, moved, doubled, cut at limits, in wrong units."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from abate.synthesis.bedside import LABORATORY, SCORES, VITALS
from abate.synthesis.charted import NUMBER, TEXT, WHOLE, rows, stacked, words
from abate.synthesis.charts import by_weight
from abate.synthesis.illness import DAYS, Illness
from abate.synthesis.patients import Booleans, Integers, Patients
from abate.synthesis.truth import vasopressor_minutes
from abate.timeline.intervals import DAY_MINUTES

LOG = {
    "patient": WHOLE,
    "kind": TEXT,
    "table": TEXT,
    "variable": TEXT,
    "minute": WHOLE,
    "minute_after": WHOLE,
    "before": NUMBER,
    "after": NUMBER,
    "unit_after": TEXT,
    "toxicity": TEXT,
    "from_day": WHOLE,
    "to_day": WHOLE,
}
CORRUPTIONS = {
    "lost": 0.03,
    "not sampled when well": 0.4,
    "assay limit": 1.0,
    "unit error": 0.002,
    "duplicated": 0.005,
    "misdated": 0.002,
    "il6 after tocilizumab": 1.0,
    "weight missing": 0.05,
}
"""Kinds and their rates: of values (``lost``, ``unit error``, ``duplicated``, ``misdated``), of days without toxicity
from day 10 on, of values beyond a limit, of values in the week after tocilizumab, of patients."""
ABOVE = {"ferritin": 16500.0, "il6": 5000.0}
BELOW = {"crp": 5.0, "il6": 2.0}
WRONG_UNITS = {"ferritin": "g/L", "creatinine": "U/L", "temperature": "mm[Hg]"}
"""Units that are no units of the variable: a value in one is set aside, and never guessed."""
FEVER, LOW = 38.0, 90.0
"""A temperature (Cel) and a systolic pressure (mmHg) that make a grade."""
REMEMBERED = ("temperature", "sbp")
"""Of these a day can decide later ones too, by an episode that opens or does not close."""
ORGANS = ("creatinine", "alt", "ast")


def corrupt(
    random: np.random.Generator, people: Patients, ill: Illness, tables: Mapping[str, pa.Table]
) -> tuple[dict[str, pa.Table], pa.Table]:
    """Return the tables as an export would have them, and a row for everything that was done to them.

    Parameters
    ----------
    random
        Where the numbers come from.
    people, ill, tables
        A clean part; ``patient`` is the number within it.

    Returns
    -------
    tuple
        The tables; and a row for each change: where it was, what it was and became, and from which day to which it
        can change a grade of which toxicity (no day where it cannot: the value decided nothing, and others of its
        day are left).
    """
    work = _Measurements(random, ill, tables["measurements"])
    for step in (work.antibody, work.assay_limits, work.misdate, work.wrong_units, work.lose, work.duplicate):
        step()
    unweighed = random.random(people.count) < CORRUPTIONS["weight missing"]
    weights = pc.if_else(pa.array(unweighed), pa.scalar(None, pa.float64()), tables["patients"]["weight_kg"])
    place = tables["patients"].schema.get_field_index("weight_kg")
    patients = tables["patients"].set_column(place, "weight_kg", weights)
    return dict(tables) | {"measurements": work.table(), "patients": patients}, stacked(
        [*work.log(), _unweighed(unweighed, people, ill)]
    )


def _unweighed(where: Booleans, people: Patients, ill: Illness) -> pa.Table:
    """Write down lost weights: they matter from the first rate by weight on."""
    running = vasopressor_minutes(ill) > 0
    first = np.where(by_weight(people) & running.any(axis=1), running.argmax(axis=1), np.nan)
    place = {"kind": "weight missing", "table": "patients", "variable": "weight_kg", "toxicity": "CRS"}
    until = np.where(np.isnan(first), np.nan, DAYS)
    return rows(LOG, where, np.arange(people.count), **place, before=people.weight, from_day=first, to_day=until)


class _Measurements:
    """The measurements as arrays, and what was done to them."""

    def __init__(self, random: np.random.Generator, ill: Illness, table: pa.Table) -> None:
        self.random, self.ill, self.original = random, ill, table
        self.patient = table["patient"].to_numpy()
        variable = table["variable"].combine_chunks()
        self.names = variable.dictionary.to_pylist()
        self.variable = variable.indices.to_numpy()
        self.value = table["value"].to_numpy().copy()
        self.minute = table["minute"].to_numpy().copy()
        units = table["unit"].combine_chunks()
        self.units = [*units.dictionary.to_pylist(), *WRONG_UNITS.values()]
        self.unit = units.indices.to_numpy().copy()
        self.comparator = np.zeros(len(self.value), np.int64)
        self.kept = np.ones(len(self.value), bool)
        self.again = np.zeros(len(self.value), bool)
        self.decides = self._decides()
        self.changes: list[tuple[str, Integers, dict[str, Any]]] = []

    @property
    def day(self) -> Integers:
        """The day of each row."""
        found: Integers = self.minute // DAY_MINUTES
        return found

    def one_of(self, *variables: str) -> Booleans:
        """Return which rows are of some variables."""
        return np.isin(self.variable, [self.names.index(name) for name in variables])

    def by_chance(self, kind: str) -> Booleans:
        """Return which rows a kind of corruption befalls."""
        return self.random.random(len(self.value)) < CORRUPTIONS[kind]

    def note(self, kind: str, where: Booleans, **after: Any) -> None:
        """Write down which rows a change befalls, before it is made, and what becomes of them."""
        chosen = np.flatnonzero(where)
        then = {"value": self.value[chosen], "minute": self.minute[chosen]}
        self.changes.append(
            (kind, chosen, then | {name: np.broadcast_to(to, len(where))[chosen] for name, to in after.items()})
        )

    def _decides(self) -> Booleans:
        """Return which rows make a grade by their value, or are the baseline of one."""
        value, day = self.value, self.minute // DAY_MINUTES
        of_day = (self.patient, np.clip(day, 0, DAYS - 1))
        alone = (self.one_of("temperature") & (value >= FEVER)) | (self.one_of("sbp") & (value < LOW))
        alone |= (self.one_of("fio2") & (value > 21)) | (self.one_of("o2_flow") & (value > 0))
        alone |= self.one_of(*SCORES) & (value < 10)
        injured = self.one_of("creatinine") & (self.ill.creatinine[of_day] > 0)
        injured |= self.one_of("alt", "ast") & (self.ill.transaminase[of_day] > 0)
        found: Booleans = alone | injured | (self.one_of(*ORGANS) & (day < 0))
        return found

    def log(self) -> list[pa.Table]:
        """Return the rows of the log, with the days that each change can reach."""
        first_minute = self.original["minute"].to_numpy()
        known = self.kept & (self.unit < len(self.units) - len(WRONG_UNITS))
        last = _bereft(self.patient, self.variable, first_minute // DAY_MINUTES, self.day, known)
        grades = self.one_of(*VITALS, *SCORES, *ORGANS)
        found = []
        for kind, chosen, after in self.changes:
            harmless = kind in ("duplicated", "assay limit", "il6 after tocilizumab")
            matters = grades[chosen] & (self.decides | last)[chosen] & (not harmless)
            days = np.stack(
                (first_minute[chosen] // DAY_MINUTES, after.get("minute_after", after["minute"]) // DAY_MINUTES)
            )
            until = days.max(axis=0) + self.one_of(*SCORES)[chosen]
            endless = self.one_of(*REMEMBERED)[chosen] | (days[0] < 0)
            table = rows(
                LOG,
                np.ones(len(chosen), bool),
                self.patient[chosen],
                kind=kind,
                table="measurements",
                variable=(self.names, self.variable[chosen]),
                minute=after["minute"],
                minute_after=after.get("minute_after"),
                before=after["value"],
                after=after.get("value_after"),
                unit_after=(self.units, after["unit_after"]) if "unit_after" in after else None,
                toxicity=(("CRS", "ICANS"), self.one_of(*SCORES)[chosen].astype(np.int64)),
                from_day=np.where(matters, days.min(axis=0), np.nan),
                to_day=np.where(matters, np.where(endless, DAYS, until), np.nan),
            )
            found.append(table)
        return found

    def antibody(self) -> None:
        """Let interleukin-6 jump in the week after tocilizumab, which blocks its receptor."""
        first = np.where(self.ill.tocilizumab.any(axis=1), self.ill.tocilizumab.argmax(axis=1), 10 * DAYS)
        since = self.day - first[self.patient]
        jump = self.one_of("il6") & (since > 0) & (since <= 7) & self.by_chance("il6 after tocilizumab")
        after = np.rint(self.value * (3 + 7 * self.random.random(len(self.value))))
        self.note("il6 after tocilizumab", jump, value_after=after)
        self.value = np.where(jump, after, self.value)

    def assay_limits(self) -> None:
        """Cut values at the limits of the assay."""
        for sign, (limits, beyond) in enumerate(((BELOW, np.less), (ABOVE, np.greater)), 1):
            for name, limit in limits.items():
                cut = self.one_of(name) & beyond(self.value, limit) & self.by_chance("assay limit")
                self.note("assay limit", cut, value_after=limit)
                self.value, self.comparator = np.where(cut, limit, self.value), np.where(cut, sign, self.comparator)

    def misdate(self) -> None:
        """Move values to the day before or after, within the days recorded."""
        way = np.where(self.random.random(len(self.value)) < 0.5, -1, 1)
        to = self.day + way
        moved = self.by_chance("misdated") & (self.day >= 0) & (to >= 0) & (to <= self.ill.last_day[self.patient])
        self.note("misdated", moved, minute_after=self.minute + way * DAY_MINUTES)
        self.minute = np.where(moved, self.minute + way * DAY_MINUTES, self.minute)

    def wrong_units(self) -> None:
        """Write a unit beside some values that is not theirs."""
        for place, name in enumerate(WRONG_UNITS):
            wrong = self.one_of(name) & self.by_chance("unit error")
            unit = len(self.units) - len(WRONG_UNITS) + place
            self.note("unit error", wrong, unit_after=unit)
            self.unit = np.where(wrong, unit, self.unit)

    def lose(self) -> None:
        """Lose values by chance; and do not sample the well at night from day 10 on, or every laboratory value."""
        lost = self.by_chance("lost")
        self.note("lost", lost)
        ill = self.ill
        well = (ill.crs == 0) & (ill.encephalopathy == 0) & (ill.pressure == 0) & (ill.oxygen == 0)
        quiet = well & (np.arange(DAYS) >= 10) & (self.random.random(well.shape) < CORRUPTIONS["not sampled when well"])
        hour = self.minute % DAY_MINUTES // 60
        spared = self.one_of(*LABORATORY) | (self.one_of(*VITALS) & ((hour < 8) | (hour >= 20)))
        skipped = spared & ~lost & (self.day >= 0) & quiet[self.patient, np.clip(self.day, 0, DAYS - 1)]
        self.note("not sampled when well", skipped)
        self.kept &= ~lost & ~skipped

    def duplicate(self) -> None:
        """Write some rows twice."""
        self.again = self.kept & self.by_chance("duplicated")
        self.note("duplicated", self.again)

    def table(self) -> pa.Table:
        """Return the rows that are left, those written twice one after the other."""
        chosen = np.repeat(np.arange(len(self.value)), self.kept.astype(int) + self.again)
        found = self.original.take(pa.array(chosen))
        comparators, units = words((None, "<", ">"), self.comparator[chosen]), words(self.units, self.unit[chosen])
        columns = {"value": pa.array(self.value[chosen]), "minute": pa.array(self.minute[chosen])}
        for name, column in (columns | {"comparator": comparators, "unit": units}).items():
            found = found.set_column(found.schema.get_field_index(name), name, column)
        return found


def _bereft(patient: Integers, variable: Integers, was: Integers, day: Integers, known: Booleans) -> Booleans:
    """Return which rows stood on a day on which no known value of their variable is left."""

    def key(days: Integers) -> Integers:
        found: Integers = ((patient * (DAYS + 2)) + days + 1) * (variable.max() + 1) + variable
        return found

    counts = np.bincount(key(day)[known], minlength=int(key(was).max()) + 1)
    left: Booleans = counts[key(was)] == 0
    return left
