"""What goes wrong between the bedside and the export: rows lost, moved, doubled, cut at limits, in wrong units."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from abate.synthesis.bedside import DAY, LABORATORY, SCORES, VITALS
from abate.synthesis.charted import NUMBER, TEXT, WHOLE, rows, stacked, words
from abate.synthesis.illness import DAYS, Illness
from abate.synthesis.patients import Booleans, Integers, Patients

LOG = {
    "patient": WHOLE,
    "kind": TEXT,
    "table": TEXT,
    "variable": TEXT,
    "minute": WHOLE,
    "before": NUMBER,
    "after": NUMBER,
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
REMEMBERED = VITALS
"""Of these a day can decide later ones too, by an episode that opens or does not close."""


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
        The tables; and ``patient, kind, table, variable, minute, before, after, from_day, to_day``: the days whose
        grade it can change (no day where it changes none).
    """
    work = _Measurements(random, tables["measurements"])
    work.antibody(ill)
    work.assay_limits()
    work.misdate(ill)
    work.wrong_units()
    work.lose(ill)
    work.duplicate()
    changed = dict(tables) | {"measurements": work.table()}
    unweighed = random.random(people.count) < CORRUPTIONS["weight missing"]
    weights = pc.if_else(pa.array(unweighed), pa.scalar(None, pa.float64()), tables["patients"]["weight_kg"])
    place = tables["patients"].schema.get_field_index("weight_kg")
    changed["patients"] = tables["patients"].set_column(place, "weight_kg", weights)
    work.note(
        "weight missing", unweighed, np.arange(people.count), "patients", "weight_kg", people.weight, np.nan, 0, DAYS
    )
    return changed, stacked(work.log)


class _Measurements:
    """The measurements as arrays, and what was done to them."""

    def __init__(self, random: np.random.Generator, table: pa.Table) -> None:
        self.random, self.original = random, table
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
        self.log: list[pa.Table] = []

    @property
    def day(self) -> Integers:
        """The day of each row."""
        found: Integers = self.minute // DAY
        return found

    def one_of(self, *variables: str) -> Booleans:
        """Return which rows are of some variables."""
        return np.isin(self.variable, [self.names.index(name) for name in variables])

    def by_chance(self, kind: str) -> Booleans:
        """Return which rows a kind of corruption befalls."""
        return self.random.random(len(self.value)) < CORRUPTIONS[kind]

    def note(self, kind: str, where: Booleans, patient: Integers, table: str, variable: object, *rest: Any) -> None:
        """Write down what was done where: before, after, first and last day that it can change, and when."""
        before, after, first, last, *minute = rest
        named = variable if isinstance(variable, str) else (self.names, variable)
        when = {"minute": minute[0]} if minute else {}
        columns = {"before": before, "after": after, "from_day": first, "to_day": last, **when}
        columns = {name: np.where(where, value, np.nan) for name, value in columns.items()}
        self.log.append(rows(LOG, where, np.zeros(1, int), kind=kind, table=table, variable=named, **columns))
        self.log[-1] = self.log[-1].set_column(0, "patient", pa.array(patient[where]))

    def noted(self, kind: str, where: Booleans, after: Any, first: Any, last: Any) -> None:
        """Write down a change of measurements, before it is made."""
        self.note(kind, where, self.patient, "measurements", self.variable, self.value, after, first, last, self.minute)

    def reach(self) -> tuple[Integers, Integers]:
        """Return the days that a lost or wrong value of each row can change."""
        last = np.where(self.one_of(*REMEMBERED) | (self.day < 0), DAYS, self.day)
        return self.day, np.where(self.one_of(*SCORES), self.day + 1, last)

    def antibody(self, ill: Illness) -> None:
        """Let interleukin-6 jump in the week after tocilizumab, which blocks its receptor."""
        first = np.where(ill.tocilizumab.any(axis=1), ill.tocilizumab.argmax(axis=1), 10 * DAYS)
        since = self.day - first[self.patient]
        jump = self.one_of("il6") & (since > 0) & (since <= 7) & self.by_chance("il6 after tocilizumab")
        after = np.rint(self.value * (3 + 7 * self.random.random(len(self.value))))
        self.noted("il6 after tocilizumab", jump, after, np.nan, np.nan)
        self.value = np.where(jump, after, self.value)

    def assay_limits(self) -> None:
        """Cut values at the limits of the assay."""
        for sign, (limits, beyond) in enumerate(((BELOW, np.less), (ABOVE, np.greater)), 1):
            for name, limit in limits.items():
                cut = self.one_of(name) & beyond(self.value, limit) & self.by_chance("assay limit")
                self.noted("assay limit", cut, limit, np.nan, np.nan)
                self.value, self.comparator = np.where(cut, limit, self.value), np.where(cut, sign, self.comparator)

    def misdate(self, ill: Illness) -> None:
        """Move values to the day before or after, within the days recorded."""
        way = np.where(self.random.random(len(self.value)) < 0.5, -1, 1)
        to = self.day + way
        moved = self.by_chance("misdated") & (self.day >= 0) & (to >= 0) & (to <= ill.last_day[self.patient])
        first, last = self.reach()
        first, last = np.minimum(first, to), np.maximum(last, to + self.one_of(*SCORES))
        self.noted("misdated", moved, self.value, first, last)
        self.minute = np.where(moved, self.minute + way * DAY, self.minute)

    def wrong_units(self) -> None:
        """Write a unit beside some values that is not theirs."""
        for place, name in enumerate(WRONG_UNITS):
            wrong = self.one_of(name) & self.by_chance("unit error")
            self.noted("unit error", wrong, np.nan, *self.reach())
            self.unit = np.where(wrong, len(self.units) - len(WRONG_UNITS) + place, self.unit)

    def lose(self, ill: Illness) -> None:
        """Lose values by chance; and do not sample the well at night from day 10 on, or every laboratory value."""
        lost = self.by_chance("lost")
        self.noted("lost", lost, np.nan, *self.reach())
        well = (ill.crs == 0) & (ill.encephalopathy == 0) & (ill.pressure == 0) & (ill.oxygen == 0)
        quiet = well & (np.arange(DAYS) >= 10) & (self.random.random(well.shape) < CORRUPTIONS["not sampled when well"])
        hour = self.minute % DAY // 60
        spared = self.one_of(*LABORATORY) | (self.one_of(*VITALS) & ((hour < 8) | (hour >= 20)))
        skipped = spared & ~lost & (self.day >= 0) & quiet[self.patient, np.clip(self.day, 0, DAYS - 1)]
        self.noted("not sampled when well", skipped, np.nan, *self.reach())
        self.kept &= ~lost & ~skipped

    def duplicate(self) -> None:
        """Write some rows twice."""
        self.again = self.kept & self.by_chance("duplicated")
        self.noted("duplicated", self.again, self.value, np.nan, np.nan)

    def table(self) -> pa.Table:
        """Return the rows that are left, those written twice one after the other."""
        chosen = np.repeat(np.arange(len(self.value)), self.kept.astype(int) + self.again)
        found = self.original.take(pa.array(chosen))
        comparators, units = words((None, "<", ">"), self.comparator[chosen]), words(self.units, self.unit[chosen])
        columns = {"value": pa.array(self.value[chosen]), "minute": pa.array(self.minute[chosen])}
        for name, column in (columns | {"comparator": comparators, "unit": units}).items():
            found = found.set_column(found.schema.get_field_index(name), name, column)
        return found
