"""Response of a toxicity to a treatment: a high grade that falls to a low one after its start.

The rule is the one that Strati 2020 (doi:10.1182/bloodadvances.2020002328) implies: grade 3 or more
at the start, 2 or less after it. Its numbers are options. "Response" says what was seen after the
start of a treatment; it never says what brought it about.
"""

import ibis
import ibis.expr.types as ir

from abate.records.options import Options

KEYS = ("patient_id", "course_id")
POSITIVE = ("yes", "response", "responded", "improved")
NEGATIVE = ("no", "no response", "no change", "no improvement", "refractory", "worse")


def response(
    treatment: ibis.Table,
    grades: ibis.Table,
    events: ibis.Table,
    follow_up: ibis.Table,
    toxicity: str,
    options: Options,
) -> ibis.Table:
    """Judge the response of every treated patient.

    Parameters
    ----------
    treatment
        First course of the treatment under study: ``patient_id, course_id, start_day, end_day,
        indication``.
    grades
        Grades by day (:func:`abate.grading.clinician.clinician_grades`), of one grading system.
    events
        The record table, for clinicians' responses.
    follow_up
        From :func:`abate.timeline.follow_up.follow_up`.
    toxicity
        The toxicity meant where a course names no indication.
    options
        ``high_grade, low_grade, response_window_days, grade_at_start_lookback_days, durable_days``.

    Returns
    -------
    ibis.Table
        One row a treated patient: ``toxicity, start_day, start_low, start_high`` (grade at the
        start), ``response`` (yes, no, not applicable, unknown) and its ``basis`` (grades,
        clinician, none), ``first_low_day, days_to_low, best_low, best_high, best_day,
        recurrence_day``, ``course`` (durable, transient, none, unknown), ``clinician``,
        ``clinician_grade``, ``grades_after`` (days graded after the start), ``death_day, last_day``.
    """
    start = treatment.select(
        *KEYS,
        "start_day",
        "end_day",
        toxicity=ibis.coalesce(treatment.indication, toxicity),
    )
    same = grades.select(*KEYS, "toxicity", "day", "low", "high")
    dated = start.join(same, [*KEYS, "toxicity"])
    rows = _join(start, _at_start(dated, options["grade_at_start_lookback_days"]))
    after = dated.filter(dated.day > dated.start_day)
    rows = _join(rows, after.group_by(*KEYS).aggregate(graded_ever=after.count()))
    rows = _join(rows, _after(dated, options))
    rows = _join(rows, _recurrence(dated, options))
    rows = _join(rows, _clinician(events, start))
    rows = _join(rows, follow_up.select(*KEYS, "death_day", "last_day", "died"))
    rows = rows.mutate(
        # What comes after the window of the rule is no recurrence of a response within it.
        recurrence_day=ibis.ifelse(rows.first_low_day.notnull(), rows.recurrence_day, ibis.null("int64")),
        **_verdict(rows, options),
    )
    rows = rows.mutate(
        days_to_low=rows.first_low_day - rows.start_day,
        course=_course(rows, options["durable_days"]),
    )
    return rows.mutate(grades_after=ibis.coalesce(rows.graded_ever, 0)).drop(
        "graded_ever", "graded_after", "still_high", "perhaps_day"
    )


def _join(rows: ibis.Table, other: ibis.Table) -> ibis.Table:
    return rows.left_join(other, list(KEYS)).drop("patient_id_right", "course_id_right")


def _at_start(dated: ibis.Table, lookback: int) -> ibis.Table:
    """Return the grade at the start: that of the last graded day up to the start."""
    rows = dated.filter(dated.day <= dated.start_day, dated.day >= dated.start_day - lookback)
    last = rows.group_by(*KEYS).aggregate(last=rows.day.max())
    rows = rows.join(last, list(KEYS)).filter(ibis._.day == ibis._.last)
    return rows.group_by(*KEYS).aggregate(start_low=rows.low.min(), start_high=rows.high.max())


