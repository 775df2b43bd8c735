"""What the stream told before, for clients that missed it: from memory, or from the journal where that is too long ago.

Clients often come back together: after a restart, all of them do. So the past is read a chunk at a time, and what was
read is shared. Whom an event concerned is found anew, for its order may have left memory since: what comes by of an
order is remembered, and an order whose beginning lies before that is looked up in the journal.

All of it happens in the loop that trades, a slice at a time and at most half of the time: a thread that reads as fast
as it can would take the interpreter from the loop each time that it lets go of it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, closing
from functools import cached_property
from itertools import islice
from time import perf_counter

from penstock.api.running import RunningDesk
from penstock.api.stream.client import Client
from penstock.api.stream.messages import (
    NO_ORDER,
    About,
    Route,
    Whose,
    key_of,
    message,
    route_of,
    topic_of,
    unknown,
    whose,
    whose_in,
)
from penstock.domain import events as ev
from penstock.engine.families import parent_of
from penstock.journal.codec import decode

CHUNK, CHUNKS_MAX = 1_000, 100  # clients that come back together last heard up to a few seconds apart
READ_AHEAD = 10 * CHUNK
ORDERS_MAX = 50_000
SLICE_S = 0.005
TAKEN = (ev.OrderReceived, ev.OrderSentWhole)


class Told:
    """An event as it is told; put into words once, for the first whom it concerns."""

    def __init__(self, seq: int, event: ev.AnyEvent, whom: About) -> None:
        self.seq, self.event, self.whom = seq, event, whom

    @cached_property
    def text(self) -> bytes:
        return message(self.seq, self.event, self.whom)


class Chunk:
    """What is told of some events, by whom it concerns; `last` is the last that was read."""

    def __init__(self, after: int) -> None:
        self.last = after
        self._told: dict[Route, list[Told]] = {}

    def add(self, told: Told) -> None:
        self._told.setdefault(route_of(told.whom), []).append(told)

    def of(self, client: Client, after: int) -> list[Told]:
        """What a client is told of it, from the events after event `after`."""
        found: list[Told] = []
        for alike in self._told.values():
            if client.names_orders:
                found += [told for told in alike if client.concerns(told.whom)]
            elif client.concerns(alike[0].whom):
                found += alike
        return sorted((told for told in found if told.seq > after), key=lambda told: told.seq)


class Pace:
    """Work in the loop by slices: all who work so take at most half of the time together."""

    def __init__(self) -> None:
        self._free_at = 0.0

    async def rest(self, began: float) -> float:
        """After work since `began`: wait for one's turn if that was a slice; when the work that follows began.

        It is asked for after every step: what took far longer than a slice was waiting (for a client, for a look-up).
        """
        now = perf_counter()
        if now - began < SLICE_S:
            return began
        worked_s = min(now - began, 2 * SLICE_S)
        self._free_at = max(self._free_at, now - worked_s) + 2 * worked_s
        await asyncio.sleep(self._free_at - now)
        return perf_counter()


class Past:
    """Everything up to event `seq`, of which the latest `kept_max` are in memory."""

    def __init__(self, desk: RunningDesk, kept_max: int) -> None:
        self._desk = desk
        self.seq = desk.state.seq
        self.pace = Pace()
        self._kept: deque[ev.AnyEvent] = deque(maxlen=kept_max)
        self._seen: dict[str, Whose] = {}
        self._chunks: dict[int, Chunk] = {}
        self._ahead: tuple[int, list[bytes]] = (0, [])  # lines after an event, read and not yet looked at
        self._reading = asyncio.Lock()
        self._readers = 0

    def add(self, events: Sequence[ev.AnyEvent]) -> None:
        """More of it."""
        self._kept.extend(events)
        self.seq += len(events)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """For as long as somebody reads: what was read is kept until the last one is done."""
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                self._chunks.clear()
                self._seen.clear()
                self._ahead = (0, [])

    async def missed(self, client: Client, after: int) -> tuple[int, list[Told]]:
        """Some of what a client missed after event `after`, and the number up to which that is all.

        Raises what reading the journal may raise.
        """
        first = after // CHUNK * CHUNK
        async with self._reading:
            chunk, last = self._chunks.pop(first, None) or Chunk(first), min(first + CHUNK, self.seq)
            if chunk.last < last:
                await self._read_on(chunk, last)
            while len(self._chunks) >= CHUNKS_MAX:
                del self._chunks[next(iter(self._chunks))]
            self._chunks[first] = chunk  # as the one asked for last
            return chunk.last, chunk.of(client, after)

    async def _read_on(self, chunk: Chunk, last: int) -> None:
        """Read up to event `last` what was not read before."""
        after, began = chunk.last, perf_counter()
        start = len(self._kept) - (self.seq - after)
        events: Iterable[ev.AnyEvent]
        if start >= 0:
            events = list(islice(self._kept, start, start + last - after))
        else:
            events = map(decode, await self._lines(after, last))
            began = perf_counter()
        for event in events:
            whom = await self._about(event)
            chunk.last += 1
            if whom is not None:
                chunk.add(Told(chunk.last, event, whom))
            began = await self.pace.rest(began)

    async def _lines(self, after: int, last: int) -> list[bytes]:
        """Events as the journal has them; those that come next are fetched with them."""
        begin, lines = self._ahead
        if not begin <= after < last <= begin + len(lines):
            begin, lines = self._ahead = after, await asyncio.to_thread(self._fetched, after)
        return lines[after - begin : last - begin]

    def _fetched(self, after: int) -> list[bytes]:
        lines: list[bytes] = []
        with closing(self._desk.reader()) as record:
            for batch in record.batches(after):
                lines += batch.lines_after(after)
                if len(lines) >= READ_AHEAD:
                    break
        return lines

    async def _about(self, event: ev.AnyEvent) -> About | None:
        """As `penstock.api.stream.messages.about` said when it happened."""
        topic = topic_of(event)
        if topic is None:
            return None
        order_id = key_of(event)
        if not order_id:
            return About(topic, *NO_ORDER)
        found = whose_in(self._desk.state, order_id) or self._seen.get(order_id) or self._seen.get(parent_of(order_id))
        if found is None:
            found = whose(event.terms, event.user) if isinstance(event, TAKEN) else await self._looked_up(order_id)
            if len(self._seen) >= ORDERS_MAX:
                self._seen.clear()
            self._seen[found.parent_id] = found
        return About(topic, *found)

    async def _looked_up(self, order_id: str) -> Whose:
        family = await self._desk.recall(order_id)
        return unknown(order_id) if family is None else whose(family.order.terms, family.user)
