"""Group commit: a writer beside the desk that makes durable in one commit whatever gathered during the last.

Order is fixed when events are submitted: they are encoded and linked there and then. If a write fails, every waiter is
told, and nothing later is written until that same batch has been. A failed future says *not durable yet*, never
*forgotten*: `retry` writes what is pending, in its order.

The writer is a process, and no thread of the desk ever waits for the disk. A journal that no other process can
open, one in memory, has a thread instead.
"""

import asyncio
import socket
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from subprocess import Popen
from threading import Thread
from typing import Literal, NamedTuple

from penstock.domain.errors import PenstockError
from penstock.domain.events import AnyEvent
from penstock.engine.state import EngineState
from penstock.journal.batch import Batch, seal
from penstock.journal.line import Begin, Durable, Failed, Finish, Finished, Line, Message, OnRecord, Resume, Write
from penstock.journal.record import JournalFenced, JournalUnavailable, Record, WritableRecord
from penstock.journal.snapshot import encoded, packed
from penstock.journal.writer import serve

WRITER = (sys.executable, "-m", "penstock.journal.writing")
Waiter = asyncio.Future[int]
Phase = Literal["failed", "resuming", "sending"]  # nothing is sent before the writer has said where the record ends


class Pending(NamedTuple):
    """A batch to write, if any, and who waits for it and for all events up to `seq`."""

    seq: int
    batch: Batch | None
    waiter: Waiter | None


