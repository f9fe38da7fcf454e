"""What every test may use: the engine, the letter, the reference material beside the checkout."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from abate.engine.haste import swiftly

SHARED = Path(os.environ.get("ABATE_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture
def shared() -> Path:
    """Return the reference material, or skip and say that it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the reference material (ABATE_SHARED, default ../shared) is not here")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def _swiftly() -> Iterator[None]:
    """Let the tests that derive something by hand write their SQL as the product does."""
    with swiftly():
        yield
