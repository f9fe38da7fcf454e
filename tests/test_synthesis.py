"""Made-up cohorts: their truth is what grading finds, their faults are logged, and they say what they are."""

import hashlib
import json
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from abate.cohort import kept_promises
from abate.engine.ingest import Records
from abate.grading.clinician import clinician_grades
from abate.grading.daily import computed_grades
from abate.grading.systems import SYSTEMS
from abate.records.problems import AbateError, UnusableRecordsError
from abate.sources.synthetic import MARK, MIXED
from abate.synthesis import cohort as written
from abate.synthesis.cohort import Synthetic, synthesise
from abate.synthesis.corruption import CORRUPTIONS
from abate.synthesis.illness import DAYS, LOTS, NO_EFFECT, Effect, Illness, effect_from, fall_ill
from abate.synthesis.patients import NEVER, draw_patients
from abate.synthesis.signs import CRS, NEURO
from abate.timeline.features import features
from abate.timeline.follow_up import follow_up
from abate.timeline.joins import KEYS
from abate.timeline.patient_days import patient_days
from abate.verbs import read
from spec import write_folder

PATIENTS = 200


def computed(records: Records) -> pa.Table:
    """Return the grades that the grading of records finds, a row a patient-day and system."""
    given = records["drugs"].filter(records["drugs"].status == "given")
    followed = follow_up(records["patients"], records["events"], records["measurements"], given, records["states"])
    observed = records.engine.keep("observed", followed.select(*KEYS, last_day="observed_day"))
    days = records.engine.keep("days", patient_days(observed, DAYS))
    tables = {**records.tables, "coverage": kept_promises(records)}
    options = records.study.options
    found = features(tables, days, observed, records.study.dictionary, options, records.engine)
    grades = clinician_grades(records["events"])
    keys = {(system.toxicity, system.name): key for key, system in SYSTEMS.items()}
    graded = computed_grades(found, grades, options, records.engine, SYSTEMS)
    table = graded.select("patient_id", "day", "toxicity", "system", "grade").to_pyarrow()
    pairs = zip(table["toxicity"].to_pylist(), table["system"].to_pylist(), strict=True)
    return table.append_column("key", pa.array([keys[pair] for pair in pairs]))


def differences(folder: Path) -> tuple[int, list[tuple[str, str, int]]]:
    """Return how many patient-days of systems were compared, and those graded otherwise than intended."""
    found = computed(read(folder))
    connection = duckdb.connect()
    connection.register("found", found)
    systems = ", ".join((*CRS, *NEURO))
    both = connection.execute(f"""
        SELECT coalesce(f.key, w.key), coalesce(f.patient_id, w.patient_id), coalesce(f.day, w.day), f.grade, w.grade
        FROM found f
        FULL JOIN (
            FROM read_parquet('{folder / MARK}_intended_grades.parquet')
            UNPIVOT INCLUDE NULLS (grade FOR key IN ({systems}))
        ) w
        ON f.patient_id = w.patient_id AND f.day = w.day AND f.key = w.key
    """).fetchall()
    return len(both), [tuple(row[:3]) for row in both if row[3] != row[4]]


def test_a_clean_cohort_is_graded_as_intended_on_every_day_by_every_system(tmp_path: Path) -> None:
    """Seven systems of CRS and four of neurotoxicity; no day more, none fewer, and those open are left open."""
    synthesise(Synthetic(PATIENTS, seed=7), tmp_path / "clean")
    compared, wrong = differences(tmp_path / "clean")
    assert wrong == []
    assert compared > PATIENTS * 11 * 25


def test_with_faults_laid_over_every_difference_is_explained_by_one(tmp_path: Path) -> None:
    """A difference on a day that no logged fault of the patient can reach would be an error of the grading."""
    folder = tmp_path / "usual"
    synthesise(Synthetic(PATIENTS, seed=7, layer="usual"), folder)
    _, wrong = differences(folder)
    log = pq.read_table(folder / f"{MARK}_corruptions.parquet").to_pylist()
    reach: dict[str, list[tuple[int, int]]] = {}
    for row in log:
        if row["from_day"] is not None:
            reach.setdefault(row["patient_id"], []).append((row["from_day"], row["to_day"]))
    unexplained = [
        (key, patient, day)
        for key, patient, day in wrong
        if not any(first <= day <= last for first, last in reach.get(patient, []))
    ]
    assert unexplained == []
    assert wrong, "faults that change nothing prove nothing"
    assert {row["kind"] for row in log} == set(CORRUPTIONS)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize("layer", ["clean", "usual"])
