"""Where grades do not decide, what the clinician said; and all of it in words, never with a cause."""

import re

import ibis
import pyarrow as pa
import pytest

from abate.outcomes.words import grade_words
from test_outcomes_response import grades, judged

SAID = "clinician_response | | | | {} | {}"


@pytest.mark.parametrize("word", ["yes", "Response", "RESPONDED", "improved"])
def test_a_clinician_alone_may_say_that_there_was_a_response(word: str) -> None:
    """Without grades after the start the clinician's word stands, and its basis is named."""
    row = judged(SAID.format(word, 9))
    assert (row["response"], row["basis"], row["clinician"]) == ("yes", "clinician", "yes")


@pytest.mark.parametrize("word", ["no", "No response", "no change", "refractory", "worse", "no improvement"])
def test_a_clinician_alone_may_say_that_there_was_none(word: str) -> None:
    """The letter's nonresponders have no daily grades."""
    row = judged(SAID.format(word, 9))
    assert (row["response"], row["basis"], row["course"]) == ("no", "clinician", "none")


def test_a_clinicians_response_is_not_known_to_have_lasted() -> None:
    """Whether it was durable is not read from one word."""
    assert judged(SAID.format("yes", 9))["course"] == "unknown"


def test_a_judgement_without_a_day_counts() -> None:
    """ "Responded to anakinra" often has no date."""
    assert judged(SAID.format("yes", ""))["response"] == "yes"


def test_clinicians_who_contradict_each_other_decide_nothing() -> None:
    """Neither is preferred."""
    row = judged(SAID.format("yes", 8) + "\n" + SAID.format("no", 9))
    assert (row["response"], row["basis"], row["clinician"]) == ("unknown", "none", "contradictory")


def test_a_word_outside_the_list_is_no_judgement() -> None:
    """ "Partial" is neither; nothing is guessed."""
    row = judged(SAID.format("partial", 8))
    assert (row["response"], row["clinician"]) == ("unknown", "other")
    assert "words that are not understood" in row["reason"]


def test_grades_that_decide_stand_before_the_clinician() -> None:
    """Grade 3 falls to 1; the clinician's "no" is kept beside it."""
    row = judged(grades((6, 3), (8, 1)) + "\n" + SAID.format("no", 9))
    assert (row["response"], row["basis"], row["clinician"]) == ("yes", "grades", "no")


@pytest.mark.parametrize("later", ["2-3", "1"])
def test_the_clinician_is_asked_only_where_no_grade_follows_the_start(later: str) -> None:
    """Grades after the start that do not decide leave the response unknown, whatever was written."""
    row = judged(grades((8, later)) + "\n" + SAID.format("yes", 9))
    assert (row["response"], row["basis"], row["clinician"]) == ("unknown", "none", "yes")


@pytest.mark.parametrize(("start", "verdict"), [("0-2", "not applicable"), ("2-3", "yes"), ("3-4", "yes")])
def test_the_clinician_is_asked_only_where_the_start_may_be_high(start: str, verdict: str) -> None:
    """A low grade at the start is nothing to respond, whatever the clinician wrote."""
    row = judged(grades((6, start)) + "\n" + SAID.format("yes", 9))
    assert row["response"] == verdict


def test_the_grade_in_a_clinicians_judgement_is_kept() -> None:
    """ "Improved to grade 1" keeps the 1."""
    assert judged("clinician_response | 1 | | | improved | 9")["clinician_grade"] == 1.0


def test_nothing_recorded_is_unknown() -> None:
    """Neither grade nor clinician: not "no"."""
    row = judged("")
    assert (row["response"], row["basis"], row["course"]) == ("unknown", "none", "unknown")


def test_a_judgement_before_the_start_is_no_response_to_what_came_after() -> None:
    """ "Response" says what was seen after the start: "improved" on day 2 is not about day 6."""
    assert judged(SAID.format("improved", 2))["response"] == "unknown"


