"""`penstock market quality` and `inspect`: recorded markets looked at by people, on a terminal and as pages."""
