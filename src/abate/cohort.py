"""Everything a report or an audit reads, derived from records once and kept between rooms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ibis
import pyarrow as pa

from abate.biomarkers.groups import beyond, measured, measured_days
from abate.biomarkers.movement import LETTER_LIMITS
from abate.each_patient import of_each_patient
from abate.engine.haste import swiftly
from abate.engine.ingest import Records
from abate.exposure import administrations as given_doses
from abate.exposure.anti_cytokine import CLASSES
from abate.exposure.courses import courses
from abate.exposure.daily_dose import daily_doses
from abate.exposure.equivalence import dexamethasone_factors
from abate.exposure.weight import daily_by_weight, implied_weights
from abate.exposure.windows import dose_in_windows, treatment_windows
from abate.grading.clinician import clinician_grades, highest_grades, primary_grades
from abate.grading.rules import System
from abate.grading.systems import SYSTEMS
from abate.outcomes.response import response
from abate.outcomes.response_rules import chosen_rule
from abate.outcomes.survival import survival
from abate.outcomes.words import reasons
from abate.records.dictionary import Dictionary
from abate.records.options import Options
from abate.sources.mapping import BY_RESPONSE, Comparison
from abate.timeline.course_facts import course_facts
from abate.timeline.features import SHOWN
from abate.timeline.follow_up import follow_up
from abate.timeline.joins import EXACT, KEYS, beside
from abate.timeline.patient_days import patient_days

STEROID = "dexamethasone-equivalent"
BACKGROUND = ("tocilizumab",)
AGAINST_TOXICITY = ("steroid", *CLASSES, "cytotoxic", "cytotoxic/IT")
"""Classes of drugs that are given against CRS, ICANS or HLH."""
GRID_DAYS = 100
"""Last day of the grid of patient-days: the page shows no toxicity after it."""


@dataclass(frozen=True, eq=False)
class Cohort:
    """What was derived, each a kept table; see the function named for its columns.

    Attributes
    ----------
    records, options
        What it was derived from, and how.
    administrations, doses, totals, courses
        Every administration, those that no total tells, totals, and courses:
        :mod:`abate.exposure.administrations`, :func:`abate.exposure.courses.courses`.
    treatment
        The first course of the treatment under study of each patient who had one.
    windows, exposure
        Days around the treatment; dose in them by currency (dexamethasone-equivalent, tocilizumab,
        the treatment itself).
    follow_up, days, grades, primary, highest, survival
        One row a course; a patient-day; a day graded by a clinician; such a day by which a response is
        judged, from :func:`abate.grading.clinician.primary_grades`; a toxicity; a course.
    coverage
        Promises of completeness that the records keep: :func:`kept_promises`.
    features, computed, toxicity_courses
        A patient-day; a patient-day and system; a course and system:
        :func:`abate.timeline.features.features`, :func:`abate.grading.daily.computed_grades`,
        :func:`abate.outcomes.toxicity_course.toxicity_courses`.
    response
        One row a treated patient, with ``reason`` in words.
    points
        Series of laboratory values, and of what is compared, with values that drugs alter marked.
    weights, body_weights
        Body weight implied by doses; ``weight_kg`` as given, else the first that was measured.
    steroid_days
        Dose of each day in mg of dexamethasone: :func:`abate.exposure.daily_dose.daily_doses`.
    others
        Courses of other drugs against the toxicity: :func:`other_treatments`.
    patients
        The record table with ``responder`` and ``treated`` beside the baseline.
    systems
        The grading systems by which days are graded.
    scores
        A course, score and time: :func:`abate.scores.of_courses.scores_of_courses`.
    charted
        What timelines draw, by the names of :data:`abate.timeline.features.SHOWN`.
    """

    records: Records
    options: Options
    administrations: ibis.Table
    doses: ibis.Table
    totals: ibis.Table
    courses: ibis.Table
    treatment: ibis.Table
    windows: ibis.Table
    exposure: Mapping[str, ibis.Table]
    follow_up: ibis.Table
    days: ibis.Table
    coverage: ibis.Table
    features: ibis.Table
    computed: ibis.Table
    toxicity_courses: ibis.Table
    grades: ibis.Table
    primary: ibis.Table
    highest: ibis.Table
    survival: ibis.Table
    response: ibis.Table
    points: ibis.Table
    weights: ibis.Table
    body_weights: ibis.Table
    patients: ibis.Table
    others: ibis.Table
    steroid_days: ibis.Table
    systems: Mapping[str, System]
    scores: ibis.Table
    charted: Mapping[str, ibis.Table]

    @cached_property
    def treatment_by_weight(self) -> ibis.Table:
        """Return the courses of the treatment under study with their daily dose by body weight."""
        return daily_by_weight(self.treatment, self.body_weights, self.weights)

    @cached_property
    def gradeable(self) -> list[tuple[str, str]]:
        """Toxicity and name of the systems under which at least one living day could be graded, in their order."""
        return self._systems_with("grade")

    @cached_property
    def judged(self) -> list[tuple[str, str]]:
        """Toxicity and name of the systems that have a grade of any living day, computed or a clinician's."""
        return self._systems_with("primary_low")

    def _systems_with(self, grade: str) -> list[tuple[str, str]]:
        found = self.computed.filter(self.computed[grade] < 5).select("toxicity", "system").distinct()
        pairs = {(row["toxicity"], row["system"]) for row in found.to_pyarrow().to_pylist()}
        order = [(system.toxicity, system.name) for system in self.systems.values()]
        return [pair for pair in order if pair in pairs]

    @property
    def first_systems(self) -> dict[str, str]:
        """Return of each toxicity the first system that has a grade of a day of it, computed or a clinician's."""
        return dict(reversed(self.judged))

    def by_first_system(self, rows: ibis.Table) -> ibis.Table:
        """Return the rows of each toxicity (``toxicity, system``) by the first system that could grade it."""
        chosen = [
            (rows.toxicity == toxicity) & (rows.system == system) for toxicity, system in self.first_systems.items()
        ]
        return rows.filter(ibis.or_(*chosen) if chosen else ibis.literal(False))

    def count(self, table: ibis.Table) -> int:
        """Return the number of rows of a table; many sections ask for the same."""
        rows = table.op()
        if rows not in self._counted:
            self._counted[rows] = int(table.count().to_pyarrow().as_py())
        return self._counted[rows]

    @cached_property
    def _counted(self) -> dict[Any, int]:
        return {}

    def measure(self, comparison: Comparison) -> ibis.Table:
        """Return one number a patient and variable: :func:`abate.biomarkers.groups.measured`."""
        return measured(self.points, self._people(comparison), comparison, self.options)

    def measure_days(self, comparison: Comparison) -> ibis.Table:
        """Return the highest value of each day: :func:`abate.biomarkers.groups.measured_days`."""
        return measured_days(self.points, self._people(comparison), comparison, self.options)

    def measure_beyond(self, comparison: Comparison) -> ibis.Table:
        """Say who passed the cut-offs that the letter names: :func:`abate.biomarkers.groups.beyond`."""
        return beyond(self.points, self._people(comparison), comparison, LETTER_LIMITS)

    def _people(self, comparison: Comparison) -> ibis.Table:
        """Return the group of each course, and the days that decide whether it can be compared."""
        anchor = self.anchor_name(comparison.anchor)
        anchors = self.anchors.filter(ibis._.anchor == anchor).select(*KEYS, anchor_day="day")
        had = self.records["events"].filter(ibis._.event == comparison.exclude_event)
        exact = had.day.notnull() & had.time_precision.isin(EXACT)
        had = had.group_by(*KEYS).aggregate(event_day=had.day.min(where=exact), undated=(~exact).any())
        last = self.follow_up
        deaths = last.select(*KEYS, "died", "death_day", death_exact=last.last_precision.isin(EXACT))
        rows = self.patients.select(*KEYS, label=self.label(comparison.group))
        for other in (anchors, had, self.treatment.select(*KEYS, "start_day"), deaths):
            rows = beside(rows, other, KEYS)
        return rows

    def anchor_name(self, anchor: str) -> str:
        """Return the name of an anchor of the mapping file among :attr:`anchors`."""
        study = self.records.study
        names = {"onset": onset_of(study.toxicity), "treatment": f"the start of {study.treatment}"}
        return names.get(anchor, "day 0")

    @cached_property
    def anchors(self) -> ibis.Table:
        """Moments of a course: ``patient_id, course_id, anchor, day``.

        Day 0, the first known onset of each toxicity by the first system that could grade it, the start of the
        treatment under study, and the first discharge after day 0.
        """
        people = self.patients.select(*KEYS, anchor=ibis.literal("day 0"), day=ibis.literal(0, "int64"))
        begun = self.by_first_system(self.toxicity_courses).filter(ibis._.onset_known)
        begun = begun.mutate(anchor=ibis.literal(onset_of("")) + begun.toxicity)
        stays = discharges(self.records["events"])
        left = stays.group_by(*KEYS).aggregate(day=stays.end_day.min().cast("int64"))
        parts = [
            people,
            begun.select(*KEYS, "anchor", day=begun.onset_day.cast("int64")),
            self.treatment.select(
                *KEYS,
                anchor=ibis.literal(self.anchor_name("treatment")),
                day=self.treatment.start_day.cast("int64"),
            ),
            left.select(*KEYS, anchor=ibis.literal("discharge"), day="day"),
        ]
        return self.records.engine.keep("anchors", ibis.union(*parts))

    def label(self, group: str) -> ibis.Value:
        """Return the label of a group for each patient of :attr:`patients`."""
        if group == BY_RESPONSE:
            return self.patients.responder
        found = self.records.study.groups[group]
        return labelled(self.patients[found.column], found.labels)


