"""Journals of version 1 are read as they are, and migrated in place when somebody writes to them."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from desk_day import cancel, day

from penstock.domain.errors import BadInput, JournalCorrupt
from penstock.domain.events import AnyEvent
from penstock.journal import history, open_journal, open_record, read, recover, replay, save_snapshot, verify
from penstock.journal.codec import GENESIS, encode, link

EVENTS = day(2500)


def write_version_1(path: Path, events: Sequence[AnyEvent]) -> bytes:
    """A file as version 1 wrote it: one row an event. Returns its head."""
    head, rows = GENESIS, []
    for seq, event in enumerate(events, 1):
        body = encode(event)
        head = link(head, seq, body)
        rows.append((seq, event.ts, type(event).__name__, body, head))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(
            "CREATE TABLE events (seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, kind TEXT NOT NULL,"
            " body BLOB NOT NULL, hash BLOB NOT NULL) STRICT"
        )
        db.execute("PRAGMA user_version=1")
        db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)
    return head


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        (found,) = db.execute("PRAGMA user_version").fetchone()
        return int(found)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    write_version_1(path, EVENTS)
    return path


def test_an_old_journal_is_read_and_verified_without_being_touched(old: Path) -> None:
    before = old.read_bytes()
    assert list(read(old)) == EVENTS
    assert (verify(old).events, verify(old).fault) == (2500, "")
    assert recover(old).state_hash() == replay(EVENTS).state_hash()
    record = open_record(old)
    assert [seq for seq, _ in history(record, "P00003")] == list(range(16, 23))
    record.close()
    assert old.read_bytes() == before


def test_its_first_writer_migrates_it_and_its_head_stays(old: Path, tmp_path: Path) -> None:
    head = write_version_1(tmp_path / "other.db", EVENTS)
    writer = open_journal(old)
    assert (writer.seq, writer.head) == (2500, head)
    writer.append([cancel(1)])
    writer.close()
    assert version(old) == 2
    assert list(read(old)) == [*EVENTS, cancel(1)]
    assert verify(old).fault == ""
    with closing(sqlite3.connect(old)) as db:
        sizes = [row[0] for row in db.execute("SELECT last_seq + 1 - first_seq FROM batches ORDER BY first_seq")]
    assert sizes == [1000, 1000, 500, 1]


def test_a_snapshot_of_an_old_journal_migrates_it(old: Path) -> None:
    record = open_record(old)
    save_snapshot(record, replay(EVENTS))
    record.close()
    assert version(old) == 2
    assert recover(old).state_hash() == replay(EVENTS).state_hash()


def test_a_tampered_old_journal_is_not_migrated_but_left_as_it_is(old: Path) -> None:
    with closing(sqlite3.connect(old)) as db, db:
        db.execute("UPDATE events SET body = CAST(replace(body, 'P00003', 'P00004') AS BLOB) WHERE seq = 17")
    with pytest.raises(JournalCorrupt, match="cannot be migrated: event 17 is missing or was changed"):
        open_journal(old)
    assert version(old) == 1
    assert verify(old).fault == "event 17 was changed: its hash does not match"


def test_a_migration_that_is_interrupted_leaves_the_old_journal(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("penstock.journal.sqlite_schema.columns", stop)
    with pytest.raises(KeyboardInterrupt):
        open_journal(old)
    monkeypatch.undo()
    assert version(old) == 1
    assert list(read(old)) == EVENTS
    open_journal(old).close()
    assert verify(old).events == 2500


def test_a_journal_of_a_newer_version_is_refused_in_one_line(tmp_path: Path, database: str) -> None:
    path = tmp_path / "journal.db"
    for location in (path, database):
        open_journal(location).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=3")
    with psycopg.connect(database) as server:
        server.execute("UPDATE journal_version SET version = 3")
    for location in (path, database):
        for opened in (open_journal, open_record):
            with pytest.raises(
                BadInput, match=r"reads journals up to version 2: a newer one wrote this \(got 3\)"
            ) as said:
                opened(location)
            assert len(str(said.value).splitlines()) == 1


def test_what_is_no_journal_is_bad_input(tmp_path: Path) -> None:
    text, other = tmp_path / "text.db", tmp_path / "other.db"
    text.write_text("no database at all, but long enough to be looked at" * 100)
    with closing(sqlite3.connect(other)) as db, db:
        db.execute("CREATE TABLE cats (name TEXT)")
    for path in (text, other):
        before = path.read_bytes()
        for opened in (open_record, open_journal):
            with pytest.raises(BadInput, match="not a journal"):
                opened(path)
        assert path.read_bytes() == before


def test_a_file_that_nothing_was_written_to_yet_is_an_empty_journal(tmp_path: Path) -> None:
    """A process may die between creating the file and its first transaction."""
    path = tmp_path / "journal.db"
    path.touch()
    assert list(read(path)) == []
    assert verify(path).events == 0
    writer = open_journal(path)
    writer.append(EVENTS[:1])
    writer.close()
    assert list(read(path)) == EVENTS[:1]
