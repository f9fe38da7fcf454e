"""The letter as a cohort: its eight patients as records, its printed numbers, and an audit.

Strati P, Ahmed S, Kebriaei P, et al. Clinical efficacy of anakinra to mitigate CAR T-cell
therapy-associated toxicity in large B-cell lymphoma. Blood Adv 2020;4(13):3123-3127.
doi:10.1182/bloodadvances.2020002328

``records/`` holds every fact the letter prints about a patient and none that it does not, each row
with its place in ``source``. ``printed.csv`` holds what it prints of the whole cohort, of one
patient a second time, or of no known patient.
"""

from importlib.resources import as_file, files
from pathlib import Path


def records_path() -> Path:
    """Return the directory of the records."""
    with as_file(files(__name__).joinpath("records")) as path:
        return path
