"""The live driver: the engine on the wall clock, with a durable journal before it and real venues behind it."""
