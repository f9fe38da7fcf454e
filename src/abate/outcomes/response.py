"""Response of a toxicity to a treatment: a grade that falls after its start, by rules that are data.

The rules stand in :mod:`abate.outcomes.response_rules`; all that are asked for are judged at once. "Response" says what
was seen after the start of a treatment; it never says what brought it about.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from abate.outcomes.response_rules import DEATH, DISCHARGE, NEW_TREATMENT, ResponseRule, as_table, chosen_rule
from abate.records.options import Options
from abate.timeline.intervals import OPEN
from abate.timeline.joins import EXACT, KEYS, beside

POSITIVE = ("yes", "response", "responded", "improved")
NEGATIVE = ("no", "no response", "no change", "no improvement", "refractory", "worse")
RULE = (*KEYS, "rule")
"""What a verdict is of."""


def response(
    treatment: ibis.Table,
    grades: ibis.Table,
    events: ibis.Table,
    follow_up: ibis.Table,
    toxicity: str,
    options: Options,
    rules: Sequence[ResponseRule] = (),
    others: ibis.Table | None = None,
) -> ibis.Table:
    """Judge the response of every treated patient by one rule or more.

    Parameters
    ----------
    treatment
        First course of the treatment under study: ``patient_id, course_id, start_day, end_day,
        indication``.
    grades
        Grades by day (:func:`abate.grading.clinician.clinician_grades`), of one grading system.
    events
        The record table, for clinicians' responses and for discharges (the end of a stay in hospital).
    follow_up
        From :func:`abate.timeline.follow_up.follow_up`.
    toxicity
        The toxicity meant where a course names no indication.
    options
        ``response_rule`` and what it reads, ``grade_at_start_lookback_days``.
    rules
        By which to judge; the one of the options where none is given.
    others
        Courses of other treatments of the toxicity: ``patient_id, course_id, drug, start_day``.

    Returns
    -------
    ibis.Table
        One row a treated patient and ``rule`` (its name): ``toxicity, start_day, start_low, start_high`` (grade at
        the start), ``eligible`` (yes, or why not), ``response`` (yes, no, not applicable, unknown) and its ``basis``
        (grades, clinician, none), ``target`` (the grade to reach), ``first_low_day, days_to_low, best_low, best_high,
        best_day, recurrence_day, last_graded``, ``course`` (durable, transient, no recurrence recorded, none,
        unknown) and its ``course_basis`` (grades, clinician), ``silence`` (longest run of days without a grade after
        the first low day, to the recurrence or the end of what must be durable), ``low_days`` (from the first low day
        to the recurrence, else to the last grade: at least),
        ``clinician``, ``clinician_grade``, ``grades_after`` (days graded after the start), ``missing_days`` (without a
        grade, from the start to the first low day or the last one looked at), ``competing, competing_day`` (what came
        before the first low day: death, discharge, new treatment), ``death_day, last_day``.
    """
    start = treatment.select(
        *KEYS,
        "start_day",
        "end_day",
        toxicity=ibis.coalesce(_named(treatment.indication), toxicity),
    )
    same = grades.select(*KEYS, "toxicity", "day", "low", "high")
    rows = beside(start, _at_start(start.join(same, [*KEYS, "toxicity"]), options["grade_at_start_lookback_days"]))
    # A death known to the month is on no day.
    exact = follow_up.last_precision.isin(EXACT)
    ends = {name: ibis.ifelse(exact, follow_up[name], ibis.null("int64")) for name in ("death_day", "last_day")}
    rows = beside(rows, follow_up.select(*KEYS, "died", **ends))
    rows = beside(rows, _competing(start, events, others))
    rows = beside(rows, _clinician(events, start))
    ruled = as_table(rules or (chosen_rule(options),))
    rows = rows.cross_join(ruled)
    # A fall is certain from the lowest grade that the start may have had, and wanting from the highest.
    target, beyond = (ibis.coalesce(rows.target_grade, end - rows.fall) for end in (rows.start_low, rows.start_high))
    none = ibis.null("int64")
    ends = {
        NEW_TREATMENT: (rows.new_ends, rows.new_treatment_day),
        DISCHARGE: (rows.discharge_ends, rows.discharge_day),
    }
    ended = ibis.least(rows.death_day, *(ibis.ifelse(counts, day, none) for counts, day in ends.values()))
    rows = rows.mutate(target=target, beyond=beyond, ended=ended)
    of_rule = ("toxicity", "start_day", "target", "beyond", "ended", "within_days", "sustained_days", "recurs")
    after = rows.select(*RULE, *of_rule).join(same, [*KEYS, "toxicity"])
    after = after.filter(after.day > after.start_day, after.ended.isnull() | (after.day <= after.ended))
    rows = beside(rows, after.group_by(*RULE).aggregate(graded_ever=after.count(), last_graded=after.day.max()), RULE)
    rows = beside(rows, _after(after), RULE)
    rows = beside(rows, _recurrence(after, rows.select(*RULE, "first_low_day")), RULE)
    rows = beside(rows, _silence(after, rows), RULE)
    rows = beside(rows, _looked_at(after, rows), RULE)
    rows = beside(rows, _said_of_recurrence(events, rows), RULE)
    rows = rows.mutate(**_verdict(rows), eligible=_eligible(rows, options))
    rows = rows.mutate(
        days_to_low=rows.first_low_day - rows.start_day,
        course=_course(rows),
        course_basis=_course_basis(rows),
        low_days=ibis.coalesce(rows.recurrence_day, rows.last_graded + 1) - rows.first_low_day,
        **_first_competing(rows),
    )
    return rows.mutate(grades_after=ibis.coalesce(rows.graded_ever, 0)).drop(
        *("graded_ever", "graded_after", "still_high", "perhaps_day", "came_back", "stayed_away", "beyond", "ended"),
        *("new_treatment_day", "discharge_day", "new_drug"),
        *(name for name in ruled.columns if name != "rule"),
    )


def _competing(start: ibis.Table, events: ibis.Table, others: ibis.Table | None) -> ibis.Table:
    """Return the day of discharge, and the first other treatment begun after the start."""
    starts = start.select(*KEYS, "start_day")
    stays = events.filter(events.event == "hospital_admission", events.end_day.notnull()).join(starts, list(KEYS))
    stays = stays.filter(stays.end_day > stays.start_day)
    rows = beside(start.select(*KEYS), stays.group_by(*KEYS).aggregate(discharge_day=stays.end_day.min()))
    if others is None:
        return rows.mutate(new_treatment_day=ibis.null("int64"), new_drug=ibis.null("string"))
    begun = others.select(*KEYS, "drug", begun="start_day").join(starts, list(KEYS))
    begun = begun.filter(begun.begun > begun.start_day)
    first = begun.group_by(*KEYS).aggregate(new_treatment_day=begun.begun.min())
    named = begun.join(first, [*KEYS, begun.begun == first.new_treatment_day])
    named = named.group_by(*KEYS, "new_treatment_day").aggregate(new_drug=named.drug.min())
    return beside(rows, named)


def _first_competing(rows: ibis.Table) -> dict[str, ir.Value]:
    """Return what came first before the first low day, and its day."""
    days = {"death_day": DEATH, "new_treatment_day": NEW_TREATMENT, "discharge_day": DISCHARGE}
    until = ibis.coalesce(rows.first_low_day, OPEN)
    none = ibis.null("int64")
    before = {
        name: ibis.ifelse(
            (rows[name] >= rows.start_day + (0 if name == "death_day" else 1)) & (rows[name] < until), rows[name], none
        )
        for name in days
    }
    first = ibis.least(*before.values())
    words = {**days, "new_treatment_day": ibis.literal(f"{NEW_TREATMENT}: ") + rows.new_drug}
    return {
        "competing": ibis.cases(*((before[name] == first, word) for name, word in words.items())),
        "competing_day": first,
    }


def _looked_at(after: ibis.Table, rows: ibis.Table) -> ibis.Table:
    """Return the days without a grade, from the start to the first low day or the last one looked at."""
    window = ibis.ifelse(rows.within_days > 0, rows.start_day + rows.within_days, ibis.null("int64"))
    spans = rows.select(
        *RULE, "start_day", until=ibis.coalesce(rows.first_low_day, ibis.least(rows.last_day, window, rows.ended))
    )
    seen = after.select(*RULE, "day").join(spans, list(RULE))
    seen = seen.filter(seen.day <= seen.until).group_by(*RULE).aggregate(seen=ibis._.day.nunique())
    both = beside(spans, seen, RULE)
    missing = ibis.greatest(both.until - both.start_day, 0) - ibis.coalesce(both.seen, 0)
    return both.select(*RULE, missing_days=ibis.ifelse(both.until.notnull(), missing, ibis.null("int64")))


def _eligible(rows: ibis.Table, options: Options) -> ir.StringValue:
    """Say whether the rule applies, or why not."""
    high = rows.eligible_from
    lookback = options["grade_at_start_lookback_days"]
    days = "the day" if lookback == 1 else f"the {lookback} days"
    grade = high.cast("string")
    return ibis.cases(
        (rows.start_low >= high, "yes"),
        (rows.start_high < high, ibis.literal("no: below grade ") + grade + " at the start"),
        (rows.start_high.isnull(), f"not known: no grade on the day of the start or on {days} before it"),
        else_=ibis.literal("not known: the grade at the start is known as bounds around ") + grade,
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


def _after(after: ibis.Table) -> ibis.Table:
    """Return what the grades after the start say: the first low day, the best grade."""
    rows = _sustained(after.mutate(is_low=after.high <= after.target, is_high=after.low > after.beyond))
    rows = rows.filter((rows.within_days == 0) | (rows.day - rows.start_day <= rows.within_days))
    best = ibis.window(group_by=RULE, order_by=[rows.high, rows.low, rows.day])
    rows = rows.mutate(place=ibis.row_number().over(best))
    return rows.group_by(*RULE).aggregate(
        graded_after=rows.count(),
        first_low_day=rows.day.min(where=rows.is_low),
        still_high=rows.is_high.all(),
        best_low=rows.low.min(where=rows.place == 0),
        best_high=rows.high.min(where=rows.place == 0),
        best_day=rows.day.min(where=rows.place == 0),
    )


def _sustained(rows: ibis.Table) -> ibis.Table:
    """Let a day count as low only where each of the following days is graded, and low; as high where one is high."""
    later = rows.select(*RULE, later_day="day", later_low="is_low", later_high="is_high")
    pairs = rows.filter(rows.sustained_days > 0).select(*RULE, "day", "sustained_days").join(later, list(RULE))
    pairs = pairs.filter(pairs.later_day > pairs.day, pairs.later_day <= pairs.day + pairs.sustained_days)
    follows = pairs.group_by(*RULE, "day").aggregate(
        lasting=pairs.later_day.nunique(where=pairs.later_low), broken=pairs.later_high.max()
    )
    rows = beside(rows, follows, (*RULE, "day"))
    return rows.mutate(
        is_low=rows.is_low & (ibis.coalesce(rows.lasting, 0) == rows.sustained_days),
        is_high=rows.is_high | ibis.coalesce(rows.broken, False),
    ).drop("lasting", "broken")


def _recurrence(after: ibis.Table, first: ibis.Table) -> ibis.Table:
    """Return the first day after the first low one on which the grade was back, or may have been."""
    rows = after.join(first, list(RULE)).filter(ibis._.day > ibis._.first_low_day)
    certain = ibis.ifelse(rows.recurs.isnull(), rows.low > rows.beyond, rows.low >= rows.recurs)
    possible = ibis.ifelse(rows.recurs.isnull(), rows.high > rows.target, rows.high >= rows.recurs)
    return rows.group_by(*RULE).aggregate(
        recurrence_day=rows.day.min(where=certain), perhaps_day=rows.day.min(where=possible & ~certain)
    )


def _silence(after: ibis.Table, rows: ibis.Table) -> ibis.Table:
    """Return the longest run of days without a grade after the first low day, as far as it must be durable."""
    looked = rows.select(*RULE, "first_low_day", "recurrence_day", "durable_days")
    days = after.select(*RULE, "day").join(looked, list(RULE))
    end = ibis.ifelse(days.durable_days > 0, days.first_low_day + days.durable_days, ibis.null("int64"))
    days = days.mutate(end=ibis.coalesce(ibis.least(end, days.recurrence_day), OPEN))
    days = days.filter(days.day >= days.first_low_day)
    order = ibis.window(group_by=RULE, order_by=days.day)
    days = days.mutate(before=days.day.lag().over(order))
    days = days.filter(days.before < days.end)
    run = ibis.greatest(ibis.least(days.day, days.end + 1) - days.before - 1, 0)
    return days.group_by(*RULE).aggregate(silence=run.max())


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


def _said_of_recurrence(events: ibis.Table, found: ibis.Table) -> ibis.Table:
    """Return whether clinicians said that the toxicity came back, or that it did not, of the time that counts."""
    said = events.filter(events.event.isin(("recurrence", "recurrence_onset"))).select(*KEYS, "event", "text", "day")
    rows = said.join(found.select(*RULE, "first_low_day", "durable_days"), list(KEYS))
    late = (rows.durable_days > 0) & (rows.day > rows.first_low_day + rows.durable_days)
    counts = rows.day.isnull() | ((rows.day > rows.first_low_day) & ~late)
    rows = rows.filter(ibis.coalesce(counts, False))
    word = rows.text.lower()
    back = (rows.event == "recurrence_onset") | word.isin(("yes", "recurred"))
    return rows.group_by(*RULE).aggregate(
        came_back=ibis.coalesce(back, False).any(), stayed_away=ibis.coalesce(word == "no", False).any()
    )


def _verdict(rows: ibis.Table) -> dict[str, ir.Value]:
    """Return ``response`` and ``basis``: grades decide; the clinician only where none was given after."""
    high = rows.eligible_from
    was_high = rows.start_low >= high
    graded = was_high & rows.graded_after.notnull()
    ungraded = rows.graded_ever.isnull() & ibis.coalesce(rows.start_high >= high, True)
    clinician_only = ungraded & rows.clinician.isin(("yes", "no")) & rows.by_clinician
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


def _course(rows: ibis.Table) -> ir.StringValue:
    """Say whether a response by grades lasted. Silence is not absence: it must have been looked for.

    Durable where a clinician said that nothing came back, or where grades stayed low to the end of
    follow-up (or of ``durable_days``) without a longer silence than ``silent_days``; without either, no recurrence is
    recorded, and no more is known.
    """
    by_grades = (rows.response == "yes") & (rows.basis == "grades")
    came_back, stayed_away = (ibis.coalesce(said, False) for said in (rows.came_back, rows.stayed_away))
    always = rows.durable_days == 0
    until = ibis.ifelse(always, rows.last_day, rows.first_low_day + rows.durable_days)
    heard = (rows.silent_days == 0) | (ibis.coalesce(rows.silence, 0) <= rows.silent_days)
    within, perhaps = (day.notnull() & (always | (day <= until)) for day in (rows.recurrence_day, rows.perhaps_day))
    return ibis.cases(
        (~by_grades & rows.response.isin(("no", "not applicable")), "none"),
        (~by_grades, "unknown"),
        (ibis.coalesce(within, False), "transient"),
        (came_back & stayed_away, "unknown"),
        (came_back, "transient"),
        (stayed_away, "durable"),
        (ibis.coalesce(perhaps, False), "unknown"),
        (ibis.coalesce(rows.last_graded >= until, False) & heard, "durable"),
        else_="no recurrence recorded",
    )


def _course_basis(rows: ibis.Table) -> ir.StringValue:
    """Say whose word the course is: a recurrence among the grades decides before a clinician's."""
    said = ibis.coalesce(rows.came_back, False) | ibis.coalesce(rows.stayed_away, False)
    return ibis.ifelse(said & rows.recurrence_day.isnull(), "clinician", "grades")
