"""A world in which everything that can go wrong goes wrong, by seed, and the checkers that watch the engine in it."""
