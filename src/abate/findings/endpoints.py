"""Planned endpoints: time to an outcome with what competes with it, as a curve, or as a listing where few had it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np

from abate.cohort import Cohort
from abate.findings.detectable import hazard_ratio
from abate.findings.person_days import HIGH, Judged
from abate.findings.plan import Endpoint, Plan
from abate.findings.plan_checks import labels
from abate.findings.shape import number
from abate.records.problems import AbateError
from abate.statistics.cox import Model, cox
from abate.statistics.fine_gray import fine_gray
from abate.statistics.gray import gray
from abate.statistics.incidence import incidence
from abate.statistics.kaplan_meier import follow_up, kaplan_meier
from abate.statistics.log_rank import exact_log_rank
from abate.statistics.times import Floats, Times, at_risk, times
from abate.timeline.joins import KEYS

Row = dict[str, Any]
EVERYONE = "all"
TABLES = ("endpoints", "endpoint_shares", "endpoint_curves", "endpoint_tests", "endpoint_listing")
NOT_SO_LONG = "not told: nobody followed so long"
ALONE = "the share that would have had it by then, were nobody lost to follow-up"
COMPETING = "the share that has it by then in the world as it is, where {} takes patients away from it for good"


@dataclass(frozen=True)
class Placed:
    """An endpoint with the days of each patient.

    Attributes
    ----------
    endpoint
        What was planned.
    zero, day
        Day of time zero and of the outcome, infinite where there is none.
    rival
        Day of the first competing event.
    last
        Last day followed.
    arm
        Label of each patient, where there are arms.
    names
        Of the patients.
    """

    endpoint: Endpoint
    zero: Floats
    day: Floats
    rival: Floats
    last: Floats
    arm: tuple[str | None, ...]
    names: tuple[str, ...]

    @property
    def there(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Who reached time zero while followed, and in one of the arms."""
        found = np.isfinite(self.zero) & (self.zero <= self.last)
        if self.endpoint.arms:
            found &= np.isin(np.array(self.arm, dtype=object), self.endpoint.arms)
        return np.asarray(found)

    def times(self) -> Times:
        """Time from time zero to the outcome (1), to what competes (2), or to the end of follow-up."""
        who = self.there
        day, rival, last, zero = (column[who] for column in (self.day, self.rival, self.last, self.zero))
        happens, competes = (day <= last) & (day <= rival), (rival <= last) & (rival < day)
        event = np.where(happens, 1, np.where(competes, 2, 0))
        ends = np.where(happens, day, np.where(competes, rival, last)) - zero
        return times(ends, event)


def placed(cohort: Cohort, judged: Judged, plan: Plan) -> dict[Endpoint, Placed]:
    """Return every endpoint of a plan with the days of each patient."""
    days = _days(cohort, judged)
    last = judged.days.last.astype(float)
    names = tuple(f"{name} (course {course})" if course > 1 else name for name, course in judged.names)
    found = {}
    for endpoint in plan.endpoints:
        zero = np.zeros(len(last)) if endpoint.origin == "day 0" else days(endpoint.origin)
        zero = np.where(zero <= plan.until, zero, np.inf)
        rivals = [days(name) for name in endpoint.competing]
        rival = np.min(rivals, axis=0) if rivals else np.full(len(last), np.inf)
        ends = last
        arm = _arm(cohort, judged, endpoint.group) if endpoint.group else (None,) * len(last)
        day = days(endpoint.outcome)
        if endpoint.outcome == "resolution":
            # Of patients at high grade on day zero; who was not, has nothing to resolve from.
            high = judged.days.carried().grade >= HIGH
            at = np.where(np.isfinite(zero), zero, 0).astype(np.int64)
            zero = np.where((zero >= 0) & high[np.arange(len(zero)), np.maximum(at, 0)], zero, np.inf)
            day = _first(~high & judged.days.followed & (judged.days.days > zero[:, None]))
            ends = judged.to_the_last_grade().last.astype(float)
        if endpoint.outcome in ("resolution", "discharge"):
            # Whoever dies on the day has neither recovered nor gone home.
            day = np.where(day == days("death"), np.inf, day)
        # What came before time zero has not taken the patient away.
        rival = np.where(rival < zero, np.inf, rival)
        found[endpoint] = Placed(endpoint, zero, day, rival, ends, tuple(arm), names)
    return found


def _first(happened: Any) -> Floats:
    return np.where(happened.any(axis=1), happened.argmax(axis=1), np.inf).astype(float)


