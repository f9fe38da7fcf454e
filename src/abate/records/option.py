"""What an option is: a choice that changes a result, with its values, its default and its source."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """One choice that changes a result.

    Attributes
    ----------
    name, default
        As written in ``abate.toml`` under ``[options]``.
    values
        The values allowed, or for numbers the lowest and the highest allowed.
    meaning
        What the option decides, with its unit.
    source
        Where the default comes from.
    """

    name: str
    default: int | float | str
    values: tuple[int | float | str, ...]
    meaning: str
    source: str

    def accepts(self, value: object) -> bool:
        """Say whether ``value`` is of the right kind and within the values allowed."""
        if isinstance(self.default, str):
            return value in self.values
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return False
        if isinstance(self.default, int) and value != int(value):
            return False
        low, high = (float(limit) for limit in self.values)
        return low <= value <= high

    @property
    def allowed(self) -> str:
        """The values allowed, in words."""
        if isinstance(self.default, str):
            return "one of " + ", ".join(str(value) for value in self.values)
        noun = "a whole number" if isinstance(self.default, int) else "a number"
        return f"{noun} from {self.values[0]} to {self.values[1]}"
