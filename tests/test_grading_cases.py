"""Where the worked cases and the clinical review part: each text is followed, under its own option."""

import pytest

from grading import graded


@pytest.mark.parametrize("option", ["counts", "excluded"])
def test_ventilation_to_protect_the_airway_follows_each_text(option: str) -> None:
    """ASTCT: intubation not for hypoxia is not counted. CARTOX: ventilator support, literally."""
    tables = {
        "A": {
            "measurements": [
                {"variable": "temperature", "value": 38.5, "day": 0, "minute": 30},
                {"variable": "sbp", "value": 118.0, "day": 0, "minute": 30},
            ],
            "states": [
                {"variable": "oxygen", "device": "invasive_ventilation", "indication": "airway_protection", "day": 0}
            ],
        }
    }
    patients = [{"patient_id": "A", "age": "55"}]
    found = graded(patients, tables, options={"airway_protection": option}, last_day=0, complete=True)
    assert found["A", 0, "astct_crs"]["grade"] == 1
    assert found["A", 0, "cartox_crs"]["grade"] == (4 if option == "counts" else 1)
    assert "ventilated_not_for_hypoxia" in found["A", 0, "astct_crs"]["flags"]
