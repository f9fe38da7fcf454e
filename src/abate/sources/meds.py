"""The door of MEDS: a folder of Parquet shards, a row an event of a subject; a course an infusion.

MEDS is the Medical Event Data Standard (schema 0.3 and 0.4): ``subject_id, time, code, numeric_value, text_value``
under ``data/``, codes and their parents in ``metadata/codes.parquet``. A code such as ``LOINC/1988-5`` or
``LAB//50889//mg/L`` is known by any of its parts, or by a parent; its other parts say whether a drug was given,
ordered or held. The standard has no unit: one is read from a column ``unit``, from the last part of a code of three, or
from ``[door.units]`` of the mapping file; without one a value is set aside, not guessed.
"""

from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from abate.records.canonical import plain_word
from abate.records.problems import AbateError, Problem, UnusableRecordsError
from abate.sources.folder import Source, sha256
from abate.sources.infusions import Settings, age_at, numbered, products, settings, whole_infusions, with_course
from abate.sources.mapping import NAME, Study, read_mapping
from abate.sources.omop_tables import looked_up
from abate.sources.shelf import Shelf, record, told, unless

TITLE = "Subjects of MEDS records"
NEEDED = ("subject_id", "time", "code")
WANTED = ("numeric_value", "text_value", "unit")
ADMITTED, DISCHARGED, DIED, BORN = "HOSPITAL_ADMISSION", "HOSPITAL_DISCHARGE", "MEDS_DEATH", "MEDS_BIRTH"
SEX = "^(gender|sex)/"
HELD = "(not|no|delayed not|hold|held|refused|missed|on hold)( .*)?"
ORDERED = "(order|orders|ordered|prescription|prescriptions|start|stop|dispensed)"
"""What a pharmacy starts and stops is an order; what is given has another word, or none."""
ENDED = "(infusion_end|stopped|ended|discontinued|removed)"
ALLERGY = "(allergy|allergies|intolerance|allergy_intolerance)"
ACTION = f"{HELD}|{ORDERED}|{ENDED}|given|administered|applied|started|restarted|bolus|flushed|infusion_start"
"""Parts of a code, in small letters, that say what became of a drug."""
LOST = "Nothing to do, unless an infusion is lost: name its codes as [door] infusion."
SPELLING: dict[str, dict[str, str]] = {
    "measurements": {"variable": "code", "value": "numeric_value", "unit": "unit", "text": "text_value"},
    "drugs": {"drug": "code", "amount": "numeric_value"},
    "events": {"event": "code"},
}


def is_meds(path: Path) -> bool:
    """Say whether a folder holds MEDS: shards under ``data``, and its metadata."""
    return (path / "data").is_dir() and (path / "metadata").is_dir() and bool(_shards(path))


def _shards(path: Path) -> list[Path]:
    return sorted((path / "data").rglob("*.parquet"))


def read_meds(path: Path, backend: Any, mapping: Path | None = None) -> Source:
    """Read a folder of MEDS.

    Parameters
    ----------
    path
        With shards under ``data``, and ``metadata/codes.parquet`` where parents of codes are to be followed.
    backend
        The Ibis backend that reads the files.
    mapping
        The mapping file; ``abate.toml`` of the folder unless given.

    Raises
    ------
    AbateError
        If there are no shards.
    UnusableRecordsError
        Naming every shard that cannot be read, or saying that no infusion was found.
    """
    shards = _shards(path) if path.is_dir() else []
    if not shards:
        raise AbateError(f"{path.name}: there are no records. Expected a folder with Parquet files under data.")
    study = read_mapping(mapping or path / NAME)
    asked = settings(study)
    shelf = Shelf(path, backend, study)
    parts = [part for place, shard in enumerate(shards) if (part := _shard(shelf, path, shard, place)) is not None]
    if shelf.problems:
        raise UnusableRecordsError(shelf.problems)
    rows = shelf.keep(_named(ibis.union(*parts), _parents(shelf, path), study))
    courses = shelf.keep(numbered(_day0(rows, study, asked), asked.lead_days))
    if not int(courses.count().to_pyarrow().as_py()):
        found = (
            f"no {ADMITTED}" if asked.day0 == "admission" else "no CAR T product that the dictionary or [door] names"
        )
        advice = f'Say in {NAME}: [door] infusion = ["..."] (codes), or [door] day0 = "admission".'
        raise UnusableRecordsError([Problem("unusable", "data", "code", found, "a day 0", advice)])
    subjects = rows.select("patient_id").distinct()
    without = int(subjects.anti_join(courses, "patient_id").count().to_pyarrow().as_py())
    if without:
        said = f"{without} subject{'s have' if without > 1 else ' has'} no day 0: their records are set aside"
        shelf.note("data", "subject_id", said, LOST)
    placed = with_course(rows, courses, rows.time)
    raw = {"patients": _patients(courses, rows), **_tables(shelf, placed, asked)}
    hashes = {str(shard.relative_to(path)): sha256(shard) for shard in shards}
    kind = "admission" if asked.day0 == "admission" else "infusion"
    return shelf.source(path, raw, SPELLING, hashes, TITLE, kind)


