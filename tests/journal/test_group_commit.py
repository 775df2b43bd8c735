"""Group commit: batches gather while the disk is busy, order never changes, and a fault is told to everyone."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
from desk_day import cancel, day
from hypothesis import given, settings
from hypothesis import strategies as st

from faulty import FaultyJournal
from penstock.journal import GroupCommit, JournalUnavailable, MemoryJournal, WritableRecord, recover, replay, verify
from penstock.journal.reading import events_of
from penstock.journal.verify import verify_record

Opener = Callable[[], WritableRecord]
FULL = JournalUnavailable("the disk is full")


@pytest.fixture
def disk() -> FaultyJournal:
    return FaultyJournal()


@pytest.fixture
def group(disk: FaultyJournal) -> Iterator[GroupCommit]:
    group = GroupCommit(disk, pending_events_max=10, batch_events_max=8)
    yield group
    disk.gate.set()
    disk.failing = None
    group.close()


def held(disk: FaultyJournal) -> None:
    """From now on the disk takes its time."""
    disk.gate.clear()
    disk.busy.clear()


async def until_busy(disk: FaultyJournal) -> None:
    assert await asyncio.to_thread(disk.busy.wait, 30)


async def retried(group: GroupCommit) -> int:
    return await asyncio.wrap_future(group.retry())


async def test_a_future_gives_the_number_of_its_last_event_in_the_loops_own_thread(opener: Opener) -> None:
    journal = opener()
    group = GroupCommit(journal)
    threads: list[int] = []
    waiters = [group.submit([cancel(2 * number), cancel(2 * number + 1)]) for number in range(50)]
    for waiter in waiters:
        waiter.add_done_callback(lambda _: threads.append(threading.get_ident()))
    assert await asyncio.gather(*waiters) == list(range(2, 102, 2))
    assert set(threads) == {threading.get_ident()}
    assert (group.seq, group.head) == (group.durable_seq, group.journal.head) == (100, journal.head)
    assert list(events_of(journal)) == [cancel(number) for number in range(100)]
    group.close()


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
    waiters += [group.submit([cancel(number)]) for number in range(2, 22)]
    disk.gate.set()
    await asyncio.gather(*waiters)
    assert disk.written == [(1, 1), (2, 9), (10, 17), (18, 21)]


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
    group.close()


async def test_a_failed_write_is_told_to_every_waiter_and_nothing_later_is_written(
    disk: FaultyJournal, group: GroupCommit
) -> None:
    held(disk)
    waiters = [group.submit([cancel(1), cancel(2)])]
    await until_busy(disk)
    waiters += [group.submit([cancel(3)]), group.submit([cancel(4)])]
    disk.failing = FULL
    disk.gate.set()
    outcomes = await asyncio.gather(*waiters, return_exceptions=True)
    assert outcomes == [FULL, FULL, FULL]
    assert (group.healthy, group.fault, group.durable_seq) == (False, FULL, 0)
    assert disk.tried == [(1, 2)]


async def test_a_retry_writes_the_same_batch_first_then_what_came_later(
    disk: FaultyJournal, group: GroupCommit
) -> None:
    disk.failing = FULL
    with pytest.raises(JournalUnavailable, match="the disk is full"):
        await group.submit([cancel(1), cancel(2)])
    later = group.submit([cancel(3)])
    with pytest.raises(JournalUnavailable, match="the disk is full"):
        await retried(group)
    with pytest.raises(JournalUnavailable, match="the disk is full"):
        await later
    assert group.pending_events == 3
    disk.failing = None
    last = group.submit([cancel(4)])
    assert await retried(group) == 4
    assert await last == 4
    assert group.healthy
    assert disk.tried == [(1, 2), (1, 2), (1, 2), (3, 4)]
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


def test_appending_without_a_loop_waits_for_the_disk(disk: FaultyJournal) -> None:
    group = GroupCommit(disk)
    group.append([cancel(1)])
    group.append([])
    assert disk.written == [(1, 1)]
    disk.failing = FULL
    with pytest.raises(JournalUnavailable, match="the disk is full"):
        group.append([cancel(2)])
    with pytest.raises(JournalUnavailable, match="the disk is full"):
        group.append([cancel(3)])
    disk.failing = None
    assert group.retry().result(30) == 2
    assert disk.events == [cancel(1), cancel(2)]
    assert group.retry().result(30) == 2
    group.close()


def test_closing_writes_what_is_pending(disk: FaultyJournal) -> None:
    async def submitted() -> GroupCommit:
        group = GroupCommit(disk)
        held(disk)
        for number in range(100):
            group.submit([cancel(number)])
        return group

    group = asyncio.run(submitted())
    disk.gate.set()
    group.close()
    assert disk.seq == 100


def test_closing_at_fault_tries_once_more_and_says_what_is_lost(disk: FaultyJournal) -> None:
    for recovers in (True, False):
        group = GroupCommit(disk)
        before = disk.seq
        disk.failing = FULL
        with pytest.raises(JournalUnavailable):
            group.append([cancel(1), cancel(2)])
        if recovers:
            disk.failing = None
            group.close()
            assert disk.seq == before + 2
        else:
            with pytest.raises(JournalUnavailable, match="2 events are not on record: the disk is full"):
                group.close()
            assert disk.seq == before


async def test_a_snapshot_goes_to_disk_in_its_turn_and_recovers(place: object) -> None:
    from penstock.journal import open_journal

    events = day(200)
    group = GroupCommit(open_journal(str(place)))
    group.submit(events[:120])
    group.save_snapshot(replay(events[:120]))
    await group.submit(events[120:])
    assert [snapshot.seq for snapshot in group.journal.snapshots()] == [120]
    group.close()
    assert recover(str(place)).state_hash() == replay(events).state_hash()
    assert verify(str(place)).fault == ""


async def test_a_snapshot_that_cannot_be_kept_stops_nothing(disk: FaultyJournal, group: GroupCommit) -> None:
    events = day(10)
    await group.submit(events)
    disk.failing = FULL
    group.save_snapshot(replay(events))
    await group.submit([])
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
                outcome = (await asyncio.gather(retried(group), return_exceptions=True))[0]
        while group.durable_seq < len(told):
            await asyncio.gather(retried(group), return_exceptions=True)
        group.close()

    told: list[object] = []
    journal = Unlucky()
    asyncio.run(life())
    assert journal.events == told
    assert verify_record(journal).events == len(told)