def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path: Path, layer: str) -> None:
    for name, seed in (("one", 5), ("again", 5), ("other", 6)):
        synthesise(Synthetic(30, seed=seed, layer=layer), tmp_path / name)
    one, again, other = (digests(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert all(one[name] != other[name] for name in one)


def test_a_smaller_cohort_is_the_beginning_of_a_larger_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written in parts, a part at a time in memory; patients of every part have names of their own."""
    monkeypatch.setattr(written, "PART", 10)
    for patients in (12, 25):
        synthesise(Synthetic(patients), tmp_path / str(patients))
    assert pq.read_metadata(tmp_path / "25" / f"{MARK}_patients.parquet").num_row_groups == 3
    for path in (tmp_path / "12").glob("*.parquet"):
        small, large = (pq.read_table(tmp_path / name / path.name) for name in ("12", "25"))
        last = f"{MARK}-{12:07d}"
        assert large.filter(pc.less_equal(large["patient_id"], last)).equals(small)
    names = pq.read_table(tmp_path / "25" / f"{MARK}_patients.parquet")["patient_id"].to_pylist()
    assert len(set(names)) == 25


def test_every_file_says_what_it_is_and_the_run_what_made_it(tmp_path: Path) -> None:
    synthesise(Synthetic(3, seed=9, effect=Effect(death=-1.0), layer="usual"), tmp_path / "three")
    files = sorted(path.name for path in (tmp_path / "three").iterdir())
    assert [name for name in files if MARK not in name] == ["abate.toml"]
    for path in (tmp_path / "three").glob("*.parquet"):
        assert set(pq.read_table(path)["synthetic"].to_pylist()) == {MARK}
    said = json.loads((tmp_path / "three" / f"{MARK}_cohort.json").read_text(encoding="utf-8"))
    assert (said["seed"], said["effect"], said["version"]) == (9, {"duration": 0, "severity": 0, "death": -1}, 1)
    page = (tmp_path / "three" / f"{MARK}_rates.html").read_text(encoding="utf-8")
    assert MARK in page and "ZUMA-7" in page


ONE = {
    "patients": "patient_id | synthetic\nA | SYNTHETIC",
    "events": "patient_id | event | day | synthetic\nA | hlh | 1 | SYNTHETIC",
}
REAL = {"patients": "patient_id\nA", "events": "patient_id | event | day\nA | hlh | 1"}


@pytest.mark.parametrize(
    "tables",
    [
        {"patients": ONE["patients"], "events": REAL["events"]},
        {"patients": REAL["patients"], "events": ONE["events"]},
        {"patients": "patient_id | synthetic\nA | SYNTHETIC\nB |"},
    ],
    ids=["real events", "synthetic events", "both among the patients"],
)
def test_made_up_records_are_not_mixed_with_real_ones_unasked(tmp_path: Path, tables: dict[str, str]) -> None:
    """Asked for, the mixture is marked as one."""
    with pytest.raises(UnusableRecordsError, match="made-up rows"):
        read(write_folder(tmp_path / "mixed", **tables))
    allowed = write_folder(tmp_path / "allowed", "[study]\nmix_synthetic = true", **tables)
    assert read(allowed).study.mark == MIXED


@pytest.mark.parametrize(
    ("tables", "mapping", "mark"),
    [
        (ONE, "", MARK),
        (REAL, "", ""),
        (ONE, '[study]\nmark = "Made up"', f"Made up: {MARK}"),
        (REAL, '[study]\nmark = "No CAR T cells"', "No CAR T cells"),
    ],
)
def test_made_up_records_are_marked_whatever_the_mapping_says(
    tmp_path: Path, tables: dict[str, str], mapping: str, mark: str
) -> None:
    assert read(write_folder(tmp_path / "records", mapping, **tables)).study.mark == mark


def worlds(effect: Effect, policy: str = "refractory", count: int = 3000) -> tuple[Illness, Illness]:
    """Return the same patients without anakinra and with an effect of it."""
    random = np.random.default_rng(3)
    people = draw_patients(random, count)
    lots = random.random((DAYS, LOTS, count))
    return fall_ill(lots, people, NO_EFFECT, "none"), fall_ill(lots, people, effect, policy)


@pytest.mark.parametrize("policy", ["refractory", "prophylaxis"])
def test_without_an_effect_the_drug_changes_nothing(policy: str) -> None:
    without, given = worlds(NO_EFFECT, policy)
    assert (given.anakinra_start < NEVER).any()
    for name in ("crs", "encephalopathy", "death_day", "neuro_end", "crs_end"):
        assert np.array_equal(getattr(without, name), getattr(given, name))


@pytest.mark.parametrize(
    ("effect", "measure", "sign"),
    [
        (Effect(duration=-1.0), "neuro_end", -1),
        (Effect(duration=0.5), "neuro_end", 1),
        (Effect(severity=-1.0), "encephalopathy", -1),
        (Effect(severity=-0.5), "encephalopathy", -1),
        (Effect(death=3.0), "death_day", -1),
        (Effect(death=-3.0), "death_day", 1),
    ],
)
def test_an_effect_changes_what_it_names_after_the_start_and_nothing_before(
    effect: Effect, measure: str, sign: int
) -> None:
    without, given = worlds(effect)
    treated = given.anakinra_start < NEVER
    change = (getattr(given, measure).astype(float) - getattr(without, measure))[treated]
    assert np.sign(change.mean()) == sign
    before = np.arange(DAYS) <= np.minimum(given.anakinra_start, without.death_day)[:, None]
    assert np.array_equal(given.encephalopathy[before], without.encephalopathy[before])
    assert np.array_equal(given.death_day[~treated], without.death_day[~treated])


def test_an_effect_is_read_from_a_text() -> None:
    assert effect_from(["duration=-0.5", "death = 1"]) == Effect(duration=-0.5, death=1.0)
    for wrong in ("duration", "duration=x", "dose=1", "death=inf", "death=11", "=1"):
        with pytest.raises(AbateError, match="An effect cannot be read"):
            effect_from([wrong])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Synthetic(0), "1 to 1,000,000"),
        (Synthetic(1_000_001), "1 to 1,000,000"),
        (Synthetic(1, policy="all"), "refractory, prophylaxis, none"),
        (Synthetic(1, layer="dirty"), "clean, usual"),
        (Synthetic(1, seed=-1), "from 0 on"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_written(
    tmp_path: Path, asked: Synthetic, message: str
) -> None:
    with pytest.raises(AbateError, match=message):
        synthesise(asked, tmp_path / "out")
    assert not any(tmp_path.iterdir())


def test_another_folder_is_not_written_over_and_an_earlier_cohort_is(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(AbateError, match="not a synthetic cohort"):
        synthesise(Synthetic(2), tmp_path / "mine")
    for patients in (2, 3):
        synthesise(Synthetic(patients), tmp_path / "out")
    assert pq.read_metadata(tmp_path / "out" / f"{MARK}_patients.parquet").num_rows == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "out"]


NEAR = {
    "CRS of any grade (%)": (80, 94),
    "CRS of grade 3 or more (%)": (6, 13),
    "CRS: first day, median": (2, 5),
    "CRS: days, median": (6, 8),
    "Neurotoxicity of any grade (%)": (58, 87),
    "Neurotoxicity of grade 3 or more (%)": (21, 41),
    "Neurotoxicity: first day, median": (4, 7),
    "Neurotoxicity: days, median": (8, 17),
    "Neurotoxicity without CRS (%)": (3, 9),
    "Neurotoxicity began after CRS had resolved (%)": (5, 15),
    "New CRS after day 14 (%)": (0, 0.5),
    "New neurotoxicity after day 14 (%)": (0, 1.5),
    "HLH-like state (%)": (3, 7),
    "Tocilizumab (%)": (43, 65),
    "Corticosteroids (%)": (24, 60),
    "First day of anakinra, median": (11, 13),
    "Neurotoxicity of day 12 resolved by day 19 without anakinra (%)": (33, 55),
}


def test_rates_lie_near_the_published_ones(tmp_path: Path) -> None:
    """Of 5,000 patients."""
    found = {row["measure"]: float(row["this cohort"]) for row in synthesise(Synthetic(5000), tmp_path / "out").table()}
    beyond = {name: found[name] for name, (low, high) in NEAR.items() if not low <= found[name] <= high}
    assert beyond == {}


def test_toxicity_hangs_together() -> None:
    """Severe CRS comes with severe neurotoxicity, HLH and a failing kidney, and the kidney follows."""
    random = np.random.default_rng(1)
    people = draw_patients(random, 20_000)
    ill = fall_ill(random.random((DAYS, LOTS, 20_000)), people, NO_EFFECT, "refractory")
    severe = ill.crs.max(axis=1) >= 3
    for other in (ill.encephalopathy.max(axis=1) >= 3, people.hlh, ill.creatinine.max(axis=1) >= 2):
        assert other[severe].mean() > 1.5 * other[~severe].mean()
    both = severe & (ill.creatinine.max(axis=1) >= 2)
    assert (ill.creatinine.argmax(axis=1) >= (ill.crs >= 3).argmax(axis=1))[both].all()
