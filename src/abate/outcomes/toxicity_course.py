"""The course of each toxicity in each patient: onset, peak, resolution, days."""

import ibis

from abate.grading.daily import family
from abate.records.options import Options
from abate.timeline.joins import DAY, KEYS, beside


def toxicity_courses(
    grades: ibis.Table, features: ibis.Table, highest: ibis.Table, follow_up: ibis.Table, options: Options
) -> ibis.Table:
    """Sum the days of each toxicity under each system to one row a course.

    Parameters
    ----------
    grades
        From :func:`abate.grading.daily.computed_grades`.
    features
        ``patient_id, course_id, day, fever_minute, infusion_minute``.
    highest, follow_up
        From :func:`abate.grading.clinician.highest_grades`: a clinician's highest grade of the course is its
        worst; ``patient_id, course_id, cause`` of death: a coded cause that names the toxicity is grade 5.
    options
        ``crs_onset``: the first fever, or the first day of any grade.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, toxicity, system``; ``graded_days`` and ``ungraded_days``; ``worst`` (at
        least; null where no day could be graded, or where of CRS the graded days are 0 and a febrile one could not be
        graded); ``onset_day`` (the first seen) and ``onset_known`` (every day before
        it was graded 0); ``onset_hour`` (hours of the first fever from the infusion, or from midnight of
        day 0 where its time is not known); ``peak_day``, ``last_day`` (the last of any grade),
        ``toxic_days`` (with a grade above 0); ``days_to_peak`` and ``duration`` (days from first onset to
        last resolution), null where the onset is not known, or the day after the last was not graded 0;
        ``clinician_days``.
    """
    rows = grades.select(*DAY, "toxicity", "system", grade="primary_grade", low="primary_low", by="primary")
    rows = beside(rows, features.select(*DAY, "fever", "fever_minute", "infusion_minute"), DAY)
    toxic = ibis.coalesce(rows.low > 0, False)
    fever = ibis.coalesce(rows.fever, False)
    onset = toxic & fever if options["crs_onset"] == "first_fever" else toxic
    onset = ibis.ifelse(rows.toxicity == "CRS", onset, toxic)
    found = rows.group_by(*KEYS, "toxicity", "system").aggregate(
        graded_days=rows.low.count(),
        ungraded_days=rows.low.isnull().sum(),
        worst=rows.low.max(),
        onset_day=rows.day.min(where=onset),
        first_day=rows.day.min(where=toxic),
        last_day=rows.day.max(where=toxic),
        toxic_days=toxic.sum(),
        clinician_days=(rows.by == "clinician").sum(),
        febrile_ungraded=(rows.low.isnull() & fever & (rows.toxicity == "CRS")).max(),
    )
    # A fever that could not be graded may have been CRS: no such course is known to have had none.
    none_known = ibis.coalesce((found.worst == 0) & found.febrile_ungraded, False)
    found = found.mutate(worst=ibis.ifelse(none_known, ibis.null(found.worst.type()), found.worst))
    found = found.drop("febrile_ungraded")
    keys = (*KEYS, "toxicity", "system")
    onset_day = ibis.coalesce(found.onset_day, found.first_day)
    found = found.mutate(onset_day=onset_day)
    around = rows.inner_join(found.select(*keys, "worst", "onset_day", end="last_day"), list(keys))
    around = around.group_by(*keys).aggregate(
        peak_day=around.day.min(where=(around.low == around.worst) & (around.worst > 0)),
        fever_minute=around.fever_minute.min(where=(around.day == around.onset_day) & (around.toxicity == "CRS")),
        infusion_minute=around.infusion_minute.min(),
        unseen_before=(ibis.coalesce(around.low != 0, True) & (around.day < around.onset_day)).sum(),
        seen_after=(around.grade == 0).max(where=around.day == around.end + 1),
    )
    found = beside(found, around, keys)
    found = _with_course_grades(found, highest, follow_up)
    # A toxicity may have begun on an earlier day that nobody could grade, or gone on after the last.
    known = found.onset_day.notnull() & (found.unseen_before == 0)
    none = ibis.null("int64")
    hours = (found.fever_minute - ibis.coalesce(found.infusion_minute, 0)) / 60
    return found.mutate(
        onset_known=ibis.coalesce(known, False),
        onset_hour=ibis.ifelse(known, hours, ibis.null("float64")),
        days_to_peak=ibis.ifelse(known, found.peak_day - found.onset_day, none),
        duration=ibis.ifelse(known & found.seen_after, found.last_day - found.onset_day + 1, none),
    ).drop("first_day", "fever_minute", "infusion_minute", "unseen_before", "seen_after")


def _with_course_grades(found: ibis.Table, highest: ibis.Table, follow_up: ibis.Table) -> ibis.Table:
    """Take the worst grade from what was judged of the whole course, and from the cause of death."""
    names = found.select("toxicity", "system").distinct()
    judged = highest.filter(highest.high.notnull())
    same = judged.system.isnull() | (family(judged.system) == family(names.system))
    judged = judged.join(names, [judged.toxicity == names.toxicity, same], rname="{name}_graded")
    judged = judged.group_by(*KEYS, "toxicity", system=judged.system_graded).aggregate(judged_worst=judged.low.max())
    rows = beside(found, judged, (*KEYS, "toxicity", "system"))
    rows = beside(rows, follow_up.select(*KEYS, "cause"))
    fatal = ibis.coalesce(rows.cause.strip().upper() == rows.toxicity, False)
    worst = ibis.cases(
        (fatal, ibis.literal(5, "int8")), else_=ibis.coalesce(rows.judged_worst.cast("int8"), rows.worst)
    )
    return rows.mutate(worst=worst).drop("judged_worst", "cause")
