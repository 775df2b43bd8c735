"""Configuration, wiring, drivers, the command line: the only room that knows everything."""
