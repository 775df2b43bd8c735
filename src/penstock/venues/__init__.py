"""Translators to real venues. An adapter turns orders into a venue's words and back, and keeps no order state."""
