"""What becomes of the rows of CLIF: the six record tables, as text under the project's names.

Every row of a table that is read goes through, also where its name, unit or value will be set
aside: judging is the reader's work. No value is changed but for the spelling of its unit and
inspired oxygen, which CLIF gives as a fraction and the records in percent.
"""

from collections.abc import Callable, Iterator

import ibis

from abate.records import parse
from abate.records.patients import LIMITS
from abate.sources import clif_states
from abate.sources.clif_rows import Clif, local, with_course
from abate.sources.shelf import renamed, union

VITALS = {
    "temp_c": ("temperature", "Cel"),
    "sbp": ("sbp", "mm[Hg]"),
    "dbp": ("dbp", "mm[Hg]"),
    "map": ("map", "mm[Hg]"),
    "heart_rate": ("heart_rate", "/min"),
    "respiratory_rate": ("resp_rate", "/min"),
    "spo2": ("spo2", "%"),
    "weight_kg": ("weight", "kg"),
    "height_cm": ("height", "cm"),
}
"""The category of a vital sign: our name, and the unit that CLIF fixes for it."""

LABS = {
    "alkaline_phosphatase": "alp",
    "bilirubin_conjugated": "bilirubin_direct",
    "calcium_total": "calcium",
    "lymphocytes_absolute": "alc",
    "neutrophils_absolute": "anc",
    "platelet_count": "platelets",
    "ptt": "aptt",
}
"""Categories of results that have another name here; all others keep their own."""

LAB_UNITS = {"10^3/µL": "10*3/uL", "10^3/μL": "10*3/uL"}
"""Spellings that the reader does not know: with U+00B5 and with U+03BC."""

SCORES = ("gcs_total", "gcs_eye", "rass")
"""Assessments that are a score; the unit of others is left to whoever declares them."""

GIVEN = {"given": "given", "bolus": "given", "not_given": "held", "not given": "held"}
"""What was done with an intermittent dose; other words go through, and are set aside."""

SPELLING = {
    "patients": {
        "day0": "admission_dttm",
        "last_contact": "discharge_dttm",
        "age": "age_at_admission",
        "sex": "sex_category",
    },
    "states": {
        "time": "recorded_dttm",
        "device": "device_category",
        "flow": "lpm_set",
        "fio2": "fio2_set",
    },
    "drugs": {
        "drug": "med_category",
        "time": "admin_dttm",
        "amount": "med_dose",
        "unit": "med_dose_unit",
        "rate": "med_dose",
        "rate_unit": "med_dose_unit",
        "dose_count": "med_dose",
        "route": "med_route_category",
        "status": "mar_action_category",
    },
}
"""Our columns to those of the files, where all files of a table agree."""

BASELINE = ("admission_type_category", "discharge_category")


def _patients(clif: Clif) -> ibis.Table:
    rows = clif.courses
    body = {"weight_kg": ibis.null("string"), "height_cm": ibis.null("string")}
    if "vitals" in clif.tables:
        rows = rows.left_join(_body(clif.tables["vitals"]), "hospitalization_id").drop("hospitalization_id_right")
        body = {name: clif.number(rows[name]) for name in body}
    return clif.record(
        rows,
        "hospitalization",
        0,
        day0=local(rows.admission_dttm),
        last_contact=local(rows.discharge_dttm),
        age=clif.number(rows.age_at_admission),
        sex=rows.sex_category,
        **body,
        **{name: rows[name] for name in BASELINE},
    )


def _body(vitals: ibis.Table) -> ibis.Table:
    """Return the first plausible weight and height of each hospitalization."""
    name = vitals.vital_category.lower()
    plausible = [
        (name == wanted) & vitals.vital_value.between(*LIMITS[wanted]) for wanted in ("weight_kg", "height_cm")
    ]
    rows = vitals.mutate(name=name).filter(plausible[0] | plausible[1])
    order = ibis.window(group_by=["hospitalization_id", "name"], order_by=["recorded_dttm", "row__number"])
    first = rows.mutate(rank=ibis.row_number().over(order)).filter(ibis._["rank"] == 0)
    return first.group_by("hospitalization_id").aggregate(
        weight_kg=first.vital_value.max(where=first["name"] == "weight_kg"),
        height_cm=first.vital_value.max(where=first["name"] == "height_cm"),
    )


def _measurements(clif: Clif) -> ibis.Table | None:
    build = {"vitals": _vitals, "labs": _labs, "patient_assessments": _assessments}
    return union([part(clif, position) for position, (name, part) in enumerate(build.items()) if name in clif.tables])


