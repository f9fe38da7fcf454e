"""What became of the toxicity and of the patient: response, recurrence, survival."""
