"""Recovery: the last good snapshot and the events since give the very state that all events give."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from desk_day import cancel, day
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.domain.events import AlertRaised, AnyEvent, MarketSampled, SessionEnded
from penstock.engine.folds import FOLDS, apply
from penstock.engine.state import EngineState
from penstock.journal import MemoryJournal, WritableRecord, open_journal, recover, recovery, replay, save_snapshot
from penstock.journal.batch import seal
from penstock.journal.codec import GENESIS, encode
from penstock.journal.lean import LEAN, fold_lines
from penstock.journal.snapshot import SNAPSHOTS_KEPT, Snapshot, SnapshotUnusable, snapshot_of

Opener = Callable[[], WritableRecord]
EVENTS = day(300)


def filled(opener: Opener) -> WritableRecord:
    journal = opener()
    for first in range(0, 300, 50):
        journal.append(EVENTS[first : first + 50])
    return journal


@pytest.mark.parametrize("at", [50, 73, 299, 300])
def test_a_snapshot_and_the_events_since_give_the_state(opener: Opener, at: int) -> None:
    journal = filled(opener)
    save_snapshot(journal, replay(EVENTS[:at]))
    back = recovery(journal)
    assert (back.snapshot_seq, back.replayed, back.passed_over) == (at, 300 - at, [])
    assert back.state == replay(EVENTS)
    assert back.state.state_hash() == replay(EVENTS).state_hash()
    assert back.head == journal.head
    journal.close()


def test_only_the_last_few_are_kept(opener: Opener) -> None:
    journal = filled(opener)
    for at in (60, 120, 180, 240, 240, 300):
        save_snapshot(journal, replay(EVENTS[:at]))
    assert [snapshot.seq for snapshot in journal.snapshots()] == [300, 240, 180][:SNAPSHOTS_KEPT]
    journal.close()


DAMAGE = {
    "body": lambda good: good.body[:40] + b"\x00" + good.body[41:],
    "head": lambda good: bytes(32),
    "state_hash": lambda good: "0" * 64,
    "digest": lambda good: bytes(32),
}


@pytest.mark.parametrize("field", DAMAGE)
def test_a_damaged_snapshot_is_passed_over_for_the_one_before(opener: Opener, field: str) -> None:
    journal = filled(opener)
    save_snapshot(journal, replay(EVENTS[:100]))
    good = snapshot_of(replay(EVENTS[:200]), seal(0, GENESIS, EVENTS[:200]).hash)
    journal.keep_snapshot(msgspec.structs.replace(good, **{field: DAMAGE[field](good)}))
    back = recovery(journal)
    assert (back.snapshot_seq, len(back.passed_over)) == (100, 1)
    assert back.state.state_hash() == replay(EVENTS).state_hash()
    journal.close()


def test_with_no_good_snapshot_everything_is_replayed(opener: Opener) -> None:
    journal = filled(opener)
    for at in (100, 200):
        good = snapshot_of(replay(EVENTS[:at]), seal(0, GENESIS, EVENTS[:at]).hash)
        journal.keep_snapshot(msgspec.structs.replace(good, body=good.body[:-1]))
    back = recovery(journal)
    assert (back.snapshot_seq, back.replayed, len(back.passed_over)) == (0, 300, 2)
    assert back.state.state_hash() == replay(EVENTS).state_hash()
    journal.close()


def test_a_snapshot_of_another_history_is_not_used() -> None:
    """A snapshot from before the journal was restored from a backup, say: whole, but of events that are not there."""
    journal = MemoryJournal()
    journal.append(EVENTS[:150])
    other = [*EVENTS[:100], cancel(1), *EVENTS[100:120]]
    journal.keep_snapshot(snapshot_of(replay(EVENTS[:121]), seal(0, GENESIS, other).hash))
    journal.keep_snapshot(snapshot_of(replay(EVENTS[:200]), seal(0, GENESIS, EVENTS[:200]).hash))
    back = recovery(journal)
    assert back.snapshot_seq == 0
    assert [words.split(" is ")[1] for words in back.passed_over] == ["of another history"] * 2
    assert back.state.state_hash() == replay(EVENTS[:150]).state_hash()


def test_a_snapshot_of_a_state_in_another_shape_is_not_used() -> None:
    good = snapshot_of(replay(EVENTS), bytes(32))
    body = snapshot_of(EngineState(), bytes(32)).body
    assert Snapshot(0, bytes(32), "", body, good.digest).is_whole is False
    with pytest.raises(SnapshotUnusable, match="damaged"):
        msgspec.structs.replace(good, body=body).state()


def test_a_state_that_outran_the_journal_is_not_kept(opener: Opener) -> None:
    journal = opener()
    journal.append(EVENTS[:100])
    with pytest.raises(ValueError, match="event 101 is not on record yet"):
        save_snapshot(journal, replay(EVENTS[:101]))
    journal.close()


def test_recovery_by_location(place: Path | str) -> None:
    journal = open_journal(place)
    journal.append(EVENTS)
    save_snapshot(journal, replay(EVENTS[:280]))
    journal.close()
    assert recover(place).state_hash() == replay(EVENTS).state_hash()


@settings(deadline=None, max_examples=25)
@given(at=st.integers(0, 300))
def test_a_state_from_a_snapshot_goes_on_like_the_live_one(at: int) -> None:
    state = snapshot_of(replay(EVENTS[:at]), bytes(32)).state()
    for event in EVENTS[at:]:
        apply(state, event)
    assert state.state_hash() == replay(EVENTS).state_hash()


def test_lean_events_fold_into_the_same_state() -> None:
    last = EVENTS[-1].ts
    quotes = {"XA": EVENTS[1].arrival["XA"]}  # type: ignore[union-attr]
    events: list[AnyEvent] = [
        *EVENTS,
        MarketSampled(ts=last, symbol="ACME", quotes=quotes),
        AlertRaised(ts=last, severity="warning", code="late_fill", text="", order_id="P00001", report={"a": 1}),
        SessionEnded(ts=last, status="completed", state_hash="00", quotes={"ACME": quotes}),
    ]
    state = EngineState()
    fold_lines(state, b"\n".join(encode(event) for event in events))
    assert state == replay(events)
    assert {LEAN[type(event)] for event in events} <= FOLDS.keys()
