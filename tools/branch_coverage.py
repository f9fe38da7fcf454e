"""Refuse a rule whose branches are not all tested: 100 % in the folders that hold the rules.

Reads the coverage data of the last ``pytest --cov``.
"""

import io
import sys

import coverage

ROOMS = ("timeline", "grading", "scores", "exposure", "biomarkers", "outcomes")
RULES = tuple(f"src/abate/{room}/*" for room in ROOMS)


def main() -> int:
    """Print the coverage of each folder of rules; return 1 if a branch is untested."""
    failed = False
    for folder in RULES:
        data = coverage.Coverage()
        data.load()
        out = io.StringIO()
        total = data.report(include=[folder], show_missing=True, file=out)
        print(f"{folder}: {total:.1f} % of lines and branches")
        if total < 100:
            print(out.getvalue())
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
