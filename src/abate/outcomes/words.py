"""A patient's course in words: what was seen, when, and by which rule. Never why."""

import ibis
import ibis.expr.types as ir

from abate.outcomes.response_rules import ResponseRule


def grade_words(low: ir.FloatingValue, high: ir.FloatingValue) -> ir.StringValue:
    """Return a grade, or its bounds, in words.

    ``3``; ``2 or less``; ``3 or more``; ``3 or 4``; ``1 to 3``.
    """
    least, most = low.cast("int64").cast("string"), high.cast("int64").cast("string")
    return ibis.cases(
        (low.isnull(), "not recorded"),
        (high.isnull(), least + " or more"),
        (low == high, least),
        (low == 0, most + " or less"),
        (high - low == 1, least + " or " + most),
        else_=least + " to " + most,
    )


def day(number: ir.NumericValue) -> ir.StringValue:
    """Return a whole number as text."""
    return number.cast("int64").cast("string")


def reasons(response: ibis.Table, treatment: str, rule: ResponseRule) -> ibis.Table:
    """Add ``reason``: one or two sentences for each patient.

    Parameters
    ----------
    response
        From :func:`abate.outcomes.response.response`.
    treatment
        The treatment under study.
    rule
        As the response was judged by.
    """
    rows = response
    window = rule.within_days
    reached = ibis.ifelse(rows.target == 0, "grade 0", ibis.literal("grade ") + day(rows.target) + " or less")
    above = ibis.coalesce(ibis.literal("above ") + day(rows.target), "too high")
    back = day(rows.target + 1) if rule.recurs is None else ibis.literal(str(rule.recurs))
    back = ibis.literal("grade ") + back + " or more"
    lasting = f" and on each of the next {rule.sustained_days} days" if rule.sustained_days else ""
    later = f"in the {window} days after the start" if window else "after the start"
    wanting = ibis.literal(f"; every grade recorded {later} is ") + above
    if rule.sustained_days:
        wanting = ibis.literal("; no ") + reached + f" lasted the next {rule.sustained_days} days"
    began = ibis.literal(f"{treatment} started on day ") + day(rows.start_day)
    at_start = ibis.ifelse(
        rows.start_low.notnull(),
        ibis.literal(" at ") + rows.toxicity + " grade " + grade_words(rows.start_low, rows.start_high),
        ibis.literal(" for ") + rows.toxicity + ", no grade recorded",
    )
    fell = (
        ibis.literal("; ")
        + reached
        + " first recorded on day "
        + day(rows.first_low_day)
        + lasting
        + ibis.literal(", ")
        + day(rows.days_to_low)
        + ibis.ifelse(rows.days_to_low == 1, " day", " days")
        + " after the start; best grade "
        + grade_words(rows.best_low, rows.best_high)
        + " on day "
        + day(rows.best_day)
    )
    last = ibis.literal("; the last grade recorded is of day ") + day(rows.last_graded)
    long = (ibis.coalesce(rows.silence, 0) > rule.silent_days) & ibis.literal(rule.silent_days > 0)
    silent = ibis.ifelse(long, ibis.literal(", ") + day(rows.silence) + " days in a row were not graded", "")
    came_back = ibis.literal("; ") + back + " again on day " + day(rows.recurrence_day)
    lasted = ibis.cases(
        (rows.recurrence_day.notnull() & (rows.course == "transient"), came_back + ": transient"),
        (
            rows.recurrence_day.notnull(),
            came_back
            + f", after the {rule.durable_days} days that count"
            + silent
            + ": "
            + ibis.ifelse(rows.course == "no recurrence recorded", "no recurrence recorded within them", rows.course),
        ),
        (rows.course == "transient", "; a clinician recorded that it came back: transient"),
        (rows.course == "unknown", ibis.literal("; whether a ") + back + " came after that is not known: unknown"),
        (
            (rows.course == "durable") & (rows.course_basis == "clinician"),
            "; a clinician recorded that it did not come back: durable",
        ),
        (
            rows.course == "durable",
            ibis.literal("; no ")
            + back
            + " recorded after that, to day "
            + ibis.coalesce(day(rows.last_day), "unknown")
            + ": durable",
        ),
        else_=last + silent + ", and no recurrence is recorded",
    )
    said = ibis.cases(
        (rows.clinician == "yes", "; the clinician recorded a response"),
        (rows.clinician == "no", "; the clinician recorded no response"),
        (rows.clinician == "contradictory", "; clinicians' records contradict each other"),
        (rows.clinician == "other", "; a clinician's judgement is recorded in words that are not understood"),
        else_="; no clinician's judgement recorded",
    )
    outcome = ibis.cases(
        ((rows.response == "yes") & (rows.basis == "grades"), fell + lasted),
        ((rows.response == "no") & (rows.basis == "grades"), wanting),
        (rows.response == "not applicable", f"; that is below grade {rule.eligible}, so the rule does not apply"),
        (rows.grades_after > 0, "; the grades recorded after the start do not decide"),
        else_=ibis.literal("; no grade was recorded after the start") + said,
    )
    died = ibis.ifelse(
        rows.death_day.notnull(),
        ibis.literal(". Died on day ") + day(rows.death_day) + ".",
        ibis.literal("."),
    )
    return rows.mutate(reason=began + at_start + outcome + died)
