"""What every test may use: the engine, the letter, the reference material beside the checkout."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ABATE_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture
def shared() -> Path:
    """Return the reference material, or skip and say that it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the reference material (ABATE_SHARED, default ../shared) is not here")
    return SHARED
