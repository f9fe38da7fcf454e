"""Write the finished record tables of a made-up cohort as Parquet, for the benchmark of the grading engine.

Adults, 30 days from day 0, six vital and oxygen variables every four hours: 1080 measurements a patient.
About 70 % have an episode of fever of 2 to 6 days from day 1 to 8; of those a quarter have low pressures and
a quarter need oxygen; about 12 % of all have infusions of one to three vasopressors. Antipyretics,
tocilizumab and dexamethasone can mask the fever. Nothing here is fitted to real patients.

Every number is a piece of an MD5 of seed, patient and what is asked: the same arguments give the same rows.
"""

import argparse
from functools import partial
from pathlib import Path

import duckdb

from abate.records.tables import TABLES
from running import DATA, filled, written_once

DAYS = 30
SLOTS = 6
VARIABLES = {
    "fio2": "%",
    "heart_rate": "/min",
    "o2_flow": "L/min",
    "sbp": "mm[Hg]",
    "spo2": "%",
    "temperature": "Cel",
}
"""Variable to its canonical unit, in the order of the rows of one moment."""
ROWS_A_PATIENT = DAYS * SLOTS * len(VARIABLES)
VERSION = 1
"""Raise it with every change of what is written: older folders are then written anew."""
TYPES = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE", "boolean": "BOOLEAN"}

# One row a patient: when the fever, the low pressure, the vasopressors and the oxygen begin and end.
PLAN = """
CREATE TABLE plan AS
WITH chances AS (
    SELECT
        range AS n, printf('P%0$widthd', range + 1) AS patient_id,
        18 + floor(chance(range, 'age') * 62) AS age,
        50 + floor(chance(range, 'weight') * 50) AS weight,
        chance(range, 'sex') < 0.55 AS male,
        chance(range, 'fever') < 0.70 AS febrile,
        1 + floor(chance(range, 'fever from') * 8)::BIGINT AS fever_from,
        2 + floor(chance(range, 'fever days') * 5)::BIGINT AS fever_days,
        chance(range, 'low') AS low,
        1 + floor(chance(range, 'low days') * 3)::BIGINT AS low_days,
        floor(chance(range, 'clock') * 720)::BIGINT AS clock,
        chance(range, 'agents') AS agents,
        0.04 + round(chance(range, 'rate') * 0.26, 2) AS rate,
        6 + floor(chance(range, 'pressor hours') * 42)::BIGINT AS pressor_hours,
        chance(range, 'hypoxia') < 0.25 AS hypoxic,
        4 + floor(chance(range, 'oxygen hours') * 28)::BIGINT AS stage_hours,
        chance(range, 'device') AS device,
        2 + floor(chance(range, 'flow') * 4) AS flow,
        chance(range, 'waiver') AS waiver,
        108 + floor(chance(range, 'pressure') * 30) AS pressure,
        62 + floor(chance(range, 'rhythm') * 24) AS rhythm
    FROM range($patients)
)
SELECT
    n, patient_id, age, weight, male, clock, agents, rate, flow, waiver, pressure, rhythm,
    CASE WHEN febrile THEN fever_from END AS fever_from,
    fever_from + fever_days AS fever_end,
    CASE WHEN febrile AND low < 0.25 THEN fever_from + 1 END AS low_from,
    fever_from + 1 + low_days AS low_end,
    CASE WHEN febrile AND low < 0.17 THEN (fever_from + 1) * 1440 + clock END AS pressor_from,
    pressor_hours,
    CASE WHEN febrile AND hypoxic THEN fever_from * 1440 + 480 + clock END AS oxygen_from,
    stage_hours * 60 AS stage,
    CASE
        WHEN device < 0.55 THEN 'nasal_cannula' WHEN device < 0.75 THEN 'high_flow_nasal_cannula'
        WHEN device < 0.85 THEN 'non_rebreather' WHEN device < 0.93 THEN 'bipap' ELSE 'invasive_ventilation'
    END AS device
FROM chances
"""

