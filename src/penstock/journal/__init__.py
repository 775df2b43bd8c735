"""What happened, kept for good: an append-only, hash-chained record of events."""

from penstock.journal.anchor import Anchor
from penstock.journal.continued import ContinuedJournal
from penstock.journal.group_commit import GroupCommit
from penstock.journal.history import Numbered, history
from penstock.journal.location import open_journal, open_record
from penstock.journal.memory import MemoryJournal
from penstock.journal.reading import read
from penstock.journal.record import Durability, JournalFenced, JournalUnavailable, Record, WritableRecord
from penstock.journal.replay import Recovery, recover, recovery, replay, save_snapshot
from penstock.journal.sqlite import SqliteJournal
from penstock.journal.verify import Verdict, verify

__all__ = [
    "Anchor",
    "ContinuedJournal",
    "Durability",
    "GroupCommit",
    "JournalFenced",
    "JournalUnavailable",
    "MemoryJournal",
    "Numbered",
    "Record",
    "Recovery",
    "SqliteJournal",
    "Verdict",
    "WritableRecord",
    "history",
    "open_journal",
    "open_record",
    "read",
    "recover",
    "recovery",
    "replay",
    "save_snapshot",
    "verify",
]
