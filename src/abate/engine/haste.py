"""How expressions are turned into SQL without losing time that nobody asked for."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import ibis

COLLECT = (100_000, 50, 100)
"""Thresholds of the garbage collector while expressions are written: they are trees of a million small objects that
all live until the SQL is there, and by default half of the time goes into looking whether they still do."""


@contextmanager
def swiftly() -> Iterator[None]:
    """Write SQL with fewer looks for garbage and with selections as they stand; a context or a decorator.

    Ibis would merge each selection with the one below; the engines do that themselves, and faster. Both settings
    are the whole process's, so they are put back.
    """
    before, fused = gc.get_threshold(), ibis.options.sql.fuse_selects
    gc.set_threshold(*COLLECT)
    ibis.options.sql.fuse_selects = False
    try:
        yield
    finally:
        gc.set_threshold(*before)
        ibis.options.sql.fuse_selects = fused
