"""The journal's own cost: events appended and synced, against SQLite given the same bytes ready-made."""

import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from penstock.domain.events import AnyEvent, CancelAsked
from penstock.journal import SqliteJournal, verify
from penstock.journal.codec import encode

EVENTS = 100_000
BATCH = 100


def run() -> list[dict[str, object]]:
    """Rows for the table: appends against a bare insert, and the reading side against a bare select."""
    events: list[AnyEvent] = [
        CancelAsked(ts=number, order_id=f"P001-{number:06d}", reason="no longer wanted") for number in range(EVENTS)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path, bare = Path(folder) / "journal.db", Path(folder) / "bare.db"
        ours = rate(lambda: append(events, path))
        floor = rate(lambda: insert([encode(event) for event in events], bare))
        walked = rate(lambda: verify(path))
        selected = rate(lambda: select(path))
    return [
        row("journal append, synced, 100 a batch / bare SQLite insert of the same bytes", ours, floor),
        row("journal verify / bare SQLite select of the same rows", walked, selected),
    ]


def row(name: str, value: float, floor: float) -> dict[str, object]:
    return {"name": name, "value": value, "unit": "events/s", "peer_or_floor": floor, "ratio": value / floor}


def rate(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return EVENTS / (perf_counter() - start)


def append(events: list[AnyEvent], path: Path) -> None:
    journal = SqliteJournal(path, durability="full")
    for first in range(0, EVENTS, BATCH):
        journal.append(events[first : first + BATCH])
    journal.close()


def insert(bodies: list[bytes], path: Path) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE rows (seq INTEGER PRIMARY KEY, b BLOB)"
    )
    for first in range(0, EVENTS, BATCH):
        db.execute("BEGIN")
        db.executemany("INSERT INTO rows (b) VALUES (?)", [(body,) for body in bodies[first : first + BATCH]])
        db.execute("COMMIT")
    db.close()


def select(path: Path) -> None:
    db = sqlite3.connect(path)
    for _ in db.execute("SELECT seq, kind, body, hash FROM events ORDER BY seq"):
        pass
    db.close()
