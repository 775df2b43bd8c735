"""Simulated venues and markets, and the driver that runs the engine on virtual time."""
