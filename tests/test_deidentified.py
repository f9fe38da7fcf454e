"""Records written without identifiers: nothing of who or when is in any file, and what is derived is the same."""

from pathlib import Path

import ibis
import pytest

from abate import verbs
from abate.cli import main
from spec import write_folder

TABLES = {
    "patients": """
        patient_id | day0             | age | sex | ward       | arm   | score | last_contact | mrn
        Smith-77   | 2024-03-07 10:30 | 93  | F   | Secretward | early | 3     | 2024-05-01   | 8675309
        Jones-12   | 2024-03-09       | 41  | M   | Secretward | late  | 5     | 2024-06-01   | 1
        Roe-3      | 2024-03-09       |     | M   | Secretward | late  | 6     | 2024-06-01   | 2
    """,
    "measurements": """
        patient_id | variable    | value | unit  | time             | text
        Smith-77   | temperature | 39.1  | Cel   | 2024-03-08 08:00 |
        Smith-77   | sbp         | 85    | mm[Hg] | 2024-03-08 08:00 |
        Smith-77   | crp         |       | mg/L  | 2024-03-08 08:00 | told by Dr Who
        Jones-12   | crp         | >50   | mg/L  | 2024-03-10 08:00 |
    """,
    "drugs": """
        patient_id | drug        | amount | unit | time             | indication
        Smith-77   | tocilizumab | 500    | mg   | 2024-03-08 12:00 | said Dr Who
    """,
    "events": """
        patient_id | event | text           | time
        Smith-77   | death | Dr Who's words | 2024-04-01
        Jones-12   | seizure | focal        | 2024-03-11
    """,
}
STUDY = '[study]\ntitle = "x"\nbaseline = ["age", "arm", "score"]\n'
MAPPING = (
    "# Made by Dr Who from patients.csv\n"
    + STUDY
    + '[reading]\nzone = "UTC"\n'
    + '[[drugs]]\nfile = "drugs.csv"\n'
    + '[groups.arm]\nlabels = { early = "Early", late = "Late" }\n'
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("secret")
    records = write_folder(root / "Smith-77", MAPPING, **TABLES)
    assert main(["--quiet", "ingest", str(records), "--out", str(root / "out"), "--deidentify"]) == 0
    return records, root / "out"


def test_no_file_tells_who_or_when(folders: tuple[Path, Path]) -> None:
    """Nor do the Parquet files, once their pages are unpacked."""
    _, out = folders
    import pyarrow.parquet as pq

    told = "".join(file.read_text(encoding="utf-8") for file in out.iterdir() if file.suffix != ".parquet")
    told += "".join(str(pq.read_table(file).to_pylist()) for file in out.glob("*.parquet"))
    for secret in ("Smith", "Jones", "Roe-3", "2024", "Secretward", "8675309", "Who", "patients.csv", "drugs.csv"):
        assert secret not in told, secret
    assert pq.read_table(out / "set_aside.parquet").num_rows == 0


def test_days_grades_and_groups_are_the_same(folders: tuple[Path, Path]) -> None:
    """The columns that a group describes, and numbers of the baseline, stay; an age above 90 is 90."""
    before, after = (verbs.analyse(folder) for folder in folders)
    assert after.records.brought == ("arm", "score")
    people = (
        after.records["patients"]
        .order_by(ibis.asc("age", nulls_first=False))
        .select("age", "sex", "arm", "last_contact_day")
        .to_pyarrow()
    )
    assert people.to_pylist() == [
        {"age": 41.0, "sex": "M", "arm": "late", "last_contact_day": 84},
        {"age": 90.0, "sex": "F", "arm": "early", "last_contact_day": 55},
        # Whose age is not known has none.
        {"age": None, "sex": "M", "arm": "late", "last_contact_day": 84},
    ]
    columns = ["system", "day", "grade", "lower", "upper"]
    both = [one.computed.select(*columns).order_by(*columns).to_pyarrow().to_pylist() for one in (before, after)]
    assert both[0] == both[1] and len(both[0]) > 0
    events = after.records["events"].order_by("event").select("event", "text", "day").to_pyarrow().to_pylist()
    assert events == [{"event": "death", "text": None, "day": 25}, {"event": "seizure", "text": "focal", "day": 2}]


def test_ids_are_drawn_anew(folders: tuple[Path, Path]) -> None:
    """In twenty draws both a woman and a man come first (but once in some thousand runs)."""
    seen = set()
    records = verbs.read(folders[0])
    from abate.engine.deidentified import deidentified

    for _ in range(20):
        people = deidentified(records)["patients"].order_by("patient_id").select("patient_id", "sex").to_pyarrow()
        assert people["patient_id"].to_pylist() == ["P0000001", "P0000002", "P0000003"]
        seen.add(people["sex"].to_pylist()[0])
    assert seen == {"F", "M"}
