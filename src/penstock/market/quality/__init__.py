"""How good a recording is: what is missing, wrong, late, contradictory or out of order, counted and scored."""
