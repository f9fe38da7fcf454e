"""Table 1, figures, the page. Takes tables and text; computes nothing clinical."""
