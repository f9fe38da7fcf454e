"""Doors in, one file each: every one ends in the six tables of :mod:`abate.records`."""