def _shard(shelf: Shelf, path: Path, shard: Path, place: int) -> ibis.Table | None:
    name = str(shard.relative_to(path))
    try:
        read = shelf.backend.read_parquet(str(shard), file_row_number=True)
    except duckdb.Error:
        shelf.wrong(name, "", "the file cannot be read as Parquet", "a Parquet file", "Write it again.")
        return None
    read = read.rename(row__number="file_row_number").mutate(row__number=ibis._.row__number + 1)
    found = shelf.taken(name, read, NEEDED, WANTED)
    if found is None:
        return None
    try:
        found = shelf.keep(found.mutate(row__place=found.row__number + place * 10**9, patient_id=found.subject_id))
        shelf.rows[name] = int(found.count().to_pyarrow().as_py())
    except duckdb.Error:
        shelf.wrong(name, "", "the file is not whole", "a Parquet file", "Write it again.")
        return None
    return found


def _parents(shelf: Shelf, path: Path) -> ibis.Table | None:
    file = path / "metadata" / "codes.parquet"
    if not file.is_file():
        return None
    read = shelf.backend.read_parquet(str(file))
    if not {"code", "parent_codes"} <= set(read.columns):
        return None
    return read.select(of__code="code", part=read.parent_codes).unnest("part").filter(ibis._.part.notnull())


def _named(rows: ibis.Table, parents: ibis.Table | None, study: Study) -> ibis.Table:
    """Add what each code is, by table: the name that the dictionary has for the code, a part of it, or a parent's."""
    codes = rows.select("code").distinct()
    own = codes.select(of__code="code", part="code")
    spelt = ibis.union(own, parents.semi_join(codes, parents.of__code == codes.code)) if parents is not None else own
    # The whole first, then its parts: LOINC/1988-5, LAB//50889//mg/L.
    each = ibis.union(spelt, spelt.mutate(part=spelt.part.re_replace("/+", "|").split("|")).unnest("part"))
    each = _words_of(each, study)
    known = each.group_by("of__code").aggregate(
        variable=each.variable.min(),
        drug=each.drug.min(),
        event=each.event.min(),
        drug__part=each.part.min(where=each.drug.notnull()),
    )
    return rows.left_join(known, rows.code == known.of__code).drop("of__code")


def _words_of(each: ibis.Table, study: Study) -> ibis.Table:
    """Add the names that parts of codes have as variables, drugs and events."""
    for out, table in (("variable", "measurements"), ("drug", "drugs"), ("event", "events")):
        each = looked_up(each, ["part"], study.dictionary.codes(table).rename(code="written"), out)
    return each


def _day0(rows: ibis.Table, study: Study, asked: Settings) -> ibis.Table:
    columns = ("patient_id", "file", "row__number", "row__place")
    if asked.day0 == "admission":
        found = rows.filter(rows.code.startswith(ADMITTED), rows.time.notnull())
        return found.select(*columns, day0=found.time, product=ibis.null("string"))
    known = products(study.dictionary, asked)
    own = rows.code.lower().isin(list(asked.infusion))
    named = rows.drug.isin([name for name in known.values() if name])
    named &= _status(rows) == "given"
    found = rows.filter(ibis.coalesce(own, False) | ibis.coalesce(named, False), rows.time.notnull())
    return whole_infusions(found.select(*columns, day0=found.time, product=found.drug), asked.split_days)


