"""Survival from day 0 and from the start of treatment; a death is toxic only by its coded cause."""

import ibis
import pytest

from abate.outcomes.survival import survival
from abate.timeline.follow_up import follow_up
from spec import frame, rows_of


def survival_of(events: str, last_contact: str = "", start: str = "6") -> ibis.Table:
    """Patient A, with a treatment from day 6 unless said otherwise."""
    patients = frame(f"patient_id | last_contact_day | last_contact_precision\nA | {last_contact} | day", "patients")
    owner = "A" if start else "B"
    treatment = frame(f"patient_id | course_id | start_day\n{owner} | 1 | {start}", course_id="int", start_day="int")
    records = frame(f"patient_id | event | text | day\n{events or 'nobody | death | | 1'}", "events")
    return survival(treatment, follow_up(patients, records))


def test_time_runs_from_day_0_and_from_the_start_of_treatment() -> None:
    """Death on day 66 after a start on day 6: 66 and 60 days."""
    found = survival_of("A | death | Sepsis | 66")
    assert rows_of(found, "last_day", "died", "from_day0", "from_start") == [(66, True, 66, 60)]


def test_the_living_are_followed_to_their_last_contact() -> None:
    """No death recorded: alive at day 180, and no kind of death."""
    found = survival_of("", "180")
    assert rows_of(found, "died", "cause", "kind", "from_day0", "from_start") == [(False, None, None, 180, 174)]


def test_a_patient_without_the_treatment_has_no_time_from_it() -> None:
    """The untreated are followed from day 0 alone."""
    found = survival_of("", "180", start="")
    assert rows_of(found, "start_day", "from_day0", "from_start") == [(None, 180, None)]


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ("ICANS", "toxic"),
        ("crs", "toxic"),
        ("Cytokine release syndrome", "toxic"),
        ("IEC-HS", "toxic"),
        ("hlh", "toxic"),
        ("Progressive disease", "progression"),
        ("Lymphoma", "progression"),
        ("relapse", "progression"),
        ("Pneumonia", "infection"),
        ("Septic shock", "infection"),
        ("Myocardial infarction", "other"),
        ("possible ICANS", "other"),
        ("", "unknown"),
    ],
)
def test_the_kind_of_death_is_its_coded_cause(cause: str, kind: str) -> None:
    """Grade 5 only where the coded cause names the toxicity: a free text that mentions it does not."""
    assert rows_of(survival_of(f"A | death | {cause} | 66"), "kind") == [(kind,)]


def test_a_death_without_a_day_is_a_death_at_an_unknown_time() -> None:
    """The kind of death stands; its time is not known, and is not that of the last contact."""
    found = survival_of("A | death | Pneumonia |", "30")
    assert rows_of(found, "died", "kind", "last_day", "from_start") == [(True, "infection", None, None)]


def test_nothing_dated_has_no_time() -> None:
    """Survival is then unknown, not 0."""
    assert rows_of(survival_of(""), "died", "from_day0", "from_start") == [(False, None, None)]


def test_a_treatment_of_another_patient_is_not_borrowed() -> None:
    """Every course stands alone."""
    found = survival_of("A | death | Sepsis | 66", start="")
    assert rows_of(found, "from_start") == [(None,)]