def discharges(events: ibis.Table) -> ibis.Table:
    """Return the stays in hospital that ended after day 0."""
    return events.filter(events.event == "hospital_admission", events.end_day > 0)


def labelled(column: ibis.Value, labels: Mapping[str, str]) -> ibis.Value:
    """Return the label of each value of a column; the value itself where it has none."""
    # A column of whole numbers is written 1 and not 1.0.
    cell = column.cast("string").re_replace(r"\.0$", "")
    return cell.cases(*labels.items(), else_=cell) if labels else cell


def onset_of(toxicity: str) -> str:
    """Name the anchor that is the onset of a toxicity."""
    return f"the onset of {toxicity}"


def other_treatments(courses: ibis.Table, known: Dictionary, treatment: str) -> ibis.Table:
    """Return the courses of other drugs against the toxicity: ``patient_id, course_id, drug, start_day``."""
    drugs = [name for name in known.drugs_of(*AGAINST_TOXICITY) if name != treatment]
    return courses.filter(courses.drug.isin(drugs)).select(*KEYS, "drug", "start_day")


def kept_promises(records: Records) -> ibis.Table:
    """Return the coverage that the records keep.

    A patient with a row that was set aside has no complete record of its domain, whatever was declared:
    what could not be read is no absence. A drug of a name that is not known takes the promise of
    ``drugs`` with it, and not that of ``vasopressors``; so does a dose that could not be read of another drug.
    """
    aside = records.set_aside
    aside = aside.filter(aside.reason.notin(("duplicate", "absent")), aside.patient_id.notnull())
    codes = records.study.dictionary.codes("drugs").rename(drug="name", code="written")
    pressors = records.study.dictionary.drugs_of("vasopressor")
    aside = aside.mutate(written=aside.name.strip().lower())
    aside = aside.left_join(codes, aside.written == codes.code)
    of_states = aside.written.cases(("oxygen", "oxygen"), ("renal_replacement", "kidney"), else_="neuro")
    oxygen = (aside.table == "measurements") & aside.written.isin(("o2_flow", "fio2"))
    seizure = (aside.table == "events") & (aside.written == "seizure")
    conditions = {
        "drugs": aside.table == "drugs",
        "vasopressors": (aside.table == "drugs") & aside.drug.isin(pressors),
        "oxygen": ((aside.table == "states") & (of_states == "oxygen")) | oxygen,
        "neuro": ((aside.table == "states") & (of_states == "neuro")) | seizure,
        "events": aside.table == "events",
    }
    lost = [
        aside.filter(where).select("patient_id", domain=ibis.literal(domain)) for domain, where in conditions.items()
    ]
    promised = records["coverage"]
    # All drugs are all vasopressors: a dose of another drug that could not be read loses the first promise alone.
    implied = promised.filter(promised.domain == "drugs", promised.complete)
    promised = promised.union(implied.mutate(domain=ibis.literal("vasopressors")).select(*promised.columns))
    return promised.anti_join(ibis.union(*lost, distinct=True), ["patient_id", "domain"])