REASONS = [
    (
        grades((6, 3), (8, 2), (9, 1)),
        "anakinra started on day 6 at ICANS grade 3; grade 2 or less first recorded on day 8, 2 days after"
        " the start; best grade 1 on day 9; the last grade recorded is of day 9, and no recurrence is recorded.",
    ),
    (
        grades((6, 3), (8, 1), (15, 1), (22, 1), (30, 0)),
        "anakinra started on day 6 at ICANS grade 3; grade 2 or less first recorded on day 8, 2 days after"
        " the start; best grade 0 on day 30; no grade 3 or more recorded after that, to day 30: durable.",
    ),
    (
        grades((6, 3), (8, 1)) + "\nrecurrence | | | | no |",
        "anakinra started on day 6 at ICANS grade 3; grade 2 or less first recorded on day 8, 2 days after"
        " the start; best grade 1 on day 8; a clinician recorded that it did not come back: durable.",
    ),
    (
        grades((6, "3-4"), (7, "0-2"), (12, 3)),
        "anakinra started on day 6 at ICANS grade 3 or 4; grade 2 or less first recorded on day 7, 1 day"
        " after the start; best grade 2 or less on day 7; grade 3 or more again on day 12: transient.",
    ),
    (
        grades((6, 3), (8, 4)),
        "anakinra started on day 6 at ICANS grade 3; every grade recorded after the start is above 2.",
    ),
    (
        grades((6, 2)),
        "anakinra started on day 6 at ICANS grade 2; that is below grade 3, so the rule does not apply.",
    ),
    (
        SAID.format("yes", 9),
        "anakinra started on day 6 for ICANS, no grade recorded; no grade was recorded after the start;"
        " the clinician recorded a response.",
    ),
    (
        SAID.format("no", 9) + "\ndeath | | | | Pneumonia | 20",
        "anakinra started on day 6 for ICANS, no grade recorded; no grade was recorded after the start;"
        " the clinician recorded no response. Died on day 20.",
    ),
    (
        SAID.format("no", 9) + "\n" + SAID.format("yes", 9),
        "anakinra started on day 6 for ICANS, no grade recorded; no grade was recorded after the start;"
        " clinicians' records contradict each other.",
    ),
    (
        grades((6, 3), (8, "2-3")) + "\n" + SAID.format("yes", 9),
        "anakinra started on day 6 at ICANS grade 3; the grades recorded after the start do not decide.",
    ),
    (
        "",
        "anakinra started on day 6 for ICANS, no grade recorded; no grade was recorded after the start;"
        " no clinician's judgement recorded.",
    ),
]


@pytest.mark.parametrize(("events", "reason"), REASONS)
def test_the_reason_says_what_was_seen_and_by_which_rule(events: str, reason: str) -> None:
    """What was seen, when, in words a reader can check."""
    assert judged(events)["reason"] == reason


@pytest.mark.parametrize("events", [events for events, _ in REASONS])
def test_the_reason_never_says_why(events: str) -> None:
    """DESIGN, What it must never claim: that a response was due to a drug."""
    said = judged(events)["reason"]
    assert not re.search("due to|because|caused|thanks to|effect|owing|worked|achieved", said)


def test_the_reason_names_the_grades_of_the_options() -> None:
    """A rule with other numbers is told with those."""
    row = judged(grades((6, 4), (8, 1), (15, 1), (22, 1), (30, 1)), {"high_grade": 4, "low_grade": 1})
    assert "grade 1 or less first recorded on day 8" in row["reason"]
    assert "no grade 4 or more recorded after that" in row["reason"]


def test_a_grade_back_after_the_days_that_count_is_told_apart() -> None:
    """Grade 3 on day 30, durable is to day 18: neither transient nor, after a silence, durable."""
    row = judged(grades((6, 3), (8, 1), (30, 3)), {"durable_days": 10})
    assert row["course"] == "no recurrence recorded"
    assert row["reason"].endswith(
        "grade 3 or more again on day 30, after the 10 days that count, 10 days in a row were not graded: no "
        "recurrence recorded within them."
    )


def test_the_reason_of_a_no_does_not_speak_of_days_after_the_window() -> None:
    """Grade 1 on day 10 is recorded: "every later grade is above 2" would be untrue."""
    row = judged(grades((6, 3), (8, 3), (10, 1)), {"response_window_days": 3})
    assert row["response"] == "no"
    assert "every grade recorded after the start is above 2" not in row["reason"]


def in_words(low: float | None, high: float | None) -> str | None:
    kind = pa.float64()
    table = ibis.memtable(pa.table({"low": pa.array([low], kind), "high": pa.array([high], kind)}))
    said: str | None = grade_words(table.low, table.high).to_pyarrow()[0].as_py()
    return said


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (3.0, 3.0, "3"),
        (0.0, 0.0, "0"),
        (0.0, 2.0, "2 or less"),
        (0.0, 1.0, "1 or less"),
        (3.0, 4.0, "3 or 4"),
        (1.0, 3.0, "1 to 3"),
        (None, 3.0, "not recorded"),
        (None, None, "not recorded"),
    ],
)
def test_a_grade_in_words(low: float | None, high: float | None, words: str) -> None:
    """Bounds are told as a reader would."""
    assert in_words(low, high) == words


def test_a_grade_known_only_from_below_is_told_as_such() -> None:
    """The docstring's "3 or more": the highest of single days has no upper bound."""
    assert in_words(3.0, None) == "3 or more"