def _days(cohort: Cohort, judged: Judged) -> Any:
    days = judged.days.carried()
    dead = np.where(days.died, days.last, np.inf).astype(float)
    known = {
        "death": dead,
        "onset": _first(days.grade > 0),
        "high grade": _first(days.grade >= HIGH),
        "resolution": np.full(len(days), np.inf),
        "discharge": judged.discharge,
        "treatment": days.start,
    }

    def of(name: str) -> Floats:
        if name in known:
            return known[name]
        events = cohort.records["events"]
        rows = events.filter(events.event == name, events.day.notnull())
        first = rows.group_by(*KEYS).aggregate(day=ibis._.day.min()).to_pyarrow().to_pylist()
        told = {(row["patient_id"], row["course_id"]): float(row["day"]) for row in first}
        return np.array([told.get(patient, np.inf) for patient in judged.names])

    return of


def _arm(cohort: Cohort, judged: Judged, group: str) -> list[str | None]:
    label = labels(cohort.records, group)
    rows = cohort.records["patients"].select(*KEYS, label=label).to_pyarrow().to_pylist()
    told = {(row["patient_id"], row["course_id"]): row["label"] for row in rows}
    return [told.get(patient) for patient in judged.names]


def endpoint_rows(of: Placed, few: int) -> dict[str, list[Row]]:
    """Return what is told of an endpoint, by table: :data:`TABLES`.

    Parameters
    ----------
    of
        The endpoint with the days of each patient.
    few
        Events of an arm below which there is a listing in place of curve and model.
    """
    endpoint, rows, who = of.endpoint, of.times(), np.flatnonzero(of.there)
    arms = endpoint.arms or (EVERYONE,)
    groups = {arm: _of_arm(of, who, arm) for arm in arms}
    events, rivals = int((rows.event == 1).sum()), int((rows.event == 2).sum())
    had = {arm: int((rows.event[chosen] == 1).sum()) for arm, chosen in groups.items()}
    told = [arm for arm in arms if had[arm] >= few]
    rest = [arm for arm in arms if arm not in told]
    reached = np.isfinite(of.zero) & (of.zero <= of.last)
    summary = {
        "endpoint": endpoint.name,
        "estimand": COMPETING.format(" or ".join(endpoint.competing)) if endpoint.competing else ALONE,
        "patients": len(rows),
        "not in it: no time zero": int((~reached).sum()),
        "not in it: in none of the arms": int(reached.sum()) - len(who),
        "events": events,
        "competing events": f"{rivals} ({', '.join(endpoint.competing)})" if endpoint.competing else "none named",
        "median follow-up (reverse Kaplan-Meier)": _days_text(follow_up(rows).quantile()) if len(rows) else "–",
        "told as": _told_as(endpoint, told, rest, few),
    }
    found: dict[str, list[Row]] = {name: [] for name in TABLES} | {"endpoints": [summary]}
    words = {1: endpoint.outcome, 2: f"a competing event ({' or '.join(endpoint.competing)})"}
    found["endpoint_listing"] = [
        {
            "endpoint": endpoint.name,
            "patient": of.names[place],
            "arm": of.arm[place] or "",
            "days from time zero": int(rows.exit[row]),
            "what came": words[int(rows.event[row])],
        }
        for row, place in enumerate(who)
        if rows.event[row] and (rest == [EVERYONE] or of.arm[place] in rest)
    ]
    for arm in told:
        mine = rows.where(groups[arm])
        found["endpoint_shares"] += _shares(endpoint, arm, mine)
        found["endpoint_curves"] += _curve(endpoint, arm, mine)
    if len(arms) > 1 and events >= few:
        found["endpoint_tests"] = _tests(endpoint, rows, groups, few)
    return found


def _told_as(endpoint: Endpoint, told: Sequence[str], rest: Sequence[str], few: int) -> str:
    curve = "cumulative incidence (Aalen-Johansen)" if endpoint.competing else "Kaplan-Meier"
    if not rest:
        return curve
    listing = f"a listing: fewer than {few} events"
    return f"{curve}; {' and '.join(rest)} as {listing}" if told else listing


def _of_arm(of: Placed, who: Any, arm: str) -> Any:
    return np.ones(len(who), bool) if arm == EVERYONE else np.array(of.arm, dtype=object)[who] == arm


def _shares(endpoint: Endpoint, arm: str, rows: Times) -> list[Row]:
    found = []
    for day in endpoint.times:
        row: Row = {"endpoint": endpoint.name, "arm": arm, "day": day}
        at = np.array([float(day)])
        followed = rows.exit.max(initial=0) >= day or bool((rows.event > 0).all())
        row["at risk"] = int(at_risk(rows, at)[0])
        share, low, high = _at(endpoint, rows, at)
        row["share (95 % interval)"] = _interval(share[0], low[0], high[0]) if followed else NOT_SO_LONG
        # With a rival, free of both: whichever comes first.
        row["mean days until then free of it and of what competes (95 % interval)"] = _free(rows, float(day))
        found.append(row)
    return found