# Oxygen goes up after a third of its time and down after two: nasal cannula, worst device, nasal cannula, none.
STAGES = """
CREATE TABLE stages AS
SELECT
    n, patient_id, step, oxygen_from + step * stage AS minute,
    CASE step WHEN 1 THEN device WHEN 3 THEN 'room_air' ELSE 'nasal_cannula' END AS used,
    CASE
        WHEN step = 3 OR used IN ('bipap', 'invasive_ventilation') THEN NULL
        WHEN used = 'high_flow_nasal_cannula' THEN 30 WHEN used = 'non_rebreather' THEN 12
        WHEN step = 1 THEN flow + 1 ELSE flow
    END AS litres,
    CASE used WHEN 'high_flow_nasal_cannula' THEN 45 WHEN 'bipap' THEN 50 WHEN 'invasive_ventilation' THEN 60 END
        AS percent
FROM plan, range(4) steps(step)
WHERE oxygen_from IS NOT NULL
"""

PATIENTS = """
SELECT
    patient_id, age, CASE WHEN male THEN 'male' ELSE 'female' END AS sex, weight AS weight_kg,
    TIMESTAMP '2024-01-01' + to_days((n % 365)::INTEGER) AS day0, 'infusion' AS day0_kind,
    $days - 1 AS last_contact_day, 'day' AS last_contact_precision,
    'patients.parquet:' || (n + 1) AS source
FROM plan ORDER BY patient_id
"""

GRID = "CREATE TABLE grid AS SELECT range // $days AS n, range % $days AS day FROM range($patients * $days)"

MEASUREMENTS = """
WITH moments AS (
    SELECT
        plan.*, day, unnest(range($slots)) AS slot,
        md5_number_lower($seed || '/' || n || '/' || day || '/' || slot) AS bits,
        day * 1440 + slot * 240 + (bits & 31)::BIGINT AS minute,
        coalesce(day >= fever_from AND day < fever_end, false) AS fever_day,
        coalesce(day >= low_from AND day < low_end, false) AS low_day,
        coalesce((minute - oxygen_from) // stage, -1) AS step
    FROM grid JOIN plan USING (n)
), staged AS (
    SELECT
        *, CASE WHEN oxygen_from IS NULL OR minute < oxygen_from OR step > 2 THEN 'room_air'
            WHEN step = 1 THEN device ELSE 'nasal_cannula' END AS used,
        CASE
            WHEN fever_day AND (bits >> 5) & 3 > 0 THEN 38.0 + ((bits >> 8) & 15) / 10
            WHEN fever_day THEN 37.2 + ((bits >> 8) & 7) / 10
            ELSE 36.4 + ((bits >> 8) & 7) / 10
        END AS celsius
    FROM moments
), found AS (
    SELECT
        n, patient_id, day, slot, minute, round(celsius, 1) AS temperature,
        CASE
            WHEN low_day AND (bits >> 12) & 3 = 0 THEN 74 + ((bits >> 16) & 15)
            WHEN (bits >> 48) & 1023 = 0 THEN 88
            ELSE pressure - 7 + ((bits >> 16) & 15)
        END AS sbp,
        round(rhythm + (celsius - 36.5) * 10 + ((bits >> 20) & 15)) AS heart_rate,
        CASE
            WHEN used <> 'room_air' THEN 91 + ((bits >> 24) & 7)
            WHEN oxygen_from - minute BETWEEN 0 AND 239 THEN 87 + ((bits >> 24) & 3)
            ELSE 95 + ((bits >> 24) & 3)
        END AS spo2,
        CASE
            WHEN used = 'room_air' THEN 0
            WHEN used IN ('high_flow_nasal_cannula') THEN 30
            WHEN used = 'nasal_cannula' THEN flow + (step = 1)::INTEGER
            ELSE 12
        END AS o2_flow,
        CASE used
            WHEN 'room_air' THEN 21 WHEN 'nasal_cannula' THEN 20 + 4 * o2_flow WHEN 'high_flow_nasal_cannula' THEN 45
            WHEN 'non_rebreather' THEN 80 WHEN 'bipap' THEN 50 ELSE 60
        END AS fio2
    FROM staged
)
SELECT
    patient_id, day, minute, 'minute' AS time_precision, false AS outside_usual,
    unnest([{names}]) AS variable, unnest([{columns}]::DOUBLE[]) AS value, unnest([{units}]) AS unit,
    'measurements.parquet:' || (((n * $days + day) * $slots + slot) * {width} + unnest(range({width})) + 1) AS source
FROM found
"""

