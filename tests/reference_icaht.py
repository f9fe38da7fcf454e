"""ICAHT, slow and obvious: loops over days, from the documents alone.

It is the judge of :mod:`abate.grading.cytopenia`; it shares no code with it.
"""

from collections.abc import Callable

Counts = dict[int, float | None]


def grid(values: list[tuple[int, float]], last_day: int, first: int, last: int) -> Counts:
    """Return a count for every day: the lowest, a straight line over up to 7 days without one, ends carried 7 days."""
    days = range(first, min(last, last_day) + 1)
    lowest = {day: min((value for other, value in values if other == day), default=None) for day in days}
    found: Counts = dict(lowest)
    for day in days:
        if lowest[day] is not None:
            continue
        before = [other for other in days if other < day and lowest[other] is not None]
        after = [other for other in days if other > day and lowest[other] is not None]
        if before and after:
            start, end = before[-1], after[0]
            if end - start - 1 <= 7:
                one, other_one = lowest[start], lowest[end]
                assert one is not None and other_one is not None
                found[day] = one + (other_one - one) * (day - start) / (end - start)
        elif before and days[-1] - before[-1] <= 7:
            found[day] = lowest[before[-1]]
        elif after and after[0] - days[0] <= 7:
            found[day] = lowest[after[0]]
    return found


def runs(counts: Counts, low: Callable[[float], bool]) -> list[tuple[int, int]]:
    """Return first and last day of each run of low days, joined over up to two days that are not low."""
    found: list[tuple[int, int]] = []
    for day, value in counts.items():
        if value is None or not low(value):
            continue
        if found and day - found[-1][1] - 1 <= 2:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def counted(counts: Counts, low: Callable[[float], bool], rule: str) -> int:
    """Return the number of low days by a rule of counting."""
    lengths = [last - first + 1 for first, last in runs(counts, low)]
    if rule == "cumulative_raw":
        return sum(1 for value in counts.values() if value is not None and low(value))
    return sum(lengths) if rule == "cumulative" else max(lengths, default=0)


def early(values: list[tuple[int, float]], last_day: int, rule: str, compatible: bool) -> int | None:
    """Return the grade of early ICAHT; counts are per uL."""
    counts = grid(values, last_day, 0, 30)
    if all(value is None for value in counts.values()):
        return None
    if compatible:
        # Python rounds a half to the even number, as R does.
        counts = {day: None if value is None else 10 * round(value / 10) for day, value in counts.items()}
        rule = "longest_joined"
    elif sum(value is not None for value in counts.values()) < len(counts) / 2:
        return None
    severe = counted(counts, lambda value: value <= 500, rule)
    profound = counted(counts, lambda value: value <= 100, rule)
    never = [run for run in runs(counts, lambda value: value <= 500) if run[0] <= 3 and run[1] == max(counts)]
    if profound >= 14 or never:
        return 4
    if severe >= 14 or profound >= 7:
        return 3
    return 2 if severe >= 7 else 1 if severe >= 1 else 0


def late(values: list[tuple[int, float]], last_day: int, rule: str) -> int | None:
    """Return the grade of late ICAHT; None where it cannot be graded."""
    days = {day for day, _value in values if 30 < day <= min(last_day, 100)}
    lowest = sorted(min(value for other, value in values if other == day) for day in days)
    if not lowest or (rule == "two_at_threshold" and len(lowest) < 2):
        return None
    transient = len(lowest) > 1 and lowest[1] > 1500
    judged = lowest[1] if rule == "two_at_threshold" or transient else lowest[0]
    return sum(judged <= limit for limit in (1500, 1000, 500, 100))


def thrombocytopenia(values: list[tuple[int, float]], last_day: int, rule: str, is_late: bool) -> int | None:
    """Return the grade of T-ICAHT."""
    counts = grid(values, last_day, 31, 100) if is_late else grid(values, last_day, 0, 30)
    measured = {day for day, _value in values if day in counts}
    known = sum(value is not None for value in counts.values())
    if not counts or (len(measured) < 2 if is_late else known < len(counts) / 2):
        return None
    under = {limit: counted(counts, lambda value, limit=limit: value < limit, rule) for limit in (100, 50, 20)}  # type: ignore[misc]
    if under[20] >= 14:
        return 4
    if under[20] >= 1:
        return 3
    if is_late:
        return 2 if under[50] >= 1 else 1 if under[100] >= 1 else 0
    return 2 if under[50] >= 7 else 1 if under[50] >= 1 else 0