def _vitals(clif: Clif, position: int) -> ibis.Table:
    rows = with_course(clif.tables["vitals"], clif)
    name = rows.vital_category.lower()
    return clif.record(
        rows,
        "vitals",
        position,
        variable=renamed(name, {word: ours for word, (ours, _) in VITALS.items()}),
        value=clif.number(rows.vital_value),
        unit=name.cases(*((word, unit) for word, (_, unit) in VITALS.items()), else_=ibis.null("string")),
        time=local(rows.recorded_dttm),
    )


def _labs(clif: Clif, position: int) -> ibis.Table:
    rows = with_course(clif.tables["labs"], clif)
    bare = rows.lab_value.re_replace(parse.COMPARATOR, "").strip()
    reads = parse.number(bare, clif.study.reading).notnull()
    name, specimen = renamed(rows.lab_category.lower(), LABS), rows.lab_specimen_category.lower()
    # The dictionary is of blood; creatinine of urine has another name.
    other = ibis.coalesce(~specimen.re_search("blood|serum|plasma"), False)
    return clif.record(
        rows,
        "labs",
        position,
        variable=ibis.ifelse(other, name + " of " + specimen, name),
        # The text first: the number beside it has lost its comparator.
        value=ibis.ifelse(reads, rows.lab_value, clif.number(rows.lab_value_numeric)),
        text=ibis.ifelse(reads, ibis.null("string"), rows.lab_value),
        unit=renamed(rows.reference_unit, LAB_UNITS),
        time=local(rows.lab_collect_dttm),
    )


def _assessments(clif: Clif, position: int) -> ibis.Table:
    rows = with_course(clif.tables["patient_assessments"], clif)
    name = rows.assessment_category.lower()
    return clif.record(
        rows,
        "patient_assessments",
        position,
        variable=name,
        value=clif.number(rows.numerical_value),
        text=ibis.coalesce(rows.categorical_value, rows.text_value),
        unit=ibis.ifelse(name.isin(SCORES), "{score}", ibis.null("string")),
        time=local(rows.recorded_dttm),
    )


def _drugs(clif: Clif) -> ibis.Table | None:
    build = {"medication_admin_continuous": _infusions, "medication_admin_intermittent": _doses}
    return union([part(clif, position) for position, (name, part) in enumerate(build.items()) if name in clif.tables])


def _infusions(clif: Clif, position: int) -> ibis.Table:
    """Return each charted rate as a segment that ends where its order next says something."""
    rows = clif.tables["medication_admin_continuous"]
    action, group = rows.mar_action_category.lower(), rows.mar_action_group.lower()
    held = action.isin(("not_given", "not given")) | (group == "not_administered")
    # What was due or held says nothing of the rate that runs, and does not end it.
    status = ibis.cases((ibis.coalesce(held, False), "held"), (group == "other", "other"))
    rows = rows.mutate(status=status, idle=status.notnull())
    drug = ["hospitalization_id", "med_category", "idle"]
    # Orders hand over within the minute, and two run at once: the next row of the drug may be
    # another order's, and would end the wrong one.
    by_order = ibis.window(group_by=[*drug, "med_order_id"], order_by=["admin_dttm", "row__number"])
    by_drug = ibis.window(group_by=drug, order_by=["admin_dttm", "row__number"])
    stopped = ibis.coalesce(rows.mar_action_category.lower() == "stop", False)
    rows = rows.mutate(
        stopped=stopped,
        next_of_order=rows.admin_dttm.lead().over(by_order),
        next_of_drug=rows.admin_dttm.lead().over(by_drug),
    )
    rows = with_course(rows, clif)
    still = rows.stopped | (rows.med_dose == 0)
    later = ibis.ifelse(ibis.coalesce(still, False), ibis.null("timestamp('UTC')"), rows.next_of_drug)
    return clif.record(
        rows,
        "medication_admin_continuous",
        position,
        drug=rows.med_category.lower(),
        kind=ibis.literal("infusion"),
        rate=ibis.ifelse(rows.stopped, "0", clif.number(rows.med_dose)),
        rate_unit=rows.med_dose_unit,
        route=rows.med_route_category,
        status=rows.status,
        time=local(rows.admin_dttm),
        end_time=local(ibis.coalesce(rows.next_of_order, later)),
    )