class GroupCommit:
    """A journal whose appends gather while the disk is busy. It takes the journal over: nobody else may write to it.

    `seq` and `head` are those of the last event submitted; `durable_seq` is the last one on disk. `record` is the
    journal to read from; `writer` the process that writes it, if it is one. All of it belongs to one event loop.
    """

    def __init__(
        self, journal: WritableRecord, *, pending_events_max: int = 50_000, pending_bytes_max: int = 64 * 1024**2
    ) -> None:
        self.seq, self.head = journal.seq, journal.head
        self.durable_seq, self._durable_head = self.seq, self.head
        self.fault: JournalUnavailable | None = None
        self.pending_events = self.pending_bytes = 0
        self.snapshot_fault = ""
        self._pending_events_max, self._pending_bytes_max = pending_events_max, pending_bytes_max
        self._pending: deque[Pending] = deque()
        self._room: list[Waiter] = []
        self._snapshots: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._phase: Phase = "failed"
        self._finished: asyncio.Future[str] | None = None
        self.record: Record = journal
        if journal.location:
            self.record = journal.reader()
            journal.close()
        self._journal = journal
        self._line: Line | None = None
        self._is_full = False  # the line
        self.writer: Popen[bytes] | None = None
        self._start()

    @property
    def healthy(self) -> bool:
        """Whether the last write succeeded: if not, take no new risk, until one does."""
        return self.fault is None

    @property
    def has_room(self) -> bool:
        """Whether less is pending than the bounds allow."""
        return self.pending_events < self._pending_events_max and self.pending_bytes < self._pending_bytes_max

    def submit(self, events: Sequence[AnyEvent]) -> Waiter:
        """Put events in line; the future gives the number of the last one once they are durable.

        It fails with JournalUnavailable if the write does; the events stay in line. Nothing is refused, neither for
        want of room nor at fault, since the engine has folded these events already: await `room` before the next
        input, and at fault give the engine none.
        """
        assert self._finished is None, "the journal is closed"
        loop = self._attached()
        waiter: Waiter = loop.create_future()
        if events:
            batch = seal(self.seq, self.head, events)
            self.seq, self.head = batch.last_seq, batch.hash
            self.pending_events += len(events)
            self.pending_bytes += len(batch.body)
            self._pending.append(Pending(self.seq, batch, waiter))
            if self._phase == "sending":
                self._send(Write(batch))
        elif self._pending or self.fault is not None:
            self._pending.append(Pending(self.seq, None, waiter))
        else:
            waiter.set_result(self.seq)
        return waiter

    async def room(self) -> None:
        """Wait until less is pending than the bounds allow: the back-pressure before taking the next input.

        Raises:
            JournalUnavailable: there is no room, and there will be none before a `retry` succeeds.
        """
        while not self.has_room:
            if self.fault is not None:
                raise self.fault
            waiter = self._attached().create_future()
            self._room.append(waiter)
            await waiter

    def save_snapshot(self, state: EngineState) -> None:
        """Keep the engine's state: it is on disk after the events that led to it, and nobody waits for it.

        `state` is that after the last event submitted; it is encoded before this returns. One that cannot be written
        is dropped, and `snapshot_fault` says why: it is a shortcut, not the record.
        """
        assert state.seq == self.seq, f"the state is that after event {state.seq}, not {self.seq}"
        keeping = self._keep_snapshot(self.submit([]), self.head, encoded(state))
        task = self._attached().create_task(keeping)
        self._snapshots.add(task)
        task.add_done_callback(self._snapshots.discard)

    async def retry(self) -> int:
        """Write again what failed, then what came after it; gives the last number once all of it is durable.

        Raises:
            JournalUnavailable: it failed again, and may be tried again.
        """
        waiter = self.submit([])
        if self._phase == "failed":
            try:
                if self._line is None:
                    self._start()
                else:
                    self._phase = "resuming"
                    self._send(Resume())
            except JournalUnavailable as error:
                self._fail(error)
        return await waiter

    async def close(self) -> None:
        """Write what is pending, once more if that failed before, and let go of the journal.

        Raises:
            JournalUnavailable: some of it could not be written.
        """
        with suppress(JournalUnavailable):
            await self.retry()
        await asyncio.gather(*self._snapshots)
        untidy = ""
        if self._line is not None:
            self._finished = self._attached().create_future()
            self._send(Finish())
            untidy = await self._finished
        if self.writer is not None:
            await asyncio.to_thread(self.writer.wait)
        self.record.close()
        if self.fault is not None:
            raise JournalUnavailable(f"{self.pending_events} events are not on record: {self.fault}")
        if untidy:
            raise JournalUnavailable(untidy)

    async def _keep_snapshot(self, durable: Waiter, head: bytes, raw: bytes) -> None:
        try:
            snapshot = await asyncio.to_thread(packed, await durable, head, raw)
            await asyncio.to_thread(self.record.keep_snapshot, snapshot)
            self.snapshot_fault = ""
        except PenstockError as error:
            self.snapshot_fault = str(error)

    def _start(self) -> None:
        """Have a new writer, which says where the record ends before it is told anything.

        Raises:
            JournalUnavailable: there is no room for another process.
        """
        ours, theirs = socket.socketpair()
        if self._journal.location:
            number = theirs.fileno()
            try:
                # in a session of its own: a Ctrl-C is meant for the desk, which has things to write until its end
                self.writer = Popen((*WRITER, str(number)), pass_fds=[number], start_new_session=True)
            except OSError as error:
                ours.close()
                raise JournalUnavailable(f"{self.record.name}: its writer cannot be started: {error}") from None
            finally:
                theirs.close()
        else:
            Thread(target=write_in_a_thread, args=(Line(theirs), self._journal), daemon=True).start()
        ours.setblocking(False)
        self._line, self._is_full, self._phase = Line(ours), False, "resuming"
        if self._loop is not None:
            self._loop.add_reader(self._line, self._hear)
        if self._journal.location:
            self._line.send(Begin(self._journal.location, self._journal.durability))

    def _hang_up(self) -> None:
        """Let go of the line."""
        assert self._line is not None
        assert self._loop is not None
        self._loop.remove_reader(self._line)
        self._loop.remove_writer(self._line)
        self._line.close()
        self._line = None

    def _attached(self) -> asyncio.AbstractEventLoop:
        """The running loop, in which the writer is heard."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop = loop
            if self._line is not None:
                loop.add_reader(self._line, self._hear)
        return loop

    def _send(self, message: Message) -> None:
        """Tell the writer; what it has no room for now follows when it has."""
        assert self._line is not None
        self._line.put(message)
        self._flush()

    def _flush(self) -> None:
        """Let out what there is room for in the line."""
        assert self._line is not None
        assert self._loop is not None
        is_full = False
        try:
            is_full = not self._line.flush()
        except ConnectionError:
            pass  # the writer is gone, which `_hear` finds out
        except OSError as error:
            self._fail(JournalUnavailable(f"{self.record.name}: cannot be handed to its writer: {error}"))
        if is_full:
            self._loop.add_writer(self._line, self._flush)
        elif self._is_full:
            self._loop.remove_writer(self._line)
        self._is_full = is_full

    def _hear(self) -> None:
        """The writer says something, or is gone."""
        assert self._line is not None
        try:
            messages = self._line.receive()
        except EOFError:
            self._lose()
            return
        for message in messages:
            match message:
                case Durable():
                    self.fault = None
                    self._settle(message.seq)
                case OnRecord():
                    self._go_on(message.seq, message.head)
                case Failed():
                    self._fail((JournalFenced if message.is_fenced else JournalUnavailable)(message.reason))
                case Finished():
                    assert self._finished is not None
                    self._finished.set_result(message.fault)
                    self._hang_up()

    def _lose(self) -> None:
        """The writer is gone: let go of it. Whatever became of it, it writes no more."""
        self._hang_up()
        if self.writer is not None:
            self.writer.kill()
            self.writer.wait()
        self._fail(JournalUnavailable(f"{self.record.name}: cannot be written: its writer died"))

    def _settle(self, seq: int) -> None:
        """Tell those who wait for events up to this one that they are durable."""
        pending = self._pending
        while pending and pending[0].seq <= seq:
            entry = pending.popleft()
            if entry.batch is not None:
                self.durable_seq, self._durable_head = entry.seq, entry.batch.hash
                self.pending_events -= entry.seq + 1 - entry.batch.first_seq
                self.pending_bytes -= len(entry.batch.body)
            if entry.waiter is not None and not entry.waiter.done():  # cancelled by who waited
                entry.waiter.set_result(entry.seq)
        if self._room and self.has_room:
            self._let_in()

    def _let_in(self) -> None:
        """Have those who wait for room look again."""
        for waiter in self._room:
            if not waiter.done():
                waiter.set_result(0)
        self._room.clear()

    def _go_on(self, seq: int, head: bytes) -> None:
        """The writer says what is on record: send it what comes after that, unless that was done."""
        if self._phase == "sending":
            return
        ours = [(entry.seq, entry.batch.hash) for entry in self._pending if entry.batch is not None]
        if (seq, head) not in [(self.durable_seq, self._durable_head), *ours]:
            self._fail(JournalFenced(f"{self.record.name}: another process has written to this journal"))
            return
        self._phase = "sending"
        self._settle(seq)
        if self.durable_seq == self.seq:
            self.fault = None
        for entry in self._pending:
            if entry.batch is not None:
                self._send(Write(entry.batch))

    def _fail(self, fault: JournalUnavailable) -> None:
        self.fault, self._phase = fault, "failed"
        told = [entry.waiter for entry in self._pending]
        self._pending = deque(entry._replace(waiter=None) for entry in self._pending if entry.batch is not None)
        for waiter in told:
            if waiter is not None and not waiter.done():
                waiter.set_exception(fault)
        self._let_in()
        if self._finished is not None and not self._finished.done():
            self._finished.set_result("")


def write_in_a_thread(line: Line, journal: WritableRecord) -> None:
    with suppress(EOFError, OSError):  # the desk is gone
        serve(line, journal)
        line.send(Finished())
    line.close()
