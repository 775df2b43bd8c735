"""What waits for the engine: quotes first, of which only the latest count, then risk, venues, clients, each in order.

Everything is bounded, and nothing is dropped: who brings more than there is room for waits. Venues go before clients,
so that a flood of commands delays no fill. A venue that waits is a connection not read. Commands about risk, such as
the kill switch, go before both and wait for no room: each client has only so many of them under way.
"""

import asyncio
from collections import deque
from typing import NamedTuple, Protocol

from penstock.app.live.answers import Ack
from penstock.app.live.room import Room
from penstock.domain.commands import Command, MarketUpdate, RiskCommand, SubmitOrder
from penstock.domain.quote import Quote
from penstock.domain.reports import Picture, VenueReport, VenueStatus
from penstock.engine.engine import Input
from penstock.engine.recall import Recalled


class Waiter(Protocol):
    """Who waits for an answer, as a future does."""

    def done(self) -> bool: ...

    def set_result(self, result: Ack, /) -> None: ...


class Entry(NamedTuple):
    """An input, who waits for its answer, and the room to give back once it is taken."""

    item: Input
    answer: Waiter | None = None
    room: Room | None = None


class Inbox:
    """Filled by clients, venues and timers; emptied by the one loop that drives the engine."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.clients_waiting = 0
        self._clients, self._venues = Room(capacity), Room(capacity)
        self._urgent: deque[Entry] = deque()
        self._asked: deque[Entry] = deque()
        self._told: deque[Entry] = deque()
        self._quotes: dict[str, dict[str, Quote]] = {}
        self._quoted_at = 0
        self._ring = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._urgent) + len(self._asked) + len(self._told)

    @property
    def is_full(self) -> bool:
        """Whether clients must wait."""
        return self._clients.is_full

    async def ask(self, command: Command) -> asyncio.Future[Ack]:
        """Put a client's command in line, waiting while there is no room; the future is its durable answer."""
        if isinstance(command, RiskCommand):
            urgent: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
            self._urgent.append(Entry(command, urgent))
            self._ring.set()
            return urgent
        if not self._clients.take():
            self.clients_waiting += 1
            try:
                await self._clients.enter()
            finally:
                self.clients_waiting -= 1
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._line_up(command, answer)
        return answer

    def ask_now(self, order: SubmitOrder, waiter: Waiter) -> bool:
        """As `ask`, for an order where nobody has to wait for room; False where somebody has."""
        if not self._clients.take():
            return False
        self._line_up(order, waiter)
        return True

    def _line_up(self, command: Command, waiter: Waiter) -> None:
        self._asked.append(Entry(command, waiter, self._clients))
        self._ring.set()

    async def hear(self, said: VenueReport | Picture | VenueStatus) -> None:
        """Put what a venue says in line, waiting while there is no room."""
        await self._venues.enter()
        self._told.append(Entry(said, None, self._venues))
        self._ring.set()

    def note(self, item: VenueReport | VenueStatus | Recalled) -> None:
        """Put in line what the driver's own parts found out; there is at most one for each thing they did."""
        self._told.append(Entry(item))
        self._ring.set()

    def see(self, update: MarketUpdate) -> None:
        """Keep the latest quotes; those that nobody has looked at yet are replaced."""
        for symbol, quotes in update.quotes.items():
            self._quotes.setdefault(symbol, {}).update(quotes)
        self._quoted_at = update.ts
        self._ring.set()

    async def wait(self, timeout_s: float | None) -> None:
        """Return once something is in line, or after this time; now and then for nothing."""
        self._ring.clear()
        if self._urgent or self._told or self._asked or self._quotes or (timeout_s is not None and timeout_s <= 0):
            await asyncio.sleep(0)
            return
        if timeout_s is not None:
            self._ring_by(asyncio.get_running_loop(), timeout_s)
        await self._ring.wait()

    def _ring_by(self, loop: asyncio.AbstractEventLoop, timeout_s: float) -> None:
        """Have the bell rung in so many seconds at the latest. A bell that was to ring before may: it is only early."""
        at = loop.time() + timeout_s
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = loop.call_at(at, self._time_is_up)

    def _time_is_up(self) -> None:
        self._timer = None
        self._ring.set()

    def take(self, most: int) -> list[Entry]:
        """The market as it is now, then up to `most` entries."""
        taken = []
        if self._quotes:
            taken.append(Entry(MarketUpdate(ts=self._quoted_at, quotes=self._quotes)))
            self._quotes = {}
        for _ in range(min(most, len(self))):
            entry = (self._urgent or self._told or self._asked).popleft()
            if entry.room is not None:
                entry.room.leave()
            taken.append(entry)
        return taken
