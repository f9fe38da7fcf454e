"""The features of every day of one patient-course: the slow, obvious reference (docs/grading.md).

The parts stand in ``reference_timeline`` (three answers, coverage, how long a row holds), ``reference_pressors``,
``reference_oxygen``, ``reference_crs`` (episodes), ``reference_neuro`` and ``reference_organs``.
"""

from typing import Any

from reference_crs import SIGNS, episode_open, sign_in_crs, vasopressor_for_24_hours
from reference_neuro import (
    intracranial,
    is_under_capd_age,
    motor,
    scores_and_consciousness,
    sedated,
    seizures,
    uses_capd,
)
from reference_organs import organ_features
from reference_oxygen import oxygen_features, vasopressor_during_sedation
from reference_pressors import (
    circulatory_collapse,
    fever,
    high_dose_spans,
    high_dose_vasopressor,
    hypotension,
    hypotension_despite_high_dose,
    hypotension_despite_vasopressors,
    infusions,
    leaves_vasopressin_out,
    overlaps,
    treatment_of_crs,
    two_vasopressors,
    vasopressor,
)
from reference_timeline import DEFAULTS, Patient

Options = dict[str, Any]
Features = dict[int, dict[str, Any]]


def with_defaults(options: Options) -> Options:
    """The options chosen, and the default of every other."""
    return {**DEFAULTS, **options}


def features(patient: Patient, options: Options) -> Features:
    """The features of the days 0 to the last: true, false, None (unknown), or a number."""
    options = with_defaults(options)
    given = infusions(patient)
    high = high_dose_spans(patient, given, options)
    two = overlaps(given, leaves_vasopressin_out(False, options), options)

    days: Features = {}
    for day in range(patient["last_day"] + 1):
        found: dict[str, Any] = {}
        found["fever"] = fever(patient, day)
        found["vasopressor"] = vasopressor(patient, given, day)
        found["hypotension"] = hypotension(patient, day, found["vasopressor"], options)
        found["two_vasopressors"] = two_vasopressors(patient, given, day, False, options)
        found["two_vasopressors_besides_vasopressin"] = two_vasopressors(patient, given, day, True, options)
        found["high_dose_vasopressor"] = high_dose_vasopressor(patient, given, high, day, options)
        found["hypotension_despite_vasopressors"] = hypotension_despite_vasopressors(
            patient, found, high, two, day, options
        )
        found["two_vasopressors_of_any_kind"] = two_vasopressors(patient, given, day, None, options)
        found["hypotension_despite_high_dose_vasopressor"] = hypotension_despite_high_dose(
            patient, found, high, day, options
        )
        found["circulatory_collapse"] = circulatory_collapse(patient, day)
        found.update(treatment_of_crs(patient, day))

        found.update(oxygen_features(patient, day, options))
        found["sedated"] = sedated(patient, day)
        found["vasopressor_during_sedation"] = vasopressor_during_sedation(found)

        found.update(scores_and_consciousness(patient, day, options))
        found["uses_capd"] = uses_capd(patient, day, found["ice"], options)
        found["under_capd_age"] = is_under_capd_age(patient, options)
        found.update(seizures(patient, day))
        found.update(motor(patient, day))
        found.update(intracranial(patient, day))
        found.update(organ_features(patient, day, options))
        days[day] = found

    # The signs of CRS need the days before them.
    for day, found in days.items():
        found["episode_open"] = episode_open(days, day, options)
        found["vasopressor_for_24_hours"] = vasopressor_for_24_hours(given, days, day, options)
    for day, found in days.items():
        for sign in SIGNS:
            found[f"{sign}_in_crs"] = sign_in_crs(patient, given, days, sign, day, options)
    return days
