"""Rows of a record table from arrays of patients by moments."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from abate.synthesis.patients import Booleans, Integers

TEXT, WHOLE, NUMBER = pa.dictionary(pa.int32(), pa.string()), pa.int64(), pa.float64()
"""Types of columns."""


def words(names: Sequence[str | None], numbers: NDArray[np.generic]) -> pa.Array:
    """Return text from the numbers of its words, shared and not repeated in memory; no word is no text."""
    # Each word once: a dictionary that repeats one is written in no fixed way.
    unique = list(dict.fromkeys(names))
    places = {name: place for place, name in enumerate(unique)}
    numbers = np.array([places[name] for name in names])[numbers]
    missing = np.array([name is None for name in unique])[numbers]
    indices = pa.array(numbers.astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array([name or "" for name in unique], pa.string()))


def rows(schema: Mapping[str, pa.DataType], where: Booleans, patients: Integers, **columns: object) -> pa.Table:
    """Return a row for each true cell of an array whose first axis is patients, in its order.

    Parameters
    ----------
    schema
        The columns and their types, in order; those not given are null. ``patient`` is the number within the part.
    where
        Patients x moments (more axes may follow).
    patients
        Number of each patient.
    **columns
        Arrays that broadcast to ``where`` (null where not finite), one text for all rows, or a pair of words and
        their numbers.
    """
    chosen = where.ravel()
    count = int(chosen.sum())
    shape = (-1, *(1,) * (where.ndim - 1))
    given = {"patient": patients.reshape(shape), **columns}
    found = []
    for name, kind in schema.items():
        value = given.get(name)
        if value is None:
            found.append(pa.nulls(count, kind))
        elif isinstance(value, str):
            found.append(words([value], np.zeros(count, np.int32)))
        elif isinstance(value, tuple):
            found.append(words(value[0], np.broadcast_to(value[1], where.shape).ravel()[chosen]))
        else:
            cells = np.broadcast_to(np.asarray(value), where.shape).ravel()[chosen]
            missing = ~np.isfinite(cells) if cells.dtype.kind == "f" else None
            found.append(pa.array(cells, mask=missing).cast(kind))
    return pa.Table.from_arrays(found, names=list(schema))


def stacked(tables: Sequence[pa.Table], *order: str) -> pa.Table:
    """Return tables one under the other, in the order of the patients and of some columns, ties as they stand."""
    whole = pa.concat_tables(tables).unify_dictionaries()
    keys = [pc.fill_null(whole[name], -(10**9)).to_numpy() for name in reversed(("patient", *order))]
    return whole.take(pa.array(np.lexsort(keys)))
