"""Whatever is done to a journal behind its back is noticed, and the event is named; a cut-off tail with an anchor."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from desk_day import cancel, day

from penstock.domain.errors import BadInput, JournalCorrupt
from penstock.journal import open_journal, recover, verify
from penstock.journal.anchor import Anchor, append_anchor, given_anchors, parse_anchor, read_anchors
from penstock.journal.batch import seal
from penstock.journal.codec import encode

EVENTS = [*day(40), *(cancel(number) for number in range(20))]  # batches of 10: 41–50 and 51–60 are small cancels
Db = sqlite3.Connection


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    writer = open_journal(path, durability="process")
    for first in range(0, 60, 10):
        writer.append(EVENTS[first : first + 10])
    writer.close()
    return path


def lines(db: Db, first: int) -> list[bytes]:
    (body,) = db.execute("SELECT body FROM batches WHERE first_seq = ?", (first,)).fetchone()
    found: list[bytes] = body.split(b"\n")
    return found


def put(db: Db, first: int, changed: list[bytes]) -> None:
    db.execute("UPDATE batches SET body = ? WHERE first_seq = ?", (b"\n".join(changed), first))


def edit(db: Db) -> None:
    found = lines(db, 41)
    found[3] = found[3].replace(b"P003", b"P999")
    put(db, 41, found)


def delete_one(db: Db) -> None:
    found = lines(db, 41)
    del found[3]
    put(db, 41, found)


def delete_last_of_batch(db: Db) -> None:
    put(db, 41, lines(db, 41)[:-1])


def delete_batch(db: Db) -> None:
    db.execute("DELETE FROM batches WHERE first_seq = 31")


def delete_first_batch(db: Db) -> None:
    db.execute("DELETE FROM batches WHERE first_seq = 1")


def swap(db: Db) -> None:
    found = lines(db, 41)
    found[3], found[6] = found[6], found[3]
    put(db, 41, found)


def insert(db: Db) -> None:
    found = lines(db, 41)
    found.insert(3, encode(cancel(500)))
    put(db, 41, found)


def add_at_end_of_batch(db: Db) -> None:
    put(db, 41, [*lines(db, 41), encode(cancel(500))])


def swap_batches(db: Db) -> None:
    later, earlier = lines(db, 51), lines(db, 41)
    put(db, 41, later)
    put(db, 51, earlier)


def renumber(db: Db) -> None:
    db.execute("UPDATE batches SET first_seq = 40 WHERE first_seq = 41")


def change_hash(db: Db) -> None:
    (recorded,) = db.execute("SELECT hash FROM batches WHERE first_seq = 41").fetchone()
    db.execute("UPDATE batches SET hash = ? WHERE first_seq = 41", (recorded[:4] + bytes(28),))


def change_marks(db: Db) -> None:
    (marks,) = db.execute("SELECT marks FROM batches WHERE first_seq = 41").fetchone()
    db.execute("UPDATE batches SET marks = ? WHERE first_seq = 41", (marks[:12] + bytes(4) + marks[16:],))


def change_time(db: Db) -> None:
    db.execute("UPDATE batches SET ts = ts - 1 WHERE first_seq = 41")


TAMPERED: list[tuple[Callable[[Db], None], int, str]] = [
    (edit, 43, "event 44 was changed: its hash does not match"),
    (delete_one, 43, "event 44 is missing"),
    (delete_last_of_batch, 49, "event 50 is missing"),
    (delete_batch, 30, "events 31 to 40 are missing: the next one is 41"),
    (delete_first_batch, 0, "events 1 to 10 are missing: the next one is 11"),
    (swap, 43, "event 44 was moved: it stands in the place of event 47"),
    (insert, 43, "something was added before event 44"),
    (add_at_end_of_batch, 50, "something was added after event 50"),
    (swap_batches, 40, "event 41 was changed: its hash does not match"),
    (renumber, 40, "event 40 is there twice"),
    (change_hash, 50, "the recorded hash of event 50 was changed"),
    (change_marks, 43, "the mark of event 44 was changed"),
    (change_time, 50, "the time of events 41 to 50 was changed"),
]


@pytest.mark.parametrize(("tamper", "sound", "fault"), TAMPERED, ids=[row[0].__name__ for row in TAMPERED])
def test_tampering_is_noticed_and_the_event_is_named(
    tamper: Callable[[Db], None], sound: int, fault: str, journal: Path
) -> None:
    with closing(sqlite3.connect(journal)) as db, db:
        tamper(db)
    verdict = verify(journal)
    assert (verdict.fault, verdict.events) == (fault, sound)


UNNOTICED_BY_RECOVERY = {change_marks, change_time}  # neither is part of what the events say


@pytest.mark.parametrize("tamper", [row[0] for row in TAMPERED if row[0] not in UNNOTICED_BY_RECOVERY])
def test_recovery_refuses_a_record_that_does_not_hold(tamper: Callable[[Db], None], journal: Path) -> None:
    with closing(sqlite3.connect(journal)) as db, db:
        tamper(db)
    with pytest.raises(JournalCorrupt, match="is missing or was changed"):
        recover(journal)


def test_a_damaged_file_is_a_fault_and_not_a_crash(journal: Path) -> None:
    raw = bytearray(journal.read_bytes())
    raw[8192:20480] = b"\xff" * 12288
    journal.write_bytes(raw)
    assert "damaged" in verify(journal).fault


def test_a_tampered_database_is_noticed_as_well(database: str) -> None:
    writer = open_journal(database)
    writer.append(EVENTS)
    writer.close()
    with psycopg.connect(database) as db:
        db.execute(
            "UPDATE journal_batches SET body = decode(replace(encode(body, 'escape'), 'P007', 'P008'), 'escape')"
        )
    assert verify(database).fault == "event 48 was changed: its hash does not match"


def anchors_of(path: Path) -> list[Anchor]:
    """An anchor at every tenth event, as honest witnesses would have kept them."""
    with closing(sqlite3.connect(path)) as db:
        return [Anchor(seq, head) for seq, head in db.execute("SELECT last_seq, hash FROM batches ORDER BY first_seq")]


def test_a_tail_cut_off_is_noticed_by_an_anchor_and_by_nothing_else(journal: Path) -> None:
    anchors = anchors_of(journal)
    with closing(sqlite3.connect(journal)) as db, db:
        db.execute("DELETE FROM batches WHERE first_seq > 40")
    assert verify(journal).fault == ""
    assert verify(journal, anchors[:4]).fault == ""
    assert verify(journal, anchors[:5]).fault == "the record ends at event 40, but event 50 was anchored: cut off"


def test_a_history_made_anew_is_noticed_by_an_anchor_and_by_nothing_else(tmp_path: Path, journal: Path) -> None:
    anchors = anchors_of(journal)
    forged = tmp_path / "forged.db"
    writer = open_journal(forged)
    writer.append([*EVENTS[:24], cancel(999), *EVENTS[25:]])
    writer.close()
    assert verify(forged).fault == ""
    assert verify(forged, anchors[:2]).fault == ""
    fault = "the history up to event 30 is not the one that was anchored: it was rewritten"
    assert verify(forged, anchors).fault == fault


def test_an_anchor_holds_wherever_batches_begin_and_end(journal: Path) -> None:
    inside = seal(0, bytes(32), EVENTS[:37])
    assert verify(journal, [Anchor(37, inside.hash)]).fault == ""
    assert "rewritten" in verify(journal, [Anchor(36, inside.hash)]).fault


def test_anchors_are_kept_as_lines_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    kept = [Anchor(10, bytes(range(32))), Anchor(20, bytes(32))]
    for anchor in kept:
        append_anchor(path, anchor)
    assert read_anchors(path) == kept
    assert list(given_anchors([str(path), str(kept[0])])) == [*kept, kept[0]]


@pytest.mark.parametrize("text", ["", "12", "12:", "12:beef", f"x:{'0' * 64}", f"1:{'g' * 64}", "none.txt"])
def test_what_is_no_anchor_is_bad_input(text: str) -> None:
    with pytest.raises(BadInput, match="an anchor is written SEQ:HEAD"):
        parse_anchor(text)
