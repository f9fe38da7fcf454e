"""Measurements of made-up patients: vital signs and oxygen every four hours, scores twice a day, laboratory daily."""

import numpy as np
import pyarrow as pa

from abate.records.dictionary import dictionary
from abate.synthesis.charted import NUMBER, TEXT, WHOLE, rows
from abate.synthesis.illness import DAYS, Illness
from abate.synthesis.patients import Integers, Numbers, Patients
from abate.synthesis.signs import signs
from abate.timeline.intervals import DAY_MINUTES

COLUMNS = {
    "patient": WHOLE,
    "variable": TEXT,
    "value": NUMBER,
    "comparator": TEXT,
    "unit": TEXT,
    "uln": NUMBER,
    "minute": WHOLE,
}
SLOTS = 6
VITALS = ("fio2", "heart_rate", "o2_flow", "sbp", "spo2", "temperature")
SCORES = ("cartox10", "ice")
LABORATORY = (
    *("alt", "anc", "ast", "bilirubin_total", "creatinine", "crp", "ferritin", "fibrinogen", "hemoglobin", "il6"),
    *("ldh", "platelets", "triglyceride"),
)
VARIABLES = (*VITALS, *SCORES, *LABORATORY)
UPPER_LIMITS = {"alt": 40.0, "ast": 40.0, "bilirubin_total": 1.2, "creatinine": 1.2, "ldh": 250.0}
DRAWN = 300
"""Minute of the day of the laboratory: five o'clock."""
SCORED = (540, 1140)
"""Minutes of the day of the scores."""


def measurements(random: np.random.Generator, people: Patients, ill: Illness) -> pa.Table:
    """Return the measurements, in the order of patient, day and variable; one panel stands before day 0."""
    parts = (_vitals(random, people, ill), _scores(random, ill), _laboratory(random, people, ill))
    grids = [part.reshape(people.count, DAYS + 1, -1) for part in parts]
    values = np.concatenate(grids, axis=2)
    jitter = np.floor(random.random((people.count, DAYS + 1, SLOTS)) * 60)
    of_slots = np.repeat(np.arange(SLOTS) * 240 + jitter, len(VITALS), axis=2)
    clock = (*np.repeat(SCORED, len(SCORES)), *[DRAWN] * len(LABORATORY))
    fixed = np.broadcast_to(np.array(clock, float), (*values.shape[:2], len(clock)))
    minute = np.concatenate((of_slots, fixed), axis=2) + (np.arange(-1, DAYS) * DAY_MINUTES)[None, :, None]
    places = [VARIABLES.index(name) for name in (*VITALS * SLOTS, *SCORES * 2, *LABORATORY)]
    variable = np.array(places)[None, None, :]
    there = np.isfinite(values)
    there[:, 1:] &= ill.alive[:, :, None]
    known = dictionary().variables
    limits = np.array([UPPER_LIMITS.get(name, np.nan) for name in VARIABLES])
    return rows(
        COLUMNS,
        there,
        np.arange(people.count),
        variable=(VARIABLES, variable),
        value=values,
        unit=([known[name].unit for name in VARIABLES], variable),
        uln=limits[places],
        minute=minute.astype(np.int64),
    )


def _vitals(random: np.random.Generator, people: Patients, ill: Illness) -> Numbers:
    """Return patients x (a day before and all days) x slots x :data:`VITALS`; nothing before day 0."""
    shape = (people.count, DAYS, SLOTS)
    pressure = signs()["pressure"]
    temperature = 36.2 + 1.4 * random.random(shape)
    temperature[:, :, 3:5] += np.where(ill.fever, 2.1, 0.0)[:, :, None]
    temperature = np.round(temperature, 1)
    heart_rate = np.rint(70 + 25 * random.random(shape) + 9 * ill.crs[:, :, None])
    sbp = np.rint(105 + 30 * random.random(shape))
    low = np.rint(72 + 17 * random.random(shape))
    code = ill.pressure
    running = code >= pressure.number("one_low_dose")
    sbp = np.where(running[:, :, None], np.rint(sbp - 12), sbp)
    alone = (code > 0) & ~running
    # Low in the morning; before the first vasopressor; in the evening in spite of them.
    shows = np.zeros(shape, bool)
    shows[:, :, 1] = alone | (running & (ill.vasopressor_start > 0))
    shows[:, :, 2] = alone
    shows[:, :, 4:] = (code == pressure.number("refractory"))[:, :, None]
    sbp = np.where(shows, low, sbp)
    given = (ill.oxygen > 0)[:, :, None]
    spo2 = np.rint(np.where(given, 92 + 4 * random.random(shape), 95 + 4 * random.random(shape)))
    # Before oxygen is given the saturation is low on room air.
    coming = (ill.oxygen[:, :-1] == 0) & (ill.oxygen[:, 1:] > 0)
    spo2[:, :-1, 5] = np.where(coming, np.rint(86 + 5 * random.random(coming.shape)), spo2[:, :-1, 5])
    flow = litres(people)[np.arange(people.count)[:, None], ill.oxygen]
    fraction = FRACTIONS[ill.oxygen]
    found = np.full((people.count, DAYS + 1, SLOTS, len(VITALS)), np.nan)
    each = {"fio2": fraction[:, :, None], "heart_rate": heart_rate, "o2_flow": flow[:, :, None], "sbp": sbp}
    each |= {"spo2": spo2, "temperature": temperature}
    for place, name in enumerate(VITALS):
        found[:, 1:, :, place] = each[name]
    return found


