"""What happened, kept for good: an append-only, hash-chained record of events."""

from penstock.journal.continued import ContinuedJournal
from penstock.journal.memory import MemoryJournal
from penstock.journal.replay import replay
from penstock.journal.sqlite import SqliteJournal, Verdict, read, verify

__all__ = ["ContinuedJournal", "MemoryJournal", "SqliteJournal", "Verdict", "read", "replay", "verify"]
