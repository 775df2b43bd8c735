"""How much of an order should be done by when: the share of it by time, as functions that compare by value."""
