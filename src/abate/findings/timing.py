"""Did starting the treatment do anything: the naive analysis, labelled biased, beside those that time does not fool."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from abate.findings.detectable import difference, hazard_ratio
from abate.findings.person_days import Judged
from abate.findings.plan import Trial
from abate.findings.shape import number
from abate.records.problems import AbateError
from abate.statistics.clone_censor import clone_censor, resampled, strategies
from abate.statistics.cox import Model, cox
from abate.statistics.landmark import landmark
from abate.statistics.matching import Matched, matched
from abate.statistics.overlap_weights import Balance, Shares, Weigh, balance, difference_of_shares, overlap_weights
from abate.statistics.sequential_trials import DIED, RESOLVED, Entries, daily, entries
from abate.statistics.start_or_wait import (
    FEWEST_EVENTS,
    FEWEST_PATIENTS,
    GREATEST_WEIGHT,
    Estimate,
    lacking,
    start_or_wait,
    too_great,
)
from abate.statistics.staying_weights import StayingWeights, staying_weights
from abate.statistics.time_varying import split_at
from abate.statistics.times import Booleans, Floats, Integers, Times, times

RECOMMENDED = "one trial a day: start or wait (recommended)"
NOT_TOLD = "–"
DETECTABLE = "detectable from these sizes alone"
NAIVE = "ever against never treated (biased)"
Row = dict[str, Any]


@dataclass(frozen=True)
class Emulated:
    """What the analyses of timing read.

    Attributes
    ----------
    judged, trial
        Patients by days, grades carried; and what was planned.
    entries
        Of the trials, a row a patient and day.
    eligible
        Patient-days that were eligible, and entered or not.
    zero
        First day at the grade of the trial of each patient, infinite where never.
    ends, event
        Days from it to resolution, death or the end, and which.
    started
        Days from it to the start, infinite where never; below 0 where the start came before.
    """

    judged: Judged
    trial: Trial
    entries: Entries
    eligible: int
    zero: Floats
    ends: Floats
    event: Integers
    started: Floats

    @property
    def followed(self) -> Booleans:
        """Who reached the grade, untreated until then, and was followed beyond that day."""
        return np.isfinite(self.zero) & (self.ends > 0) & (self.started >= 0)

    @cached_property
    def pairs(self) -> Matched:
        """Who started, matched in their risk sets."""
        return matched(self.entries, self.trial.match)

    @cached_property
    def overlap(self) -> Floats:
        """How much each entry counts by overlap weights."""
        return overlap_weights(self.entries, self.trial.adjust_for)

    def staying(self, entries: Entries) -> StayingWeights:
        """Return weights of the days waited, for those who left by starting."""
        return staying_weights(entries, daily(entries), self.judged.days, self.trial.covariates, stabilised=False)

    def check_weights(self) -> None:
        """Refuse where a day waited counts for too many."""
        found = self.staying(self.entries)
        if found.largest > GREATEST_WEIGHT:
            raise AbateError(f"No difference can be told: {too_great(found)}")

    def times(self) -> Times:
        """Time from the first day at the grade to resolution, with death as the second cause."""
        return times(self.ends[self.followed], self.event[self.followed])


def emulated(judged: Judged, trial: Trial) -> Emulated:
    """Return patients by days as the trial has them."""
    days = judged.to_the_last_grade()
    ill = (days.grade >= trial.grade) & days.followed
    may = days.covariates["steroid days"] >= trial.steroid_days
    named = {name: days.covariates[name] for name in trial.covariates}
    found = entries(replace(days, covariates=named), ill, may, trial.window)
    started = days.start[:, None]
    able = int((ill & may & (days.days <= started) & (days.days < days.last[:, None])).sum())
    zero = np.where(ill.any(axis=1), ill.argmax(axis=1), np.inf).astype(float)
    later = days.days[None, :] > zero[:, None]
    dead = days.died[:, None] & (days.days == days.last[:, None])
    well = later & ~ill & days.followed & ~dead
    resolved = np.where(well.any(axis=1), well.argmax(axis=1), np.inf).astype(float)
    last = days.last.astype(float)
    event = np.where(resolved <= last, RESOLVED, np.where(days.died, DIED, 0))
    with np.errstate(invalid="ignore"):
        ends = np.where(np.isfinite(zero), np.minimum(resolved, last) - zero, 0.0)
        begun = np.where(np.isfinite(zero), days.start - zero, np.inf)
    return Emulated(judged, trial, found, able, zero, ends, event, begun)


def analyses(of: Emulated, few: int) -> list[Row]:
    """Return a row for each analysis: what it found, or why it finds nothing.

    Parameters
    ----------
    of
        From :func:`emulated`.
    few
        Resolutions below which no hazard ratio is told.
    """
    trial = of.trial
    apart = f"share resolved within {trial.window} days: those who started less {{}} (percentage points)"
    others = apart.format("those who waited")
    rows = [
        _row(NAIVE, "hazard ratio of resolution", lambda: _naive(of, few)),
        *(
            _row(f"landmark, day {day} of grade {trial.grade}", "hazard ratio of resolution", _at(of, day, few))
            for day in trial.landmarks
        ),
        _row("treatment that changes with time", "hazard ratio of resolution", lambda: _changing(of, few)),
        _row(RECOMMENDED, apart.format("the same had they waited"), lambda: _daily(of)),
        _row("one trial a day, matched", others, lambda: _matched(of)),
        _row("one trial a day, overlap weights", others, lambda: _overlap(of)),
    ]
    for grace in trial.start_within:
        name = f"start within {grace} days or not: cloned, censored, weighted"
        measure = (
            f"share resolved by day {_horizon(of, grace)} ({grace} days to start in and the window of {trial.window}): "
            "all start less none does (percentage points)"
        )
        rows.append(_row(name, measure, _cloned(of, grace)))
    return rows


def _row(name: str, measure: str, work: Callable[[], Row]) -> Row:
    """Return the row of an analysis; the reason in place of a number where it refuses."""
    empty = dict.fromkeys(
        ("estimate", "95 % interval", "patients (treated, not)", "resolved", DETECTABLE, "how to read it"), NOT_TOLD
    )
    try:
        return {"analysis": name, "measure": measure} | empty | work()
    except AbateError as problem:
        return {"analysis": name, "measure": measure} | empty | {"how to read it": f"Not told. {problem}"}


def _enough(treated: Booleans, event: Integers, few: int = 0) -> None:
    """Refuse where an arm is too small, or too few resolved: in all for a hazard ratio, in each arm for anything."""
    resolved = [int((event[arm] == RESOLVED).sum()) for arm in (treated, ~treated)]
    if sum(resolved) < few:
        raise AbateError(f"{sum(resolved)} resolutions were seen, and a hazard ratio needs {few}.")
    patients = [int(treated.sum()), int((~treated).sum())]
    if min(patients) < FEWEST_PATIENTS or min(resolved) < FEWEST_EVENTS:
        raise AbateError(
            f"{patients[0]} treated and {patients[1]} others count, of whom {resolved[0]} and {resolved[1]} resolved; "
            f"{FEWEST_PATIENTS} patients and {FEWEST_EVENTS} resolutions of each are needed."
        )


def _hazard(model: Model, treated: Booleans, event: Integers, words: str) -> Row:
    (low,), (high,) = model.interval()
    return {
        DETECTABLE: hazard_ratio(int(treated.sum()), int((~treated).sum())),
        "estimate": number(float(np.exp(model.coefficients[0])), 2),
        "95 % interval": f"{number(float(np.exp(low)), 2)} to {number(float(np.exp(high)), 2)}",
        "patients (treated, not)": f"{int(treated.sum())}, {int((~treated).sum())}",
        "resolved": f"{int((event[treated] == RESOLVED).sum())}, {int((event[~treated] == RESOLVED).sum())}",
        "how to read it": words,
    }


def _naive(of: Emulated, few: int) -> Row:
    who = of.followed
    treated = np.isfinite(of.started[who]) & (of.started[who] <= of.ends[who])
    rows = of.times()
    _enough(treated, rows.event, few)
    model = cox(rows.cause(RESOLVED), treated[:, None].astype(float), ["ever treated"])
    words = (
        "Biased, and shown for that: whoever was treated had to stay ill until then, and whoever recovered or died "
        "early could not be treated. A ratio below 1 says here that the treated took longer, as they had to."
    )
    return _hazard(model, treated, rows.event, words)


def _at(of: Emulated, day: int, few: int) -> Callable[[], Row]:
    def work() -> Row:
        rows = of.times()
        start = of.started[of.followed]
        there = rows.exit > day
        _enough(start[there] <= day, rows.event[there], few)
        found = landmark(rows, start, float(day))
        if found.model is None:
            raise AbateError(found.why)
        treated = start[there] <= day
        words = (
            f"Of the {int(there.sum())} still at grade {of.trial.grade} then; {found.before} had ended before. Later "
            "starts count as not treated; unadjusted."
        )
        return _hazard(found.model, treated, rows.event[there], words)

    return work


def _changing(of: Emulated, few: int) -> Row:
    rows = of.times()
    split = split_at(rows, of.started[of.followed])
    ever = np.isin(np.arange(len(rows)), split.row[split.treated])
    _enough(ever, rows.event, few)
    model = cox(split.of.cause(RESOLVED), split.treated[:, None].astype(float), ["treated"])
    words = "Each patient untreated until the start; unadjusted, so whoever is treated for being worse looks worse."
    return _hazard(model, ever, rows.event, words)


def _daily(of: Emulated) -> Row:
    found = start_or_wait(of.entries, of.trial.adjust_for, of.judged.days)
    waited = found.waited
    words = (
        f"{_per_cent(found.started.value)} of those who started resolved; {_per_cent(waited.value)} "
        f"({_per_cent(waited.low)} to {_per_cent(waited.high)}) of them would have been expected to, had they waited. "
        f"Adjusted for {', '.join(of.trial.adjust_for)}; holds if nothing else decided who was treated."
    )
    odds = (number(float(np.exp(one)), 2) for one in (found.log_odds.value, found.log_odds.low, found.log_odds.high))
    words += " Daily odds of resolution, started over waited: {} ({} to {}).".format(*odds)
    if found.weights is not None:
        words += (
            f" For those who left by starting, a day of others like them counts up to {found.weights.largest:.1f} times"
            f" (weights beyond their 99th percentile are cut to it: {found.weights.cut})."
        )
    row = told(found.difference)
    return row | {
        DETECTABLE: difference(found.treated, found.untreated),
        "patients (treated, not)": f"{found.treated}, {found.untreated}",
        "resolved": f"{found.treated_events}, {found.untreated_events}",
        "how to read it": row["how to read it"] or words,
    }


def _matched(of: Emulated) -> Row:
    pairs = of.pairs
    apart = ", ".join(f"{name} within {limit:g}" for name, limit in of.trial.match.items())
    words = (
        f"{pairs.matched} of {pairs.treated} who started had somebody like them ({pairs.controls} controls, same day, "
        f"{apart}), and it is of these alone. It holds if nothing but these decided who was treated."
    )
    found, row = _shares(of, pairs.weight, lambda rows: (matched(rows, of.trial.match).weight, of.staying(rows)))
    return row | {"how to read it": row["how to read it"] or f"{_against(found)} {words}"}


def _overlap(of: Emulated) -> Row:
    names = of.trial.adjust_for
    found, row = _shares(of, of.overlap, lambda rows: (overlap_weights(rows, names), of.staying(rows)))
    one, other = found.effective
    words = (
        f"Of patients who could as well have had either: they count as {one:.1f} entries treated and {other:.1f} that "
        "waited would, unweighted."
    )
    return row | {"how to read it": row["how to read it"] or f"{_against(found)} {words}"}


def _shares(of: Emulated, weight: Floats, weigh: Weigh) -> tuple[Shares, Row]:
    if reasons := lacking(of.entries.where(weight > 0)):
        raise AbateError(f"{'; '.join(reasons)}.")
    of.check_weights()
    arms = [of.entries.where(arm & (weight > 0)) for arm in (of.entries.treated, ~of.entries.treated)]
    patients = [len(np.unique(arm.patient)) for arm in arms]
    found, apart = difference_of_shares(of.entries, weigh)
    return found, told(apart) | {
        DETECTABLE: difference(*patients),
        "patients (treated, not)": f"{patients[0]}, {patients[1]}",
        "resolved": ", ".join(str(len(np.unique(arm.patient[arm.event == RESOLVED]))) for arm in arms),
    }


def told(of: Estimate) -> Row:
    """Return a difference with its interval, and why there is none where the interval says nothing."""
    everything = of.low <= -1 and of.high >= 1
    why = (
        "No difference is told: the interval holds every one there can be, for too few patients decide it (it rests on "
        f"about {of.freedom:.1f} degrees of freedom)."
    )
    return {
        "estimate": NOT_TOLD if everything else _points(of.value),
        "95 % interval": f"{_points(of.low)} to {_points(of.high)}",
        "how to read it": why if everything else "",
    }


def _against(found: Shares) -> str:
    return f"{_per_cent(found.treated)} against {_per_cent(found.untreated)}, by Aalen and Johansen, weighted."


def _horizon(of: Emulated, grace: int) -> int:
    return grace + of.trial.window


def _cloned(of: Emulated, grace: int) -> Callable[[], Row]:
    def work() -> Row:
        who = of.followed & (of.started > 0)
        zero = of.zero[who].astype(np.int64)
        days = of.judged.days
        columns = np.column_stack([days.covariates[name][np.flatnonzero(who), zero] for name in of.trial.adjust_for])
        known = np.isfinite(columns).all(axis=1)
        given = (of.ends[who][known], of.event[who][known], of.started[who][known], grace, columns[known])
        patients = strategies(*given)
        at = float(_horizon(of, grace))
        early = of.started[who][known] <= grace
        _enough(early, of.event[who][known])
        # Where the last of them left without resolving or dying, nothing is known beyond.
        last = of.ends[who].max(initial=0)
        if last < at and (of.event[who][of.ends[who] == last] == 0).any():
            raise AbateError(f"Nobody was followed at grade {of.trial.grade} or beyond it to day {at:g}.")
        found = clone_censor(patients)
        spread = resampled(patients, [at], RESOLVED, of.trial.samples, seed=of.trial.seed)
        start, wait = (float(arm.curve.at([at], RESOLVED)[0]) for arm in (found.start, found.wait))
        unused = int(of.followed.sum()) - len(early)
        words = (
            f"{_per_cent(start)} against {_per_cent(wait)}. A patient counts up to {found.start.largest:.1f} and "
            f"{found.wait.largest:.1f} times (cut at the 99th percentile), all of them as {found.start.effective:.1f} "
            f"and {found.wait.effective:.1f} unweighted would. Interval of {spread.samples} samples of patients, "
            f"{spread.failed} of which could not be analysed. Weights rest on the first day of grade {of.trial.grade} "
            f"alone; {unused} patients who started on it, or of whom a covariate was not known, are left out."
        )
        return {
            DETECTABLE: difference(int(early.sum()), int((~early).sum())),
            "estimate": _points(float(spread.difference[0])),
            "95 % interval": f"{_points(float(spread.low[0]))} to {_points(float(spread.high[0]))}",
            "patients (treated, not)": f"{found.start.kept}, {found.wait.kept}",
            "how to read it": words,
        }

    return work


def balances(of: Emulated) -> list[Row]:
    """Return how far those who started and who waited lie apart in each covariate: as found, weighted, matched."""
    rows = of.entries
    if rows.treated.all() or not rows.treated.any():
        return []
    names = {name: rows.covariates[name] for name in of.trial.covariates} | {"day": rows.day.astype(float)}
    found = balance(names, rows.treated)
    weighted = balance(names, rows.treated, of.overlap)
    try:
        pairs: Balance | None = balance(names, rows.treated, of.pairs.weight)
    except AbateError:
        pairs = None
    return [
        {
            "covariate": name,
            "started": float(found.treated[place]),
            "waited": float(found.untreated[place]),
            "as found": _known(found.difference[place]),
            "overlap weights": _known(weighted.difference[place]),
            "matched": _known(pairs.difference[place]) if pairs else None,
        }
        for place, name in enumerate(found.names)
    ]


def _known(value: float) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None


def _per_cent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _points(value: float) -> str:
    # A difference of shares lies within -100 and 100 points, whatever the reach of its interval.
    return f"{100 * min(max(value, -1.0), 1.0):+.0f}"