def _after(dated: ibis.Table, options: Options) -> ibis.Table:
    """Return what the grades after the start say: the first low day, the best grade."""
    rows = dated.filter(dated.day > dated.start_day)
    if options["response_window_days"]:
        rows = rows.filter(rows.day - rows.start_day <= options["response_window_days"])
    low = rows.high <= options["low_grade"]
    best = ibis.window(group_by=KEYS, order_by=[rows.high, rows.low, rows.day])
    rows = rows.mutate(is_low=low, place=ibis.row_number().over(best))
    return rows.group_by(*KEYS).aggregate(
        graded_after=rows.count(),
        first_low_day=rows.day.min(where=rows.is_low),
        still_high=(rows.low > options["low_grade"]).all(),
        best_low=rows.low.min(where=rows.place == 0),
        best_high=rows.high.min(where=rows.place == 0),
        best_day=rows.day.min(where=rows.place == 0),
    )


def _recurrence(dated: ibis.Table, options: Options) -> ibis.Table:
    """Return the first day after the first low one on which the grade was high, or may have been."""
    after = dated.filter(dated.day > dated.start_day)
    low = after.filter(after.high <= options["low_grade"])
    first = low.group_by(*KEYS).aggregate(low_day=low.day.min())
    rows = after.join(first, list(KEYS)).filter(ibis._.day > ibis._.low_day, ibis._.high >= options["high_grade"])
    certain = rows.low >= options["high_grade"]
    return rows.group_by(*KEYS).aggregate(
        recurrence_day=rows.day.min(where=certain), perhaps_day=rows.day.min(where=~certain)
    )


def _clinician(events: ibis.Table, start: ibis.Table) -> ibis.Table:
    """Return what clinicians said of the response, not before the start: yes, no, contradictory, other."""
    rows = events.filter(events.event == "clinician_response").join(start.select(*KEYS, "start_day"), list(KEYS))
    rows = rows.filter(rows.day.isnull() | (rows.day >= rows.start_day))
    word = rows.text.lower()
    said = rows.group_by(*KEYS).aggregate(
        positive=word.isin(POSITIVE).any(),
        negative=word.isin(NEGATIVE).any(),
        clinician_grade=rows.value.min(),
    )
    return said.select(
        *KEYS,
        "clinician_grade",
        clinician=ibis.cases(
            (said.positive & said.negative, "contradictory"),
            (said.positive, "yes"),
            (said.negative, "no"),
            else_="other",
        ),
    )


def _verdict(rows: ibis.Table, options: Options) -> dict[str, ir.Value]:
    """Return ``response`` and ``basis``: grades decide; the clinician only where none was given after."""
    high = options["high_grade"]
    was_high = rows.start_low >= high
    graded = was_high & rows.graded_after.notnull()
    ungraded = rows.graded_ever.isnull() & ibis.coalesce(rows.start_high >= high, True)
    clinician_only = ungraded & rows.clinician.isin(("yes", "no"))
    judged = [
        (ibis.coalesce(rows.start_high < high, False), "not applicable", "grades"),
        (ibis.coalesce(graded & rows.first_low_day.notnull(), False), "yes", "grades"),
        (ibis.coalesce(graded & rows.still_high, False), "no", "grades"),
        (ibis.coalesce(clinician_only, False), rows.clinician, "clinician"),
    ]
    return {
        "response": ibis.cases(*((when, verdict) for when, verdict, _ in judged), else_="unknown"),
        "basis": ibis.cases(*((when, basis) for when, _, basis in judged), else_="none"),
    }


def _course(rows: ibis.Table, durable_days: int) -> ir.StringValue:
    """Say whether a response by grades lasted; unknown where the grades do not tell."""
    by_grades = (rows.response == "yes") & (rows.basis == "grades")
    judged = [
        (~by_grades & rows.response.isin(("no", "not applicable")), "none"),
        (~by_grades, "unknown"),
    ]
    if durable_days:
        until = rows.first_low_day + durable_days
        judged += [
            (ibis.coalesce(rows.recurrence_day <= until, False), "transient"),
            (ibis.coalesce(rows.perhaps_day <= until, False), "unknown"),
            (ibis.coalesce(rows.last_day < until, True), "unknown"),
        ]
    else:
        judged += [(rows.recurrence_day.notnull(), "transient"), (rows.perhaps_day.notnull(), "unknown")]
    return ibis.cases(*judged, else_="durable")
