"""What the pipelines in pandas and in Polars share: the words and the numbers of ASTCT CRS in adults.

They hold for the cohorts of ``generate.py``: every record has a time, promises of completeness span whole courses,
oxygen is for hypoxia, drugs that mask fever are single doses, and nobody dies.
"""

from dataclasses import dataclass

KEYS = ["patient_id", "course_id"]
DAY = [*KEYS, "day"]
DAY_MINUTES = 1440
LAST_DAY = 29
TOLERANCE = 1e-9
FEVER, LOW_PRESSURE, LOW_FLOW, AIR = 38.0, 90.0, 6.0, 21.0
BRIDGED_GAP = SHORTEST_RUN = 15
"""Between two infusions that are one run, and of a run that counts (minutes)."""
OVERLAP = 60
"""From which on two vasopressors are two (minutes)."""
CANNULAS = ("nasal_cannula", "high_flow_nasal_cannula")
MASKS = ("simple_mask", "face_mask", "venturi_mask", "non_rebreather", "tracheostomy_mask")
VENTILATED = ("cpap", "bipap", "invasive_ventilation")
SIGNS = {
    "hypotension": "low_last",
    "vasopressor": "vasopressor_until",
    "two_vasopressors_besides_vasopressin": "two_until",
    "oxygen": "oxygen_until",
    "oxygen_above_low_flow": "above_until",
    "positive_pressure": "positive_until",
}
"""Sign to the column of its last minute of the day; of low pressure, the last reading."""
FEATURES = ("fever", *SIGNS, *(f"{sign}_in_crs" for sign in SIGNS))
"""Of each patient-day, with three values."""
DOUBT = "vasopressor_during_sedation"
"""Keeps the criteria of vasopressors out of the lower bound."""
CRITERIA = (
    (1, "fever"),
    (2, "hypotension_in_crs"),
    (3, "vasopressor_in_crs"),
    (4, "two_vasopressors_besides_vasopressin_in_crs"),
    (2, "oxygen_in_crs"),
    (3, "oxygen_above_low_flow_in_crs"),
    (4, "positive_pressure_in_crs"),
)
REQUIRED = ("fever", "hypotension_in_crs", "vasopressor_in_crs", "oxygen_in_crs")
GRADES = ("grade", "lower", "upper")


@dataclass(frozen=True)
class Drugs:
    """Names of drugs by what they do to a grade."""

    vasopressors: tuple[str, ...]
    sedatives: tuple[str, ...]
    waivers: tuple[str, ...]


def drugs() -> Drugs:
    """Return the names that the dictionary of the product has."""
    from abate.records.dictionary import dictionary
    from abate.timeline.episodes import ANTICYTOKINE, ANTIPYRETIC

    known = dictionary()
    return Drugs(
        tuple(known.drugs_of("vasopressor")),
        tuple(known.drugs_of("sedative")),
        tuple(known.drugs_of(*ANTICYTOKINE, *ANTIPYRETIC)),
    )
