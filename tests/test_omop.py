"""The door of OMOP: what becomes of each row of a database in the common data model.

The tables below are made up; the last test reads a synthetic database with its vocabulary where it is at hand.
"""

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from abate.engine.ingest import Records
from abate.records.problems import AbateError, UnusableRecordsError
from abate.sources.doors import Door
from abate.verbs import read
from clif_files import aside, notes, rows
from spec import cells, write_folder

PERSON = """
    person_id | gender_concept_id | year_of_birth | birth_datetime
    1         | 8507              | 1960          | 1960-06-30 00:00:00
    2         | 8532              | 1970          |
    3         | 8532              | 1980          |
"""
PERIOD = """
    person_id | observation_period_end_date
    1         | 2024-06-01
    2         | 2024-04-01
"""
DRUG = """
    person_id | drug_concept_id | drug_exposure_start_date | drug_exposure_start_datetime | drug_type_concept_id | quantity | dose_unit_source_value | drug_source_value
    1         | 792844          | 2024-03-07               | 2024-03-07 10:30:00          | 32818                |          |                        |
    2         | 0               | 2024-03-09               | 2024-03-09 00:00:00          | 32818                |          |                        | L01XL04
    1         | 1114375         | 2024-03-10               | 2024-03-10 08:00:00          | 32818                | 100      | mg                     |
    1         | 1114375         | 2024-03-11               | 2024-03-11 08:00:00          | 32833                | 100      | mg                     |
    1         | 1114375         | 2024-03-12               | 2024-03-12 08:00:00          | 32818                | 2        |                        |
    3         | 1114375         | 2024-03-12               | 2024-03-12 08:00:00          | 32818                | 100      | mg                     |
"""  # noqa: E501


def omop(folder: Path, mapping: str = "", **tables: str) -> Records:
    """Read tables written as CSV."""
    given = {"person": PERSON, "observation_period": PERIOD, "drug_exposure": DRUG} | tables
    return read(write_folder(folder / "omop", mapping, **given))


def test_day_0_is_the_exposure_to_a_product(tmp_path: Path) -> None:
    """By its concept or its source code; who had none is not read, and that is said; the age is that of the day."""
    records = omop(tmp_path)
    assert rows(records, "patients", "patient_id", "day0", "age", "sex", "product", "last_contact_day") == [
        ("1", dt.datetime(2024, 3, 7, 10, 30), 63, "M", "axicabtagene ciloleucel", 86),
        ("2", dt.datetime(2024, 3, 9), 54, "F", "tisagenlecleucel", 23),
    ]
    assert "drug_exposure.csv, column person_id: 5 of 6 rows are of persons with a day 0" in notes(records)


def test_ordered_is_not_given_and_a_quantity_without_a_unit_is_no_amount(tmp_path: Path) -> None:
    records = omop(tmp_path)
    found = rows(records, "drugs", "drug", "amount", "status", "day", "minute")
    assert [row for row in found if row[0] == "anakinra"] == [
        ("anakinra", 100, "given", 3, 3 * 1440 + 480),
        ("anakinra", 100, "ordered", 4, 4 * 1440 + 480),
        ("anakinra", None, "given", 5, 5 * 1440 + 480),
    ]


def test_a_descendant_of_a_concept_is_that_concept(tmp_path: Path) -> None:
    """A clinical drug of anakinra, where the vocabulary is there; without it its row is set aside with its name."""
    drugs = DRUG + "    1 | 999 | 2024-03-13 | 2024-03-13 09:00:00 | 32818 | 50 | mg |\n"
    ancestors = "ancestor_concept_id | descendant_concept_id\n1114375 | 999\n1114375 | 1114375\n"
    concepts = "concept_id | concept_name | concept_code | vocabulary_id\n999 | anakinra 100 MG | x | RxNorm\n"
    without = omop(tmp_path / "without", drug_exposure=drugs, concept=concepts)
    assert aside(without) == [("drugs", "anakinra 100 mg", "not in the dictionary")]
    records = omop(tmp_path / "with", drug_exposure=drugs, concept=concepts, concept_ancestor=ancestors)
    assert rows(records, "drugs", "drug", "amount")[-1] == ("anakinra", 50)


