"""Made-up cohorts: their truth is what grading finds, their faults are logged, and they say what they are."""

import hashlib
import json
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

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
from abate.synthesis.illness import CAUSES, DAYS, LOTS, NO_EFFECT, Effect, Illness, effect_from, fall_ill
from abate.synthesis.patients import NEVER, Patients, draw_patients
from abate.synthesis.signs import CRS, NEURO, signs
from abate.timeline.features import features
from abate.timeline.follow_up import follow_up
from abate.timeline.joins import KEYS
from abate.timeline.patient_days import patient_days
from abate.verbs import read
from spec import write_folder

PATIENTS, SEED = 250, 27


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


def world(patients: int, seed: int, **chosen: Any) -> tuple[Patients, Illness]:
    """Return the first part of a cohort as it is drawn."""
    random = np.random.default_rng([seed, 0])
    people = draw_patients(random, written.PART)
    random.spawn(2)
    lots = random.random((DAYS, LOTS, written.PART))
    ill = fall_ill(lots, people, chosen.get("effect", NO_EFFECT), chosen.get("policy", "refractory"))
    return people, replace(ill, **{field.name: getattr(ill, field.name)[:patients] for field in fields(ill)})


@pytest.mark.parametrize(
    ("patients", "chosen"),
    [
        (PATIENTS, {}),
        (120, {"policy": "prophylaxis", "effect": Effect(duration=-0.7, severity=-0.5, death=1.0)}),
    ],
    ids=["no effect", "prophylaxis that works"],
)
def test_a_clean_cohort_is_graded_as_intended_on_every_day_by_every_system(
    tmp_path: Path, patients: int, chosen: dict[str, Any]
) -> None:
    """Seven systems of CRS and four of neurotoxicity; no day more, none fewer, and those open are left open."""
    synthesise(Synthetic(patients, seed=SEED, **chosen), tmp_path / "clean")
    compared, wrong = differences(tmp_path / "clean")
    assert wrong == []
    assert compared > patients * 11 * 25


def test_the_clean_cohort_has_every_sign_and_every_cause_of_death() -> None:
    """What nobody has could not be graded wrongly."""
    _, ill = world(PATIENTS, SEED)
    for kind in ("pressure", "oxygen", "creatinine", "transaminase", "neuro"):
        assert set(np.unique(getattr(ill, kind))) == set(range(len(signs()[kind].names))), kind
    assert set(np.unique(ill.cause)) == set(range(len(CAUSES)))


def test_with_faults_laid_over_every_difference_is_explained_by_one(tmp_path: Path) -> None:
    """A difference on a day that no logged fault of the patient can reach would be an error of the grading."""
    folder = tmp_path / "usual"
    synthesise(Synthetic(PATIENTS, seed=SEED, layer="usual"), folder)
    compared, wrong = differences(folder)
    log = pq.read_table(folder / f"{MARK}_corruptions.parquet").to_pylist()
    reached = {
        (row["patient_id"], row["toxicity"], day)
        for row in log
        if row["from_day"] is not None
        for day in range(row["from_day"], row["to_day"] + 1)
    }
    of_system = {key: system.toxicity for key, system in SYSTEMS.items()}
    assert [found for found in wrong if (found[1], of_system[found[0]], found[2]) not in reached] == []
    assert len(wrong) > 10, "faults that change nothing prove nothing"
    assert {row["kind"] for row in log} == set(CORRUPTIONS)
    days = {(patient, day) for patient, _, day in reached if 0 <= day < DAYS}
    assert len(days) < 0.7 * compared / len(SYSTEMS), "a log that explains every day explains none"


