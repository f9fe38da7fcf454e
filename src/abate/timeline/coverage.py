"""Where records are complete: only there does absence mean none."""

import ibis

from abate.timeline.intervals import OPEN
from abate.timeline.joins import DAY, KEYS

DOMAINS = {
    "vasopressors_covered": ("drugs", "vasopressors"),
    "drugs_covered": ("drugs",),
    "oxygen_covered": ("oxygen",),
    "neuro_covered": ("neuro",),
    "events_covered": ("events",),
}
"""Column of a patient-day to the domains that cover it; one that is declared incomplete denies it."""


def course_coverage(coverage: ibis.Table) -> ibis.Table:
    """Return the promises that span a whole course: ``patient_id, course_id``, a column ``whole__NAME`` each.

    Parameters
    ----------
    coverage
        The record table: a promise holds from its day (day 0 if none) up to its end (open if none).
    """
    promises = _promises(coverage)
    return _kept(promises.filter(promises.whole), KEYS, "whole__")


def partial_coverage(days: ibis.Table, coverage: ibis.Table) -> ibis.Table:
    """Return the promises that span part of a course, by the days they touch: ``part__NAME`` each."""
    promises = _promises(coverage)
    partial = promises.filter(~promises.whole)
    touched = days.select(*DAY).join(
        partial,
        [*(days[key] == partial[key] for key in KEYS), days.day >= partial.start, days.day < partial.end],
    )
    return _kept(touched.select(*DAY, "domain", "complete"), DAY, "part__")


def with_coverage(rows: ibis.Table) -> ibis.Table:
    """Say for each patient-day in which domains its records are complete, null where nothing is declared.

    Parameters
    ----------
    rows
        Patient-days with the columns of :func:`course_coverage` and :func:`partial_coverage`.

    Returns
    -------
    ibis.Table
        With one boolean a column of :data:`DOMAINS`; a promise of incompleteness wins.
    """
    found = {
        name: ibis.cases(
            (rows[f"whole__{name}"].isnull(), rows[f"part__{name}"]),
            (rows[f"part__{name}"].isnull(), rows[f"whole__{name}"]),
            else_=rows[f"whole__{name}"] & rows[f"part__{name}"],
        )
        for name in DOMAINS
    }
    return rows.mutate(**found).drop(*(f"{prefix}__{name}" for name in DOMAINS for prefix in ("whole", "part")))


def _promises(coverage: ibis.Table) -> ibis.Table:
    start, end = ibis.coalesce(coverage.day, 0), ibis.coalesce(coverage.end_day, OPEN)
    promises = coverage.select(*KEYS, "domain", "complete", start=start, end=end)
    # Most promises span the whole course: those need no join by day.
    return promises.mutate(whole=(promises.start <= 0) & (promises.end == OPEN))


def _kept(rows: ibis.Table, keys: tuple[str, ...], prefix: str) -> ibis.Table:
    found = {f"{prefix}{name}": rows.complete.min(where=rows.domain.isin(domains)) for name, domains in DOMAINS.items()}
    return rows.group_by(*keys).aggregate(**found)
