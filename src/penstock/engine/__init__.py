"""The core: a pure function from inputs to events and effects, over a state that is a fold of events."""
