"""Response by every rule: what each makes of the same grades after a start on day 6 (docs: the rules in words)."""

from typing import Any

import pytest

from abate.grading.clinician import clinician_grades
from abate.outcomes.response import response
from abate.outcomes.response_rules import ResponseRule, response_rules
from abate.outcomes.words import reasons
from abate.records.options import Options
from abate.timeline.follow_up import follow_up
from spec import frame

RULES = response_rules(Options())
TREATMENT = frame(
    "patient_id | course_id | start_day | end_day | indication\nA | 1 | 6 | 13 | ICANS",
    course_id="int",
    start_day="int",
    end_day="int",
)
PATIENTS = frame("patient_id | last_contact_day | last_contact_precision\nA | 30 | day", "patients")
NO_OTHERS = "nobody | 1 | tocilizumab | 0"


def judged(grades: str, rule: ResponseRule, events: str = "", others: str = "") -> dict[str, Any]:
    """Patient A; grades as ``day:grade`` or ``day:low-high``, events as ``event;text;day;end_day``."""
    lines = ["nobody | clinician_response | | | | | | "]
    for part in grades.split():
        day, _, grade = part.partition(":")
        low, _, high = grade.partition("-")
        lines.append(f"A | icans_grade | {'' if high else low} | {low if high else ''} | {high} | | {day} |")
    for part in events.split():
        event, text, day, end = part.split(";")
        lines.append(f"A | {event} | | | | {text} | {day} | {end}")
    header = "patient_id | event | value | value_low | value_high | text | day | end_day"
    records = frame("\n".join([header, *lines]), "events")
    begun = "\n".join(
        [
            "patient_id | course_id | drug | start_day",
            NO_OTHERS,
            *(f"A | 1 | {line}" for line in others.split(";") if line),
        ]
    )
    found = response(
        *(TREATMENT, clinician_grades(records), records, follow_up(PATIENTS, records), "ICANS", Options(), [rule]),
        frame(begun, course_id="int", start_day="int"),
    )
    (row,) = reasons(found, "anakinra", rule).to_pyarrow().to_pylist()
    return dict(row)


@pytest.mark.parametrize(
    ("grades", "verdicts"),
    [
        # start 3, falls to 2: a response for all but those that ask for more
        ("6:3 7:3 8:2", "yes yes no yes unknown"),
        # and stays there for three days
        ("6:3 8:2 9:2 10:2 11:2", "yes yes no yes yes"),
        # a day without a grade within 72 hours is never filled in
        ("6:3 8:2 9:2 11:2", "yes yes no yes unknown"),
        # back within 72 hours: no sustained fall
        ("6:3 8:2 9:2 10:3", "yes yes no yes no"),
        # back at first, then sustained
        ("6:3 7:2 8:3 9:2 10:1 11:1 12:1", "yes yes no yes yes"),
        # grade 2 at the start: the letter's rule does not apply
        ("6:2 8:1", "n/a n/a no yes unknown"),
        ("6:2 8:0", "n/a n/a yes yes unknown"),
        # grade 1 can fall to 0 alone
        ("6:1 8:0 9:0 10:0 11:0", "n/a n/a yes yes yes"),
        ("6:0 8:0", "n/a n/a n/a n/a n/a"),
        # 4 to 3 is a fall of one grade, and not low
        ("6:4 8:3 9:3 10:3 11:3", "no no no yes yes"),
        # a start of 3 or 4: 3 may be no fall, 2 is one in any case
        ("6:3-4 8:3", "no no no unknown unknown"),
        ("6:3-4 8:2", "yes yes no yes unknown"),
        # a start of 0 to 2
        ("6:0-2 8:0", "n/a n/a unknown unknown unknown"),
    ],
)
def test_every_rule_on_the_same_grades(grades: str, verdicts: str) -> None:
    """The rules in their order: letter, conversion, resolution, fall, sustained fall."""
    found = [judged(grades, rule)["response"].replace("not applicable", "n/a") for rule in RULES.values()]
    assert found == verdicts.split()


@pytest.mark.parametrize(("name", "verdict"), [("letter", "yes"), ("conversion", "unknown"), ("resolution", "unknown")])
def test_the_letter_alone_takes_a_clinicians_word(name: str, verdict: str) -> None:
    """No grade after the start, and "improved": a response by the letter's rule alone."""
    assert judged("6:3", RULES[name], "clinician_response;improved;9;")["response"] == verdict


@pytest.mark.parametrize(
    ("grades", "eligible"),
    [
        ("6:3 8:1", "yes"),
        ("6:2 8:1", "no: below grade 3 at the start"),
        ("6:2-3 8:1", "not known: the grade at the start is known as bounds around 3"),
        ("8:1", "not known: no grade on the day of the start or on the day before it"),
    ],
)
def test_who_is_eligible_and_why_not(grades: str, eligible: str) -> None:
    """The grade at the start decides."""
    assert judged(grades, RULES["letter"])["eligible"] == eligible


@pytest.mark.parametrize(
    ("grades", "name", "low_days", "recurrence"),
    [
        ("6:3 8:2 9:1 12:1", "letter", 5, None),
        ("6:3 8:2 9:1 12:3", "letter", 4, 12),
        ("6:3 8:0 9:1", "resolution", 1, 9),
        ("6:4 8:3 9:3 12:4", "fall", 4, 12),
        # between the target and the start: above the target, so back
        ("6:4 8:3 9:4-5", "fall", 1, 9),
    ],
)
def test_how_long_it_lasts(grades: str, name: str, low_days: int, recurrence: int | None) -> None:
    """To the recurrence, or at least to the last grade."""
    row = judged(grades, RULES[name])
    assert (row["low_days"], row["recurrence_day"]) == (low_days, recurrence)


