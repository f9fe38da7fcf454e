"""What is derived of each patient alone and is most of the work: days, grades, scores, series of laboratory values."""

from collections.abc import Callable, Collection, Mapping

import ibis

from abate.biomarkers.altered import with_altered
from abate.biomarkers.series import laboratory, series
from abate.engine.ingest import Records
from abate.engine.parts import in_parts
from abate.grading.daily import computed_grades
from abate.grading.rules import System
from abate.outcomes.toxicity_course import toxicity_courses
from abate.scores.of_courses import known_variables, scores_of_courses
from abate.timeline.features import SHOWN, features
from abate.timeline.joins import KEYS

EACH_PATIENT = ("features", *SHOWN, "computed_grades", "toxicity_courses", "scores", "points")
"""What is kept of it."""
DAYS = 1_000_000
"""Patient-days of a part: with 3 GB for the engine more would be written to disk and read again."""


def of_each_patient(
    records: Records,
    tables: Mapping[str, ibis.Table],
    systems: Mapping[str, System],
    progress: Callable[[str], None],
) -> dict[str, ibis.Table]:
    """Derive all that looks at each patient alone, a part of the patients after another where they are many.

    Parameters
    ----------
    records
        Where the tables come from.
    tables
        The record tables, with what :func:`abate.cohort.derive` derived of them before: ``days, follow_up, clinician,
        highest, administrations, totals``.
    systems
        By which days are graded.
    progress
        Called with a word before each room.

    Returns
    -------
    dict of str to ibis.Table
        By the names of :data:`EACH_PATIENT`; ``points`` are the values of a series with those that drugs alter marked.
    """
    known = known_variables(records["measurements"])

    def derive(part: Mapping[str, ibis.Table]) -> None:
        _rooms(records, part, systems, known, progress)

    return in_parts(tables, EACH_PATIENT, derive, records.engine, DAYS, progress)


def _rooms(
    records: Records,
    tables: Mapping[str, ibis.Table],
    systems: Mapping[str, System],
    known: Collection[str],
    progress: Callable[[str], None],
) -> None:
    """Keep in the engine what :data:`EACH_PATIENT` names."""
    engine, study, options = records.engine, records.study, records.study.options
    keep, only = engine.keep, engine.only
    observed = tables["follow_up"].select(*KEYS, last_day="observed_day")
    progress("grading")
    with only("features", *SHOWN):
        daily = features(tables, tables["days"], observed, study.dictionary, options, engine)
    with only("computed_grades"):
        computed = keep("computed_grades", computed_grades(daily, tables["clinician"], options, engine, systems))
    found = toxicity_courses(computed, daily, tables["highest"], tables["follow_up"], options)
    keep("toxicity_courses", found)
    progress("scores")
    within = engine.within("scores")
    with only("scores"):
        keep("scores", scores_of_courses(tables, daily, observed, study.dictionary, options, within, known))
    progress("biomarkers")
    compared = [name for comparison in study.comparisons for name in comparison.variables]
    with only("points"):
        drawn = keep("series", series(laboratory(tables["measurements"], compared), options))
        keep("points", with_altered(drawn, tables["administrations"], tables["totals"], tables["states"], options))
