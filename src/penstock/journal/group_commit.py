"""Group commit: a thread around the disk, never around the engine. While one batch is synced, the next one fills.

Order is fixed when events are submitted: they are encoded and linked there and then. If a write fails, every waiter is
told, and nothing later is written until that same batch has been. A failed future says *not durable yet*, never
*forgotten*: `retry` writes what is pending, in its order.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from threading import Condition, Thread
from typing import NamedTuple

from penstock.domain.events import AnyEvent
from penstock.engine.state import EngineState
from penstock.journal.batch import MARK_BYTES, Batch, merge, seal
from penstock.journal.record import JournalUnavailable, WritableRecord
from penstock.journal.snapshot import encoded, packed

Waiter = asyncio.Future[int] | Future[int]
Outcome = int | JournalUnavailable


class Pending(NamedTuple):
    """Something to write, in its turn, and who waits for it and for all events up to `seq`."""

    seq: int
    batch: Batch | None
    waiter: Waiter | None
    snapshot: tuple[bytes, bytes] | None = None  # the head after event `seq`, and the state there


class GroupCommit:
    """A journal whose appends gather while the disk is busy. Submit from one thread only.

    `seq` and `head` are those of the last event submitted; `durable_seq` is the last one on disk.
    """

    def __init__(
        self,
        journal: WritableRecord,
        *,
        pending_events_max: int = 50_000,
        pending_bytes_max: int = 64 * 1024**2,
        batch_events_max: int = 5_000,
    ) -> None:
        self.journal = journal
        self.seq, self.head = journal.seq, journal.head
        self.durable_seq = journal.seq
        self.fault: JournalUnavailable | None = None
        self.pending_events = self.pending_bytes = 0
        self._pending_events_max, self._pending_bytes_max = pending_events_max, pending_bytes_max
        self._batch_events_max = batch_events_max
        self._queue: deque[Pending] = deque()
        self._taken: list[Pending] = []
        self._closing = False
        self._changed = Condition()
        self._room: list[Waiter] = []
        self.snapshot_fault = ""
        self._thread = Thread(target=self._run, name="penstock journal", daemon=True)
        self._thread.start()

    @property
    def healthy(self) -> bool:
        """Whether the last write succeeded: if not, take no new risk."""
        return self.fault is None

    @property
    def has_room(self) -> bool:
        """Whether less is pending than the bounds allow."""
        return self.pending_events < self._pending_events_max and self.pending_bytes < self._pending_bytes_max

    def submit(self, events: Sequence[AnyEvent]) -> asyncio.Future[int]:
        """Put events in line; the future gives the number of the last one once they are durable.

        It is resolved in the loop's own thread. It fails with JournalUnavailable if the write does; the events stay in
        line. Nothing is refused, neither for want of room nor at fault, since the engine has folded these events
        already: await `room` before the next input, and at fault give the engine none.
        """
        waiter = asyncio.get_running_loop().create_future()
        self._put(events, waiter)
        return waiter

    async def room(self) -> None:
        """Wait until less is pending than the bounds allow: the back-pressure before taking the next input.

        Raises:
            JournalUnavailable: there is no room, and there will be none before a `retry` succeeds.
        """
        while True:
            waiter: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            with self._changed:
                if self.has_room:
                    return
                if self.fault is not None:
                    raise self.fault
                self._room.append(waiter)
            await waiter

    def append(self, events: Sequence[AnyEvent]) -> None:
        """Put events in line and wait until they are durable, for callers without a loop.

        Raises:
            JournalUnavailable: they are not durable yet, but in line: `retry`, and do not append them again. If the
                journal was at fault already they were not taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.has_room or self.fault is not None)
            if self.fault is not None:
                raise self.fault
        waiter: Future[int] = Future()
        self._put(events, waiter)
        waiter.result()

    def save_snapshot(self, state: EngineState) -> None:
        """Keep the engine's state, in its turn: it is on disk after the events that led to it.

        `state` is that after the last event submitted; it is encoded before this returns. One that cannot be written
        is dropped, and `snapshot_fault` says why: it is a shortcut, not the record.
        """
        assert state.seq == self.seq, f"the state is that after event {state.seq}, not {self.seq}"
        with self._changed:
            self._queue.append(Pending(self.seq, None, None, (self.head, encoded(state))))
            self._changed.notify_all()

    def retry(self) -> Future[int]:
        """Write again what failed, then what came after it; gives the last number once all of it is durable.

        In a loop: `await asyncio.wrap_future(journal.retry())`. It fails as the write does, and may be called again.
        """
        waiter: Future[int] = Future()
        with self._changed:
            if self.fault is None and not self._queue and not self._taken:
                waiter.set_result(self.durable_seq)
                return waiter
            self._queue.append(Pending(self.seq, None, waiter))
            self.fault = None
            self._changed.notify_all()
        return waiter

    def close(self) -> None:
        """Write what is pending, once more if that failed before, and let go of the journal.

        Raises:
            JournalUnavailable: some of it could not be written.
        """
        with self._changed:
            self._closing, self.fault = True, None
            self._changed.notify_all()
        self._thread.join()
        try:
            self.journal.close()
        finally:
            if self.fault is not None:
                raise JournalUnavailable(f"{self.pending_events} events are not on record: {self.fault}")

    def _put(self, events: Sequence[AnyEvent], waiter: Waiter) -> None:
        assert not self._closing, "the journal is closed"
        if not events:
            entry = Pending(self.seq, None, waiter)
        else:
            batch = seal(self.seq, self.head, events)
            self.seq, self.head = batch.last_seq, batch.hash
            entry = Pending(self.seq, batch, waiter)
        with self._changed:
            self._queue.append(entry)
            self.pending_events += len(events)
            self.pending_bytes += len(entry.batch.body) if entry.batch else 0
            self._changed.notify_all()

    def _run(self) -> None:
        """The writer's thread: take what is in line, write it, tell who waits; until closed and drained."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or (self.fault is None and (self._taken or self._queue)))
                if self._closing and (self.fault is not None or not (self._taken or self._queue)):
                    return
                self._taken = self._taken or list(self._next())
            try:
                self._write()
            except JournalUnavailable as error:
                self._fail(error)
            except Exception as error:  # a bug: fail-stop as well, with waiters told instead of left waiting
                self._fail(JournalUnavailable(f"the journal's writer failed: {type(error).__name__}: {error}"))
            else:
                self._succeed()

    def _next(self) -> Iterator[Pending]:
        """What the next write takes: a snapshot alone, or batches up to the bound."""
        events = 0
        while self._queue and (events == 0 or self._queue[0].snapshot is None) and events < self._batch_events_max:
            entry = self._queue.popleft()
            yield entry
            if entry.snapshot is not None:
                return
            events += len(entry.batch.marks) // MARK_BYTES if entry.batch else 0

    def _write(self) -> None:
        batches = [entry.batch for entry in self._taken if entry.batch is not None]
        if batches:
            self.journal.write(merge(batches))
        for entry in self._taken:
            if entry.snapshot is not None:
                try:
                    self.journal.keep_snapshot(packed(entry.seq, *entry.snapshot))
                    self.snapshot_fault = ""
                except JournalUnavailable as error:
                    self.snapshot_fault = str(error)

    def _succeed(self) -> None:
        with self._changed:
            done, self._taken = self._taken, []
            for entry in done:
                if entry.batch is not None:
                    self.durable_seq = entry.batch.last_seq
                    self.pending_events -= entry.batch.last_seq + 1 - entry.batch.first_seq
                    self.pending_bytes -= len(entry.batch.body)
            freed, self._room = (self._room, []) if self.has_room else ([], self._room)
            self._changed.notify_all()
        resolve([*((entry.waiter, entry.seq) for entry in done), *((waiter, 0) for waiter in freed)])

    def _fail(self, fault: JournalUnavailable) -> None:
        with self._changed:
            told = [entry.waiter for entry in (*self._taken, *self._queue)]
            self._taken = [entry._replace(waiter=None) for entry in self._taken]
            self._queue = deque(entry._replace(waiter=None) for entry in self._queue)
            told += self._room
            self._room = []
            self.fault = fault
            self._changed.notify_all()
        resolve((waiter, fault) for waiter in told)


def resolve(outcomes: Iterable[tuple[Waiter | None, Outcome]]) -> None:
    """Tell waiters their outcomes, each loop's in its own thread and in their order."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Waiter, Outcome]]] = {}
    for waiter, outcome in outcomes:
        if isinstance(waiter, asyncio.Future):
            by_loop.setdefault(waiter.get_loop(), []).append((waiter, outcome))
        elif waiter is not None:
            settle([(waiter, outcome)])
    for loop, told in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, told)


def settle(outcomes: Iterable[tuple[Waiter, Outcome]]) -> None:
    for waiter, outcome in outcomes:
        if waiter.done():  # cancelled by who waited
            continue
        if isinstance(outcome, int):
            waiter.set_result(outcome)
        else:
            waiter.set_exception(outcome)