STATES = """
SELECT
    patient_id, 'oxygen' AS variable, used AS state, used AS device, litres AS flow, percent AS fio2,
    CASE WHEN used <> 'room_air' THEN 'hypoxia' END AS indication,
    minute // 1440 AS day, minute, 'minute' AS time_precision,
    'states.parquet:' || (n * 4 + step + 1) AS source
FROM stages ORDER BY patient_id, minute
"""

DRUGS = """
WITH given AS (
    -- An antipyretic up to four times on each day of fever.
    SELECT
        n, 'acetaminophen' AS drug, 'dose' AS kind, 1000.0 AS amount, 'mg' AS unit, NULL AS rate, NULL AS rate_unit,
        day * 1440 + 300 * dose + clock // 6 AS minute, NULL AS end_minute
    FROM plan, range(fever_from, fever_end) days(day), range(4) doses(dose)
    WHERE waiver < 0.85 AND chance(n * 1000 + day * 10 + dose, 'antipyretic') < 0.6
    UNION ALL
    SELECT n, 'tocilizumab', 'dose', 8.0 * weight, 'mg', NULL, NULL, (fever_from + 1) * 1440 + clock, NULL
    FROM plan WHERE fever_from IS NOT NULL AND waiver < 0.35
    UNION ALL
    SELECT
        n, 'dexamethasone', 'dose', 10.0, 'mg', NULL, NULL, (fever_from + 2) * 1440 + clock + 360 * dose, NULL
    FROM plan, range(4 + 4 * (n % 4)) doses(dose) WHERE fever_from IS NOT NULL AND waiver < 0.20
    UNION ALL
    -- Rates change every three hours: up for half of the time, then down.
    SELECT
        n, 'norepinephrine', 'infusion', NULL, NULL, round(rate * (1 + least(hour, pressor_hours - hour) / 12), 3),
        'ug/kg/min', pressor_from + hour * 60, pressor_from + least(hour + 3, pressor_hours) * 60
    FROM plan, range(0, pressor_hours, 3) hours(hour) WHERE pressor_from IS NOT NULL
    UNION ALL
    SELECT
        n, 'vasopressin', 'infusion', NULL, NULL, 0.03, '[IU]/min', pressor_from + 120,
        pressor_from + pressor_hours * 40
    FROM plan WHERE pressor_from IS NOT NULL AND agents < 0.45
    UNION ALL
    SELECT
        n, 'epinephrine', 'infusion', NULL, NULL, 3.0 + 2 * (hour // 2), 'ug/min', pressor_from + 180 + hour * 60,
        pressor_from + 180 + (hour + 2) * 60
    FROM plan, range(0, pressor_hours // 3, 2) hours(hour) WHERE pressor_from IS NOT NULL AND agents < 0.15
    UNION ALL
    SELECT n, 'propofol', 'infusion', NULL, NULL, 2.0, 'mg/kg/h', minute, minute + stage
    FROM stages JOIN plan USING (n, patient_id) WHERE used = 'invasive_ventilation'
)
SELECT
    patient_id, drug, kind, amount, unit, given.rate, rate_unit, false AS per_kg, 'IV' AS route, 'given' AS status,
    minute // 1440 AS day, minute, 'minute' AS time_precision, end_minute // 1440 AS end_day, end_minute,
    'drugs.parquet:' || row_number() OVER (ORDER BY patient_id, minute, drug) AS source
FROM given JOIN plan USING (n) WHERE minute < $days * 1440 ORDER BY patient_id, minute, drug
"""

EVENTS = """
SELECT
    patient_id, event, minute // 1440 AS day, minute, 'minute' AS time_precision,
    'events.parquet:' || row_number() OVER (ORDER BY patient_id, minute, event) AS source
FROM (
    SELECT patient_id, 'fluid_bolus' AS event, low_from * 1440 + clock AS minute FROM plan WHERE low_from IS NOT NULL
    UNION ALL
    SELECT patient_id, 'positive_culture', fever_from * 1440 + clock FROM plan
    WHERE fever_from IS NOT NULL AND chance(n, 'culture') < 0.05
)
ORDER BY patient_id, minute, event
"""

