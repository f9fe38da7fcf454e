"""Witnesses of options: rows whose answer an option changes, each graded under every group of options.

A row holds records, one answer, and what other values of an option make of it (empty: the same). Under a group
of options the answer may change only where the row says that one of them changes it.
"""

from typing import Any

from cells import written
from spec import cells

GROUPS: tuple[dict[str, Any], ...] = (
    {},
    {
        "hypotension_definition": "map_65",
        "vasopressor_overlap_minutes": 120,
        "pediatric_vasopressor_dose": "per_kg",
        "fio2_estimate": "three_percent",
        "episode_gap_hours": 48,
        "consciousness_from_scales": "none",
        "capd_age": "through_12",
        "normal_limits": "adult_default",
        "airway_protection": "excluded",
        "coagulopathy": "labs",
    },
    {
        "hypotension_definition": "fall_30",
        "vasopressin_counts_as_multiple": "no",
        "fio2_estimate": "none",
        "episode_gap_hours": 72,
        "consciousness_from_scales": "rass_from_minus_4",
        "ice_scoring": "delta",
        "lab_hold_days": 1,
        "cartox_hepatic": "with_alp_ggt",
    },
    {
        "hypotension_readings": "two",
        "oxygen_requires_saturation": "yes",
        "waiver_drugs": "anticytokine",
        "consciousness_from_scales": "rass_from_minus_1",
        "score_carry_hours": 0,
        "cres_opening_pressure": "independent",
        "baseline_until_day": -3,
    },
    {
        "hypotension_readings": "treated",
        "vasopressor_overlap_minutes": 30,
        "prophylaxis_waives_fever": "yes",
        "lab_hold_days": 3,
        "crs_onset": "first_grade",
        "renal_term": "creatinine",
        "creatinine_above_limit": "required",
    },
)


def witnesses(text: str, option: str, column: str, given: str = "") -> list[dict[str, str]]:
    """Return rows that witness an option: the answer by default, and under each value that changes it."""
    rows: list[dict[str, str]] = []
    for row in cells(text):
        if not row["what"]:
            rows[-1]["records"] += f"; {row['records']}"
            continue
        kept = {name: row.pop(name, "") for name in ("records", "day", "default")}
        kept["records"] = "; ".join(part for part in (given, kept["records"]) if part)
        what = f"{option}: {row.pop('what')}"
        rows.append(kept | {"what": what, "column": column} | {f"{option}={name}": row[name] for name in row})
    return rows


def under_every_group(rows: list[dict[str, str]]) -> list[Any]:
    """Return the rows as parameters of a test, under each group of options."""
    return [case for group in GROUPS for case in _under(rows, group)]


def _under(rows: list[dict[str, str]], group: dict[str, Any]) -> list[Any]:
    """Return the rows as cases under one group of options."""
    chosen = {f"{name}={value}" for name, value in group.items()}
    found = []
    for row in rows:
        (answer,) = [row[name] for name in row if name in chosen and row[name]] or [row["default"]]
        found.append({name: row[name] for name in ("what", "records", "day")} | {row["column"]: answer})
    return written(found, **group)
