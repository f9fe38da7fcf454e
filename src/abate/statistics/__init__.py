"""Descriptions and comparisons: what a cohort of this size can and cannot say."""
