"""Reading the record: what did it cost, and why? All of it is computed from a journal's events alone."""
