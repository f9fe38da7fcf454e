"""What each door makes of the data sets at hand: rows in, values used and set aside by reason, seconds, peak memory.

``python benchmarks/doors.py`` reads ``ABATE_SHARED`` (default ``../shared``), a process a data set. Of records without
a CAR T product the admission is day 0 (SDTM: the reference start; FHIR: the first observation), as each line says. A
REDCap project is read by the mapping that ``abate map`` proposes for it.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

DATA = Path(os.environ.get("ABATE_SHARED", "../shared")) / "data"
HERE = Path(__file__).parents[1]
SETS: dict[str, tuple[str, str]] = {
    "car22": ("folder", (HERE / "docs" / "car22.toml").read_text(encoding="utf-8")),
    "mimic4demo_clif/v2.1": ("clif", ""),
    "mimic4demo_clif/v3.0": ("clif", ""),
    "omop_synthea27nj": ("omop", '[door]\nday0 = "admission"\n'),
    "fhir_synthea_r4": ("fhir", '[door]\nday0 = "first record"\n'),
    "cdisc_pilot_sdtm": ("sdtm", '[door]\nday0 = "reference"\n'),
    **{
        f"redcap_exports/{name}": ("redcap", "proposed")
        for name in (
            "arm-multiple-delete/data.csv",
            "arm-single-longitudinal",
            "checkboxes-1",
            "clinical-trial-1",
            "decimal-comma",
            "longitudinal",
            "repeating-instruments-sparse",
            "vignette-repeating",
        )
    },
}
"""Door and mapping file of each data set."""


def measured(name: str) -> None:
    """Read one data set and print what became of it, as JSON."""
    from abate.reading import read
    from abate.sources.doors import Door
    from abate.sources.sheet_proposal import proposal

    door, mapping = SETS[name]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "abate.toml"
        file.write_text(proposal(DATA / name) if mapping == "proposed" else mapping, encoding="utf-8")
        start = perf_counter()
        records = read(DATA / name, door=Door(door, file))
        seconds = perf_counter() - start
    rows = records.accounting.to_pylist()
    total = {key: sum(row[key] for row in rows) for key in rows[0] if key != "table"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kind = records["patients"].day0_kind.max().to_pyarrow().as_py()
    print(
        json.dumps({**total, "rows": sum(records.source.rows.values()), "seconds": seconds, "peak": peak, "day0": kind})
    )


def main() -> None:
    """Print a line a data set."""
    print(
        "| data set | door, day 0 | rows | values in | used | set aside | s | MiB |\n|---|---|---|---|---|---|---|---|"
    )
    for name, (door, _) in SETS.items():
        if not (DATA / name).exists():
            print(f"| {name} | {door} | not at hand | | | | | |")
            continue
        told = subprocess.run([sys.executable, __file__, name], check=False, capture_output=True, text=True)
        if told.returncode:
            print(f"| {name} | {door} | refused: {told.stderr.strip().splitlines()[-1]} | | | | | |")
            continue
        found = json.loads(told.stdout)
        plain = ("rows", "seconds", "peak", "day0", "rows_in", "values_in", "used", "set_aside")
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in found.items() if reason not in plain and count)
        print(
            f"| {name} | {door}, {found['day0']} | {found['rows']:,} | {found['values_in']:,} | {found['used']:,} | "
            f"{reasons or '0'} | {found['seconds']:.1f} | {found['peak']:.0f} |"
        )


if __name__ == "__main__":
    measured(sys.argv[1]) if len(sys.argv) > 1 else main()