def test_what_was_done_to_the_records_is_in_them(tmp_path: Path) -> None:
    """Each logged fault can be found: the value moved, changed, doubled, gone."""
    folders = {layer: tmp_path / layer for layer in ("clean", "usual")}
    for layer, folder in folders.items():
        synthesise(Synthetic(40, layer=layer), folder)
    rows = {
        layer: Counter(
            (row["patient_id"], row["variable"], row["minute"], row["value"], row["unit"], row["comparator"])
            for row in pq.read_table(folder / f"{MARK}_measurements.parquet").to_pylist()
        )
        for layer, folder in folders.items()
    }
    log = pq.read_table(folders["usual"] / f"{MARK}_corruptions.parquet").to_pylist()
    touched = {(row["patient_id"], row["variable"], row["minute"]) for row in log}
    moved = {
        (row["patient_id"], row["variable"], row["minute_after"]) for row in log if row["minute_after"] is not None
    }
    for row, count in (rows["clean"] - rows["usual"]).items():
        assert row[:3] in touched, count
    for row, count in (rows["usual"] - rows["clean"]).items():
        assert row[:3] in touched | moved, count
    for row in log:
        if row["kind"] == "lost":
            key = (row["patient_id"], row["variable"], row["minute"])
            assert not [found for found in rows["usual"] if found[:3] == key and found[3] == row["before"]]


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
        assert large.filter(pc.less_equal(large["patient_id"], last)).to_pylist() == small.to_pylist()
    names = pq.read_table(tmp_path / "25" / f"{MARK}_patients.parquet")["patient_id"].to_pylist()
    assert len(set(names)) == 25


def test_every_file_says_what_it_is_and_the_run_what_made_it(tmp_path: Path) -> None:
    synthesise(Synthetic(3, seed=9, effect=Effect(death=-1.0), layer="usual"), tmp_path / "three")
    files = sorted(path.name for path in (tmp_path / "three").iterdir())
    assert [name for name in files if MARK not in name] == ["abate.toml"]
    for path in (tmp_path / "three").glob("*.parquet"):
        assert set(pq.read_table(path)["synthetic"].to_pylist()) == {MARK}
    said = json.loads((tmp_path / "three" / f"{MARK}_cohort.json").read_text(encoding="utf-8"))
    assert (said["seed"], said["effect"], said["version"]) == (9, {"duration": 0, "severity": 0, "death": -1}, 2)
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


def test_what_abate_made_up_is_known_by_its_identifiers_whatever_becomes_of_the_column(tmp_path: Path) -> None:
    bare = {"patients": "patient_id\nSYNTHETIC-0000001"}
    assert read(write_folder(tmp_path / "bare", **bare)).study.mark == MARK
    blank = write_folder(
        tmp_path / "blank", '[[patients]]\nfile = "patients.csv"\nconstants = {synthetic = ""}', **bare
    )
    assert read(blank).study.mark == MARK
    both = {"patients": "patient_id\nSYNTHETIC-0000001\nA"}
    with pytest.raises(UnusableRecordsError, match="made-up rows"):
        read(write_folder(tmp_path / "both", **both))


def test_a_word_that_denies_it_is_no_mark(tmp_path: Path) -> None:
    assert read(write_folder(tmp_path / "real", patients="patient_id | synthetic\nA | no\nB | 0\nC |")).study.mark == ""


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


def worlds(effect: Effect, policy: str, count: int = 20_000) -> tuple[Illness, Illness]:
    """Return the same patients without anakinra and with an effect of it."""
    random = np.random.default_rng(3)
    people = draw_patients(random, count)
    lots = random.random((DAYS, LOTS, count))
    return fall_ill(lots, people, NO_EFFECT, "none"), fall_ill(lots, people, effect, policy)


POLICIES = pytest.mark.parametrize("policy", ["refractory", "prophylaxis"])


@POLICIES
def test_without_an_effect_the_drug_changes_nothing(policy: str) -> None:
    without, given = worlds(NO_EFFECT, policy)
    assert (given.anakinra_start < NEVER).any()
    for name in ("crs", "encephalopathy", "death_day"):
        assert np.array_equal(getattr(without, name), getattr(given, name))


def after_start(without: Illness, given: Illness) -> NDArray[np.bool_]:
    """Return the days after the start of anakinra on which the patient lives in both worlds."""
    both = np.minimum(without.last_day, given.last_day)[:, None]
    return (np.arange(DAYS) > given.anakinra_start[:, None]) & (np.arange(DAYS) <= both)