FRACTIONS = np.array([21, np.nan, 35, 50, 30, 50, 60])
"""Fraction of inspired oxygen (%) of each sign of oxygen; not measured with a nasal cannula."""


def litres(people: Patients) -> Numbers:
    """Return the flow (L/min) of each patient with each sign of oxygen; none with positive pressure."""
    cannula = 2 + np.floor(people.variants[:, 4] * 3)
    fixed = np.array([0, np.nan, 6, 40, np.nan, np.nan, np.nan])
    return np.where(np.arange(7) == 1, cannula[:, None], fixed[None, :])


SCORE_RANGES = {
    "none": (10, 10),
    "score_7_to_9": (7, 9),
    **dict.fromkeys(("score_3_to_6", "voice", "focal_seizure", "focal_edema"), (3, 6)),
    **dict.fromkeys(("tactile", "long_seizure", "hemiparesis", "diffuse_edema"), (0, 2)),
    "unarousable": (np.nan, np.nan),
}


def _scores(random: np.random.Generator, ill: Illness) -> Numbers:
    low, high = np.array([SCORE_RANGES[name] for name in signs()["neuro"].names]).T
    least, most = low[ill.neuro][:, :, None], high[ill.neuro][:, :, None]
    drawn = random.random((len(ill.neuro), DAYS, 2 * len(SCORES)))
    found = np.full((len(ill.neuro), DAYS + 1, 2 * len(SCORES)), np.nan)
    found[:, 1:] = least + np.floor(drawn * (most - least + 1))
    return found


def _laboratory(random: np.random.Generator, people: Patients, ill: Illness) -> Numbers:
    """Return patients x (a day before and all days) x :data:`LABORATORY`."""
    shape = (people.count, DAYS + 1)
    heat = np.concatenate((np.zeros((people.count, 1)), ill.inflammation), axis=1)
    later = np.concatenate((np.zeros((people.count, 2)), heat), axis=1)[:, : DAYS + 1]
    own = random.standard_normal((people.count, 4))[:, :, None]
    tumour = np.exp(0.35 * people.severity)[:, None]
    day = np.arange(-1, DAYS)[None, :]

    def noise(size: float) -> Numbers:
        return np.exp(size * random.standard_normal(shape))

    fall = np.clip(np.minimum((day + 2) / 7, (22 - day) / 10), 0.0, 1.0)
    found = {
        "crp": np.clip(9 * tumour * np.exp(1.25 * heat + 0.4 * own[:, 0]) * noise(0.15), 1, 600),
        "ferritin": 420 * tumour * np.exp(0.85 * heat + 0.6 * later + 0.5 * own[:, 1]) * noise(0.1),
        "ldh": 230 * tumour * np.exp(0.22 * heat + 0.15 * own[:, 2]) * noise(0.08),
        "il6": 9 * np.exp(1.35 * heat + 0.5 * own[:, 0]) * noise(0.3),
        "fibrinogen": np.clip((460 + 40 * heat - 150 * later * people.hlh[:, None]) * noise(0.06), 60, 900),
        "triglyceride": (130 + 70 * later) * np.exp(0.25 * own[:, 3]) * noise(0.08),
        "anc": np.round(np.exp(np.log(3.2) - 3.3 * fall) * noise(0.3), 2),
        "platelets": np.rint(np.exp(np.log(190) - (1.0 + 0.4 * people.severity[:, None]) * fall) * noise(0.1)),
        "hemoglobin": np.round(np.clip(11 - 2.5 * fall - 0.3 * own[:, 3], 6.5, 16) * noise(0.03), 1),
        "bilirubin_total": np.round(0.3 + 0.7 * random.random(shape), 2),
    }
    found |= _organs(random, ill, shape)
    whole = ("crp", "ferritin", "ldh", "il6", "fibrinogen", "triglyceride")
    return np.stack([np.rint(found[name]) if name in whole else found[name] for name in LABORATORY], axis=2)


BANDS = {
    "creatinine": ((0.85, 1.0), (1.2, 1.4), (2.1, 2.7), (3.3, 4.0)),
    "alt": ((0.3, 0.95), (1.2, 2.8), (3.3, 4.8), (5.5, 18)),
}
"""Of the baseline (creatinine) or of the upper limit (ALT): where each sign lies, well inside its grade."""


def _organs(random: np.random.Generator, ill: Illness, shape: tuple[int, int]) -> dict[str, Numbers]:
    """Return creatinine and transaminases whose CTCAE grade is that of their sign."""
    first = np.zeros((shape[0], 1), np.int64)
    baseline = np.round(0.6 + 0.3 * random.random((shape[0], 1)), 2)
    creatinine = baseline * _within(random, BANDS["creatinine"], np.concatenate((first, ill.creatinine), axis=1))
    # Never above the baseline where nothing is wrong: any rise is grade 1.
    creatinine = np.floor(creatinine * 100 + 1e-6) / 100
    creatinine[:, :1] = baseline
    code = np.concatenate((first, ill.transaminase), axis=1)
    alt = np.rint(40 * _within(random, BANDS["alt"], code))
    # AST follows, never into a higher grade.
    ast = np.rint(np.where(code > 0, 0.85, 1.0) * alt)
    return {"creatinine": creatinine, "alt": alt, "ast": ast}


def _within(random: np.random.Generator, bands: tuple[tuple[float, float], ...], code: Integers) -> Numbers:
    low, high = np.array(bands).T
    found: Numbers = low[code] + (high[code] - low[code]) * random.random(code.shape)
    return found
