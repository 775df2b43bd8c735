"""Group commit: batches gather while the disk is busy, order never changes, and a fault is told to everyone."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest
from desk_day import cancel, day
from hypothesis import given, settings
from hypothesis import strategies as st

from faulty import FaultyJournal
from penstock.domain.events import CancelAsked
from penstock.journal import (
    GroupCommit,
    JournalFenced,
    JournalUnavailable,
    MemoryJournal,
    WritableRecord,
    open_journal,
    open_record,
    recover,
    replay,
    verify,
)
from penstock.journal.line import RECEIVE_BYTES
from penstock.journal.reading import events_of
from penstock.journal.verify import verify_record

Opener = Callable[[], WritableRecord]
FULL = JournalUnavailable("the disk is full")


@pytest.fixture
def disk() -> FaultyJournal:
    return FaultyJournal()


@pytest.fixture
async def group(disk: FaultyJournal) -> AsyncIterator[GroupCommit]:
    group = GroupCommit(disk, pending_events_max=10)
    yield group
    disk.gate.set()
    disk.failing = None
    await group.close()


def held(disk: FaultyJournal) -> None:
    """From now on the disk takes its time."""
    disk.gate.clear()
    disk.busy.clear()


async def until_busy(disk: FaultyJournal) -> None:
    assert await asyncio.to_thread(disk.busy.wait, 30)


async def fault_of(waiting: Awaitable[object]) -> str:
    """What a waiter is told that does not get what it waits for."""
    with pytest.raises(JournalUnavailable) as told:
        await waiting
    return str(told.value)


async def test_a_future_gives_the_number_of_its_last_event_in_the_loops_own_thread(opener: Opener) -> None:
    journal = opener()
    group = GroupCommit(journal)
    threads: list[int] = []
    waiters = [group.submit([cancel(2 * number), cancel(2 * number + 1)]) for number in range(50)]
    for waiter in waiters:
        waiter.add_done_callback(lambda _: threads.append(threading.get_ident()))
    assert await asyncio.gather(*waiters) == list(range(2, 102, 2))
    assert set(threads) == {threading.get_ident()}
    assert (group.seq, group.head) == (group.durable_seq, group.head) == group.record.tail() == (100, group.head)
    assert list(events_of(group.record)) == [cancel(number) for number in range(100)]
    await group.close()


async def test_what_comes_while_the_disk_is_busy_shares_one_write(disk: FaultyJournal, group: GroupCommit) -> None:
    held(disk)
    first = group.submit([cancel(1)])
    await until_busy(disk)
    others = [group.submit([cancel(number)]) for number in (2, 3, 4, 5)]
    assert not first.done()
    disk.gate.set()
    await asyncio.gather(first, *others)
    assert disk.written == [(1, 1), (2, 5)]


async def test_a_write_is_bounded(disk: FaultyJournal, group: GroupCommit) -> None:
    held(disk)
    waiters = [group.submit([cancel(1)])]
    await until_busy(disk)
    waiters += [group.submit([CancelAsked(ts=0, order_id="P001", reason="x" * 50_000)]) for _ in range(50)]
    disk.gate.set()
    assert await asyncio.gather(*waiters) == list(range(1, 52))
    assert max(last - first for first, last in disk.written) * 50_000 <= RECEIVE_BYTES


async def test_what_the_line_has_no_room_for_follows_when_it_has(disk: FaultyJournal) -> None:
    group = GroupCommit(disk)
    held(disk)
    waiters = [group.submit([cancel(1)])]
    await until_busy(disk)
    sizes = [0, 60_000, 70_000, 5, 3_000_000, 1] * 10  # both what goes down the line and what goes beside it
    events = [CancelAsked(ts=number, order_id="P001", reason="x" * size) for number, size in enumerate(sizes)]
    waiters += [group.submit([event]) for event in events]
    disk.gate.set()
    assert await asyncio.gather(*waiters) == list(range(1, len(sizes) + 2))
    assert disk.events == [cancel(1), *events]
    await group.close()


async def test_futures_resolve_in_the_order_of_their_events(disk: FaultyJournal, group: GroupCommit) -> None:
    order: list[int] = []
    waiters = [group.submit([cancel(number)]) for number in range(100)]
    for waiter in waiters:
        waiter.add_done_callback(lambda done: order.append(done.result()))
    await asyncio.gather(*waiters)
    await asyncio.sleep(0)
    assert order == list(range(1, 101))


async def test_an_empty_submission_waits_for_what_came_before(disk: FaultyJournal, group: GroupCommit) -> None:
    held(disk)
    first, second = group.submit([cancel(1)]), group.submit([])
    await until_busy(disk)
    assert not second.done()
    disk.gate.set()
    assert await second == 1
    assert first.done()


@pytest.mark.parametrize("by", ["events", "bytes"])
async def test_back_pressure_holds_the_next_input_until_there_is_room(disk: FaultyJournal, by: str) -> None:
    bound = {"pending_events_max": 3} if by == "events" else {"pending_bytes_max": 200}
    group = GroupCommit(disk, **bound)
    held(disk)
    waiters = [group.submit([cancel(number)]) for number in (1, 2, 3)]
    assert not group.has_room
    room = asyncio.ensure_future(group.room())
    await until_busy(disk)
    assert not room.done()
    disk.gate.set()
    await room
    assert group.has_room
    await asyncio.gather(*waiters)
    assert group.pending_events == group.pending_bytes == 0
    await group.close()


async def test_a_failed_write_is_told_to_every_waiter_and_nothing_later_is_written(
    disk: FaultyJournal, group: GroupCommit
) -> None:
    held(disk)
    waiters = [group.submit([cancel(1), cancel(2)])]
    await until_busy(disk)
    waiters += [group.submit([cancel(3)]), group.submit([cancel(4)])]
    disk.failing = FULL
    disk.gate.set()
    assert [await fault_of(waiter) for waiter in waiters] == [str(FULL)] * 3
    assert (group.healthy, str(group.fault), group.durable_seq) == (False, str(FULL), 0)
    assert disk.tried == [(1, 2)]


async def test_a_retry_writes_the_same_batch_first_then_what_came_later(
    disk: FaultyJournal, group: GroupCommit
) -> None:
    disk.failing = FULL
    with pytest.raises(JournalUnavailable, match="the disk is full"):
        await group.submit([cancel(1), cancel(2)])
    later = group.submit([cancel(3)])
    with pytest.raises(JournalUnavailable, match="the disk is full"):
        await group.retry()
    with pytest.raises(JournalUnavailable, match="the disk is full"):
        await later
    assert group.pending_events == 3
    assert {first for first, _ in disk.tried} == {1}
    disk.failing = None
    last = group.submit([cancel(4)])
    assert await group.retry() == 4
    assert await last == 4
    assert group.healthy
    assert disk.events == [cancel(1), cancel(2), cancel(3), cancel(4)]
    assert (group.seq, group.head) == (4, disk.head)


async def test_at_fault_and_without_room_nobody_waits_for_ever(disk: FaultyJournal, group: GroupCommit) -> None:
    held(disk)
    waiter = group.submit([cancel(number) for number in range(10)])
    room = asyncio.ensure_future(group.room())
    await until_busy(disk)
    disk.failing = FULL
    disk.gate.set()
    for waiting in (waiter, room, asyncio.ensure_future(group.room())):
        with pytest.raises(JournalUnavailable, match="the disk is full"):
            await waiting


async def test_a_bug_in_the_writer_is_a_fault_too(disk: FaultyJournal, group: GroupCommit) -> None:
    disk.failing = ZeroDivisionError("a bug")
    with pytest.raises(JournalUnavailable, match="ZeroDivisionError: a bug"):
        await group.submit([cancel(1)])
    assert not group.healthy


async def test_a_waiter_that_gave_up_disturbs_nobody(disk: FaultyJournal, group: GroupCommit) -> None:
    held(disk)
    first, second = group.submit([cancel(1)]), group.submit([cancel(2)])
    await until_busy(disk)
    first.cancel()
    disk.gate.set()
    assert await second == 2
    assert disk.seq == 2


async def test_a_write_of_which_nobody_knows_whether_it_happened_is_not_made_twice(disk: FaultyJournal) -> None:
    group = GroupCommit(disk)
    held(disk)
    waiters = [group.submit([cancel(1)])]
    await until_busy(disk)
    waiters += [group.submit([cancel(number)]) for number in (2, 3)]
    disk.failing, disk.fails_after_writing = FULL, True
    disk.gate.set()
    assert [await fault_of(waiter) for waiter in waiters] == [str(FULL)] * 3
    disk.failing = None
    assert await group.retry() == 3
    assert disk.events == [cancel(1), cancel(2), cancel(3)]
    await group.close()


async def test_without_room_for_files_or_processes_the_journal_is_at_fault_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = GroupCommit(open_journal(tmp_path / "journal.db"))
    await group.submit([cancel(1)])
    large = CancelAsked(ts=0, order_id="P001", reason="x" * 100_000)
    with monkeypatch.context() as scarce:
        scarce.setattr("penstock.journal.line.in_a_file", refused)
        assert "cannot be handed to its writer: " in await fault_of(group.submit([large]))
        assert "cannot be handed to its writer: " in await fault_of(group.retry())
        small = group.submit([cancel(2)])
    assert await group.retry() == await small == 3
    with monkeypatch.context() as scarce:
        scarce.setattr("penstock.journal.group_commit.Popen", refused)
        assert group.writer is not None
        group.writer.kill()
        assert "its writer died" in await fault_of(group.submit([cancel(4)]))
        assert "its writer cannot be started: " in await fault_of(group.retry())
    assert await group.retry() == 4
    assert list(events_of(group.record)) == [cancel(1), large, cancel(2), cancel(4)]
    await group.close()


def refused(*_: object, **__: object) -> NoReturn:
    raise OSError(24, "Too many open files")


async def test_a_journal_that_another_writer_has_carried_on_is_not_written(disk: FaultyJournal) -> None:
    group = GroupCommit(disk)
    disk.failing = FULL
    assert await fault_of(group.submit([cancel(1)])) == str(FULL)
    disk.append([cancel(7)])
    disk.failing = None
    with pytest.raises(JournalFenced, match="another process has written to this journal"):
        await group.retry()
    with pytest.raises(JournalUnavailable, match="1 events are not on record"):
        await group.close()
    assert disk.events == [cancel(7)]


async def test_closing_writes_what_is_pending(disk: FaultyJournal) -> None:
    group = GroupCommit(disk)
    held(disk)
    for number in range(100):
        group.submit([cancel(number)])
    disk.gate.set()
    await group.close()
    assert disk.seq == 100


async def test_closing_at_fault_tries_once_more_and_says_what_is_lost(disk: FaultyJournal) -> None:
    for recovers in (True, False):
        group = GroupCommit(disk)
        before = disk.seq
        disk.failing = FULL
        assert await fault_of(group.submit([cancel(1), cancel(2)])) == str(FULL)
        if recovers:
            disk.failing = None
            await group.close()
            assert disk.seq == before + 2
        else:
            with pytest.raises(JournalUnavailable, match="2 events are not on record: the disk is full"):
                await group.close()
            assert disk.seq == before


async def test_a_snapshot_goes_to_disk_in_its_turn_and_recovers(place: object) -> None:
    events = day(200)
    group = GroupCommit(open_journal(str(place)))
    group.submit(events[:120])
    group.save_snapshot(replay(events[:120]))
    await group.submit(events[120:])
    await group.close()
    with closing(open_record(str(place))) as record:
        assert [snapshot.seq for snapshot in record.snapshots()] == [120]
    assert recover(str(place)).state_hash() == replay(events).state_hash()
    assert verify(str(place)).fault == ""


async def test_a_snapshot_that_cannot_be_kept_stops_nothing(disk: FaultyJournal, group: GroupCommit) -> None:
    events = day(10)
    await group.submit(events)
    disk.failing = FULL
    group.save_snapshot(replay(events))
    while not group.snapshot_fault:
        await asyncio.sleep(0.01)
    assert (group.healthy, group.snapshot_fault) == (True, "no room for a snapshot")
    with pytest.raises(AssertionError, match="the state is that after event 9, not 10"):
        group.save_snapshot(replay(events[:9]))


@settings(deadline=None, max_examples=50)
@given(sizes=st.lists(st.integers(0, 5), max_size=20), failures=st.sets(st.integers(0, 30), max_size=10))
def test_whatever_fails_and_when_the_record_is_the_events_in_their_order(sizes: list[int], failures: set[int]) -> None:
    class Unlucky(MemoryJournal):
        tries = 0

        def write(self, batch: object) -> None:
            self.tries += 1
            if self.tries in failures:
                raise FULL
            super().write(batch)  # type: ignore[arg-type]

    async def life() -> None:
        group = GroupCommit(journal)
        for size in sizes:
            submitted = [cancel(len(told) + number) for number in range(size)]
            told.extend(submitted)
            waiter = group.submit(submitted)
            outcome = (await asyncio.gather(waiter, return_exceptions=True))[0] if size % 2 else None
            while isinstance(outcome, JournalUnavailable):
                outcome = (await asyncio.gather(group.retry(), return_exceptions=True))[0]
        while group.durable_seq < len(told):
            await asyncio.gather(group.retry(), return_exceptions=True)
        await group.close()

    told: list[object] = []
    journal = Unlucky()
    asyncio.run(life())
    assert journal.events == told
    assert verify_record(journal).events == len(told)
