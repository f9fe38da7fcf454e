"""What a record is: six tables, variables, units, checks. Nothing here knows of CAR T cells' effects."""