@pytest.mark.parametrize(
    ("events", "others", "first"),
    [
        ("", "", (None, None)),
        ("", "siltuximab | 7;dexamethasone | 6", ("new treatment: siltuximab", 7)),
        ("", "siltuximab | 10", (None, None)),
        ("", "siltuximab | 7;methylprednisolone | 7", ("new treatment: methylprednisolone", 7)),
        ("hospital_admission;;0;8", "siltuximab | 9", ("discharge", 8)),
        ("hospital_admission;;0;6", "", (None, None)),
    ],
)
def test_what_came_before_the_first_low_day(events: str, others: str, first: tuple[str | None, int | None]) -> None:
    """Grade 3 on day 6, 2 on day 10: what comes between is told, and does not count against it."""
    row = judged("6:3 10:2", RULES["letter"], events, others)
    assert row["response"] == "yes"
    assert (row["competing"], row["competing_day"]) == first


@pytest.mark.parametrize(
    ("day", "course"), [(2, "no recurrence recorded"), (8, "no recurrence recorded"), (9, "transient")]
)
def test_a_recurrence_before_the_first_low_day_is_none_of_it(day: int, course: str) -> None:
    """Grade 2 on day 8: a clinician's recurrence of day 2 is that of an earlier spell."""
    assert judged("6:3 8:2", RULES["letter"], f"recurrence_onset;;{day};")["course"] == course


def test_a_death_is_told_as_what_came_first() -> None:
    """Died on day 9 at grade 4."""
    row = judged("6:4 8:4", RULES["letter"], "death;infection;9;")
    assert (row["response"], row["competing"], row["competing_day"]) == ("no", "death", 9)


@pytest.mark.parametrize(("ends", "verdict"), [((), "yes"), (("new treatment",), "no"), (("discharge",), "unknown")])
def test_what_ends_the_wait_is_part_of_the_rule(ends: tuple[str, ...], verdict: str) -> None:
    """Siltuximab on day 8, discharge on day 7, grade 2 on day 10."""
    rule = ResponseRule("mine", "mine", "mine", 3, 2, recurs=3, ends=ends)
    row = judged("6:3 8:3 10:2", rule, "hospital_admission;;0;7", "siltuximab | 8")
    assert row["response"] == verdict


@pytest.mark.parametrize(
    ("grades", "missing"), [("6:3 7:3 8:2", 0), ("6:3 8:2", 1), ("6:3 10:2", 3), ("6:3 8:3", 23), ("6:3", 24)]
)
def test_days_without_a_grade_are_counted(grades: str, missing: int) -> None:
    """To the first low day, else to the end of the follow-up on day 30."""
    assert judged(grades, RULES["letter"])["missing_days"] == missing


def test_the_window_bounds_the_missing_days() -> None:
    """Within 3 days: days 7 to 9."""
    assert judged("6:3", ResponseRule("mine", "mine", "mine", 3, 2, within_days=3))["missing_days"] == 3


@pytest.mark.parametrize(
    ("name", "grades", "words"),
    [
        (
            "sustained_fall",
            "6:3 8:2 9:2 10:1 11:2 12:3",
            "anakinra started on day 6 at ICANS grade 3; grade 2 or less first recorded on day 8 and on each of the "
            "next 3 days, 2 days after the start; best grade 1 on day 10; grade 3 or more again on day 12: transient.",
        ),
        (
            "resolution",
            "6:1 8:0 15:0 22:0 30:0",
            "anakinra started on day 6 at ICANS grade 1; grade 0 first recorded on day 8, 2 days after the start; best "
            "grade 0 on day 8; no grade 1 or more recorded after that, to day 30: durable.",
        ),
        (
            "resolution",
            "6:1 8:0 30:0",
            "anakinra started on day 6 at ICANS grade 1; grade 0 first recorded on day 8, 2 days after the start; best "
            "grade 0 on day 8; the last grade recorded is of day 30, 21 days in a row were not graded, and no "
            "recurrence is recorded.",
        ),
        (
            "sustained_fall",
            "6:3 7:2 8:3 9:3",
            "anakinra started on day 6 at ICANS grade 3; no grade 2 or less lasted the next 3 days.",
        ),
        (
            "fall",
            "6:4 8:4",
            "anakinra started on day 6 at ICANS grade 4; every grade recorded after the start is above 3.",
        ),
    ],
)
def test_the_course_in_words(name: str, grades: str, words: str) -> None:
    """The words say what the rule asks, and no more."""
    assert judged(grades, RULES[name])["reason"] == words


def test_the_rules_in_words() -> None:
    """What the page prints."""
    assert RULES["sustained_fall"].words == (
        "A response is a toxicity of grade 1 or more when the treatment starts that falls to a grade lower by 1 or "
        "more after the start and stays so on each of the following 3 days. It is transient if a grade above that is "
        "recorded again, and durable if grades stayed low to the end without more than 7 days in a row ungraded or a "
        "clinician said that nothing came back."
    )
    ending = response_rules(
        Options(
            {
                "new_treatment_ends_response": "yes",
                "response_window_days": 7,
                "durable_days": 5,
                "durable_silence_days": 0,
            }
        )
    )
    assert ending["letter"].words == (
        "A response is a toxicity of grade 3 or more when the treatment starts that falls to grade 2 or less after the "
        "start within 7 days. It is transient if a grade of 3 or more is recorded again within 5 days, and durable if "
        "grades stayed low to the end or a clinician said that nothing came back. Where no grade was recorded after "
        "the start, a clinician's judgement stands. Grades after new treatment do not count."
    )