def test_results_have_their_operator_their_unit_and_their_limits(tmp_path: Path) -> None:
    """Units by the vocabulary, else by concept, else as the source wrote them; midnight is no time of day."""
    measured = """
        person_id | measurement_concept_id | measurement_date | measurement_datetime | operator_concept_id | value_as_number | unit_concept_id | unit_source_value | range_high | value_source_value | measurement_source_value
        1         | 3020460                | 2024-03-08       | 2024-03-08 06:30:00  | 4171756             | 5               | 8751            |                   | 10         |                    |
        1         | 0                      | 2024-03-08       | 2024-03-08 00:00:00  |                     | 900             | 0               | ng/mL             |            |                    | 2276-4
        1         | 3020891                | 2024-03-09       | 2024-03-09 07:00:00  |                     | 101.3           | 77              |                   |            |                    |
        1         | 3001122                | 2024-03-09       | 2024-03-09 07:00:00  |                     | 16500           | 8748            |                   |            | >16500             |
        1         | 3020460                | 2024-03-10       |                      |                     |                 | 8751            |                   |            | hemolyzed          |
        1         | 4                      | 2024-03-10       |                      |                     | 1               |                 |                   |            |                    | Local-9
        2         | 3020460                | 2024-03-10       |                      |                     | 7               | 8751            |                   |            |                    |
    """  # noqa: E501
    concepts = "concept_id | concept_name | concept_code | vocabulary_id\n77 | F | [degF] | UCUM\n"
    records = omop(tmp_path, measurement=measured, concept=concepts)
    names = ("patient_id", "variable", "value", "comparator", "unit", "uln", "day", "minute")
    assert rows(records, "measurements", *names) == [
        ("1", "crp", 5, "<", "mg/L", 10, 1, 1440 + 390),
        ("1", "ferritin", 900, None, "ug/L", None, 1, None),
        ("1", "temperature", 38.5, None, "Cel", None, 2, 2 * 1440 + 420),
        ("1", "ferritin", 16500, ">", "ug/L", None, 2, 2 * 1440 + 420),
        ("2", "crp", 7, None, "mg/L", None, 1, None),
    ]
    assert aside(records) == [
        ("measurements", "crp", "not a number"),
        ("measurements", "Local-9", "not in the dictionary"),
    ]


def test_conditions_stays_and_deaths_are_events(tmp_path: Path) -> None:
    """A condition carries no grade; only stays in hospital are admissions; an oxygen device is a finding."""
    tables = {
        "condition_occurrence": """
            person_id | condition_concept_id | condition_start_date | condition_source_value
            1         | 0                    | 2024-03-09           | Cytokine release syndrome
            1         | 0                    | 2024-03-09           | Headache
        """,
        "visit_occurrence": """
            person_id | visit_occurrence_id | visit_concept_id | visit_start_date | visit_end_date
            1         | 10                  | 9201             | 2024-03-05       | 2024-03-20
            1         | 11                  | 9202             | 2024-03-25       | 2024-03-25
        """,
        "death": "person_id | death_date | cause_source_value\n2 | 2024-03-29 | sepsis\n",
        "device_exposure": """
            person_id | device_concept_id | device_exposure_start_date | device_exposure_start_datetime | device_exposure_end_date | device_source_value
            1         | 0                 | 2024-03-09                 | 2024-03-09 10:00:00            | 2024-03-10               | nasal cannula
        """,  # noqa: E501
    }
    records = omop(tmp_path, **tables)
    assert rows(records, "events", "patient_id", "event", "text", "day", "end_day") == [
        ("1", "crs_onset", None, 2, None),
        ("2", "death", "sepsis", 20, None),
        ("1", "hospital_admission", None, -2, 13),
    ]
    assert aside(records) == [("events", "headache", "not in the dictionary")]
    assert rows(records, "states", "variable", "device", "day", "end_day") == [("oxygen", "nasal_cannula", 2, 4)]


