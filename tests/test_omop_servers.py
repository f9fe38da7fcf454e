"""The door of OMOP at a server: the selection runs there, and the records are those of the same tables as files."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from abate import verbs
from abate.cli import main
from abate.engine.ingest import Records
from abate.records.problems import AbateError, UnusableRecordsError
from abate.sources.doors import Door
from clif_files import aside, notes, rows
from servers import SPARK, no_spark, postgres
from spec import cells, write_folder

TABLES = {
    "person": """
        person_id | gender_concept_id | year_of_birth | birth_datetime
        1         | 8507              | 1960          | 1960-06-30 00:00:00
        2         | 8532              | 1970          |
        3         | 8532              | 1980          |
    """,
    "drug_exposure": """
        drug_exposure_id | person_id | drug_concept_id | drug_exposure_start_date | drug_exposure_start_datetime | drug_type_concept_id | quantity | dose_unit_source_value | drug_source_value
        1                | 1         | 792844          | 2024-03-07               | 2024-03-07 10:30:00          | 32818                |          |                        |
        2                | 2         | 0               | 2024-03-09               | 2024-03-09 00:00:00          | 32818                |          |                        | L01XL04
        3                | 1         | 999             | 2024-03-10               | 2024-03-10 08:00:00          | 32818                | 100.5    | mg                     |
        4                | 3         | 1114375         | 2024-03-12               | 2024-03-12 08:00:00          | 32818                | 100      | mg                     |
    """,  # noqa: E501
    "measurement": """
        measurement_id | person_id | measurement_concept_id | measurement_date | measurement_datetime | value_as_number | unit_concept_id | measurement_source_value | value_source_value
        1              | 1         | 3020460                | 2024-03-08       | 2024-03-08 06:30:00  | 5.25            | 8751            |                          |
        2              | 1         | 3020891                | 2024-03-09       | 2024-03-09 07:00:00  | 101.3           | 77              |                          |
        3              | 1         | 4                      | 2024-03-10       |                      | 1               |                 | Local-9                  |
        4              | 2         | 3001122                | 2024-03-10       | 2024-03-10 07:00:00  | 16500           | 8748            |                          | >16500
        5              | 3         | 3020460                | 2024-03-10       |                      | 7               | 8751            |                          |
    """,  # noqa: E501
    "death": """
        person_id | death_date
        2         | 2024-03-29
        3         | 2024-03-29
    """,
    "cohort": """
        cohort_definition_id | subject_id | cohort_start_date
        7                    | 3          | 2024-03-09
        8                    | 1          | 2024-03-09
    """,
    "visit_occurrence": """
        visit_occurrence_id | person_id | visit_concept_id | visit_start_date | visit_end_date
        10                  | 2         | 9201             | 2024-03-05       | 2024-03-20
        11                  | 3         | 9202             | 2024-03-25       | 2024-03-25
    """,
    "concept": """
        concept_id | concept_name    | concept_code | vocabulary_id
        77         | F               | [degF]       | UCUM
        999        | anakinra 100 MG | x            | RxNorm
        4          | Something       | y            | LOINC
    """,
    "concept_ancestor": """
        ancestor_concept_id | descendant_concept_id
        1114375             | 999
        1                   | 2
    """,
}
KINDS = {
    "vocabulary_id": "text",
    "_datetime": "timestamp",
    "_date": "date",
    "_id": "bigint",
    "_as_number": "numeric",
    "quantity": "numeric",
}
"""Types of columns by how their names end, as OMOP has them."""


def kind(column: str) -> str:
    return next((kind for end, kind in KINDS.items() if column.endswith(end)), "text")


def folder(place: Path) -> Path:
    return write_folder(place / "omop", "", **TABLES)


def same(one: Records, other: Records) -> None:
    """Hold two sets of records to one another: but for the files that their sources name."""
    for table in ("patients", "measurements", "drugs", "events"):
        names = [name for name in one[table].columns if name not in ("source", "row_order")]
        assert sorted(rows(one, table, *names), key=str) == sorted(rows(other, table, *names), key=str)
        assert rows(one, table, *names)
    assert sorted(aside(one)) == sorted(aside(other)) != []
    assert one.accounting.to_pylist() == other.accounting.to_pylist()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server with the tables in a schema of their own, beside another that holds a table of the same name."""
    with postgres() as uri:
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA cdm")
            cursor.execute("CREATE SCHEMA other")
            cursor.execute("CREATE TABLE other.person (person_id bigint)")
            cursor.execute("CREATE ROLE reader LOGIN")
            cursor.execute("ALTER ROLE reader SET default_transaction_read_only = on")
            for name, text in TABLES.items():
                columns = ", ".join(f'"{column}" {kind(column)}' for column in cells(text)[0])
                cursor.execute(f"CREATE TABLE cdm.{name} ({columns})")
                for row in cells(text):
                    values = ", ".join(f"'{cell}'" if cell else "NULL" for cell in row.values())
                    cursor.execute(f"INSERT INTO cdm.{name} VALUES ({values})")
            cursor.execute("GRANT USAGE ON SCHEMA cdm TO reader")
            cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA cdm TO reader")
        yield uri.replace("postgres:@", "reader:secret@")


