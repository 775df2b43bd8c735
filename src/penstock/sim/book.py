"""One instrument on one simulated venue: what every kind of simulated market offers the exchange.

A market is a stream of events (recorded or generated) through a book in which our orders stand among the others.
Everything here is in the units of kernels: `int` nanoseconds, ticks, lots; the exchange converts at its border.

Rules that every implementation keeps:

- `advance(until)` plays market events with `ts <= until` in order and returns the time reached. It returns at once
  after an event that filled one of our orders (then the time reached is that event's), otherwise `until`.
- An order acts at the current time, after everything already played. It takes displayed liquidity once: what it
  took is gone until the market brings new.
- No print fills more of us than its own size, and never two of our orders with the same lots.
"""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from penstock.domain.instruments import AnyInstrument

if TYPE_CHECKING:
    from penstock.sim.native_orders import NativeOrder

NONE = -1  # no price on that side, or no limit


class Touch(NamedTuple):
    """Best bid and ask in ticks and lots; price `NONE` with 0 lots where a side is empty. `ts`: last market event."""

    ts: int
    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


class OwnFill(NamedTuple):
    """An execution of one of our orders. `before` is the touch just before the event (or order) that caused it."""

    ts: int
    order_no: int
    ticks: int
    lots: int
    maker: bool
    before: Touch


class MarketBook(Protocol):
    """A simulated market of one instrument on one venue.

    `follows` are the markets whose prices it takes, where it makes none itself.
    """

    venue: str
    instrument: AnyInstrument
    start_ns: int
    end_ns: int
    follows: "tuple[MarketBook, ...]"

    def next_ts(self) -> int:
        """Time of the next market event; greater than `end_ns` when there is none left."""
        ...

    def advance(self, until: int) -> int: ...

    def enter(self, order_no: int, order: "NativeOrder") -> int:
        """Enter an order of a kind that the book has (a market order has no price), and match it now.

        Returns the lots that rest or wait afterwards: 0 for what filled, was immediate, could not have the least that
        it wants, or is a post-only order that would have crossed (the last two do nothing at all). Fills wait in
        `take_fills`.
        """
        ...

    def resting(self, order_no: int) -> int:
        """Lots of our order that rest, displayed or not, or wait for the market."""
        ...

    def cancel(self, order_no: int) -> int:
        """Remove our resting order; the lots removed, 0 if it no longer rests."""
        ...

    def replace(self, order_no: int, ticks: int, lots: int) -> int:
        """Give our resting order a new price and remaining size; the lots that rest afterwards, or `NONE` if it no
        longer rests. Fewer lots at the same price keep queue priority; anything else loses it, and may match.
        """
        ...

    def take_fills(self) -> list[OwnFill]:
        """Fills since the last call, in order."""
        ...

    def touch(self) -> Touch: ...

    def depth(self, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Best `levels` (ticks, lots) of bids and of asks, best first."""
        ...

    def traded(self) -> tuple[int, int]:
        """Lots, and lots·ticks, printed since the start: recorded prints and our own takes, each once."""
        ...


def bring_to(book: MarketBook, ts: int) -> None:
    """Play a book to this time; fills of ours on the way wait to be taken."""
    while book.advance(ts) < ts:
        pass


def reference(book: MarketBook) -> Touch:
    """The touch that trades here are held against: the book's own, or the best of the markets that it follows.

    In the book's own ticks, which may be finer than theirs.
    """
    if not book.follows:
        return book.touch()
    touches = [each.touch() for each in book.follows]
    scale = int(book.follows[0].instrument.tick_size / book.instrument.tick_size)
    bid = max(touch.bid for touch in touches)
    ask = min((touch.ask for touch in touches if touch.ask != NONE), default=NONE)
    return Touch(
        max(touch.ts for touch in touches),
        bid if bid == NONE else bid * scale,
        sum(touch.bid_lots for touch in touches if touch.bid == bid),
        ask if ask == NONE else ask * scale,
        sum(touch.ask_lots for touch in touches if touch.ask == ask),
    )
