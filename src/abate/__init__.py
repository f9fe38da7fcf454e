"""abate: graded toxicity, drug exposure and response from the records of CAR T-cell recipients."""

__version__ = "0.1.0"