COVERAGE = """
SELECT
    patient_id, domain, true AS complete, 'none' AS time_precision,
    'coverage.parquet:' || row_number() OVER (ORDER BY patient_id, domain) AS source
FROM plan, unnest(['drugs', 'oxygen']) domains(domain) ORDER BY patient_id, domain
"""


def _measurements() -> str:
    """Return the query of the measurements with its variables written in."""
    quoted = {name: f"'{name}'" for name in VARIABLES}
    return MEASUREMENTS.format(
        names=", ".join(quoted.values()),
        columns=", ".join(quoted),
        units=", ".join(f"'{unit}'" for unit in VARIABLES.values()),
        width=len(VARIABLES),
    )


def finished(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> str:
    """Return a query with exactly the columns and types of a finished record table; what it lacks is null."""
    there = {row[0] for row in connection.execute(f"DESCRIBE {query}").fetchall()}
    columns = []
    for column, kind in TABLES[name].schema.items():
        missing = "1" if column == "course_id" else "NULL"
        written = TYPES.get(str(kind).lstrip("!").split("(")[0], "TIMESTAMP")
        columns.append(f"CAST({column if column in there else missing} AS {written}) AS {column}")
    return f"SELECT {', '.join(columns)} FROM ({query})"


def generate(folder: Path, patients: int, seed: int = 2020) -> None:
    """Write the six record tables of a cohort into a folder, unless the same ones are there.

    Parameters
    ----------
    folder
        Where ``patients.parquet``, ``measurements.parquet`` and the others go; replaced if it holds others.
    patients
        How many.
    seed
        Of all that is drawn.
    """
    said = {"patients": patients, "seed": seed, "version": VERSION}
    written_once(folder, said, partial(_write, patients=patients, seed=seed))


def _write(connection: duckdb.DuckDBPyConnection, folder: Path, patients: int, seed: int) -> None:
    # Names are as long as the last one: they must sort as the numbers do.
    width = max(6, len(str(patients)))
    known = {"patients": patients, "days": DAYS, "slots": SLOTS, "seed": f"'{seed}'", "width": width}
    for statement in (PLAN, STAGES, GRID):
        connection.execute(filled(statement, known))
    queries = {
        "patients": PATIENTS,
        "measurements": _measurements(),
        "states": STATES,
        "drugs": DRUGS,
        "events": EVENTS,
        "coverage": COVERAGE,
    }
    for name, query in queries.items():
        whole = finished(connection, name, filled(query, known))
        connection.execute(f"COPY ({whole}) TO '{folder / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")
    _check(connection, folder / "measurements.parquet", patients)


def _check(connection: duckdb.DuckDBPyConnection, path: Path, patients: int) -> None:
    """Refuse measurements that are too few or, in the first rows or between row groups, not in order."""
    key = "patient_id, course_id, day, minute, variable"
    query = f"""
        SELECT count(*), count(*) FILTER (this <= before)
        FROM (SELECT row({key}) AS this, lag(this) OVER (ORDER BY file_row_number) AS before
              FROM read_parquet('{path}', file_row_number = true) WHERE file_row_number < 2000000)
    """
    rows, unsorted = connection.execute(query).fetchall()[0]
    unordered = connection.execute(f"""
        SELECT count(*)
        FROM (SELECT stats_min_value AS low, lag(stats_max_value) OVER (ORDER BY row_group_id) AS high
              FROM parquet_metadata('{path}') WHERE path_in_schema = 'patient_id')
        WHERE low < high
    """).fetchall()[0][0]
    counted = connection.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata('{path}')").fetchall()[0][0]
    if unsorted or unordered or counted != patients * ROWS_A_PATIENT or rows != min(counted, 2_000_000):
        message = f"{path}: {counted} rows, {unsorted + unordered} out of order"
        raise RuntimeError(message)


def main() -> None:
    """Write a cohort from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--data", type=Path, help="folder; benchmarks/data/<patients> unless given")
    parser.add_argument("--seed", type=int, default=2020)
    chosen = parser.parse_args()
    folder = chosen.data or DATA / str(chosen.patients)
    generate(folder, chosen.patients, chosen.seed)
    for path in sorted(folder.glob("*.parquet")):
        print(f"{path} {path.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
