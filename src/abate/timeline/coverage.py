"""Where records are complete: only there does absence mean none."""

import ibis

from abate.timeline.intervals import OPEN
from abate.timeline.joins import DAY, KEYS, beside

DOMAINS = {
    "vasopressors_covered": ("drugs", "vasopressors"),
    "drugs_covered": ("drugs",),
    "oxygen_covered": ("oxygen",),
    "neuro_covered": ("neuro",),
    "events_covered": ("events",),
}
"""Column of a patient-day to the domains that cover it; one that is declared incomplete denies it."""


def covered_days(days: ibis.Table, coverage: ibis.Table) -> ibis.Table:
    """Say for each patient-day in which domains its records are complete.

    Parameters
    ----------
    days
        ``patient_id, course_id, day``.
    coverage
        The record table: a promise holds from its day (day 0 if none) up to its end (open if none).

    Returns
    -------
    ibis.Table
        The days with one boolean a column of :data:`DOMAINS`, null where nothing is declared.
    """
    start, end = ibis.coalesce(coverage.day, 0), ibis.coalesce(coverage.end_day, OPEN)
    promises = coverage.select(*KEYS, "domain", "complete", start=start, end=end)
    # Most promises span the whole course: those need no join by day.
    whole = (promises.start <= 0) & (promises.end == OPEN)

    def kept(rows: ibis.Table, keys: tuple[str, ...], prefix: str) -> ibis.Table:
        found = {}
        for name, domains in DOMAINS.items():
            mine = rows.domain.isin(domains)
            found[f"{prefix}{name}"] = rows.complete.min(where=mine)
        return rows.group_by(*keys).aggregate(**found)

    rows = beside(days.select(*DAY), kept(promises.filter(whole), KEYS, "whole__"))
    partial = promises.filter(~whole)
    touched = days.select(*DAY).join(
        partial,
        [
            *(days[key] == partial[key] for key in KEYS),
            days.day >= partial.start,
            days.day < partial.end,
        ],
    )
    touched = touched.select(*DAY, "domain", "complete")
    rows = beside(rows, kept(touched, DAY, "part__"), DAY)
    return rows.select(
        *DAY,
        **{
            name: ibis.cases(
                (rows[f"whole__{name}"].isnull(), rows[f"part__{name}"]),
                (rows[f"part__{name}"].isnull(), rows[f"whole__{name}"]),
                else_=rows[f"whole__{name}"] & rows[f"part__{name}"],
            )
            for name in DOMAINS
        },
    )
