"""Diagnoses that are events here, by code or by name: for the doors of OMOP and FHIR. They carry no grade.

The codes are of ICD-10-CM, as recalled: D89.83 cytokine release syndrome, G92.0 ICANS, D76.1 hemophagocytic
lymphohistiocytosis, I46 cardiac arrest.
"""

import ibis
import ibis.expr.types as ir

from abate.sources.shelf import renamed

NAMES = {
    "cytokine release syndrome": "crs_onset",
    "immune effector cell-associated neurotoxicity syndrome": "icans_onset",
    "hemophagocytic lymphohistiocytosis": "hlh",
    "haemophagocytic lymphohistiocytosis": "hlh",
    "cardiac arrest": "cardiac_arrest",
}
"""By name in small letters, without the grade or the word in brackets at its end."""
CODES = {"d89[.]?83": "crs_onset", "g92[.]?0": "icans_onset", "d76[.]?1": "hlh", "i46": "cardiac_arrest"}
"""By the beginning of a code."""


def condition(codes: ir.StringValue, name: ir.StringValue) -> ir.StringValue:
    """Return the event that a diagnosis is here, else its name.

    Parameters
    ----------
    codes
        Of the diagnosis, parted by bars.
    name
        What it is called.
    """
    # SNOMED names its own kind: Cytokine release syndrome (disorder).
    called = name.lower().re_replace(r" *[(][a-z ]+[)]$", "").re_replace(r", (unspecified|grade .*)$", "").strip()
    known = called.isin(list(NAMES))
    by_code = [
        (ibis.coalesce(codes.lower().re_search(f"(^|[|]){code}[0-9.]*([|]|$)"), False), event)
        for code, event in CODES.items()
    ]
    return ibis.cases((known, renamed(called, NAMES)), *by_code, else_=called)