def test_day_0_by_a_procedure_a_cohort_or_an_admission(tmp_path: Path) -> None:
    """A procedure that is named; beside the product of the day it is one infusion; each admission is a course."""
    procedures = """
        person_id | procedure_concept_id | procedure_date | procedure_source_value
        3         | 0                    | 2024-05-01     | XW033C7
        1         | 0                    | 2024-03-07     | XW033C7
    """
    by_procedure = omop(tmp_path / "a", '[door]\ninfusion = ["XW033C7"]\n', procedure_occurrence=procedures)
    found = sorted(rows(by_procedure, "patients", "patient_id", "day0", "product"))
    assert found[0] == ("1", dt.datetime(2024, 3, 7, 10, 30), "axicabtagene ciloleucel")
    assert found[2] == ("3", dt.datetime(2024, 5, 1), None)
    cohort = "cohort_definition_id | subject_id | cohort_start_date\n7 | 3 | 2024-02-01\n8 | 1 | 2024-02-01\n"
    by_cohort = omop(tmp_path / "b", "[door]\ncohort = 7\n", cohort=cohort)
    assert rows(by_cohort, "patients", "patient_id", "day0_kind") == [("3", "cohort start")]
    visits = """
        person_id | visit_occurrence_id | visit_concept_id | visit_start_date
        2         | 10                  | 9201             | 2024-03-05
        2         | 11                  | 9201             | 2024-09-05
        1         | 12                  | 9202             | 2024-09-05
    """
    by_stay = omop(tmp_path / "c", '[door]\nday0 = "admission"\n', visit_occurrence=visits)
    assert rows(by_stay, "patients", "patient_id", "course_id", "day0_kind") == [
        ("2", 1, "admission"),
        ("2", 2, "admission"),
    ]


def test_a_duckdb_file_gives_the_same_records(tmp_path: Path) -> None:
    """Attached to be read alone, whatever its schema is called."""
    folder = write_folder(tmp_path / "omop", "", person=PERSON, observation_period=PERIOD, drug_exposure=DRUG)
    with duckdb.connect(str(tmp_path / "cdm.duckdb")) as database:
        database.execute("CREATE SCHEMA own")
        for name, text in (("person", PERSON), ("observation_period", PERIOD), ("drug_exposure", DRUG)):
            columns = list(cells(text)[0])
            kinds = ", ".join(f"{one} {'BIGINT' if one.endswith('_id') else 'VARCHAR'}" for one in columns)
            database.execute(f"CREATE TABLE own.{name} ({kinds})")
            for row in cells(text):
                marks = ", ".join("?" * len(columns))
                database.execute(f"INSERT INTO own.{name} VALUES ({marks})", [cell or None for cell in row.values()])
    by_folder, by_file = read(folder), read(tmp_path / "cdm.duckdb")
    for table in ("patients", "drugs"):
        names = [name for name in by_folder[table].columns if name != "source"]
        assert sorted(rows(by_folder, table, *names), key=str) == sorted(rows(by_file, table, *names), key=str)
    assert by_file.source.hashes.keys() == {"cdm.duckdb"}


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnusableRecordsError, match="nobody got a CAR T product"):
        omop(
            tmp_path / "a", drug_exposure="person_id | drug_concept_id | drug_exposure_start_date\n1 | 5 | 2024-01-01\n"
        )
    with pytest.raises(UnusableRecordsError, match="nobody is in the cohort 7"):
        omop(tmp_path / "b", "[door]\ncohort = 7\n")
    with pytest.raises(UnusableRecordsError, match="there is no stay in hospital"):
        omop(tmp_path / "c", '[door]\nday0 = "admission"\n')
    (tmp_path / "no.duckdb").write_bytes(b"not a database")
    with pytest.raises(AbateError, match="cannot be opened as a DuckDB database"):
        read(tmp_path / "no.duckdb")
    with pytest.raises(AbateError, match="this is no place of OMOP"):
        read(tmp_path / "nowhere", door=Door("omop"))
    with pytest.raises(UnusableRecordsError, match="there is no such table"):
        read(write_folder(tmp_path / "d", "", death="person_id | death_date\n1 | 2024-01-01\n"), door=Door("omop"))


