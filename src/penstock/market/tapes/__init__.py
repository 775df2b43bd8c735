"""Recorded markets of every kind as one compact columnar tape, read in pieces."""
