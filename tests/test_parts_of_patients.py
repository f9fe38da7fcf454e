"""What looks at each patient alone is derived for a part of them after another where they are many."""

from collections.abc import Mapping
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from abate import each_patient, verbs
from abate.cohort import Cohort, derive
from abate.engine.connect import Place, in_process
from abate.engine.parts import in_parts
from abate.engine.store import Engine
from abate.grading.systems import systems_named
from abate.timeline.features import SHOWN

TABLES = ("features", "computed", "toxicity_courses", "scores", "points")


def rows(cohort: Cohort, name: str) -> tuple[object, list[str]]:
    """Return the columns of a table and its rows in an order of their own."""
    table = getattr(cohort, name)
    return table.schema(), sorted(map(str, table.to_pyarrow().to_pylist()))


def test_parts_come_to_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the spans that timelines draw."""
    verbs.synth(tmp_path / "made-up", 6, 5)
    said: list[str] = []
    whole = verbs.analyse(verbs.read(tmp_path / "made-up"), systems=systems_named(["astct_crs"]))
    monkeypatch.setattr(each_patient, "DAYS", 100)
    records = verbs.read(tmp_path / "made-up", place=Place(memory="1GB"), work=tmp_path)
    parts = derive(records, said.append, systems_named(["astct_crs"]))
    assert [word for word in said if word.startswith("part")] == ["part 1 of 2", "part 2 of 2"]
    for name in TABLES:
        assert rows(parts, name) == rows(whole, name), name
    for shown in SHOWN:
        found = [cohort.charted[shown].to_pyarrow().to_pylist() for cohort in (whole, parts)]
        assert sorted(map(str, found[0])) == sorted(map(str, found[1])), shown


def counted(engine: Engine, most: int) -> tuple[list[dict[str, object]], list[str], int]:
    """Count the days of four patients in parts; return the counts, the words said, and how many parts there were."""
    days = {"patient_id": ["a", "a", "a", "b", "c", "c"], "day": [0, 1, 2, 0, 0, 1]}
    tables = {
        "patients": ibis.memtable(pa.table({"patient_id": ["a", "b", "c", "none"], "course_id": [1, 1, 1, 1]})),
        "days": ibis.memtable(pa.table(days)),
    }
    said: list[str] = []
    runs: list[int] = []

    def derive(part: Mapping[str, ibis.Table]) -> None:
        runs.append(1)
        grid = engine.keep("grid", part["days"])
        joined = part["patients"].left_join(grid, "patient_id").group_by("patient_id")
        engine.keep("counts", joined.aggregate(days=ibis._.day.count()))

    found = in_parts(tables, ["counts"], derive, engine, most, said.append)["counts"]
    assert "grid" not in engine.kept
    return found.order_by("patient_id").to_pyarrow().to_pylist(), said, len(runs)


COUNTS = [{"patient_id": name, "days": days} for name, days in (("a", 3), ("b", 1), ("c", 2), ("none", 0))]


def test_a_patient_is_never_divided_and_one_without_days_is_not_lost(tmp_path: Path) -> None:
    found, said, runs = counted(in_process(work=tmp_path), 2)
    assert found == COUNTS
    assert (said, runs) == (["part 1 of 2", "part 2 of 2"], 2)


def test_twice_in_one_place_does_not_mix(tmp_path: Path) -> None:
    engine = in_process(work=tmp_path)
    assert counted(engine, 2)[0] == counted(engine, 2)[0] == COUNTS


def test_what_fits_or_may_not_be_written_is_one_part(tmp_path: Path) -> None:
    assert counted(in_process(work=tmp_path), 6) == (COUNTS, [], 1)
    assert counted(Engine(), 2) == (COUNTS, [], 1)
