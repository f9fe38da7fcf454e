"""What variables, drugs, findings and events are called, and what is known of them.

Data files stand beside this one, made to be read by a clinician: ``variables.csv`` (canonical unit,
codes, conversions that need the analyte, ranges), ``drugs.csv``, ``states.csv``,
``organ_terms.csv`` and ``events.csv``.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import ibis
import pyarrow as pa


@dataclass(frozen=True)
class Variable:
    """One measured quantity.

    Attributes
    ----------
    name, label, unit
        Its name, its name in words, its canonical UCUM unit.
    codes
        LOINC codes and OMOP concept ids that mean it.
    conversions
        Factor from other units to the canonical one where the analyte is needed (molar mass,
        an assay's own unit). All other conversions are the unit library's.
    refused
        Units in which the variable is never reported: a value in one is set aside.
    hard, usual
        Lowest and highest possible value (outside: set aside) and usual value (outside: noted),
        in the canonical unit; ``None`` where there is no limit.
    hint
        What a wrong unit usually was.
    """

    name: str
    label: str
    unit: str
    codes: tuple[str, ...] = ()
    conversions: Mapping[str, float] | None = None
    refused: tuple[str, ...] = ()
    hard: tuple[float | None, float | None] = (None, None)
    usual: tuple[float | None, float | None] = (None, None)
    hint: str = ""


@dataclass(frozen=True)
class Dictionary:
    """All variables, drugs, findings and events known to a run: the project's own and the user's.

    Examples
    --------
    >>> known = dictionary()
    >>> known.variables["ferritin"].unit
    'ug/L'
    >>> known.drugs["tocilizumab"]["drug_class"]
    'anti-IL6R'
    """

    variables: Mapping[str, Variable]
    drugs: Mapping[str, Mapping[str, str]]
    events: Mapping[str, str]
    states: tuple[Mapping[str, str], ...] = ()

    def with_additions(
        self, variables: Mapping[str, Variable], drugs: Mapping[str, Any], events: Mapping[str, str]
    ) -> "Dictionary":
        """Return a dictionary that also knows what a mapping file declares."""
        return Dictionary(
            {**self.variables, **variables}, {**self.drugs, **drugs}, {**self.events, **events}, self.states
        )

    def states_of(self, variable: str) -> dict[str, str]:
        """Return every written form of the findings of one variable, as a plain word, and the finding."""
        words: dict[str, str] = {}
        for row in self.states:
            if row["variable"] == variable:
                written = (row["state"], *(word for word in row["also"].split("|") if word))
                words |= {word.lower().replace(" ", "_").replace("-", "_"): row["state"] for word in written}
        return words

    def written(self, table: str) -> dict[str, str]:
        """Return every written form of the names of a table, in small letters, and the name."""
        pairs: dict[str, str] = {}
        if table == "measurements":
            for variable in self.variables.values():
                pairs |= dict.fromkeys((code.lower() for code in variable.codes), variable.name)
            pairs |= {name.lower(): name for name in self.variables}
        elif table == "drugs":
            for name, row in self.drugs.items():
                codes = [row.get(system, "") for system in ("omop", "rxnorm", "atc", "other_names")]
                written = [part.lower() for code in codes for part in code.split("|") if part]
                pairs |= dict.fromkeys(written, name)
            pairs |= {name.lower(): name for name in self.drugs}
        elif table == "states":
            for finding in dict.fromkeys(row["variable"] for row in self.states):
                words = self.states_of(finding)
                pairs |= {f"{finding}/{word}": state for word, state in words.items()}
        else:
            pairs |= {name.lower(): name for name in self.events}
        return pairs

    def codes(self, table: str) -> ibis.Table:
        """Return :meth:`written` as a table: columns ``written``, ``name``."""
        pairs = self.written(table)
        return ibis.memtable(
            pa.table(
                {
                    "written": pa.array(pairs.keys(), pa.string()),
                    "name": pa.array(pairs.values(), pa.string()),
                }
            )
        )

    def drugs_of(self, *classes: str) -> tuple[str, ...]:
        """Return the names of the drugs of some classes.

        Examples
        --------
        >>> dictionary().drugs_of("anti-IL6", "anti-IL6R")
        ('tocilizumab', 'siltuximab', 'sarilumab')
        """
        return tuple(name for name, row in self.drugs.items() if row["drug_class"] in classes)

    def ranges(self) -> ibis.Table:
        """Return the limits of every variable: ``variable``, canonical ``unit``, four limits."""
        rows = list(self.variables.values())
        limits = {
            "hard_low": [row.hard[0] for row in rows],
            "hard_high": [row.hard[1] for row in rows],
            "usual_low": [row.usual[0] for row in rows],
            "usual_high": [row.usual[1] for row in rows],
        }
        columns = {name: pa.array(values, pa.float64()) for name, values in limits.items()}
        names = pa.array([row.name for row in rows], pa.string())
        units = pa.array([row.unit for row in rows], pa.string())
        return ibis.memtable(pa.table({"variable": names, "canonical_unit": units, **columns}))


def _rows(name: str) -> list[dict[str, str]]:
    with files("abate.records").joinpath(name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def _factor(cell: str) -> float:
    """Return a factor, which may be written as published: ``1/88.4``."""
    over, _, under = cell.partition("/")
    return float(over) / float(under or 1)


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split("|") if part)


@cache
def dictionary() -> Dictionary:
    """Return what the project knows: what stands in the data files beside this one."""
    variables = {}
    for row in _rows("variables.csv"):
        pairs = (pair.rsplit("=", 1) for pair in _split(row["conversions"]))
        variables[row["name"]] = Variable(
            name=row["name"],
            label=row["label"],
            unit=row["unit"],
            codes=tuple(code for code in (row["loinc"], row["omop"], *_split(row["other_codes"])) if code),
            conversions={unit: _factor(factor) for unit, factor in pairs},
            refused=_split(row["refused_units"]),
            hard=(_number(row["hard_low"]), _number(row["hard_high"])),
            usual=(_number(row["usual_low"]), _number(row["usual_high"])),
            hint=row["hint"],
        )
    drugs = {row["name"]: row for row in _rows("drugs.csv")}
    events = {row["name"]: row["label"] for row in _rows("events.csv")}
    return Dictionary(variables, drugs, events, tuple(_rows("states.csv")))


@cache
def organ_terms() -> Mapping[str, str]:
    """Return every written term of organ toxicity, and what it counts as in CARTOX.

    ``transaminases``, ``coagulation``, ``organ``, or ``not counted``.

    Examples
    --------
    >>> organ_terms()["transaminitis"], organ_terms()["anaemia"]
    ('transaminases', 'not counted')
    """
    found: dict[str, str] = {}
    for row in _rows("organ_terms.csv"):
        found |= dict.fromkeys((row["term"], *_split(row["also"])), row["counts_as"])
    return found


@cache
def unit_aliases() -> Mapping[str, str]:
    """Return common ways of writing a unit that are not UCUM, and the UCUM unit each means."""
    return {row["written"]: row["ucum"] for row in _rows("units.csv")}
