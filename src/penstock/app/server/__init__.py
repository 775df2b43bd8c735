"""`penstock serve`: a desk, its paper venues and the HTTP server in one process."""
