"""What happens to made-up patients, day by day: signs, treatment by a policy, the effect of anakinra, death."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abate.records.problems import AbateError
from abate.synthesis.patients import HLH_DAYS, NEVER, Booleans, Integers, Numbers, Patients, level
from abate.synthesis.signs import signs

DAYS = 30
"""Days recorded, from the infusion on."""
LOTS = 6
"""Numbers drawn for each patient and day."""
POLICIES = ("refractory", "unseen", "prophylaxis", "none")
CAUSES = ("", "CRS", "ICANS", "infection", "progression")
"""Coded causes of death, by their number."""


@dataclass(frozen=True)
class Effect:
    """What anakinra does from the day after its start, by assumption; 0 is nothing.

    Attributes
    ----------
    duration
        Natural logarithm of the ratio by which the days that remain of each toxicity change; of one that has not
        begun, all its days. Whether and when it begins does not change.
    severity
        Grades by which each later day of toxicity changes; a fraction is the share of patients with one more.
    death
        Natural logarithm of the hazard ratio of death.
    """

    duration: float = 0.0
    severity: float = 0.0
    death: float = 0.0


NO_EFFECT = Effect()


def effect_from(texts: Iterable[str]) -> Effect:
    """Return the effect that texts such as ``duration=-0.5`` tell.

    Raises
    ------
    AbateError
        If one cannot be read, or is no number from -10 to 10.

    Examples
    --------
    >>> effect_from(["death=-0.7"])
    Effect(duration=0.0, severity=0.0, death=-0.7)
    """
    names = [field.name for field in fields(Effect)]
    chosen = {}
    for text in texts:
        name, _, value = text.partition("=")
        found = re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", value, re.ASCII | re.IGNORECASE)
        if name.strip() not in names or name.strip() in chosen or not found or abs(float(value)) > 10:
            expected = (
                f"Expected NAME=NUMBER, the name one of {', '.join(names)}, the number from -10 to 10; 0 is none."
            )
            raise AbateError(f"An effect cannot be read. {expected} Correct --effect.")
        chosen[name.strip()] = float(value)
    return Effect(**chosen)


@dataclass(frozen=True)
class Illness:
    """Arrays of patients x days (:data:`DAYS`) but for the last three, which have one number a patient.

    After death there is nothing.

    Attributes
    ----------
    pressure, oxygen, creatinine, transaminase, neuro
        Numbers of the signs of :func:`abate.synthesis.signs.signs`.
    crs, encephalopathy
        Level of CRS, 0 to 4; the clinician's CTCAE grade of encephalopathy, which is the level of neurotoxicity.
    fever
        Whether there is fever.
    vasopressor_start
        The minute of the day at which vasopressors begin, 0 where they run on from the day before.
    acetaminophen, tocilizumab, dexamethasone, anakinra
        Doses of the day.
    inflammation
        A number that the inflammatory laboratory values follow.
    death_day, cause
        Day of death (:data:`NEVER`), number of its cause in :data:`CAUSES`.
    anakinra_start
        First day of anakinra (:data:`NEVER`).
    """

    pressure: Integers
    oxygen: Integers
    creatinine: Integers
    transaminase: Integers
    neuro: Integers
    crs: Integers
    encephalopathy: Integers
    fever: Booleans
    vasopressor_start: Integers
    acetaminophen: Integers
    tocilizumab: Integers
    dexamethasone: Integers
    anakinra: Integers
    inflammation: Numbers
    death_day: Integers
    cause: Integers
    anakinra_start: Integers

    @property
    def last_day(self) -> Integers:
        """The last day of each patient's records."""
        return np.minimum(self.death_day, DAYS - 1)

    @property
    def alive(self) -> Booleans:
        """Patients x days with records, the day of death among them."""
        return np.arange(DAYS) <= self.last_day[:, None]


def extent(toxic: Booleans) -> tuple[Integers, Integers]:
    """Return the first and the last day of each patient (n x :data:`DAYS`), :data:`NEVER` without one."""
    some = toxic.any(axis=1)
    last = DAYS - 1 - toxic[:, ::-1].argmax(axis=1)
    return np.where(some, toxic.argmax(axis=1), NEVER), np.where(some, last, NEVER)


PER_PATIENT = ("death_day", "cause", "anakinra_start")


def fall_ill(lots: Numbers, people: Patients, effect: Effect, policy: str) -> Illness:
    """Let the days pass: one step a day, all patients at once.

    Parameters
    ----------
    lots
        Numbers from 0 to 1 (:data:`DAYS` x :data:`LOTS` x n). The same ones with another effect or policy are the
        same patients in another world.
    people
        Who.
    effect, policy
        What anakinra does, and who gets it: ``refractory`` (neurotoxicity of grade 3 or more on steroids for four
        days, the higher the grades of it and of CRS so far the likelier), ``unseen`` (the same patients, the likelier
        the greater their latent severity, which no record shows: no analysis can account for it), ``prophylaxis``
        (half of the patients from day 0) or ``none``.
    """
    days: dict[str, NDArray[Any]] = {
        field.name: np.zeros((people.count, DAYS), _kind(field.name))
        for field in fields(Illness)
        if field.name not in PER_PATIENT
    }
    walk = _Walk(people, effect, policy, days)
    for day in range(DAYS):
        walk.pass_day(day, lots[day])
    alive = np.arange(DAYS) <= walk.death_day[:, None]
    days = {name: np.where(alive, found, 0).astype(found.dtype) for name, found in days.items()}
    return Illness(**days, death_day=walk.death_day, cause=walk.cause, anakinra_start=walk.anakinra_start)


