"""Is a feed fit to trade on? One state for each instrument, from the stream of its updates.

| state     | means                                                     | ends with |
|-----------|-----------------------------------------------------------|-----------|
| `closed`  | the market does not trade                                 | its opening |
| `gap`     | an update is missing, or no snapshot came yet             | the missing update, or a snapshot |
| `crossed` | the book's bid is not below its ask: an update was wrong  | an update that uncrosses it, or a snapshot |
| `stale`   | nothing came for `stale_ns`                               | the next message |
| `live`    | the book is exact as of the last message                  | |

The first that holds, from the top, is the state. Only `live` may be traded on. A book is built as venues document it:
updates wait for the snapshot, those that it holds already are dropped, the first one kept must reach back to it, and
each next one must follow the one before. One that comes too early waits, at most `waiting_max` together, for
those missing before it: a reordered stream heals by itself, a lost message needs a snapshot.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from penstock.domain.time import SECOND
from penstock.market.tapes.book import TapeBook
from penstock.market.tapes.schema import LEVEL

Levels = Sequence[tuple[int, int]]  # ticks, lots


class FeedState(StrEnum):
    """The states, worst first; see the module."""

    CLOSED = "closed"
    GAP = "gap"
    CROSSED = "crossed"
    STALE = "stale"
    LIVE = "live"

    @property
    def usable(self) -> bool:
        """Whether anything may be decided by the book."""
        return self is FeedState.LIVE


class FeedLimits(msgspec.Struct, frozen=True, kw_only=True):
    """When a feed is stale, and how many updates wait for one that is missing."""

    stale_ns: int = SECOND
    waiting_max: int = 1000


class FeedSnapshot(msgspec.Struct, frozen=True):
    """The whole book as of `last_id`."""

    ts: int
    last_id: int
    bids: Levels
    asks: Levels


class FeedUpdate(msgspec.Struct, frozen=True):
    """Levels that changed: the ids after `previous_id` up to `last_id`. Lots 0: the level is gone."""

    ts: int
    previous_id: int
    last_id: int
    bids: Levels
    asks: Levels


class FeedWatch:
    """One instrument's feed: tell it what comes, ask it for the state. It reads no clock."""

    def __init__(self, limits: FeedLimits | None = None) -> None:
        self.limits = limits or FeedLimits()
        self.book = TapeBook()
        self.last_id: int | None = None  # of the book; None before the first snapshot
        self.open = True
        self._heard: int | None = None
        self._snapshot_id: int | None = None  # until the first update after it
        self._waiting: dict[int, FeedUpdate] = {}  # by the id that each follows
        self._lost = False

    def state(self, now: int) -> FeedState:
        """The state at `now` (ns)."""
        if not self.open:
            return FeedState.CLOSED
        if self.last_id is None or self._waiting or self._lost:
            return FeedState.GAP
        touch = self.book.touch()
        if touch.crossed or touch.locked:
            return FeedState.CROSSED
        if self._heard is None or now - self._heard > self.limits.stale_ns:
            return FeedState.STALE
        return FeedState.LIVE

    @property
    def needs_snapshot(self) -> bool:
        """Whether waiting will not do."""
        return self.last_id is None or self._lost

    def session(self, *, trades: bool) -> None:
        """The market opens or closes. What was heard before stands, but is as old as it is."""
        self.open = trades

    def heard(self, ts: int) -> None:
        """A message that changes nothing, as a heartbeat: the feed lives."""
        self._heard = ts

    def disconnected(self) -> None:
        """Whatever was sent meanwhile is lost: only a snapshot helps."""
        self._lost = True

    def snapshot(self, snapshot: FeedSnapshot) -> None:
        """The book starts anew; one older than the updates already applied is passed over."""
        self._heard = snapshot.ts
        if (
            self.last_id is not None
            and not self.needs_snapshot
            and not self._waiting
            and snapshot.last_id < self.last_id
        ):
            return
        self.book.clear()
        self._apply(snapshot.bids, snapshot.asks)
        self.last_id = self._snapshot_id = snapshot.last_id
        self._lost = False
        waiting, self._waiting = sorted(self._waiting.values(), key=lambda each: each.last_id), {}
        for update in waiting:
            self._take(update)

    def update(self, update: FeedUpdate) -> None:
        """One update, in whatever order it comes."""
        self._heard = update.ts
        self._take(update)

    def _take(self, update: FeedUpdate) -> None:
        if self.last_id is None or self._lost:
            self._wait(update)
            return
        if update.last_id <= self.last_id:
            return  # the book holds it already
        if (
            self._snapshot_id is not None and update.previous_id <= self._snapshot_id
        ) or update.previous_id == self.last_id:
            self._step(update)
        else:
            self._wait(update)
            return
        while self._waiting and (following := self._waiting.pop(self.last_id, None)) is not None:
            self._step(following)
        if self._waiting:
            self._waiting = {key: each for key, each in self._waiting.items() if each.last_id > self.last_id}

    def _step(self, update: FeedUpdate) -> None:
        self._apply(update.bids, update.asks)
        self.last_id, self._snapshot_id = update.last_id, None

    def _wait(self, update: FeedUpdate) -> None:
        self._waiting[update.previous_id] = update
        if len(self._waiting) > self.limits.waiting_max:
            del self._waiting[next(iter(self._waiting))]
            self._lost = True

    def _apply(self, bids: Levels, asks: Levels) -> None:
        for sign, levels in ((1, bids), (-1, asks)):
            for ticks, lots in levels:
                self.book.apply(LEVEL, None, sign, ticks, lots)
