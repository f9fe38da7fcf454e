"""Move each cut-off of a patient-day and see that the spec tests notice: a part of ``make test-long``.

The systems ask whether there was fever, a low pressure, a high dose: where those begin stands in the timeline, as
constants. Each is moved by a step either way, and by a hair, which takes a value at it to the other side.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import cells
from abate.timeline import course_facts, infusions, neurology, organs, oxygen, vasopressors, vitals

CUT_OFFS: tuple[tuple[Any, str], ...] = (
    *((vitals, name) for name in ("FEVER", "LOW_SATURATION", "LOW_FLOW", "AIR")),
    *((course_facts, name) for name in ("SYSTOLIC_LIMIT", "MAP_LIMIT", "FALL", "ADULT")),
    (oxygen, "HIGH_FIO2"),
    *((infusions, name) for name in ("LEE", "PENN", "TENTHS", "PERSISTENCE", "SHORTEST_RUN", "BRIDGED_GAP")),
    *((vasopressors, name) for name in ("PAUSE", "LONG")),
    *((neurology, name) for name in ("PROLONGED_MINUTES", "HIGH_PRESSURE")),
    *((organs, name) for name in ("TIMES_ULN", "CREATININE_ULN", "CREATININE_BASELINE", "AKI_HIGH")),
    *((organs, name) for name in ("FIBRINOGEN_LLN", "FIBRINOGEN_FALL", "FIBRINOGEN_LEAST")),
    *((organs, name) for name in ("URINE", "URINE_RATE", "CHILD_URINE", "NO_URINE_MINUTES")),
)
STEP, HAIR = 0.02, 3e-9


def _moves(value: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield what is done to a constant, and the constants that do it: one of them must be noticed."""
    if isinstance(value, dict):
        for name, part in value.items():
            for what, changed in _moves(part):
                yield f"{name} {what}", tuple({**value, name: each} for each in changed)
    elif isinstance(value, tuple):
        for place, part in enumerate(value):
            for what, changed in _moves(part):
                yield f"[{place}] {what}", tuple((*value[:place], each, *value[place + 1 :]) for each in changed)
    elif isinstance(value, infusions.HighDose):
        for name in value.__dataclass_fields__:
            for what, changed in _moves(getattr(value, name)):
                yield f"{name} {what}", tuple(replace(value, **{name: each}) for each in changed)
    elif isinstance(value, int):
        yield f"{value} moved by 1", (value + 1,)
        yield f"{value} moved by -1", (value - 1,)
    else:
        step = abs(value) * STEP or 0.001
        yield f"{value:g} moved by {step:g}", (value + step,)
        yield f"{value:g} moved by {-step:g}", (value - step,)
        yield f"{value:g} to the other side", (value + HAIR, value - HAIR)


@contextmanager
def _patched(name: str, old: Any, new: Any) -> Iterator[None]:
    """Put another constant in place of one, wherever it was imported."""
    house = [module for key, module in sys.modules.items() if key.startswith("abate.")]
    holders = [module for module in house if vars(module).get(name) is old]
    for module in holders:
        setattr(module, name, new)
    try:
        yield
    finally:
        for module in holders:
            setattr(module, name, old)


def _failing(chosen: Any) -> bool:
    """Say whether a case under some options is not found as its sheet has it."""
    rows = cells._graded.__wrapped__(chosen)
    return any(
        case.answer(rows, name) != expected for case in cells._BOOK[chosen] for name, expected in case.expected.items()
    )


def of_cut_offs() -> Iterator[tuple[str, bool]]:
    """Yield every move of a cut-off, and whether a spec test notices it."""
    for pattern in ("test_system_*.py", "test_grading_options*.py", "test_timeline_*.py"):
        for path in sorted(Path(__file__).parent.glob(pattern)):
            importlib.import_module(path.stem)
    standing = [chosen for chosen in sorted(cells._BOOK, key=len) if not _failing(chosen)]
    assert () in standing, "the spec tests of the timeline fail as they stand"
    for module, name in CUT_OFFS:
        old = getattr(module, name)
        for what, changed in _moves(old):
            noticed = False
            for new in changed:
                with _patched(name, old, new):
                    noticed = noticed or any(map(_failing, standing))
            yield f"cut-offs: {name} {what}", noticed
