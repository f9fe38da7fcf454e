"""Grades of toxicity: what clinicians judged."""
