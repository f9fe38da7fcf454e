"""How much of a drug, from when to when: administrations, courses, steroid equivalents, windows."""
