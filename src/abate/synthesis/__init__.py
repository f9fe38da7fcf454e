"""Cohorts whose truth is known: made-up patients, their records, and the grade that each day was made to have."""
