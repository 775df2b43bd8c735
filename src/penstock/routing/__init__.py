"""Where: venue choice and the split of an order over several venues."""
