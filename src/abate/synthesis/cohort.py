"""A cohort whose truth is known, written as records with the truth beside them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from abate.engine.whole import whole_folder
from abate.records.problems import AbateError
from abate.records.tables import DOMAINS
from abate.sources.synthetic import COLUMN, MARK
from abate.synthesis import bedside, charts
from abate.synthesis.charted import NUMBER, WHOLE, rows, words
from abate.synthesis.corruption import CORRUPTIONS, corrupt
from abate.synthesis.illness import DAYS, LOTS, NO_EFFECT, POLICIES, Effect, Illness, extent, fall_ill
from abate.synthesis.patients import NEVER, Booleans, Patients, draw_patients
from abate.synthesis.rates import Rates
from abate.synthesis.truth import UNGRADED, intended_grades

MOST = 1_000_000
PART = 1000
"""Patients drawn and written at a time. Each part has random numbers of its own, so that a smaller cohort is the
beginning of a larger one of the same seed, whatever the memory."""
VERSION = 2
"""Raise it with every change of what is written for a seed."""
MARKER = f"{MARK}_cohort.json"
Arrays = TypeVar("Arrays", Patients, Illness)
LAYERS = ("clean", "usual")
MAPPING = """# {mark}: no patient stands behind any of these records.

[study]
title = "{mark}: {patients} made-up patients, seed {seed}"
population = "Made by abate synth; the truth stands beside the records"
mark = "{mark}"
baseline = ["age", "sex", "weight_kg", "product", "disease"]
treatment = "anakinra"
toxicity = "ICANS"
system = "{system}"

[coverage]
{coverage}

{files}

