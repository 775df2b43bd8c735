"""Targets and baskets into parent orders."""