@pytest.mark.parametrize(("policy", "tolerance"), [("prophylaxis", 0.1), ("refractory", 0.3)])
@pytest.mark.parametrize("duration", [-0.7, 0.3])
def test_an_effect_on_duration_changes_the_days_that_remain_by_its_ratio(
    policy: str, tolerance: float, duration: float
) -> None:
    """CRS, which ends before day 29; who gets toxicity, and when it begins, stay the same.

    Days are whole: where one or two remain, as in the refractory, the ratio is coarse.
    """
    without, given = worlds(Effect(duration=duration), policy)
    days = after_start(without, given)
    ratio = (given.crs > 0)[days].sum() / (without.crs > 0)[days].sum()
    assert ratio == pytest.approx(np.exp(duration), rel=tolerance)
    lived = (without.death_day == NEVER) & (given.death_day == NEVER)
    for name in ("crs", "encephalopathy"):
        first = [(getattr(world, name)[lived] > 0).argmax(axis=1) for world in (without, given)]
        assert np.array_equal(*first)


@POLICIES
def test_an_effect_on_death_changes_its_hazard(policy: str) -> None:
    """Deaths on the days after the start, over the days lived after it."""
    hazards = []
    for effect in (NO_EFFECT, Effect(death=1.0)):
        _, given = worlds(effect, policy)
        days = np.clip(given.last_day - given.anakinra_start, 0, None)
        late = (given.death_day < NEVER) & (given.death_day > given.anakinra_start)
        hazards.append(late.sum() / days[given.anakinra_start < NEVER].sum())
    assert hazards[1] / hazards[0] == pytest.approx(np.e, rel=0.25)


@POLICIES
@pytest.mark.parametrize(("severity", "least", "most"), [(-1.0, -1, -1), (1.0, 0, 1), (-0.5, -1, 0)])
def test_an_effect_on_severity_shifts_the_levels(policy: str, severity: float, least: int, most: int) -> None:
    """By one in all, by one in half of the patients; no level is above 4, and none is where there was none."""
    without, given = worlds(Effect(severity=severity), policy)
    days = after_start(without, given) & (without.encephalopathy > 0)
    change = (given.encephalopathy - without.encephalopathy)[days]
    assert (change.min(), change.max()) == (least, most)
    assert not given.encephalopathy[after_start(without, given) & (without.encephalopathy == 0)].any()


@POLICIES
@pytest.mark.parametrize("effect", [Effect(duration=-1.0), Effect(severity=1.0), Effect(death=2.0)])
def test_no_effect_comes_before_the_start_or_without_the_drug(policy: str, effect: Effect) -> None:
    """And nobody starts after death."""
    without, given = worlds(effect, policy)
    before = np.arange(DAYS) <= np.minimum(given.anakinra_start, without.death_day)[:, None]
    for name in ("crs", "encephalopathy"):
        assert np.array_equal(getattr(given, name)[before], getattr(without, name)[before])
    treated = given.anakinra_start < NEVER
    assert np.array_equal(given.death_day[~treated], without.death_day[~treated])
    assert (given.anakinra_start <= given.death_day)[treated].all()
    assert not given.anakinra[~given.alive].any() and not given.tocilizumab[~given.alive].any()


def test_an_effect_is_read_from_a_text() -> None:
    assert effect_from(["duration=-5e-1", "death = 1"]) == Effect(duration=-0.5, death=1.0)
    for wrong in ("duration", "duration=x", "dose=1", "death=inf", "death=11", "=1", "death=\u0663", "death=1 death=2"):
        with pytest.raises(AbateError, match="An effect cannot be read"):
            effect_from(wrong.split())


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Synthetic(0), "1 to 1,000,000"),
        (Synthetic(1_000_001), "1 to 1,000,000"),
        (Synthetic(1, policy="all"), "refractory, unseen, prophylaxis, none"),
        (Synthetic(1, layer="dirty"), "clean, usual"),
        (Synthetic(1, seed=-1), "from 0 on"),
        (Synthetic(1, policy="none", effect=Effect(death=1.0)), "Nobody gets the drug"),
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
    "Neurotoxicity of day 12 resolved by day 19 without anakinra (%)": (33, 50),
}


def test_rates_lie_near_the_published_ones(tmp_path: Path) -> None:
    """Of 5,000 patients."""
    rates = synthesise(Synthetic(5000), tmp_path / "out").table()
    found = {row["measure"]: float(row["this cohort"].split()[0]) for row in rates}
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
