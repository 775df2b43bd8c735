"""Self-contained pages on recorded markets."""