def _said(rows: ibis.Table, words: str) -> ir.BooleanValue:
    """Say whether a part of the code is one of some words."""
    return rows.code.lower().re_search(f"(^|//)({words})(//|$)")


def _status(rows: ibis.Table) -> ir.StringValue:
    """Return what the parts of a code say of a drug; an end, which is no dose, is a word that no list has."""
    return ibis.cases(
        (_said(rows, HELD), "held"), (_said(rows, ORDERED), "ordered"), (_said(rows, ENDED), "ended"), else_="given"
    )


def _patients(courses: ibis.Table, rows: ibis.Table) -> ibis.Table:
    born = rows.filter(rows.code.startswith(BORN)).group_by(of__subject="patient_id").aggregate(born=ibis._.time.min())
    sex = rows.filter(rows.code.lower().re_search(SEX)).group_by(is__subject="patient_id")
    sexes = sex.aggregate(sex=ibis._.code.min().re_replace("^.*/", ""))
    last = rows.group_by(last__of="patient_id").aggregate(last=rows.time.max())
    found = courses.left_join(born, courses.patient_id == born.of__subject)
    found = found.left_join(sexes, found.patient_id == sexes.is__subject)
    found = found.left_join(last, found.patient_id == last.last__of)
    # MEDS has no end of follow-up: a subject was there on the day of the last record.
    return record(
        found,
        found.file,
        0,
        day0=found.day0,
        age=age_at(found.day0, found.born).cast("string"),
        sex=found.sex,
        product=found["product"],
        last_contact=found["last"],
    )


def _tables(shelf: Shelf, rows: ibis.Table, asked: Settings) -> dict[str, ibis.Table]:
    parts = rows.code.split("//")
    # The last part of a code of three, unless it is the drug, or what became of it.
    last = parts[2].nullif(rows.drug__part)
    last = ibis.ifelse(last.lower().re_search(f"^({ACTION})$"), ibis.null("string"), last)
    rows = rows.mutate(last__part=ibis.ifelse(parts.length() == 3, last, ibis.null("string")))
    given = looked_up(rows, ["code"], dict(asked.units), "own__unit")
    unit = ibis.coalesce(given.own__unit, given.unit, given.last__part)
    known = plain_word(given.text_value).isin(list(shelf.study.dictionary.states_of("oxygen")))
    device = ibis.coalesce(known & given.numeric_value.isnull(), False)
    admitted, died = given.code.startswith(ADMITTED), given.code.startswith(DIED)
    # What is of the subject, and the end of a stay, are no events of their own.
    aside = given.code.startswith(BORN) | given.code.startswith(DISCHARGED) | given.code.lower().re_search(SEX)
    told_apart = admitted | died | aside
    allergy = _said(given, ALLERGY)
    drug = given.drug.notnull() & ~told_apart & ~allergy
    event = (given.event.notnull() & ~drug) | admitted | died
    other = ~drug & ~event & ~device & ~aside
    rest = shelf.keep(given.mutate(unit__told=unit, is__drug=drug, is__event=event, is__device=device, is__other=other))

    measured, taken, happened, devices = (
        rest.filter(ibis.coalesce(rest[f"is__{kind}"], False)) for kind in ("other", "drug", "event", "device")
    )
    word = ibis.cases(
        (happened.code.startswith(ADMITTED), "hospital_admission"),
        (happened.code.startswith(DIED), "death"),
        else_=happened.event,
    )
    amount = ibis.ifelse(taken.unit__told.notnull(), taken.numeric_value, ibis.null("string"))
    value, text = told(measured.numeric_value, measured.text_value)
    named = unless(_said(measured, ALLERGY), ibis.coalesce(measured.variable, measured.drug), "allergy")
    return {
        "measurements": record(
            measured,
            measured.file,
            0,
            variable=ibis.coalesce(named, measured.code),
            value=value,
            text=text,
            unit=measured.unit__told,
            time=measured.time,
        ),
        "drugs": record(
            taken,
            taken.file,
            0,
            drug=taken.drug,
            amount=amount,
            unit=taken.unit__told,
            status=_status(taken),
            time=taken.time,
        ),
        "events": record(happened, happened.file, 0, event=word, text=happened.text_value, time=happened.time),
        "states": record(
            devices, devices.file, 0, variable=ibis.literal("oxygen"), device=devices.text_value, time=devices.time
        ),
    }
