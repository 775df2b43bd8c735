"""What an algorithm is shown, and what it answers: the child orders it wants working now, and when to ask again."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from penstock.algos.slicing import Slice, Slices
from penstock.algos.strategy import Style
from penstock.domain.estimates import Estimates
from penstock.domain.instructions import PLAIN, Instructions
from penstock.domain.instrument import Instrument, SymbolProfile
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.domain.venue import VenueKind
from penstock.market.volume_curve import VolumeCurve

ZERO = Decimal(0)


class Session(msgspec.Struct, frozen=True):
    """The market's session (ns), and what is known beforehand of the symbol's days."""

    start: int
    end: int
    profile: SymbolProfile | None = None


class Working(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One of the parent's open children. `mid` and `ahead` are as they were when it was decided.

    `ahead` is what was displayed at its price then; `volume` the venue's traded volume then.
    """

    order_id: str
    venue: str
    price: Decimal | None
    leaves: Decimal
    immediate: bool
    settled: bool  # live at the venue: neither on its way in, nor being cancelled or replaced
    sent_at: int
    mid: Decimal
    ahead: Decimal
    volume: Decimal
    instructions: Instructions = PLAIN
    for_auction: bool = False


class Pool(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A venue without a display that may be traded on, and what this order's children found there, oldest first."""

    venue: str
    kind: VenueKind
    tries: tuple["Try", ...] = ()


class Try(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A child at such a venue (units; ns): `mid` is the lit middle when it was sent, `is_open` that it works still."""

    sent_at: int
    sent: Decimal
    filled: Decimal
    mid: Decimal
    is_open: bool


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the curve of a day's volume expects around one slice of an order, in units of the whole day.

    `before` is what it expects before the session; the others are what it expects by that time. `planned` is the share
    of the order by the slice's end, as drawn by its seed, and `day_share` that of the window's volume by the curve.
    """

    piece: Slice
    planned: float
    day_share: float
    day: VolumeCurve
    before: float
    at_start: float
    at_slice_end: float
    at_end: float


class Memo(msgspec.Struct):
    """What an order's algorithm found out at earlier looks, and would find again.

    `expected` is what the curve of the day's volume says of the present slice, `style` that of an order on time, `poll`
    the pause before the next look: of which length, and drawn for when.

    It is not state: it may be empty at any look, and a change of the order's terms or start empties it.
    """

    slices: Slices | None = None
    expected: Expected | None = None
    style: Style | None = None
    poll: tuple[int, int, int] = (0, 0, 0)


class View(msgspec.Struct, frozen=True):
    """A parent order as its algorithm sees it at `now`. Quantities in units, times in ns.

    `venues` holds the venues that may be traded on now: quotes sound and fresh. `near` is the best price on our own
    side over all of them, where a maker joins, and `far` the best on the other, where a taker trades.
    `market_volume` is what others traded since the parent's start. `taken_at` is when the last immediate child left
    (0: never). `fills` is when each fill came and what was filled then in all. `key` seeds the order's randomness.
    `triggered`: the condition that the order waits for has been met. `extreme` is the best price that a trailing stop
    has seen. `cap` is the most that may still fill, for an order that others, or a position, hold back.
    `estimates` are those of the symbol's market of late; `position` is what the account holds of it, `pools` are the
    venues without a display and `closing_auctions` those that hold one: all for an algorithm that asks to see them.
    """

    key: str
    now: int
    terms: OrderTerms
    instrument: Instrument
    start: int
    end: int
    session: Session
    arrival_price: Decimal
    filled: Decimal
    working: tuple[Working, ...]
    venues: dict[str, Quote]
    near: Decimal | None
    far: Decimal | None
    market_volume: Decimal
    taken_at: int = 0
    fills: Sequence[tuple[int, Decimal]] = ()
    triggered: bool = False
    extreme: Decimal | None = None
    cap: Decimal | None = None
    estimates: Estimates | None = None
    position: Decimal = ZERO
    pools: tuple[Pool, ...] = ()
    closing_auctions: tuple[str, ...] = ()
    memo: Memo = msgspec.field(default_factory=Memo)

    def filled_by(self, at: int) -> Decimal:
        """What was filled when the clock showed `at`."""
        known = bisect_right(self.fills, at, key=lambda fill: fill[0])
        return self.fills[known - 1][1] if known else ZERO

    @property
    def left(self) -> Decimal:
        left = self.terms.quantity - self.filled
        if left < ZERO:
            return ZERO
        return left if self.cap is None else min(left, self.cap)

    @property
    def mid(self) -> Decimal | None:
        return None if self.near is None or self.far is None else (self.near + self.far) / 2


def near_price(quote: Quote, side: Side) -> Decimal | None:
    return quote.bid if side.is_buy else quote.ask


def far_price(quote: Quote, side: Side) -> Decimal | None:
    return quote.ask if side.is_buy else quote.bid


def best_near(quotes: Iterable[Quote], side: Side) -> Decimal | None:
    """The best price on our own side over several venues."""
    prices = [price for quote in quotes if (price := near_price(quote, side)) is not None]
    return (max if side.is_buy else min)(prices, default=None)


def best_far(quotes: Iterable[Quote], side: Side) -> Decimal | None:
    """The best price on the other side over several venues."""
    prices = [price for quote in quotes if (price := far_price(quote, side)) is not None]
    return (min if side.is_buy else max)(prices, default=None)


class Rest(msgspec.Struct, frozen=True, gc=False):
    """Wait with `quantity`, `improve` ticks inside the near touch (0 joins it), never through the order's limit.

    With a `price` it rests exactly there, and trades at once where the market is already through it.
    """

    quantity: Decimal
    improve: int = 0
    price: Decimal | None = None


class Take(msgspec.Struct, frozen=True, gc=False):
    """Cross the spread for up to `quantity` now, no worse than `limit` (None: whatever it costs).

    Not `patient`: take what the venues display now and leave the rest for later; otherwise send it all.
    """

    quantity: Decimal
    limit: Decimal | None
    patient: bool = True


class AsIs(msgspec.Struct, frozen=True):
    """Have the order itself work at a venue that can do all of it, within `limit`."""

    quantity: Decimal
    venue: str
    limit: Decimal | None


class Cross(msgspec.Struct, frozen=True, gc=False):
    """Wait at venues without a display for the lit middle, within `limit`, for executions of `least` or more.

    The router splits it over the pools, but those to `avoid`, by what tries before `known_until` (ns) have shown.
    """

    quantity: Decimal
    limit: Decimal
    least: Decimal | None = None
    avoid: tuple[str, ...] = ()
    known_until: int = 0


class Request(msgspec.Struct, frozen=True, gc=False):
    """Ask a market maker for his price for all of `quantity`, and take it if it is no worse than `limit`."""

    quantity: Decimal
    venue: str
    limit: Decimal


class AtClose(msgspec.Struct, frozen=True, gc=False):
    """Have `quantity` trade in the closing auction, no worse than `limit` (None: at its price, whatever that is)."""

    quantity: Decimal
    limit: Decimal | None


class Stay(msgspec.Struct, frozen=True, gc=False):
    """Leave what rests as it is: there is no market to decide on."""


Intent = Rest | Take | AsIs | Cross | Request | AtClose | Stay


class Triggered(msgspec.Struct, frozen=True):
    """What the order waited for has happened, at this price."""

    price: Decimal


class Trailed(msgspec.Struct, frozen=True):
    """The best price that a trailing stop has seen."""

    price: Decimal


class Enough(msgspec.Struct, frozen=True, gc=False):
    """Once so much has filled in all, and nothing is working, nothing is wanted `until` then (ns)."""

    filled: Decimal
    until: int


class Plan(msgspec.Struct, frozen=True):
    """What is wanted now, and when to ask again (ns). `over` says that the algorithm has nothing more to do.

    `enough` spares it the question where a fill leaves nothing to want, whatever the market does meanwhile.
    `note` is what must be remembered before anything else: it goes on record, and the algorithm is asked again.
    `watches`: ask whenever the market moves.
    """

    intents: tuple[Intent, ...]
    wake_at: int
    over: str = ""
    note: Triggered | Trailed | None = None
    watches: bool = False
    enough: Enough | None = None


class Direct(msgspec.Struct, frozen=True, gc=False):
    """A new order that one venue alone can take, and the touch that it would cross to there."""

    terms: OrderTerms
    instrument: Instrument
    far: Decimal | None

    def take(self, limit: Decimal | None) -> Take | None:
        """All of it at once, where the touch is no worse than the limit."""
        if self.far is None or (limit is not None and self.terms.side.sign * (self.far - limit) > 0):
            return None
        return Take(self.terms.quantity, limit, patient=False)
