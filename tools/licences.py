"""Refuse a run-time dependency whose licence is not permissive.

Reads the installed metadata of everything in ``locks/run.txt``.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

FORBIDDEN = re.compile(r"\b(AGPL|LGPL|GPL|GNU (Affero |Lesser )?General Public|SSPL|proprietary)", re.IGNORECASE)
UNKNOWN = {"", "UNKNOWN"}


def main() -> int:
    """Print every run-time package with its licence; return 1 if one may not be used."""
    lock = Path("locks/run.txt").read_text(encoding="utf-8")
    locked = {name.lower().replace("_", "-") for name in re.findall(r"^([A-Za-z0-9_.-]+)==", lock, re.MULTILINE)}
    command = [sys.executable, "-m", "piplicenses", "--format=json", "--from=mixed"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    rows = [row for row in found if row["Name"].lower().replace("_", "-") in locked]
    bad = [row for row in rows if FORBIDDEN.search(row["License"]) or row["License"] in UNKNOWN]
    for row in rows:
        mark = "REFUSED " if row in bad else ""
        print(f"{mark}{row['Name']} {row['Version']}: {row['License'].splitlines()[0][:60]}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
