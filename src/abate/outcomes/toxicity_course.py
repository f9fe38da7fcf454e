"""The course of each toxicity in each patient: onset, peak, resolution, days."""

import ibis

from abate.records.options import Options
from abate.timeline.joins import DAY, KEYS, beside


def toxicity_courses(grades: ibis.Table, features: ibis.Table, options: Options) -> ibis.Table:
    """Sum the days of each toxicity under each system to one row a course.

    Parameters
    ----------
    grades
        From :func:`abate.grading.daily.computed_grades`.
    features
        ``patient_id, course_id, day, fever_minute, infusion_minute``.
    options
        ``crs_onset``: the first fever, or the first day of any grade.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, toxicity, system``; ``graded_days`` and ``ungraded_days``; ``worst`` (null
        where no day could be graded); ``onset_day``, ``onset_hour`` (hours from the infusion, or from
        midnight of day 0 where its time is not known; null where the first sign has no time),
        ``peak_day``, ``last_day`` (the last of any grade), ``toxic_days`` (with a grade above 0),
        ``days_to_peak``, ``duration`` (days from first onset to last resolution); ``clinician_days``.
    """
    rows = grades.select(*DAY, "toxicity", "system", grade="primary_grade", by=grades.primary)
    rows = beside(rows, features.select(*DAY, "fever", "fever_minute", "infusion_minute"), DAY)
    toxic = ibis.coalesce(rows.grade > 0, False)
    fever = ibis.coalesce(rows.fever, False)
    onset = toxic & fever if options["crs_onset"] == "first_fever" else toxic
    onset = ibis.ifelse(rows.toxicity == "CRS", onset, toxic)
    found = rows.group_by(*KEYS, "toxicity", "system").aggregate(
        graded_days=rows.grade.count(),
        ungraded_days=rows.grade.isnull().sum(),
        worst=rows.grade.max(),
        onset_day=rows.day.min(where=onset),
        first_day=rows.day.min(where=toxic),
        last_day=rows.day.max(where=toxic),
        toxic_days=toxic.sum(),
        clinician_days=(rows.by == "clinician").sum(),
    )
    keys = (*KEYS, "toxicity", "system")
    peaks = rows.inner_join(found.select(*keys, "worst", first_onset="onset_day"), list(keys))
    peaks = peaks.group_by(*keys).aggregate(
        peak_day=peaks.day.min(where=(peaks.grade == peaks.worst) & (peaks.worst > 0)),
        fever_minute=peaks.fever_minute.min(where=(peaks.day == peaks.first_onset) & (peaks.toxicity == "CRS")),
        infusion_minute=peaks.infusion_minute.min(),
    )
    found = beside(found, peaks, keys)
    onset_day = ibis.coalesce(found.onset_day, found.first_day)
    hours = (found.fever_minute - ibis.coalesce(found.infusion_minute, 0)) / 60
    return found.mutate(
        onset_day=onset_day,
        onset_hour=hours,
        days_to_peak=found.peak_day - onset_day,
        duration=found.last_day - onset_day + 1,
    ).drop("first_day", "fever_minute", "infusion_minute")
