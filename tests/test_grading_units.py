"""Cut-offs in another unit: what is read from a folder meets its limit in whatever unit it was written.

UCUM units; 1 kPa is 7.50062 mmHg, 1 cmH2O is 0.735559 mmHg, 1 mg/h is 16.667 ug/min. A value whose unit cannot
be of its variable is set aside, and is then unknown.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from abate.records.options import Options
from abate.timeline.features import features
from abate.timeline.follow_up import follow_up
from abate.timeline.patient_days import patient_days
from cells import said
from grading import COVERED
from spec import cells, read_records

MEASURED = """
    what                      | variable             | value  | unit       | uln | feature                  | found
    38.0 °C                   | temperature          | 38.0   | Cel        |     | fever                    | yes
    37.9 °C                   | temperature          | 37.9   | °C         |     | fever                    | no
    100.4 °F is 38.0 °C       | temperature          | 100.4  | [degF]     |     | fever                    | yes
    100.3 °F                  | temperature          | 100.3  | °F         |     | fever                    | no
    311.15 K is 38.0 °C       | temperature          | 311.15 | K          |     | fever                    | yes
    38 °F cannot be           | temperature          | 38.0   | [degF]     |     | fever                    | ?
    38 mmHg is no temperature | temperature          | 38.0   | mm[Hg]     |     | fever                    | ?
    90 mmHg                   | sbp                  | 90     | mmHg       |     | hypotension              | no
    12 kPa is 90.007 mmHg     | sbp                  | 12     | kPa        |     | hypotension              | no
    11.99 kPa is 89.9 mmHg    | sbp                  | 11.99  | kPa        |     | hypotension              | yes
    a fraction of 0.40        | fio2                 | 0.40   | {fraction} |     | fio2_from_40             | yes
    a fraction of 0.39        | fio2                 | 0.39   | {fraction} |     | fio2_from_40             | no
    40 %                      | fio2                 | 40     | %          |     | fio2_from_40             | yes
    20 mmHg                   | csf_opening_pressure | 20     | mm[Hg]     |     | opening_pressure_from_20 | yes
    27.2 cmH2O is 20.007 mmHg | csf_opening_pressure | 27.2   | cm[H2O]    |     | opening_pressure_from_20 | yes
    27.1 cmH2O is 19.93 mmHg  | csf_opening_pressure | 27.1   | cm[H2O]    |     | opening_pressure_from_20 | no
    60 umol/L, 3.0 x          | bilirubin_total      | 60     | umol/L     | 20  | bilirubin_grade          | 2
    61 umol/L, over 3.0 x     | bilirubin_total      | 61     | umol/L     | 20  | bilirubin_grade          | 3
    150 umol/L, 1.5 x         | creatinine           | 150    | umol/L     | 100 | creatinine_grade         | 1
    151 umol/L, over 1.5 x    | creatinine           | 151    | umol/L     | 100 | creatinine_grade         | 2
    ALT in ukat/L, 3.0 x      | alt                  | 2.1    | ukat/L     | 0.7 | transaminase_grade       | 1
    ALT in ukat/L, over 3.0 x | alt                  | 2.11   | ukat/L     | 0.7 | transaminase_grade       | 2
    0.08 L in 8 h             | urine_output         | 0.08   | L          |     | urine_output_grade       | 0
    0.079 L in 8 h            | urine_output         | 0.079  | L          |     | urine_output_grade       | 3
"""
INFUSED = """
    what                         | drug           | rate  | rate_unit | weight_kg | feature               | found
    20 ug/min                    | norepinephrine | 20    | mcg/min   |           | high_dose_vasopressor | yes
    0.02 mg/min                  | norepinephrine | 0.02  | mg/min    |           | high_dose_vasopressor | yes
    1.2 mg/h is 20 ug/min        | norepinephrine | 1.2   | mg/h      |           | high_dose_vasopressor | yes
    1.19 mg/h                    | norepinephrine | 1.19  | mg/h      |           | high_dose_vasopressor | no
    0.2 ug/kg/min at 100 kg      | norepinephrine | 0.2   | ug/kg/min | 100       | high_dose_vasopressor | yes
    12 ug/kg/h at 100 kg         | norepinephrine | 12    | ug/kg/h   | 100       | high_dose_vasopressor | yes
    11.9 ug/kg/h at 100 kg       | norepinephrine | 11.9  | ug/kg/h   | 100       | high_dose_vasopressor | no
    12 ug/kg/h, weight unknown   | norepinephrine | 12    | ug/kg/h   |           | high_dose_vasopressor | ?
    in mL/h nobody knows         | norepinephrine | 12    | mL/h      | 100       | high_dose_vasopressor | ?
    dopamine 0.6 mg/kg/h         | dopamine       | 0.6   | mg/kg/h   |           | high_dose_vasopressor | yes
    dopamine 0.59 mg/kg/h        | dopamine       | 0.59  | mg/kg/h   |           | high_dose_vasopressor | no
    vasopressin in U/h           | vasopressin    | 6     | U/h       |           | vasopressor           | yes
"""
ROWS = [row | {"patient": f"P{number}"} for number, row in enumerate([*cells(MEASURED), *cells(INFUSED)])]


@cache
def _features() -> dict[str, dict[str, Any]]:
    """Read every row from one folder, as a user's records are read, and return the features of day 0."""
    measured = [row for row in ROWS if "variable" in row]
    infused = [row for row in ROWS if "drug" in row]
    tables = {
        "patients": "patient_id | age | weight_kg | last_contact_day\n"
        + "\n".join(f"{row['patient']} | 50 | {row.get('weight_kg', '')} | 0" for row in ROWS),
        "measurements": "patient_id | variable | value | unit | uln | day | minute | end_day | end_minute\n"
        + "\n".join(
            f"{row['patient']} | {row['variable']} | {row['value']} | {row['unit']} | {row['uln']} | 0 | 0 | 0 | 480"
            for row in measured
        ),
        "drugs": "patient_id | drug | kind | rate | rate_unit | day | minute | end_day | end_minute\n"
        + "\n".join(
            f"{row['patient']} | {row['drug']} | infusion | {row['rate']} | {row['rate_unit']} | 0 | 480 | 0 | 960"
            for row in infused
        ),
        "coverage": "patient_id | domain\n"
        + "\n".join(f"{row['patient']} | {domain}" for row in ROWS for domain in COVERED),
    }
    with TemporaryDirectory() as folder:
        records = read_records(Path(folder), **tables)
        keep, study = records.engine.keep, records.study
        dated = (records["measurements"], records["drugs"])
        followed = keep("follow_up", follow_up(records["patients"], records["events"], *dated))
        days = keep("patient_days", patient_days(followed, 3))
        found = features(records.tables, days, followed, study.dictionary, Options(), records.engine)
        return {row["patient_id"]: row for row in found.to_pyarrow().to_pylist() if row["day"] == 0}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what"])
def test_a_cut_off_is_the_same_in_every_unit(row: dict[str, str]) -> None:
    """A value on its limit is on it in any unit."""
    assert said(_features()[row["patient"]], row["feature"]) == row["found"]