def _usual_caps(known: Dictionary) -> ibis.Table:
    """Return the usual highest dose of the drugs that have one: ``drug, cap_mg``."""
    rows = {name: row["usual_dose_high_mg"] for name, row in known.drugs.items() if row.get("usual_dose_high_mg")}
    return ibis.memtable(pa.table({"drug": list(rows), "cap_mg": [float(cap) for cap in rows.values()]}))


@swiftly()
def derive(
    records: Records, progress: Callable[[str], None] | None = None, systems: Mapping[str, System] = SYSTEMS
) -> Cohort:
    """Derive everything from records.

    Parameters
    ----------
    records
        From :func:`abate.engine.ingest.ingest`.
    progress
        Called with a word before each room.
    systems
        By which days are graded.
    """
    say = progress or (lambda step: None)  # noqa: ARG005
    options, study, keep = records.study.options, records.study, records.engine.keep
    say("exposure")
    from_day = options["exposure_from_day"]
    facts = course_facts(records["patients"], records["measurements"], options)
    weights = keep("body_weights", facts.select(*KEYS, weight_kg="weight"))
    given = keep("given", given_doses.given(records["drugs"], weights))
    every = keep("administrations", given_doses.administrations(given))
    totals = keep("interval_totals", given_doses.interval_totals(given, from_day))
    doses = keep("doses_outside_totals", given_doses.outside_totals(every, totals))
    all_courses = keep("courses", courses(every, options["course_gap_days"]))
    treatment = keep("treatment", all_courses.filter(all_courses.drug == study.treatment, all_courses.number == 1))
    windows = keep("windows", treatment_windows(treatment, from_day))
    currencies = {STEROID: dexamethasone_factors(options["steroid_equivalence"])}
    for drug in dict.fromkeys((*BACKGROUND, *([study.treatment] if study.treatment else []))):
        currencies[drug] = ibis.memtable(pa.table({"drug": [drug], "factor": [1.0]}))
    coverage = keep("coverage_kept", kept_promises(records))
    exposure = {
        name: keep(f"exposure_{position}", dose_in_windows(windows, doses, totals, factors, coverage))
        for position, (name, factors) in enumerate(currencies.items())
    }

    say("outcomes")
    events = records["events"]
    given_only = records["drugs"].filter(records["drugs"].status == "given")
    dated = (records["measurements"], given_only, records["states"])
    followed = keep("follow_up", follow_up(records["patients"], events, *dated))
    grades = keep("clinician_grades", clinician_grades(events))
    primary = keep("primary_grades", primary_grades(grades, study.system, events))
    rule = chosen_rule(options)
    others = keep("other_treatments", other_treatments(all_courses, study.dictionary, study.treatment))
    judged = response(treatment, primary, events, followed, study.toxicity, options, [rule], others)
    judged = keep("response", reasons(keep("response_rule", judged), study.treatment, rule))
    patients = beside(records["patients"], judged.select(*KEYS, "response"), KEYS)
    patients = keep(
        "patients_grouped",
        patients.mutate(
            responder=ibis.cases(
                (patients.response == "yes", "responder"), (patients.response == "no", "nonresponder")
            ),
            treated=patients.response.notnull(),
        ).drop("response"),
    )
    days = keep("patient_days", patient_days(followed.select(*KEYS, last_day="observed_day"), GRID_DAYS))
    highest = keep("highest_grades", highest_grades(events))
    read = {**records.tables, "coverage": coverage, "days": days, "follow_up": followed, "highest": highest}
    read |= {"clinician": grades, "administrations": every, "totals": totals}
    each = of_each_patient(records, read, systems, say)
    return Cohort(
        records=records,
        options=options,
        administrations=every,
        doses=doses,
        totals=totals,
        courses=all_courses,
        treatment=treatment,
        windows=windows,
        exposure=exposure,
        follow_up=followed,
        days=days,
        coverage=coverage,
        features=each["features"],
        computed=each["computed_grades"],
        toxicity_courses=each["toxicity_courses"],
        grades=grades,
        primary=primary,
        highest=highest,
        survival=keep("survival", survival(treatment, followed)),
        response=judged,
        points=each["points"],
        weights=keep("implied_weights", implied_weights(records["drugs"], _usual_caps(study.dictionary))),
        body_weights=weights,
        patients=patients,
        others=others,
        steroid_days=keep("steroid_days", daily_doses(every, currencies[STEROID])),
        systems=systems,
        scores=each["scores"],
        charted={name: each[name] for name in SHOWN},
    )
