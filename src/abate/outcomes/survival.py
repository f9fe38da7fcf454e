"""Survival times and kinds of death. A death is graded as toxic only where its coded cause says so."""

import ibis

from abate.timeline.joins import KEYS, beside

TOXIC = ("crs", "icans", "hlh", "mas", "iec-hs", "cytokine release syndrome", "neurotoxicity")
PROGRESSION = ("progressive disease", "progression", "lymphoma", "progressive lymphoma", "relapse")
INFECTION = ("pneumonia", "sepsis", "infection", "septic shock", "fungal infection", "viral infection")
"""Coded causes (lower case) of each kind; every other cause is ``other``."""


def survival(treatment: ibis.Table, follow_up: ibis.Table) -> ibis.Table:
    """Return survival of every course, from day 0 and from the start of treatment.

    Parameters
    ----------
    treatment
        ``patient_id, course_id, start_day``; courses without it have no time from the start.
    follow_up
        From :func:`abate.timeline.follow_up.follow_up`.

    Returns
    -------
    ibis.Table
        ``patient_id, course_id, start_day, last_day, last_precision, died, cause, kind, from_day0,
        from_start`` (days). ``kind`` is toxic, progression, infection or other, ``unknown`` where no
        cause is coded, and null in the living. Time from the start is no time at risk before it:
        a patient had to survive to the start in order to be treated.
    """
    rows = beside(follow_up, treatment.select(*KEYS, "start_day"))
    cause = rows.cause.lower()
    kind = ibis.cases(
        (~rows.died, ibis.null("string")),
        (cause.isnull(), "unknown"),
        (cause.isin(TOXIC), "toxic"),
        (cause.isin(PROGRESSION), "progression"),
        (cause.isin(INFECTION), "infection"),
        else_="other",
    )
    return rows.select(
        *KEYS,
        "start_day",
        "last_day",
        "last_precision",
        "died",
        "cause",
        kind=kind,
        from_day0=rows.last_day,
        from_start=rows.last_day - rows.start_day,
    )