def mapped(place: Path, text: str) -> Door:
    """Return the door with a mapping file of this text."""
    place.mkdir(exist_ok=True)
    (place / "study.toml").write_text(text, encoding="utf-8")
    return Door("omop", place / "study.toml")


def test_postgresql_gives_the_records_of_the_same_tables_as_files(server: str, tmp_path: Path) -> None:
    """To one who may only read: descendants, names of concepts, numbers without end of digits, units of concepts."""
    there = verbs.read(server)
    same(verbs.read(folder(tmp_path)), there)
    assert "the rows of 2 persons who may have a day 0 were asked for, and no others" in notes(there)
    assert there.source.hashes == {}


@pytest.mark.parametrize(
    ("said", "patients"),
    [("day0 = 'admission'", ["2"]), ("cohort = 7", ["3"]), ("infusion = [1114375]", ["1", "2", "3"])],
)
def test_day_0_is_found_there(said: str, patients: list[str], server: str, tmp_path: Path) -> None:
    records = verbs.read(server, door=mapped(tmp_path, f"[door]\nschemas = ['CDM']\n{said}\n"))
    assert sorted(patient for (patient,) in rows(records, "patients", "patient_id")) == patients


def test_an_address_is_written_nowhere(server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It may hold a password; the mapping file goes with the records."""
    mapping = mapped(tmp_path, "[study]\ntreatment = 'anakinra'\n").mapping
    out = tmp_path / "records"
    assert main(["ingest", "omop", server, "--mapping", str(mapping), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "secret" not in said.out + said.err + (out / "ingested.json").read_text(encoding="utf-8")
    assert json.loads((out / "ingested.json").read_text(encoding="utf-8"))["files"].keys() == {"abate.toml"}
    assert verbs.read(out).study.treatment == "anakinra"
    assert {path.name for path in tmp_path.iterdir()} == {".records.lock", "records", "study.toml"}


def test_what_is_wrong_is_said(server: str, tmp_path: Path) -> None:
    owner = server.replace("reader:secret@", "postgres:@")
    with pytest.raises(UnusableRecordsError, match=r"the table is in several schemas: cdm, other.*Name the schemas"):
        verbs.read(owner)
    with pytest.raises(UnusableRecordsError, match=r"person, column gender_concept_id: the file has no such column"):
        verbs.read(owner, door=mapped(tmp_path, "[door]\nschemas = ['other']\n"))
    with pytest.raises(UnusableRecordsError, match="there is no such table"):
        verbs.read(server, door=mapped(tmp_path, "[door]\nschemas = ['none']\n"))
    with pytest.raises(AbateError, match=r"The door fhir reads files\. Expected omop"):
        verbs.read(server, door=Door("fhir"))
    with pytest.raises(AbateError, match="cannot be read from an address of this kind"):
        verbs.read("mysql://me:secret@host/cdm")


SPARK_TABLES = """
import sys
from pathlib import Path
import pyarrow.parquet as pq
from abate.engine.connect import Place
from abate.engine.ingest import ingest
from abate.engine.ingested import write_ingested
from abate.engine.spark import Backend
from abate.engine.store import Engine
from abate.sources.doors import Door

work = Path(sys.argv[1])
there = Backend().connect("local[1]", work / "kept")
there._session.sql("CREATE DATABASE cdm")
for file in sorted((work / "typed").iterdir()):
    there._session.read.parquet(str(file)).write.saveAsTable(f"cdm.{file.stem}")
engine = Engine()
records = ingest(Door("omop").read_at(there, "spark", engine.backend), engine)
write_ingested(records, work / "records", print)
there.disconnect()
"""


@pytest.mark.skipif(bool(no_spark()), reason=no_spark() or "Spark is here")
def test_spark_gives_the_records_of_the_same_tables_as_files(tmp_path: Path) -> None:
    types = {"timestamp": "TIMESTAMP", "date": "DATE", "bigint": "BIGINT", "numeric": "DOUBLE", "text": "VARCHAR"}
    (tmp_path / "typed").mkdir()
    import duckdb

    with duckdb.connect() as connection:
        for name, text in TABLES.items():
            columns = {column: pa.array([row[column] or None for row in cells(text)]) for column in cells(text)[0]}
            connection.register("given", pa.table(columns))
            casts = ", ".join(f"CAST({column} AS {types[kind(column)]}) AS {column}" for column in columns)
            connection.execute(f"COPY (SELECT {casts} FROM given) TO '{tmp_path}/typed/{name}.parquet'")
    home = SPARK / "pyspark"
    environment = os.environ | {"PYTHONPATH": str(SPARK), "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    command = [sys.executable, "-c", SPARK_TABLES, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    same(verbs.read(folder(tmp_path)), verbs.read(tmp_path / "records"))
