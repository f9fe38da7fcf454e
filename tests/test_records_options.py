"""Every option has a default that is allowed, and says what is when a value is not."""

import pytest

from abate.records.option import Option
from abate.records.options import REGISTRY, Options
from abate.records.problems import AbateError, UnusableRecordsError

EVERY = pytest.mark.parametrize("option", REGISTRY.values(), ids=list(REGISTRY))


@EVERY
def test_the_default_is_allowed_and_explained(option: Option) -> None:
    """A default lies among the values, has a source, and may be chosen by name."""
    assert option.accepts(option.default)
    assert option.meaning
    assert option.source
    assert Options({option.name: option.default})[option.name] == option.default


@EVERY
def test_the_limits_are_allowed_and_what_lies_beyond_is_not(option: Option) -> None:
    """The lowest and the highest value are allowed; one step beyond is refused."""
    if isinstance(option.default, str):
        assert all(option.accepts(value) for value in option.values)
        assert not option.accepts("nonsense")
    else:
        low, high = (float(value) for value in option.values)
        assert option.accepts(option.values[0])
        assert option.accepts(option.values[1])
        assert not option.accepts(low - 1)
        assert not option.accepts(high + 1)


@EVERY
@pytest.mark.parametrize("value", ["nonsense", True, None, [1], {"a": 1}, -1e9])
def test_a_wrong_value_is_refused_with_what_is_allowed(option: Option, value: object) -> None:
    """The message names the option, says what is allowed, and does not repeat the value."""
    with pytest.raises(UnusableRecordsError) as error:
        Options({option.name: value})
    (problem,) = error.value.problems
    assert (problem.column, problem.expected) == (option.name, option.allowed)
    assert problem.found == "the value is not allowed"


def test_a_whole_number_has_no_fraction() -> None:
    """Grade 2.5 does not exist; 2.0 is 2."""
    assert not REGISTRY["high_grade"].accepts(2.5)
    assert REGISTRY["high_grade"].accepts(2.0)


def test_all_that_is_wrong_is_said_at_once() -> None:
    """An unknown name and a wrong value: two problems, one error."""
    with pytest.raises(UnusableRecordsError) as error:
        Options({"high_grad": 3, "auc_method": "simpson", "low_grade": 1})
    assert [problem.column for problem in error.value.problems] == ["high_grad", "auc_method"]


def test_low_lies_below_high() -> None:
    """A grade cannot be low and high at once."""
    with pytest.raises(AbateError, match="low_grade: it is not below high_grade"):
        Options({"low_grade": 3})


def test_every_option_has_a_value() -> None:
    """A run records all options, chosen or not."""
    assert Options({"high_grade": 4}).keys() == REGISTRY.keys()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_must_be_finite(value: float) -> None:
    """TOML knows ``nan`` and ``inf``; no option takes them."""
    assert not REGISTRY["high_grade"].accepts(value)
