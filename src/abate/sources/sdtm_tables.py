"""What becomes of the rows of SDTM: the record tables, as text under the project's names.

Every row of a domain that is read goes through, also where its test, unit or drug will be set aside: judging is the
reader's work. Results are the original ones, in their original units.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from abate.records.dictionary import organ_terms
from abate.sources.infusions import Settings, with_course
from abate.sources.mapping import Study
from abate.sources.shelf import clock, dosed, record, renamed, through, told, union, unless, year_alone

DOMAINS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dm": (
        ("usubjid", "rfstdtc"),
        ("rfxstdtc", "rfendtc", "rfpendtc", "dthdtc", "dthfl", "age", "ageu", "sex", "actarm", "race", "ethnic"),
    ),
    "lb": (
        ("usubjid", "lbtestcd", "lborres"),
        (
            *("lborresu", "lbornrlo", "lbornrhi", "lbstresc", "lbstresu", "lbspec", "lbstat", "lbloinc"),
            *("lbdtc", "lbdy"),
        ),
    ),
    "vs": (
        ("usubjid", "vstestcd", "vsorres"),
        ("vsorresu", "vsstresn", "vsstresu", "vsstat", "vsblfl", "vslobxfl", "vsdtc", "vsdy"),
    ),
    "cm": (
        ("usubjid", "cmtrt"),
        (
            *("cmdecod", "cmdose", "cmdosu", "cmdosfrq", "cmroute", "cmindc", "cmstat", "cmoccur"),
            *("cmstdtc", "cmendtc", "cmstdy", "cmendy"),
        ),
    ),
    "ex": (
        ("usubjid", "extrt"),
        ("exdose", "exdosu", "exdosfrq", "exroute", "exdosfrm", "exstdtc", "exendtc", "exstdy", "exendy"),
    ),
    "ae": (("usubjid", "aeterm"), ("aedecod", "aetoxgr", "aerel", "aestdtc", "aeendtc", "aestdy", "aeendy")),
    "ce": (
        ("usubjid", "ceterm"),
        ("cedecod", "ceoccur", "cestat", "cetoxgr", "cestdtc", "ceendtc", "cestdy", "ceendy"),
    ),
    "ds": (("usubjid", "dsdecod"), ("dsterm", "dsstdtc", "dsstdy")),
}
"""The domains that are read: columns that have to be there, and others that are taken."""

STARTS = {"lb": "lbdtc", "vs": "vsdtc", "cm": "cmstdtc", "ex": "exstdtc", "ae": "aestdtc", "ce": "cestdtc"}

TESTS = {
    "ALP": "alp",
    "APTT": "aptt",
    "BILI": "bilirubin_total",
    "BILDIR": "bilirubin_direct",
    "CA": "calcium",
    "CREAT": "creatinine",
    "FERRITIN": "ferritin",
    "FIBRINO": "fibrinogen",
    "HGB": "hemoglobin",
    "ALB": "albumin",
    "INTLK6": "il6",
    "K": "potassium",
    "LACTICAC": "lactate",
    "LYM": "alc",
    "MG": "magnesium",
    "NEUT": "anc",
    "PHOS": "phosphate",
    "PLAT": "platelets",
    "TRIG": "triglyceride",
    "SYSBP": "sbp",
    "DIABP": "dbp",
    "HR": "heart_rate",
    "PULSE": "heart_rate",
    "RESP": "resp_rate",
    "TEMP": "temperature",
    "OXYSAT": "spo2",
}
"""Short names of tests (CDISC controlled terminology, as recalled) that have another name here."""

BLOOD = ("BLOOD", "SERUM", "PLASMA", "SERUM OR PLASMA", "SERUM/PLASMA", "WHOLE BLOOD")
"""Specimens whose results are those of the dictionary; of another the name of the test says which."""

PER_DAY: dict[str, float] = {
    "QD": 24,
    "DAILY": 24,
    "QAM": 24,
    "QPM": 24,
    "QHS": 24,
    "BID": 12,
    "TID": 8,
    "QID": 6,
    "QOD": 48,
    "Q48H": 48,
    "Q24H": 24,
    "Q12H": 12,
    "Q8H": 8,
    "Q6H": 6,
    "Q4H": 4,
    "Q3H": 3,
    "Q2H": 2,
}
"""Hours from a dose to the next; ``PRN`` and ``ONCE`` say none."""

GRADED = {
    "cytokine release syndrome": "crs_grade",
    "immune effector cell-associated neurotoxicity syndrome": "icans_grade",
}
HAPPENED = {
    "haemophagocytic lymphohistiocytosis": "hlh",
    "hemophagocytic lymphohistiocytosis": "hlh",
    "cardiac arrest": "cardiac_arrest",
}
"""Preferred terms of adverse events that are events here: with a grade, and without."""

SPELLING: dict[str, dict[str, str]] = {
    "patients": {"day0": "EXSTDTC", "last_contact": "RFPENDTC", "age": "AGE", "sex": "SEX"},
    "measurements": {"variable": "--TESTCD", "value": "--ORRES", "unit": "--ORRESU", "time": "--DTC"},
    "drugs": {
        **{"drug": "--DECOD or --TRT", "amount": "--DOSE", "unit": "--DOSU", "time": "--STDTC", "end_time": "--ENDTC"},
        "route": "--ROUTE",
    },
    "events": {"event": "--DECOD", "value": "--TOXGR", "time": "--STDTC", "end_time": "--ENDTC"},
}


@dataclass(frozen=True)
class Sdtm:
    """The domains that are there, the subjects, their courses, and what the user asks."""

    tables: Mapping[str, ibis.Table]
    subjects: ibis.Table
    courses: ibis.Table
    study: Study
    asked: Settings

    def placed(self, domain: str, start: str, day: str, end: str = "", end_day: str = "") -> ibis.Table:
        """Return the rows of a domain with ``time``, ``end_time``, patient and course.

        Where there is no date, the study day stands for it. There is no study day 0: the reference start is day 1.
        """
        rows = self.tables[domain].mutate(patient_id=ibis._.usubjid)
        begin = self.subjects.select(reference__of="patient_id", reference__at="reference")
        rows = rows.left_join(begin, rows.patient_id == begin.reference__of)
        rows = rows.mutate(time=self._time(rows, start, day))
        rows = rows.mutate(end_time=through(self._time(rows, end, end_day)) if end else ibis.null("string"))
        return with_course(rows, self.courses, rows.time)

    def periods(self, domain: str) -> ibis.Table:
        """Return the rows of a domain of periods, as :meth:`placed` does."""
        return self.placed(domain, *(f"{domain}{column}" for column in ("stdtc", "stdy", "endtc", "endy")))

    def _time(self, rows: ibis.Table, column: str, day: str) -> ir.StringValue:
        number = rows[day].try_cast("float64").floor().cast("int64")
        since = ibis.ifelse(number > 0, number - 1, number)
        date = (rows.reference__at + since.as_interval("D")).cast("date").cast("string")
        # Of a year alone nothing is completed, not even by the day beside it.
        counted = ibis.ifelse((number == 0) | year_alone(rows[column]), ibis.null("string"), date)
        return ibis.coalesce(clock(rows[column], self.study), counted)


def _patients(sdtm: Sdtm) -> ibis.Table:
    rows = sdtm.courses.left_join(sdtm.subjects.drop("row__number"), "patient_id").drop("patient_id_right")
    rows = _with_death(sdtm, rows)
    body = {"weight_kg": ibis.null("string"), "height_cm": ibis.null("string")}
    if "vs" in sdtm.tables:
        found = _body(sdtm.tables["vs"])
        rows = rows.left_join(found, rows.patient_id == found.body__of)
        body = {name: rows[name] for name in body}
    age = rows.age.try_cast("float64")
    years = {"YEARS": 1.0, "MONTHS": 12.0, "WEEKS": 52.1775, "DAYS": 365.25}
    unit = ibis.coalesce(rows.ageu.upper(), "YEARS")
    in_years = unit.cases(*((word, age / per) for word, per in years.items()), else_=ibis.null("float64"))
    whole = ibis.ifelse(unit == "YEARS", rows.age, in_years.cast("string"))
    last = ibis.coalesce(_whole(rows.dthdtc), rows.death__day, rows.dthdtc, rows.rfpendtc, rows.rfendtc)
    return record(
        rows,
        rows.file,
        0,
        day0=rows.day0,
        last_contact=clock(last, sdtm.study),
        age=whole,
        sex=rows.sex,
        product=rows["product"],
        **body,
        arm=rows.actarm,
        race=rows.race,
        ethnicity=rows.ethnic,
    )


def _body(vitals: ibis.Table) -> ibis.Table:
    """Return weight and height of each subject in kg and cm: the baseline, or the last before exposure, as marked."""
    marked = ibis.coalesce(vitals.vsblfl, vitals.vslobxfl).upper() == "Y"
    rows = vitals.filter(marked, vitals.vsstresn.notnull())

    def of(test: str, unit: str) -> ir.StringValue:
        return rows.vsstresn.max(where=(rows.vstestcd == test) & (rows.vsstresu.lower() == unit))

    return rows.group_by(body__of=rows.usubjid).aggregate(weight_kg=of("WEIGHT", "kg"), height_cm=of("HEIGHT", "cm"))


def _measurements(sdtm: Sdtm) -> ibis.Table | None:
    parts = []
    if "lb" in sdtm.tables:
        rows = sdtm.placed("lb", "lbdtc", "lbdy")
        code = rows.lbtestcd.upper()
        known = list(sdtm.study.dictionary.written("measurements"))
        loinc = ibis.ifelse(rows.lbloinc.isin(known), rows.lbloinc, ibis.null("string"))
        other = rows.lbspec.notnull() & rows.lbspec.upper().notin(BLOOD)
        named = ibis.coalesce(loinc, renamed(code, TESTS))
        named = ibis.ifelse(ibis.coalesce(other, False), code + " of " + rows.lbspec.lower(), named)
        result = ibis.coalesce(rows.lborres, rows.lbstresc)
        unit = ibis.ifelse(rows.lborres.notnull(), rows.lborresu, rows.lbstresu)
        parts.append(_result(rows, 0, named, result, unit, lln=rows.lbornrlo, uln=rows.lbornrhi))
    if "vs" in sdtm.tables:
        rows = sdtm.placed("vs", "vsdtc", "vsdy")
        parts.append(_result(rows, 1, renamed(rows.vstestcd.upper(), TESTS), rows.vsorres, rows.vsorresu))
    return union(parts)


def _result(
    rows: ibis.Table,
    position: int,
    variable: ir.StringValue,
    result: ir.StringValue,
    unit: ir.StringValue,
    **limits: ir.Value,
) -> ibis.Table:
    value, text = told(ibis.null("string"), result)
    return record(
        rows,
        rows.file,
        position,
        variable=variable,
        value=value,
        text=text,
        unit=unit,
        time=rows.time,
        **limits,
    )


def _drugs(sdtm: Sdtm) -> ibis.Table | None:
    parts = []
    for position, domain in enumerate(("ex", "cm")):
        if domain not in sdtm.tables:
            continue
        rows = sdtm.periods(domain)
        cell = {name: rows[f"{domain}{name}"] for name in ("trt", "dose", "dosu", "dosfrq", "route")}
        ever: ir.BooleanValue = ibis.literal(False)
        if domain == "cm":
            ever = (rows.cmoccur.upper() == "N") | (rows.cmstat.upper() == "NOT DONE")
        often = cell["dosfrq"].upper().cases(*PER_DAY.items(), else_=ibis.null("float64"))
        days = rows.end_time.substr(0, 10).try_cast("date").delta(rows.time.substr(0, 10).try_cast("date"), unit="day")
        # Five days of one dose a day are five doses.
        doses = (days * 24 / often).floor().cast("int64")
        doses = ibis.ifelse(doses >= 1, doses, ibis.null("int64"))
        dose, nothing = dosed(cell["dose"], cell["dosu"]), ibis.null("string")
        several = often.notnull() & doses.notnull() & (dose["kind"] == "dose")
        parts.append(
            record(
                rows,
                rows.file,
                position,
                drug=ibis.coalesce(rows.cmdecod, rows.cmtrt).lower() if domain == "cm" else cell["trt"].lower(),
                **dose,
                dose_count=ibis.ifelse(several, doses.cast("string"), nothing),
                interval_h=ibis.ifelse(several, often.cast("string"), nothing),
                route=cell["route"].lower(),
                indication=rows.cmindc if domain == "cm" else nothing,
                formulation=nothing if domain == "cm" else rows.exdosfrm,
                status=ibis.ifelse(ibis.coalesce(ever, False), "held", "given"),
                time=rows.time,
                end_time=rows.end_time,
            )
        )
    return union(parts)


def vague(sdtm: Sdtm) -> int:
    """Return how many periods of known amount over several days say no frequency."""
    count = 0
    for domain in ("ex", "cm"):
        if domain in sdtm.tables:
            rows = sdtm.periods(domain)
            first, last = (rows[name].substr(0, 10).try_cast("date") for name in ("time", "end_time"))
            often = rows[f"{domain}dosfrq"].upper().isin([*PER_DAY, "ONCE"])
            long = (last.delta(first, unit="day") > 1) & rows[f"{domain}dose"].notnull()
            count += int(rows.filter(long & ~ibis.coalesce(often, False)).count().to_pyarrow().as_py())
    return count


def _events(sdtm: Sdtm) -> ibis.Table | None:
    parts = []
    for position, domain in enumerate(("ae", "ce")):
        if domain in sdtm.tables:
            rows = sdtm.periods(domain)
            term = ibis.coalesce(rows[f"{domain}decod"], rows[f"{domain}term"]).strip().lower()
            graded = term.isin(list(GRADED))
            organ = term.isin(list(organ_terms())) & term.notin([*GRADED, *HAPPENED])
            event = ibis.ifelse(organ, "organ_toxicity", renamed(term, {**GRADED, **HAPPENED}))
            if domain == "ce":
                event = unless(rows.ceoccur.upper() == "N", event, "did not occur")
                event = unless(rows.cestat.upper() == "NOT DONE", event, "not looked for")
            system = ibis.literal(sdtm.asked.adverse_event_system).nullif("")
            parts.append(
                record(
                    rows,
                    rows.file,
                    position,
                    event=event,
                    system=ibis.ifelse(graded, system, ibis.null("string")),
                    value=ibis.ifelse(graded | organ, rows[f"{domain}toxgr"], ibis.null("string")),
                    text=ibis.ifelse(organ, term, ibis.null("string")),
                    attribution=rows.aerel if domain == "ae" else ibis.null("string"),
                    time=rows.time,
                    end_time=rows.end_time,
                )
            )
    dead = sdtm.subjects.filter((sdtm.subjects.dthfl.upper() == "Y") | sdtm.subjects.dthdtc.notnull())
    died = dead.mutate(time=clock(dead.dthdtc, sdtm.study))
    died = _with_death(sdtm, with_course(died, sdtm.courses, died.time))
    # The death of the disposition is the same death, and counts once; it stands where its date alone is whole.
    other = _whole(died.dthdtc).isnull() & died.death__day.notnull()
    death = unless(other, ibis.literal("death"), "the disposition has its day")
    parts.append(record(died, died.file, 2, event=death, time=died.time))
    if "ds" in sdtm.tables:
        rows = sdtm.placed("ds", "dsstdtc", "dsstdy")
        again = (rows.dsdecod.upper() == "DEATH") & rows.patient_id.isin(dead.patient_id)
        again &= _whole(rows.time).isnull()
        event = unless(again, rows.dsdecod.lower(), "the demographics have it")
        parts.append(record(rows, rows.file, 3, event=event, time=rows.time))
    return union(parts)


def _whole(date: ir.StringValue) -> ir.StringValue:
    """Return a date of which the day is known, else null."""
    return ibis.ifelse(date.length() >= 10, date, ibis.null("string"))


def _with_death(sdtm: Sdtm, rows: ibis.Table) -> ibis.Table:
    """Add ``death__day``: the whole date of the death of each patient in the disposition, null where it has none."""
    if "ds" not in sdtm.tables:
        return rows.mutate(death__day=ibis.null("string"))
    deaths = sdtm.tables["ds"].filter(ibis._.dsdecod.upper() == "DEATH")
    found = deaths.group_by(death__of="usubjid").aggregate(death__day=_whole(deaths.dsstdtc).min())
    return rows.left_join(found, rows.patient_id == found.death__of).drop("death__of")


BUILD: dict[str, Callable[[Sdtm], ibis.Table | None]] = {
    "patients": _patients,
    "measurements": _measurements,
    "drugs": _drugs,
    "events": _events,
}
"""How each record table is made; None where none of its domains is there."""
