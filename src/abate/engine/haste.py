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
AS_VALUE: Callable[..., Any] = ops.Value.__coerce__.__func__


@contextmanager
def swiftly() -> Iterator[None]:
    """Write expressions without needless looks: for garbage, for the columns of a table, for what arguments are.

    All are the whole process's, so they are put back; a context or a decorator.
    """
    thresholds = gc.get_threshold()
    outer = (Signature.validate, ops.Relation.fields, ops.Value.__dict__["__coerce__"])
    seen: dict[Any, Any] = {}

    def columns(table: Any) -> Any:
        found = seen.get(table)
        if found is None:
            found = seen[table] = COLUMNS(table)
        return found

    gc.set_threshold(*COLLECT)
    Signature.validate, ops.Relation.fields, ops.Value.__coerce__ = _by_name, property(columns), classmethod(_as_value)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        Signature.validate, ops.Relation.fields, ops.Value.__coerce__ = outer


def _as_value(kind: Any, value: Any, *asked: Any, **named: Any) -> Any:
    """Take a value for itself; what it is not, Ibis makes of it."""
    # Of a literal Ibis asks whether it is the null of no type.
    if isinstance(value, ops.Value) and not isinstance(value, ops.Literal):
        return value
    return AS_VALUE(kind, value, *asked, **named)


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
