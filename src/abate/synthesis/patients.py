"""Made-up patients before anything happens: age, body, disease, and how ill the infusion will make them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]
Booleans = NDArray[np.bool_]

PRODUCTS = ("axicabtagene ciloleucel", "brexucabtagene autoleucel", "lisocabtagene maraleucel")
DISEASES = ("diffuse large B-cell lymphoma", "mantle cell lymphoma", "follicular lymphoma")
HLH_DAYS = 12
NEVER = 10_000
"""A day that does not come."""

CRS_CUTS = (-1.34, -0.05, 1.25, 1.85)
"""Of the latent severity, where a peak of grade 1, 2, 3 and 4 of CRS begins: 91 % any, 11 % grade 3 or more."""
NEURO_CUTS = (-0.36, 0.05, 0.50, 1.25)
"""The same of neurotoxicity: 64 % any, 31 % grade 3 or more."""


@dataclass(frozen=True)
class Patients:
    """One row a patient, all arrays of length n.

    Attributes
    ----------
    severity
        The latent severity (standard normal) that all toxicity shares.
    crs_peak, crs_onset, crs_days, neuro_peak, neuro_onset, neuro_days
        The course that the toxicity would take untreated by anakinra: highest level 0 to 4, first day, days.
    by_pressure, by_oxygen
        Whether CRS shows in the pressure, in the oxygen, or both; where both, the oxygen is a level milder.
    hlh, hlh_onset
        Whether an HLH-like state follows CRS, and from which day it lasts :data:`HLH_DAYS`.
    variants
        Numbers from 0 to 1 (n x 12) that choose among signs of one level, and habits of treatment.
    """

    age: Integers
    male: Booleans
    weight: Numbers
    height: Numbers
    product: Integers
    disease: Integers
    severity: Numbers
    hlh: Booleans
    hlh_onset: Integers
    crs_peak: Integers
    crs_onset: Integers
    crs_days: Integers
    neuro_peak: Integers
    neuro_onset: Integers
    neuro_days: Integers
    by_pressure: Booleans
    by_oxygen: Booleans
    variants: Numbers

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.age)


def draw_patients(random: np.random.Generator, count: int) -> Patients:
    """Draw patients; the figures stand beside published ones on the page of rates.

    Parameters
    ----------
    random
        Where the numbers come from.
    count
        How many.
    """
    severity = random.standard_normal(count)
    male = random.random(count) < 0.62
    height = np.round(random.normal(np.where(male, 176, 163), 7), 0)
    mass_index = np.clip(random.normal(26.5, 4.5, count), 17, 45)
    crs = 0.8 * severity + 0.6 * random.standard_normal(count)
    neuro = 0.6 * severity + 0.8 * random.standard_normal(count)
    crs_peak, neuro_peak = np.digitize(crs, CRS_CUTS), np.digitize(neuro, NEURO_CUTS)
    onset = np.exp(random.normal(np.log(3.2), 0.55, count) - 0.12 * severity)
    crs_onset = np.clip(np.floor(onset), 1, 12).astype(np.int64)
    crs_days = np.clip(np.rint(np.exp(random.normal(np.log(8.0), 0.35, count) + 0.1 * severity)), 1, 20)
    crs_days = crs_days.astype(np.int64)
    after_onset = np.rint(np.exp(random.normal(np.log(2.4), 0.45, count))).astype(np.int64)
    kind = random.random(count)
    neuro_onset = np.where(kind < 0.04, crs_onset + crs_days + 1, crs_onset + after_onset)
    neuro_onset = np.where(kind > 0.92, np.maximum(crs_onset - 1, 1), neuro_onset)
    neuro_onset = np.where(crs_peak == 0, 3 + np.floor(6 * kind).astype(np.int64), neuro_onset)
    # New neurotoxicity after day 14 is rare: 0.7 % of patients.
    late = random.random(count)
    neuro_onset = np.where(late < 0.011, 15 + np.floor(500 * late).astype(np.int64), np.minimum(neuro_onset, 14))
    neuro_days = np.exp(random.normal(np.log(10.0), 0.95, count) + 0.25 * severity)
    shown = random.random(count)
    disease = random.choice(3, count, p=(0.75, 0.15, 0.10))
    return Patients(
        age=np.clip(np.rint(random.normal(60, 12, count)), 18, 86).astype(np.int64),
        male=male,
        weight=np.round(mass_index * (height / 100) ** 2, 1),
        height=height,
        product=np.where(disease == 1, 1, np.where(random.random(count) < 0.7, 0, 2)),
        disease=disease,
        severity=severity,
        hlh=(random.random(count) < 1 / (1 + np.exp(3.9 - 1.4 * severity))) & (crs_peak > 0),
        hlh_onset=crs_onset + (crs_days + 2) // 3 + 1,
        crs_peak=crs_peak,
        crs_onset=crs_onset,
        crs_days=crs_days,
        neuro_peak=neuro_peak,
        neuro_onset=neuro_onset,
        neuro_days=np.clip(np.rint(neuro_days), 1, 90).astype(np.int64),
        by_pressure=shown < 0.7,
        by_oxygen=shown > 0.5,
        variants=random.random((count, 12)),
    )


def level(since: Numbers, days: Integers, peak: Integers) -> Integers:
    """Return the level of a course so many days after its onset: up to the peak in the first third, and down again."""
    rise = (days + 2) // 3
    up, down = (since + 1) / rise, (days - since) / (days - rise + 1)
    height = np.rint(1 + (peak - 1) * np.minimum(up, down)).astype(np.int64)
    return np.where((since < days) & (peak > 0), np.clip(height, 1, 4), 0)
