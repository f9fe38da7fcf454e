"""Where everyone is on each day: no toxicity, low grade, high grade, discharged, dead; and how often it comes back."""

from typing import Any

import numpy as np

from abate.findings.person_days import HIGH, Judged
from abate.findings.shape import number
from abate.statistics.daily_states import GONE, DailyStates, daily_states
from abate.statistics.recurrent import mean_count
from abate.statistics.times import Integers, times

STATES = ("no toxicity", "low grade", "high grade", "discharged", "dead", "not graded yet")
NONE, LOW, TOP, HOME, DEAD, UNKNOWN = range(6)
Row = dict[str, Any]


def states(judged: Judged) -> Integers:
    """Return the state of each patient on each day, a grade carried until the next is known.

    The dead stay so. Who was discharged is there until a grade above 0 is known of a later day. The last day is the
    last on which anybody was followed.
    """
    days = judged.days.carried()
    grade, day = days.grade, days.days
    known = np.isfinite(grade)
    found = np.where(grade >= HIGH, TOP, np.where(grade > 0, LOW, np.where(known, NONE, UNKNOWN)))
    # By the last day on which a grade was known: one from before the discharge says nothing of the time after it.
    seen = np.maximum.accumulate(np.where(np.isfinite(judged.days.grade), day, -1), axis=1)
    ill = ((found == TOP) | (found == LOW)) & (seen >= judged.discharge[:, None])
    found = np.where((day >= judged.discharge[:, None]) & ~ill, HOME, found)
    found = np.where(days.followed, found, GONE)
    gone = days.died[:, None] & (day >= days.last[:, None])
    return np.asarray(np.where(gone, DEAD, found))[:, : int(days.last.max(initial=0)) + 1]


def occupied(judged: Judged) -> tuple[DailyStates, list[Row], list[Row]]:
    """Return the share in each state on each day, as rows too, and the mean days in each with intervals."""
    found = daily_states(states(judged), STATES)
    rows = [
        {
            "day": day,
            "state": name,
            "share": float(found.share[day, place]),
            "low": max(0.0, float(found.share[day, place] - 1.96 * found.error[day, place])),
            "high": min(1.0, float(found.share[day, place] + 1.96 * found.error[day, place])),
            "followed": int(found.followed[day]),
        }
        for day in range(len(found.share))
        for place, name in enumerate(STATES)
        if found.share[:, place].any()
    ]
    length = len(found.share)
    means = [
        {
            "state": name,
            f"mean days of {length} (95 % interval)": _mean(
                float(found.mean_days[place]), float(found.mean_error[place]), length
            ),
        }
        for place, name in enumerate(STATES)
        if found.share[:, place].any()
    ]
    free = found.mean_days[[NONE, HOME]].sum()
    means.append(
        {
            "state": "free of toxicity and alive (no toxicity, or discharged)",
            f"mean days of {length} (95 % interval)": _mean(float(free), _free_error(judged), length),
        }
    )
    return found, rows, means


def _free_error(judged: Judged) -> float:
    """Return the standard error of the days without toxicity: the two states taken as one."""
    merged = states(judged)
    merged = np.where(merged == HOME, NONE, merged)
    return float(daily_states(merged, STATES).mean_error[NONE])


def _mean(mean: float, error: float, length: int) -> str:
    if not error:
        return number(mean)
    low, high = max(0.0, mean - 1.96 * error), min(float(length), mean + 1.96 * error)
    return f"{number(mean)} ({number(low)} to {number(high)})"


def spells(judged: Judged) -> list[Row]:
    """Return how many spells of high grade a patient has had on average by some days; the dead have no more."""
    days = judged.days.carried()
    high = (days.grade >= HIGH) & days.followed
    begins = high & ~np.column_stack([np.zeros(len(high), bool), high[:, :-1]])
    patient, day = np.nonzero(begins)
    if not len(patient):
        return []
    length = int(days.last.max())
    last = np.where(days.died, length, days.last)
    ends = np.concatenate([day.astype(float), last.astype(float)])
    who = np.concatenate([patient, np.arange(len(high))])
    event = np.concatenate([np.ones(len(day), np.int64), np.zeros(len(high), np.int64)])
    order = np.lexsort((1 - event, ends, who))
    ends, who, event = ends[order], who[order], event[order]
    first = np.concatenate([[True], who[1:] != who[:-1]])
    entry = np.where(first, -np.inf, np.concatenate([[-np.inf], ends[:-1]]))
    kept = ends > entry
    found = mean_count(times(ends[kept], event[kept], entry[kept], patient=who[kept]))
    rows = []
    for at in (7, 14, 28, 60):
        if at <= length:
            low, high_ = found.interval([at])
            mean = float(found.at([at])[0])
            limits = f" ({number(float(low[0]), 2)} to {number(float(high_[0]), 2)})" if mean else ""
            rows.append({"by day": at, "spells a patient (95 % interval)": f"{number(mean, 2)}{limits}"})
    return rows
