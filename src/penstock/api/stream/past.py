"""What the stream told before, for clients that missed it: from memory, or from the journal where that is too long ago.

Clients often come back together: after a restart, all of them do. So the past is read a chunk at a time, and what was
read is shared. Whom an event concerned is found anew, for its order may have left memory since: what comes by of an
order is remembered, and an order whose beginning lies before that is looked up in the journal.

All of it happens in the loop that trades, a slice at a time and at most half of the time: a thread that reads as fast
as it can would take the interpreter from the loop each time that it lets go of it.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import closing
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

CHUNK, CHUNKS_MAX = 1_000, 8
ORDERS_MAX = 50_000
SLICE_S = 0.002
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
        """After work since `began`: wait for one's turn if that was a slice; when the work that follows began."""
        now = perf_counter()
        if now - began < SLICE_S:
            return began
        self._free_at = max(self._free_at, began) + 2 * (now - began)
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
        self._reading = asyncio.Lock()

    def add(self, events: Sequence[ev.AnyEvent]) -> None:
        """More of it."""
        self._kept.extend(events)
        self.seq += len(events)

    async def missed(self, client: Client, after: int) -> tuple[int, list[Told]]:
        """Some of what a client missed after event `after`, and the number up to which that is all.

        Raises what reading the journal may raise.
        """
        first = after // CHUNK * CHUNK
        async with self._reading:
            chunk = self._chunks.pop(first, None) or Chunk(first)
            await self._read_on(chunk, min(first + CHUNK, self.seq))
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
            events = map(decode, await asyncio.to_thread(self._lines, after, last))
            began = perf_counter()
        for event in events:
            whom = await self._about(event)
            chunk.last += 1
            if whom is not None:
                chunk.add(Told(chunk.last, event, whom))
            began = await self.pace.rest(began)

    def _lines(self, after: int, last: int) -> list[bytes]:
        lines: list[bytes] = []
        with closing(self._desk.reader()) as record:
            for batch in record.batches(after):
                lines += batch.lines_after(after)
                if len(lines) >= last - after:
                    break
        return lines[: last - after]

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