def _doses(clif: Clif, position: int) -> ibis.Table:
    rows = with_course(clif.tables["medication_admin_intermittent"], clif)
    amount = clif.number(rows.med_dose)
    # "1 dose" says that it was given, and not how much.
    counted = ibis.coalesce(rows.med_dose_unit.lower().isin(("dose", "doses")), False)
    none = ibis.null("string")
    return clif.record(
        rows,
        "medication_admin_intermittent",
        position,
        drug=rows.med_category.lower(),
        kind=ibis.literal("dose"),
        amount=ibis.ifelse(counted, none, amount),
        unit=ibis.ifelse(counted, none, rows.med_dose_unit),
        dose_count=ibis.ifelse(counted, amount, none),
        route=rows.med_route_category,
        status=renamed(rows.mar_action_category.lower(), GIVEN),
        time=local(rows.admin_dttm),
    )


def _deaths(clif: Clif) -> ibis.Table:
    """Return the courses with ``died``: where the death of the patient falls within the admission."""
    rows = clif.courses
    day_after = rows.discharge_dttm + ibis.interval(days=1)
    within = (rows.death_dttm >= rows.admission_dttm) & ibis.coalesce(rows.death_dttm <= day_after, True)
    rows = rows.mutate(within=ibis.coalesce(within, False))
    # A readmission on the day of discharge: the death is the later admission's alone.
    last = ibis.window(
        group_by=["patient_id", "within"], order_by=[ibis.desc("admission_dttm"), ibis.desc("row__number")]
    )
    return rows.mutate(died=rows.within & (ibis.row_number().over(last) == 0))


def _events(clif: Clif) -> ibis.Table:
    rows = _deaths(clif)
    dated = rows.filter(rows.died).mutate(row__number=ibis._.patient__row)
    expired = rows.filter((rows.discharge_category.lower() == "expired") & ~rows.died)
    death = {"event": ibis.literal("death")}
    return ibis.union(
        clif.record(dated, "patient", 0, **death, time=local(dated.death_dttm)),
        clif.record(expired, "hospitalization", 1, **death, time=local(expired.discharge_dttm)),
    )


def promised(clif: Clif) -> list[str]:
    """Return the domains that the door promises to be complete: those whose files are there.

    What the mapping file declares stands instead. Without a file, silence would be no absence.
    """
    needed = {
        "drugs": ("medication_admin_continuous", "medication_admin_intermittent"),
        "vasopressors": ("medication_admin_continuous",),
    }
    return [
        domain
        for domain, files in needed.items()
        if domain not in clif.study.coverage and all(file in clif.tables for file in files)
    ]


def _coverage(clif: Clif) -> ibis.Table | None:
    rows, yes = clif.courses, ibis.literal("yes")
    return union(
        [
            clif.record(rows, "hospitalization", position, domain=ibis.literal(domain), complete=yes)
            for position, domain in enumerate(promised(clif))
        ]
    )


BUILD: dict[str, Callable[[Clif], ibis.Table | None]] = {
    "patients": _patients,
    "measurements": _measurements,
    "states": clif_states.states,
    "drugs": _drugs,
    "events": _events,
    "coverage": _coverage,
}
"""How each record table is made; None where none of its files is there."""


def beside(clif: Clif) -> Iterator[tuple[str, str, ibis.Table, str, str]]:
    """Yield what is in the records and in no table of ours: file, column, rows, words, advice."""
    deaths = _deaths(clif)
    known = deaths.filter(deaths.died | (deaths.discharge_category.lower() == "expired")).select("patient_id")
    people = clif.tables["patient"]
    admitted = people.semi_join(clif.courses, "patient_id")
    yield (
        "patient",
        "death_dttm",
        admitted.filter(admitted.death_dttm.notnull()).anti_join(known, "patient_id"),
        "{count} with a death outside every admission; they are no events of an admission",
        "Nothing to do: an admission ends with discharge.",
    )
    yield (
        "patient",
        "patient_id",
        people.anti_join(clif.courses, "patient_id"),
        "{count} of patients without a hospitalization; they are not used",
        "Nothing to do, unless a hospitalization is lost.",
    )
    if "medication_admin_continuous" in clif.tables:
        rows = clif.tables["medication_admin_continuous"]
        yield (
            "medication_admin_continuous",
            "med_dose",
            rows.filter((rows.mar_action_category.lower() == "stop") & (rows.med_dose != 0)),
            "{count} with the action stop and a rate; they are taken as stopped, at rate 0",
            "Look whether the action or the rate is meant.",
        )
