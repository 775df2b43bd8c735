"""What happened, kept for good: an append-only, hash-chained record of events."""

from penstock.journal.replay import replay
from penstock.journal.sqlite import SqliteJournal, Verdict, read, verify

__all__ = ["SqliteJournal", "Verdict", "read", "replay", "verify"]
