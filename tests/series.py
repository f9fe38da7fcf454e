"""Series of counts as tables: what the grading of cytopenia reads."""

from collections.abc import Iterable, Mapping

import ibis
import pyarrow as pa

Count = tuple[int, float]


def courses(cohort: Mapping[str, tuple[Iterable[Count], int]], per: float = 1000) -> tuple[ibis.Table, ibis.Table]:
    """Return counts and follow-up: each patient's counts by day (in parts of ``per``) and last day."""
    rows = [(name, 1, day, value / per) for name, (found, _last) in cohort.items() for day, value in found]
    people = [(name, 1, last) for name, (_found, last) in cohort.items()]
    kinds = {"patient_id": pa.string(), "course_id": pa.int64(), "day": pa.int64(), "value": pa.float64()}

    def table(
        filled: list[tuple[str, int, int, float]] | list[tuple[str, int, int]], **names: pa.DataType
    ) -> ibis.Table:
        arrays = {name: pa.array([row[at] for row in filled], kind) for at, (name, kind) in enumerate(names.items())}
        return ibis.memtable(pa.table(arrays))

    follow_up = {"patient_id": pa.string(), "course_id": pa.int64(), "last_day": pa.int64()}
    return table(rows, **kinds), table(people, **follow_up)
