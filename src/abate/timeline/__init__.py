"""Day 0, follow-up, patient-days: what was true when."""
