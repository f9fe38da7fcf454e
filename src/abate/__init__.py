"""abate: graded toxicity, drug exposure and response from the records of CAR T-cell recipients.

The verbs: :func:`read` checks a folder of records, :func:`ingest` also keeps what it read,
:func:`analyse` derives exposure, response and outcomes, :func:`explain` says why a day has its
grade, :func:`run` writes the report, :func:`reproduce` audits a published study.

Research software: attribution is assumed, never known; no dosing advice.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abate.verbs import analyse, explain, ingest, read, reproduce, run

__version__ = "0.1.0"
__all__ = ["analyse", "explain", "ingest", "read", "reproduce", "run"]


def __getattr__(name: str) -> Any:
    # The verbs load an engine: only when one is called for.
    if name in __all__:
        from abate import verbs

        return getattr(verbs, name)
    raise AttributeError(f"module 'abate' has no attribute {name!r}")
