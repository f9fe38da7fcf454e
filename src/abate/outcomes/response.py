"""Response of a toxicity to a treatment: a high grade that falls to a low one after its start.

The rule is the one that Strati 2020 (doi:10.1182/bloodadvances.2020002328) implies: grade 3 or more
at the start, 2 or less after it. Its numbers are options. "Response" says what was seen after the
start of a treatment; it never says what brought it about.
"""

import ibis
import ibis.expr.types as ir

from abate.records.options import Options
from abate.timeline.joins import KEYS, beside

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
        recurrence_day, last_graded``, ``course`` (durable, transient, no recurrence recorded, none,
        unknown), ``clinician``,
        ``clinician_grade``, ``grades_after`` (days graded after the start), ``death_day, last_day``.
    """
    start = treatment.select(
        *KEYS,
        "start_day",
        "end_day",
        toxicity=ibis.coalesce(_named(treatment.indication), toxicity),
    )
    same = grades.select(*KEYS, "toxicity", "day", "low", "high")
    dated = start.join(same, [*KEYS, "toxicity"])
    deaths = follow_up.filter(follow_up.death_day.notnull()).select(*KEYS, ended="death_day")
    dated = beside(dated, deaths)
    dated = dated.filter(dated.ended.isnull() | (dated.day <= dated.ended))
    rows = beside(start, _at_start(dated, options["grade_at_start_lookback_days"]))
    after = dated.filter(dated.day > dated.start_day)
    rows = beside(rows, after.group_by(*KEYS).aggregate(graded_ever=after.count(), last_graded=after.day.max()))
    rows = beside(rows, _after(dated, options))
    rows = beside(rows, _recurrence(dated, options))
    rows = beside(rows, _clinician(events, start))
    rows = beside(rows, _said_of_recurrence(events))
    rows = beside(rows, follow_up.select(*KEYS, "death_day", "last_day", "died"))
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
        "graded_ever", "graded_after", "still_high", "perhaps_day", "came_back", "stayed_away"
    )


def _named(indication: ir.StringValue) -> ir.StringValue:
    """Write the indication of a toxicity as its grades do, whatever its capitals."""
    upper = indication.strip().upper()
    return ibis.ifelse(upper.isin(("CRS", "ICANS", "HLH")), upper, indication)


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


def _said_of_recurrence(events: ibis.Table) -> ibis.Table:
    """Return whether clinicians said that the toxicity came back, or that it did not."""
    rows = events.filter(events.event.isin(("recurrence", "recurrence_onset")))
    word = rows.text.lower()
    back = (rows.event == "recurrence_onset") | word.isin(("yes", "recurred"))
    return rows.group_by(*KEYS).aggregate(
        came_back=ibis.coalesce(back, False).any(), stayed_away=ibis.coalesce(word == "no", False).any()
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
    """Say whether a response by grades lasted. Silence is not absence: it must have been looked for.

    Durable where a clinician said that nothing came back, or where grades stayed low to the end of
    follow-up (or of ``durable_days``); without either, no recurrence is recorded, and no more is known.
    """
    by_grades = (rows.response == "yes") & (rows.basis == "grades")
    came_back, stayed_away = (ibis.coalesce(said, False) for said in (rows.came_back, rows.stayed_away))
    until = rows.first_low_day + durable_days if durable_days else rows.last_day
    within = (rows.recurrence_day <= until) if durable_days else rows.recurrence_day.notnull()
    perhaps = (rows.perhaps_day <= until) if durable_days else rows.perhaps_day.notnull()
    return ibis.cases(
        (~by_grades & rows.response.isin(("no", "not applicable")), "none"),
        (~by_grades, "unknown"),
        (ibis.coalesce(within, False), "transient"),
        (came_back & stayed_away, "unknown"),
        (came_back, "transient"),
        (stayed_away, "durable"),
        (ibis.coalesce(perhaps, False), "unknown"),
        (ibis.coalesce(rows.last_graded >= until, False), "durable"),
        else_="no recurrence recorded",
    )