[[comparisons]]
variables = ["ferritin", "crp", "ldh"]
measure = "peak"
group = "responder"
anchor = "treatment"
window = [-4, 0]
"""


@dataclass(frozen=True)
class Synthetic:
    """What was asked for.

    Attributes
    ----------
    patients
        1 to a million.
    seed
        Of all that is drawn: the same seed gives the same bytes.
    effect, policy
        What anakinra does by assumption, and who gets it: :func:`abate.synthesis.illness.fall_ill`.
    layer
        ``clean``: records as they should be; ``usual``: what goes wrong in an export is laid over them, and logged.
    """

    patients: int
    seed: int = 2020
    effect: Effect = NO_EFFECT
    policy: str = "refractory"
    layer: str = "clean"


def synthesise(asked: Synthetic, out: Path, progress: Callable[[str], None] | None = None) -> Rates:
    """Write a cohort: a folder of records that ``abate run`` reads, with its truth.

    Parameters
    ----------
    asked
        What to make.
    out
        The folder; written whole or not at all.
    progress
        Called with a word before each part.

    Returns
    -------
    Rates
        What the page of rates shows.

    Raises
    ------
    AbateError
        If there cannot be such a cohort, or the place holds something else.

    Notes
    -----
    Every file has :data:`MARK` in its name and a column ``synthetic``. Beside the five tables stand
    ``intended_grades`` (a patient and day; a column a system, empty where it cannot be graded from records),
    ``truth`` (a patient: severity, course with and without anakinra) and, where they were laid over, ``corruptions``.
    """
    _possible(asked)
    rates = Rates()
    with whole_folder(out, MARKER, "synthetic cohort") as work:
        writers: dict[str, pq.ParquetWriter] = {}
        try:
            for first in range(0, asked.patients, PART):
                if progress:
                    progress(f"patients from {first + 1:,}")
                count = min(PART, asked.patients - first)
                for name, table in _part(asked, first, count, rates).items():
                    if name not in writers:
                        path = work / f"{MARK}_{name}.parquet"
                        writers[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
                    writers[name].write_table(table)
        finally:
            for writer in writers.values():
                writer.close()
        made_by = {name: version(name) for name in ("abate", "numpy", "pyarrow")}
        said = {"synthetic": True, "version": VERSION, **made_by, "days": DAYS, **asdict(asked)}
        if asked.layer == "usual":
            said["corruptions"] = CORRUPTIONS
        (work / MARKER).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
        (work / f"{MARK}_rates.html").write_text(rates.page(said), encoding="utf-8")
        (work / "abate.toml").write_text(_mapping(asked), encoding="utf-8")
    return rates


def _possible(asked: Synthetic) -> None:
    choices = {"policy": POLICIES, "layer": LAYERS}
    if not 1 <= asked.patients <= MOST:
        raise AbateError(f"No cohort has this many patients. Expected 1 to {MOST:,}. Correct --patients.")
    for name, known in choices.items():
        if getattr(asked, name) not in known:
            raise AbateError(f"No {name} has the name given. Expected one of {', '.join(known)}. Correct --{name}.")
    if asked.policy == "none" and asked.effect != NO_EFFECT:
        raise AbateError("Nobody gets the drug that has an effect. Expected another --policy, or no --effect.")
    if not 0 <= asked.seed < 2**63:
        raise AbateError("The seed cannot be used. Expected a whole number from 0 on. Correct --seed.")


def _part(asked: Synthetic, first: int, count: int, rates: Rates) -> dict[str, pa.Table]:
    """Return the tables of one part, and add it to the rates. A part is always drawn whole."""
    random = np.random.default_rng([asked.seed, first // PART])
    people = draw_patients(random, PART)
    # The same numbers whatever anakinra does: two cohorts of a seed differ by the effect alone.
    of_bedside, of_layer = random.spawn(2)
    lots = random.random((DAYS, LOTS, PART))
    ill, untreated = fall_ill(lots, people, asked.effect, asked.policy), fall_ill(lots, people, NO_EFFECT, "none")
    grades = intended_grades(ill)
    tables = {
        "patients": charts.patients(people, ill),
        "measurements": bedside.measurements(of_bedside, people, ill),
        "states": charts.states(people, ill),
        "drugs": charts.drugs(people, ill),
        "events": charts.events(people, ill, grades),
    }
    if asked.layer == "usual":
        tables, log = corrupt(of_layer, people, ill, tables)
        tables["corruptions"] = log
    there = np.arange(PART) < count
    tables |= {"intended_grades": _intended(ill, grades), "truth": _truth(people, ill, untreated)}
    graded = {name: found[there] for name, found in grades.items()}
    rates.add(_some(people, there), _some(ill, there), graded, _some(untreated, there))
    return {name: _named(table, first, count) for name, table in tables.items()}


def _some(every: Arrays, where: Booleans) -> Arrays:
    """Return some of the patients."""
    return replace(every, **{field.name: getattr(every, field.name)[where] for field in fields(every)})


def _named(table: pa.Table, first: int, count: int) -> pa.Table:
    """Return the rows of the first patients of a part, with identifiers and the mark."""
    patient = table["patient"].to_numpy()
    kept = table.filter(pa.array(patient < count)) if count < PART else table
    numbers = pc.utf8_lpad(pa.array(np.arange(first + 1, first + count + 1)).cast("string"), 7, "0")
    names = pc.binary_join_element_wise(MARK, numbers, "-")
    patients = pa.DictionaryArray.from_arrays(kept["patient"].combine_chunks().cast("int32"), names)
    kept = kept.drop_columns(["patient"]).add_column(0, "patient_id", patients)
    return kept.append_column(COLUMN, words([MARK], np.zeros(kept.num_rows, np.int64)))


def _intended(ill: Illness, grades: Mapping[str, NDArray[np.int8]]) -> pa.Table:
    """Return a row a patient and day; a column a system."""
    columns = {name: np.where(found == UNGRADED, np.nan, found) for name, found in grades.items()}
    schema = dict.fromkeys(("patient", "day", *columns), WHOLE)
    return rows(schema, ill.alive, np.arange(PART), day=np.arange(DAYS)[None, :], **columns)


def _truth(people: Patients, ill: Illness, untreated: Illness) -> pa.Table:
    """Return a row a patient: what the records do not say."""
    columns = {
        "severity": people.severity,
        "hlh_onset_day": np.where(people.hlh, people.hlh_onset, NEVER),
        "anakinra_start_day": ill.anakinra_start,
    }
    for world, happened in (("", ill), ("_untreated", untreated)):
        for name, levels in (("crs", happened.crs), ("neurotoxicity", happened.encephalopathy)):
            first, last = extent(levels > 0)
            columns[f"{name}_first_day{world}"], columns[f"{name}_last_day{world}"] = first, last
            columns[f"{name}_highest_level{world}"] = levels.max(axis=1)
        columns[f"death_day{world}"] = happened.death_day
    columns = {name: np.where(value == NEVER, np.nan, value) for name, value in columns.items()}
    schema = {"patient": WHOLE, "severity": NUMBER} | dict.fromkeys(list(columns)[1:], WHOLE)
    return rows(schema, np.ones(PART, bool), np.arange(PART), **columns)


def _mapping(asked: Synthetic) -> str:
    """Return the mapping file, by which the folder can be run at once."""
    tables = ("patients", "measurements", "states", "drugs", "events")
    return MAPPING.format(
        mark=MARK,
        patients=asked.patients,
        seed=asked.seed,
        system=charts.GRADED_BY,
        coverage="\n".join(f'{domain} = "complete"' for domain in DOMAINS),
        files="\n".join(f'[[{name}]]\nfile = "{MARK}_{name}.parquet"' for name in tables),
    )