def test_a_synthetic_database_with_its_vocabulary(tmp_path: Path, shared: Path) -> None:
    """Every value of those admitted is used or set aside."""
    data = shared / "data" / "omop_synthea27nj"
    mapping = tmp_path / "abate.toml"
    mapping.write_text('[door]\nday0 = "admission"\n', encoding="utf-8")
    records = read(data, door=Door("omop", mapping))
    counts = {row["table"]: row for row in records.accounting.to_pylist()}
    assert counts["patients"]["rows_in"] == 13
    assert all(row["values_in"] == row["used"] + row["set_aside"] for row in counts.values())
    assert counts["measurements"]["used"] > 1_500 and counts["measurements"]["unit"] == 0
    assert ("death", "Chronic congestive heart failure") in rows(records, "events", "event", "text")


def test_an_order_is_no_infusion_and_parts_of_a_dose_are_one(tmp_path: Path) -> None:
    """Day 0 is the first of two days; a month later is another infusion. ``split_days = 0`` takes each day alone."""
    drugs = """
        person_id | drug_concept_id | drug_exposure_start_date | drug_type_concept_id | quantity
        1         | 792844          | 2024-02-10               | 32833                | 1
        1         | 792844          | 2024-03-07               | 32818                | 1
        1         | 792844          | 2024-03-08               | 32818                | 1
        1         | 792844          | 2024-03-20               | 32818                | 0
        1         | 792844          | 2024-04-08               | 32818                | 1
    """
    days = [(1, dt.datetime(2024, 3, 7)), (2, dt.datetime(2024, 4, 8))]
    assert rows(omop(tmp_path / "a", drug_exposure=drugs), "patients", "course_id", "day0") == days
    apart = omop(tmp_path / "b", "[door]\nsplit_days = 0\n", drug_exposure=drugs)
    assert len(rows(apart, "patients", "day0")) == 3


def test_a_vocabulary_as_athena_hands_it_out(tmp_path: Path) -> None:
    """Parted by tabs, with quotation marks that mean themselves."""
    drugs = DRUG + "    1 | 999 | 2024-03-13 | 2024-03-13 09:00:00 | 32818 | 50 | mg |\n"
    folder = write_folder(tmp_path / "omop", "", person=PERSON, observation_period=PERIOD, drug_exposure=drugs)
    concepts = 'concept_id\tconcept_name\tconcept_code\tvocabulary_id\n999\tanakinra 5" pen\tx\tRxNorm\n'
    (folder / "CONCEPT.csv").write_text(concepts, encoding="utf-8")
    ancestors = "ancestor_concept_id\tdescendant_concept_id\n1114375\t999\n"
    (folder / "CONCEPT_ANCESTOR.csv").write_text(ancestors, encoding="utf-8")
    assert rows(read(folder), "drugs", "drug", "amount")[-1] == ("anakinra", 50)


def test_concept_0_hides_nothing_and_one_date_is_a_day(tmp_path: Path) -> None:
    """With a vocabulary that names concept 0; rates are rates; conditions are known by ICD-10 too."""
    tables = {
        "concept": "concept_id | concept_name | concept_code | vocabulary_id\n0 | No matching concept | None | None\n",
        "device_exposure": """
            person_id | device_concept_id | device_exposure_start_date | device_exposure_end_date | device_source_value
            1         | 0                 | 2024-03-09                 | 2024-03-09               | nasal cannula
        """,
        "condition_occurrence": """
            person_id | condition_concept_id | condition_start_date | condition_source_value
            1         | 0                    | 2024-03-09           | D89.832
        """,
        "drug_exposure": DRUG
        + """    1         | 1321341         | 2024-03-10               | 2024-03-10 09:00:00          | 32818                | 0.1      | mcg/kg/min             |
    """,  # noqa: E501
    }
    records = omop(tmp_path, **tables)
    assert rows(records, "states", "device", "day", "end_day") == [("nasal_cannula", 2, 3)]
    assert rows(records, "events", "event", "day") == [("crs_onset", 2)]
    assert ("norepinephrine", "infusion", 0.1, "ug/kg/min") in rows(
        records, "drugs", "drug", "kind", "rate", "rate_unit"
    )