def _at(endpoint: Endpoint, rows: Times, at: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the share that had the outcome at some times, with its limits on the log-log scale."""
    if endpoint.competing:
        curve = incidence(rows, 2)
        low, high = curve.interval(at, 1)
        return curve.at(at, 1), low, high
    free = kaplan_meier(rows)
    low, high = free.interval(at)
    return 1 - free.at(at), 1 - high, 1 - low


def _free(rows: Times, day: float) -> str:
    """Return the restricted mean time until the outcome or what competes with it, whichever comes first."""
    try:
        mean, error = kaplan_meier(rows).restricted_mean(day)
    except AbateError:
        return NOT_SO_LONG
    low, high = max(0.0, mean - 1.96 * error), min(day, mean + 1.96 * error)
    # Of patients who are all alike no spread is known: an interval of no width would read as certainty.
    interval = f" ({number(low)} to {number(high)})" if error else ""
    return f"{number(mean)}{interval}"


def _interval(share: float, low: float, high: float) -> str:
    if not np.isfinite(low):
        return f"{100 * share:.0f} %"
    return f"{100 * share:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def _curve(endpoint: Endpoint, arm: str, rows: Times) -> list[Row]:
    when = np.unique(np.concatenate([[0.0], rows.exit]))
    share, low, high = _at(endpoint, rows, when)
    risk = at_risk(rows, when)
    return [
        {
            "endpoint": endpoint.name,
            "arm": arm,
            "day": float(when[place]),
            "share": float(share[place]),
            # Where all are alike, at the beginning or the end, no spread is known.
            "low": float(low[place]) if low[place] < high[place] else None,
            "high": float(high[place]) if low[place] < high[place] else None,
            "at_risk": int(risk[place]),
        }
        for place in range(len(when))
    ]


def _tests(endpoint: Endpoint, rows: Times, groups: Mapping[str, Any], few: int) -> list[Row]:
    """Compare the arms: the first is the one that the others are held against."""
    arms = list(groups)
    found = []
    for arm in arms[1:]:
        chosen = groups[arms[0]] | groups[arm]
        two, second = rows.where(chosen), groups[arm][chosen]
        sizes = (int((~second).sum()), int(second.sum()))
        shared = {
            "endpoint": endpoint.name,
            "arms (n)": f"{arm} ({sizes[1]}) against {arms[0]} ({sizes[0]})",
            "events": f"{int((two.event[second] == 1).sum())}, {int((two.event[~second] == 1).sum())}",
            "detectable hazard ratio": hazard_ratio(*sizes),
        }
        found += [shared | row for row in _two(endpoint, two, second, few)]
    return found


def _two(endpoint: Endpoint, rows: Times, second: Any, few: int) -> list[Row]:
    exact = exact_log_rank(rows.cause(1), second)
    why = (
        "every division of these patients into arms of these sizes is counted, or drawn with a seed: it holds at any n"
    )
    test: Row = {
        "test": f"log-rank, {exact.method}",
        "why": f"to be quoted: {why}",
        "P": exact.p,
        "least P": exact.least_p,
    }
    found: list[Row] = [test]
    if endpoint.competing:
        found = [
            {
                "test": "Gray",
                "why": "to be quoted: compares cumulative incidence where another event competes; asymptotic, so no "
                "finer than its least P where few had it",
                "P": gray(rows, second).p,
                "least P": _least_gray(rows, second),
            },
            test | {"why": f"compares the cause-specific hazards, the rivals censored; {why}"},
        ]
    fewest = min(int((rows.event[arm] == 1).sum()) for arm in (second, ~second))
    if fewest < few:
        found[0]["cause-specific hazard ratio"] = f"not told: an arm had {fewest} events, {few} are needed"
        return found
    column = second[:, None].astype(float)
    models = [("cause-specific hazard ratio", lambda: cox(rows.cause(1), column, ["arm"]))]
    if endpoint.competing:
        models.append(("subdistribution hazard ratio (Fine-Gray)", lambda: fine_gray(rows, column, ["arm"])))
    for name, fit in models:
        found[0][name] = _ratio(fit)
    return found


def _least_gray(rows: Times, second: Any) -> float:
    """Return Gray's P had one arm of this size all the earliest events, or the other: near the least it can be."""
    order = np.lexsort((np.where(rows.event == 1, rows.exit, -rows.exit), rows.event != 1))
    size = int(second.sum())
    arms = [np.isin(np.arange(len(rows)), chosen) for chosen in (order[:size], order[len(rows) - size :])]
    return min(gray(rows, arm).p for arm in arms)


def _ratio(fit: Any) -> str:
    try:
        model: Model = fit()
    except AbateError as problem:
        return f"not told: {problem}"
    (low,), (high,) = model.interval()
    value, *limits = (number(float(np.exp(one)), 2) for one in (model.coefficients[0], low, high))
    return f"{value} ({limits[0]} to {limits[1]})"


def _days_text(found: Sequence[float]) -> str:
    middle, low, high = (number(value, 0) if np.isfinite(value) else "not reached" for value in found)
    limits = "" if low == high else f" ({low} to {high})"
    return f"{middle} days{limits}" if np.isfinite(found[0]) else "not reached"
