"""Criteria of the reference: grade, answer and doubt, collected before the worst of them is sought."""

from typing import Any

from reference_timeline import Answer, either

Found = dict[str, Any]


class Criteria:
    """The criteria of one system on one day: grade, answer, and whether there is a doubt."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str, Answer, bool]] = []

    def add(self, grade: int, name: str, answer: Answer, doubt: bool = False) -> None:
        self.rows.append((grade, name, answer, doubt))


def all_known(found: Found, *names: str) -> bool:
    return all(found[name] is not None for name in names)


def at_least_grade(level: int, grades: list[int | None]) -> Answer:
    """One of the grades is that or worse; unknown if none is and one is unknown."""
    return either(*[None if value is None else value >= level for value in grades])
