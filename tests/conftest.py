"""What every test may use: the engine, the letter, the reference material beside the checkout."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from branch_coverage import ROOMS

from abate.engine.haste import swiftly

SHARED = Path(os.environ.get("ABATE_SHARED", Path(__file__).parents[2] / "shared"))

BESIDE = (
    "scores",
    "explain",
    "calc",
    "parts_of_patients",
    "kinetics_of_records",
    "context_of_records",
    "system_ctcae_neuro",
)
RULES = tuple(f"test_{name}" for name in (*(f"{room}_" for room in ROOMS), *BESIDE))
"""How the files of tests begin whose coverage is measured: those of the rules, and of what alone calls some of them."""


def _of_rules(path: Path) -> bool:
    named = path.name.startswith(RULES) and not path.name.endswith("_reference.py")
    return named or path.parent.name in ROOMS


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure coverage in some tests alone: they have to reach every branch of the rules, and it costs half more."""
    plugin: Any = item.config.pluginmanager.getplugin("_cov")
    measured = plugin and plugin.cov_controller
    if measured and measured.started != _of_rules(item.path):
        (measured.pause if measured.started else measured.resume)()
    return (yield)


@pytest.fixture
def shared() -> Path:
    """Return the reference material, or skip and say that it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the reference material (ABATE_SHARED, default ../shared) is not here")
    return SHARED


@pytest.fixture(scope="module", autouse=True)
def _swiftly() -> Iterator[None]:
    """Let tests that derive something by hand write their SQL as the product does; each file forgets what it saw."""
    with swiftly():
        yield
