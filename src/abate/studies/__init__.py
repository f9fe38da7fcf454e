"""Published cohorts as records, with their printed numbers and an audit of them."""
