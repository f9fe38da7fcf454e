"""What is wrong between a plan and the records, told at once before anything is computed."""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import numpy as np

from abate.biomarkers.series import laboratory
from abate.cohort import discharges, labelled
from abate.engine.ingest import Records
from abate.findings.plan import KNOWN, LOG, OUTCOMES, Endpoint, Plan
from abate.records.problems import AbateError, perhaps
from abate.statistics.times import Floats
from abate.timeline.joins import KEYS

NEAR = 0.75
"""How near a name must come to be offered."""


def check_plan(plan: Plan, records: Records) -> None:
    """Hold a plan against the records as they were read.

    Parameters
    ----------
    plan
        From :func:`abate.findings.plan.read_plan`.
    records
        With the study's own description.

    Raises
    ------
    AbateError
        Naming every variable, column and event that there is none of, and every arm that is empty.
    """
    problems = _covariates(plan, records)
    events = records["events"]
    seen = events.select("event").distinct().order_by("event").to_pyarrow()["event"].to_pylist()
    left = bool(discharges(events).count().to_pyarrow().as_py())
    for place, endpoint in enumerate(plan.endpoints, start=1):
        where = f"[[endpoint]] {place}"
        for key, names in (("outcome", (endpoint.outcome,)), ("competing", endpoint.competing)):
            for name in names:
                if name not in OUTCOMES and name not in seen:
                    guess = perhaps(
                        name, (*OUTCOMES, *seen), f"one of {', '.join(OUTCOMES)}, or an event recorded", NEAR
                    )
                    problems.append(f"{where} {key}: no outcome is called {name}, expected {guess}.")
                elif name == "discharge" and not left:
                    problems.append(
                        f"{where} {key}: no discharge is recorded, expected events called hospital_admission with an "
                        "end_day after day 0."
                    )
        if endpoint.origin == "treatment" and not records.study.treatment:
            problems.append(f"{where} from: no treatment is under study, expected [study] treatment in abate.toml.")
        problems += _arms(where, endpoint, records)
    if problems:
        raise AbateError(f"{plan.name} cannot be used with these records. {' '.join(problems)}")


def _covariates(plan: Plan, records: Records) -> list[str]:
    problems: list[str] = []
    if plan.trial is None:
        return problems
    patients = records["patients"]
    # The last contact is not known before it.
    later = (*KEYS, "last_contact_day")
    numeric = [name for name, kind in patients.schema().items() if kind.is_numeric() and name not in later]
    measured = laboratory(records["measurements"]).select("variable").distinct().order_by("variable").to_pyarrow()
    known = (*KNOWN, *measured["variable"].to_pylist(), *numeric)
    if not records.study.treatment:
        problems.append("[trial]: no treatment is under study, expected [study] treatment in abate.toml.")
    for key, names in (("adjust_for", plan.trial.adjust_for), ("match", plan.trial.match)):
        for name in names:
            bare = name.removeprefix(LOG)
            if bare in patients.columns and bare not in known:
                problems.append(
                    f"[trial] {key}: {name} is no column of numbers known beforehand, expected one of "
                    f"{', '.join((*KNOWN, *numeric))}, or a variable of the records."
                )
            elif bare not in known:
                guess = perhaps(bare, known, f"one of {', '.join(KNOWN)}, a variable of the records or a column", NEAR)
                problems.append(f"[trial] {key}: no covariate is called {name}, expected {guess}.")
    return problems


def labels(records: Records, group: str) -> ibis.Value | None:
    """Return the label of each patient in a group, of ``records["patients"]``; none where there is no such group."""
    patients = records["patients"]
    found = records.study.groups.get(group)
    column = found.column if found else group
    if column not in patients.columns:
        return None
    return labelled(patients[column], found.labels if found else {})


def _arms(where: str, endpoint: Endpoint, records: Records) -> list[str]:
    if not endpoint.group:
        return []
    label = labels(records, endpoint.group)
    if label is None:
        patients = records["patients"].columns
        guess = perhaps(endpoint.group, (*records.study.groups, *patients), "a column of patients or a group", NEAR)
        return [f"{where} group: there is none called {endpoint.group}, expected {guess}."]
    counted = records["patients"].group_by(label=label).aggregate(n=ibis._.count()).to_pyarrow().to_pylist()
    counts = {row["label"]: row["n"] for row in counted}
    # Labels that the study's own description gives can be told; those of records are values of patients.
    described = records.study.groups.get(endpoint.group)
    there = f" ({', '.join(described.labels.values())})" if described and described.labels else ""
    return [
        f"{where} arms: nobody is in the arm {arm}, expected a label that patients have{there}."
        for arm in endpoint.arms
        if not counts.get(arm)
    ]


def check_times(plan: Plan, places: Mapping[Endpoint, tuple[Floats, Floats, Sequence[str | None]]]) -> None:
    """Hold the endpoints against what was derived: no outcome before time zero, no arm empty at time zero.

    Parameters
    ----------
    plan
        The plan.
    places
        Of each endpoint the day of time zero and that of the outcome of each patient, infinite where there is none,
        and their arm.

    Raises
    ------
    AbateError
        Naming everything that is wrong.
    """
    problems = []
    for place, endpoint in enumerate(plan.endpoints, start=1):
        origin, outcome, arm = places[endpoint]
        there = np.isfinite(origin)
        early = int((there & (outcome < origin)).sum())
        if early:
            problems.append(
                f"[[endpoint]] {place} outcome: {endpoint.outcome} lies before time zero ({endpoint.origin}) in "
                f"{early} of {int(there.sum())} patients, expected one that follows it."
            )
        if not there.any():
            problems.append(f"[[endpoint]] {place} from: nobody reached time zero ({endpoint.origin}).")
            continue
        mine: Any = np.array(arm, dtype=object)
        problems += [
            f"[[endpoint]] {place} arms: nobody of the arm {name} reached time zero ({endpoint.origin})."
            for name in endpoint.arms
            if not (there & (mine == name)).any()
        ]
    if problems:
        raise AbateError(f"{plan.name} cannot be used with these records. {' '.join(problems)}")
