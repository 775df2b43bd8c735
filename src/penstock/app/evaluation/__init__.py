"""Comparing algorithms: many parents, each worked by every algorithm in the very same market."""
