"""How expressions are written without losing time that nobody asked for."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ibis.expr.operations as ops
from ibis.common.annotations import Signature

COLLECT = (100_000, 50, 100)
"""Thresholds of the garbage collector while expressions are written: they are trees of a million small objects that
all live until the SQL is there, and by default half of the time goes into looking whether they still do."""
CHECKED: Callable[..., Any] = Signature.validate
COLUMNS: Callable[[Any], Any] = ops.Relation.fields.fget


@contextmanager
def swiftly() -> Iterator[None]:
    """Write expressions without needless looks: for garbage, for the columns of a table, for the place of an argument.

    All three are the whole process's, so they are put back; a context or a decorator.
    """
    thresholds, outer = gc.get_threshold(), (Signature.validate, ops.Relation.fields)
    seen: dict[Any, Any] = {}

    def columns(table: Any) -> Any:
        found = seen.get(table)
        if found is None:
            found = seen[table] = COLUMNS(table)
        return found

    gc.set_threshold(*COLLECT)
    Signature.validate, ops.Relation.fields = _by_name, property(columns)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        Signature.validate, ops.Relation.fields = outer


def _by_name(signature: Any, function: Any, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Check arguments as Ibis does, each by its name; what has no plain place is left to Ibis, and so are its words."""
    parameters = signature.parameters
    if named.keys() <= parameters.keys() and all(
        parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters.values()
    ):
        arguments = dict(zip(parameters, given, strict=False)) | named
        if len(arguments) == len(given) + len(named):
            try:
                return signature.validate_nobind(function, arguments)
            except TypeError:
                pass
    return CHECKED(signature, function, given, named)
