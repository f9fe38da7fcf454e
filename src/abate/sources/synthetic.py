"""Made-up records say so in every row: they are marked on all that comes of them, and never mixed by accident."""

from collections.abc import Mapping
from dataclasses import replace

import ibis

from abate.records.problems import Problem
from abate.sources.mapping import NAME, Study

MARK = "SYNTHETIC"
"""What the files of a made-up cohort have in their names, and the page and the figures across them."""
COLUMN = "synthetic"
"""The column that says so in every row, whatever it holds; blank or absent in real records."""
REAL = ("", "no", "false", "0")
"""Words in it that say that a row is not made up."""
MIXED = "SYNTHETIC AND REAL RECORDS MIXED"


def told_apart(study: Study, raw: Mapping[str, ibis.Table]) -> tuple[Study, list[Problem]]:
    """Mark a study whose records are made up, and refuse one that mixes them with real ones.

    Parameters
    ----------
    study
        What the mapping file says; ``[study] mix_synthetic = true`` allows the mixture, which is marked as one.
    raw
        The text tables of a door; promises of coverage are of neither kind.

    Returns
    -------
    tuple
        The study, its mark set where any row is made up; the problem, where they are mixed unasked.
    """
    counts = {}
    for name, table in raw.items():
        if name != "coverage":
            # Those that abate made say so in their identifiers too, whatever became of the column.
            made_up = ibis.coalesce(table.patient_id.strip().startswith(f"{MARK}-"), False)
            if COLUMN in table.columns:
                made_up |= ibis.coalesce(table[COLUMN].strip().lower().notin(REAL), False)
            counts[name] = (
                table.aggregate(rows=table.count(), made_up=made_up.sum().coalesce(0)).to_pyarrow().to_pylist()[0]
            )
    some = [name for name, found in counts.items() if found["made_up"]]
    if not some:
        return study, []
    pure = all(found["made_up"] == found["rows"] for found in counts.values())
    if pure or study.mix_synthetic:
        mark = MARK if pure else MIXED
        return replace(study, mark=mark if study.mark in mark else f"{study.mark}: {mark}"), []
    real = [name for name, found in counts.items() if found["made_up"] < found["rows"]]
    found = f"made-up rows ({', '.join(some)}) stand beside rows that are not ({', '.join(real)})"
    advice = f"Remove one of them, or set [study] mix_synthetic = true in {NAME}: every figure then says so."
    return study, [Problem("unusable", NAME, COLUMN, found, "records of one kind", advice)]
