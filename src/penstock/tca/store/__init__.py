"""Analysed executions, kept for daily reports and trends: in the journal's own database, SQLite or PostgreSQL.

A source (a run, a file of fills) is kept once: analysing it again replaces what was kept of it. What is kept follows
from journals and files; losing it loses nothing that cannot be analysed again.
"""

from penstock.tca.store.store import Store, open_store

__all__ = ["Store", "open_store"]