def _kind(name: str) -> type:
    return {"fever": np.bool_, "inflammation": np.float64}.get(name, np.int64)


class _Walk:
    """The state of all patients as the days pass."""

    def __init__(self, people: Patients, effect: Effect, policy: str, days: dict[str, NDArray[Any]]) -> None:
        self.people, self.effect, self.policy, self.days = people, effect, policy, days
        count = people.count
        # How far into its course each toxicity is: a day a day, by another clock once anakinra works.
        self.crs_clock, self.neuro_clock = np.zeros(count), np.zeros(count)
        self.anakinra_start = np.full(count, NEVER)
        self.death_day = np.full(count, NEVER)
        self.cause = np.zeros(count, np.int64)
        self.steroid_days = np.zeros(count, np.int64)
        self.taper = np.zeros(count, np.int64)
        self.tocilizumab_doses = np.zeros(count, np.int64)
        self.masked = np.zeros(count, bool)
        self.injury = np.zeros(count)
        self.crs_highest = np.zeros(count, np.int64)
        self.heat = np.zeros(count)

    def pass_day(self, day: int, draws: Numbers) -> None:
        """Settle one day: toxicity, its signs, what is given, the laboratory's drift, death."""
        people, days = self.people, self.days
        treated = self.anakinra_start < day
        pace = np.where(treated, np.exp(-self.effect.duration), 1.0)
        self.crs_clock += np.where(day > people.crs_onset, pace, 0.0)
        self.neuro_clock += np.where(day > people.neuro_onset, pace, 0.0)
        crs = level(self.crs_clock, people.crs_days, people.crs_peak) * (day >= people.crs_onset)
        neuro = level(self.neuro_clock, people.neuro_days, people.neuro_peak) * (day >= people.neuro_onset)
        shift = np.where(treated, np.floor(self.effect.severity + people.variants[:, 7]).astype(np.int64), 0)
        crs, neuro = (np.where(found > 0, np.clip(found + shift, 0, 4), 0) for found in (crs, neuro))
        days["crs"][:, day], days["encephalopathy"][:, day] = crs, neuro
        days["fever"][:, day] = (crs > 0) & ~(self.masked & (people.variants[:, 0] < 0.7))
        self._signs(day, crs, neuro, draws)
        self._treat(day, crs, neuro, draws)
        self._drift(day, crs)
        self._die(day, crs, neuro, draws)

    def _signs(self, day: int, crs: Integers, neuro: Integers, draws: Numbers) -> None:
        people, days, chosen = self.people, self.days, self.people.variants
        pressure, oxygen = signs()["pressure"], signs()["oxygen"]
        by_level = np.where(people.by_pressure, crs, 0)
        found = _pick(
            pressure.number,
            by_level,
            {
                2: np.where(chosen[:, 1] < 0.6, "low_one_bolus", "low_two_boluses"),
                3: _among(chosen[:, 2], ("one_low_dose", 0.5), ("one_high_dose", 0.8), ("with_vasopressin", 1)),
                4: np.where(chosen[:, 3] < 0.6, "two_agents", "refractory"),
            },
        )
        # A low pressure without CRS, of some other cause that nobody wrote down.
        quiet = crs == 0
        if day:
            quiet &= (days["crs"][:, day - 1] == 0) & (days["pressure"][:, day - 1] == 0)
        other = quiet & (draws[4] < 0.003)
        days["pressure"][:, day] = np.where(other, pressure.number("low_one_bolus"), found)
        running = days["pressure"][:, day] >= pressure.number("one_low_dose")
        before = days["pressure"][:, day - 1] >= pressure.number("one_low_dose") if day else np.zeros_like(running)
        start = 360 + np.floor(draws[0] * 360).astype(np.int64)
        days["vasopressor_start"][:, day] = np.where(running & ~before, start, 0)
        by_level = np.where(people.by_oxygen, crs - people.by_pressure, 0)
        days["oxygen"][:, day] = _pick(
            oxygen.number,
            by_level,
            {
                2: np.full(people.count, "cannula"),
                3: np.where(chosen[:, 4] < 0.4, "venturi", "high_flow"),
                4: _among(chosen[:, 5], ("bipap_30", 0.2), ("bipap_50", 0.5), ("ventilated", 1)),
            },
        )
        days["neuro"][:, day] = _pick(
            signs()["neuro"].number,
            neuro,
            {
                1: np.full(people.count, "score_7_to_9"),
                2: np.where(draws[1] < 0.5, "score_3_to_6", "voice"),
                3: _among(draws[1], ("tactile", 0.85), ("focal_seizure", 0.985), ("focal_edema", 1)),
                4: _among(
                    draws[1],
                    *(("unarousable", 0.85), ("long_seizure", 0.95), ("hemiparesis", 0.985), ("diffuse_edema", 1)),
                ),
            },
        )

    def _treat(self, day: int, crs: Integers, neuro: Integers, draws: Numbers) -> None:
        """Give tocilizumab and steroids by grade, anakinra by the policy; what blocks cytokines masks later fever."""
        people, days, fever = self.people, self.days, self.days["fever"][:, day]
        days["acetaminophen"][:, day] = fever & (people.variants[:, 8] < 0.8)
        first = (crs >= 2) & fever & (self.tocilizumab_doses == 0) & (draws[2] < 0.85)
        second = (crs >= 3) & (self.tocilizumab_doses > 0) & (self.tocilizumab_doses < 3) & (draws[2] < 0.5)
        tocilizumab = first | second
        wanted = (neuro >= 2) | ((crs >= 3) & (self.tocilizumab_doses > 0))
        self.taper = np.where(wanted, 3, np.maximum(self.taper - 1, 0))
        steroid = np.where(wanted, np.where(np.maximum(neuro, crs) >= 3, 4, 2), np.minimum(self.taper, 1))
        # Steroids for four days and still of grade 3 or more: the sicker, the likelier the drug.
        refractory = (neuro >= 3) & (self.steroid_days >= 4)
        self.crs_highest = np.maximum(self.crs_highest, crs)
        seen = (self.crs_highest - 1.5) + (neuro == 4)
        chance = {
            "refractory": refractory / (1 + np.exp(1.5 - 0.8 * seen)),
            "unseen": refractory / (1 + np.exp(1.5 - 0.8 * people.severity)),
            "prophylaxis": np.full(people.count, 0.5 * (day == 0)),
            "none": np.zeros(people.count),
        }[self.policy]
        starts = (self.anakinra_start == NEVER) & (self.death_day == NEVER) & (draws[3] < chance)
        self.anakinra_start = np.where(starts, day, self.anakinra_start)
        on = (day >= self.anakinra_start) & (day < self.anakinra_start + 7)
        days["tocilizumab"][:, day], days["dexamethasone"][:, day] = tocilizumab, steroid
        days["anakinra"][:, day] = np.where(on, 1 + (self.policy == "refractory"), 0)
        self.tocilizumab_doses += tocilizumab
        self.steroid_days += steroid > 0
        self.masked |= tocilizumab | (steroid > 0)

    def _drift(self, day: int, crs: Integers) -> None:
        """Let inflammation follow CRS and HLH, and the kidney and the liver follow both."""
        people = self.people
        target = 0.55 * crs + 1.6 * (people.hlh & (day >= people.hlh_onset) & (day < people.hlh_onset + HLH_DAYS))
        self.heat += 0.5 * (target - self.heat)
        self.days["inflammation"][:, day] = self.heat
        self.injury = np.maximum(0.8 * self.injury, (crs >= 3) * (0.6 + 0.45 * (crs - 3)))
        strain = self.injury + 0.35 * self.heat * (people.hlh | (people.variants[:, 6] > 0.8))
        self.days["creatinine"][:, day] = np.digitize(self.injury * (0.6 + people.variants[:, 9]), (0.35, 0.75, 1.2))
        self.days["transaminase"][:, day] = np.digitize(strain, (0.4, 0.8, 1.3))

    def _die(self, day: int, crs: Integers, neuro: Integers, draws: Numbers) -> None:
        people = self.people
        toxic = 0.03 * (crs == 4) + 0.006 * (crs == 3) + 0.012 * (neuro == 4) + 0.003 * (neuro == 3)
        hazard = toxic + 0.006 * people.hlh * (day >= people.hlh_onset) + 0.0006 * (day > 7)
        hazard = hazard * np.where(self.anakinra_start < day, np.exp(self.effect.death), 1.0)
        dies = (self.death_day == NEVER) & (draws[5] < hazard)
        cause = np.where(crs >= 3, 1, np.where(neuro >= 3, 2, np.where(people.variants[:, 10] < 0.6, 3, 4)))
        self.death_day, self.cause = np.where(dies, day, self.death_day), np.where(dies, cause, self.cause)


def _among(chance: Numbers, *names: tuple[str, float]) -> NDArray[np.str_]:
    """Return for each number the first name whose limit it is below."""
    return np.select([chance < limit for _, limit in names], [name for name, _ in names], names[-1][0])


def _pick(number: Callable[[str], int], level: Integers, choices: dict[int, NDArray[np.str_]]) -> Integers:
    """Return the number of the sign of each patient's level, 0 where the level has none."""
    found = np.zeros(len(level), np.int64)
    for height, names in choices.items():
        numbers = np.zeros(len(level), np.int64)
        for name in np.unique(names):
            numbers[names == name] = number(str(name))
        found = np.where(level == height, numbers, found)
    return found
