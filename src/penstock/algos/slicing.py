"""From a schedule to slices: how much of the order should be done by the end of the slice we are in.

Slices end at slightly random times and sizes (±`RANDOM_SHARE` of a slice), seeded by the order's id. Targets are
cumulative and rounded to lots, so nothing is lost to rounding; what is smaller than the smallest child is left for
the next slice, and a remainder that would be too small to trade is taken along at once.

Slices follow from the order's terms, window and schedule, and are asked for at every look: they are cut a block at a
time and kept as long as others do not need the room, and the present one is at hand.
"""

from bisect import bisect_right
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import pairwise
from math import floor
from operator import attrgetter

import msgspec

from penstock.algos.randomness import uniforms
from penstock.domain.instrument import Instrument
from penstock.domain.time import MINUTE

Fraction = Callable[[int], float]  # one that is hashable, and equal to its like: slices are kept by it

RANDOM_SHARE = 0.2
BLOCK = 16  # slices that are cut together
BLOCKS_KEPT = 1 << 13
end_of = attrgetter("end")

SMALL_ORDER_SLICES = 20
SMALL_ORDER_NOTIONAL = Decimal(250_000)
LARGE_ORDER_INTERVAL = MINUTE
ZERO = Decimal(0)


class Slice(msgspec.Struct, frozen=True, gc=False):
    """Number (from 0), bounds (ns) and the cumulative quantity wanted at its end.

    `before` is what was planned to be done at its start. It is `fixed` unless its target moves with the market.
    """

    number: int
    start: int
    end: int
    target: Decimal
    is_last: bool
    before: Decimal = ZERO
    fixed: bool = True


class Even(msgspec.Struct, frozen=True, gc=False):
    """The straight line from nothing at `start` to everything at `end` (ns)."""

    start: int
    end: int

    def __call__(self, at: int) -> float:
        if at <= self.start:
            return 0.0
        return (at - self.start) / (self.end - self.start) if at < self.end else 1.0


def slice_count(notional: Decimal, duration: int, slice_interval: int | None = None) -> int:
    """How many slices where no number is asked for: one a minute, and 20 for a small or a short order."""
    if slice_interval is not None:
        return max(1, round(duration / slice_interval))
    by_time = duration // LARGE_ORDER_INTERVAL
    if notional <= SMALL_ORDER_NOTIONAL:
        return SMALL_ORDER_SLICES
    return int(max(by_time, SMALL_ORDER_SLICES))


def in_lots(instrument: Instrument) -> bool:
    """Whether a single lot may be sent, whatever its price."""
    return not instrument.min_notional and instrument.min_quantity <= instrument.lot_size


def smallest_child(instrument: Instrument, price: Decimal | None) -> Decimal:
    """The least quantity that may be sent as one order at about this price; a lot where no price is known."""
    if not price or in_lots(instrument):
        return instrument.lot_size
    by_value = instrument.min_notional / instrument.notional(Decimal(1), price)
    lots = max(instrument.lot_size, instrument.min_quantity, by_value) / instrument.lot_size
    return lots.to_integral_value(ROUND_CEILING) * instrument.lot_size


@lru_cache(maxsize=1 << 10)
def draws(key: str, block: int) -> tuple[float, ...]:
    """What is random in a block of slices: first the times of their starts, then the sizes of those before them."""
    return uniforms(key, "slices", block, 2 * BLOCK)


def boundary(key: str, number: int, count: int, start: int, end: int) -> int:
    """When slice `number` starts, and the one before it ends: even, moved by up to half of ±`RANDOM_SHARE` of a slice.

    Two ends that move apart make a slice longer by `RANDOM_SHARE` at most.
    """
    if number <= 0:
        return start
    if number >= count:
        return end
    moved = RANDOM_SHARE / 2 * draws(key, number // BLOCK)[number % BLOCK]
    return start + round((end - start) / count * (number + moved))


def share_by(key: str, number: int, before: float, here: float, after: float) -> float:
    """The share wanted when slice `number` starts: that of the curve `here`, varied with the room to its neighbours."""
    room = min(here - before, after - here)
    return here + RANDOM_SHARE / 2 * room * draws(key, number // BLOCK)[BLOCK + number % BLOCK]


@lru_cache(maxsize=BLOCKS_KEPT)
def cut(
    key: str,
    quantity: Decimal,
    lot: Decimal,
    count: int,
    window: tuple[int, int],
    fraction: Fraction,
    block: int,
    fixed: bool,
) -> tuple[Slice, ...]:
    """A block of slices, one after the other, their sizes randomised, in whole lots."""
    first, last = block * BLOCK, min((block + 1) * BLOCK, count)
    bounds = [boundary(key, number, count, *window) for number in range(first, last + 2)]
    shares = [fraction(at) for at in bounds]
    lots = float(quantity / lot)  # far finer than a lot for every quantity that can be traded
    pieces = []
    for number in range(first, last):
        at, is_last = number - first, number == count - 1
        share = 1.0 if is_last else share_by(key, number + 1, *shares[at : at + 3])
        target = quantity if is_last else min(floor(lots * share + 0.5) * lot, quantity)
        before = min(floor(lots * shares[at] + 0.5) * lot, quantity)
        pieces.append(Slice(number, bounds[at], bounds[at + 1], target, is_last, before, fixed))
    return tuple(pieces)


class Slices(msgspec.Struct):
    """An order's slices along one schedule; the latest that was asked for is at hand.

    `bent` is what of the market the schedule follows from, beside the order itself; `fixed` as of its slices.
    """

    key: str
    quantity: Decimal
    lot: Decimal
    count: int
    window: tuple[int, int]
    fraction: Fraction
    bent: object = None
    fixed: bool = True
    _latest: Slice | None = None

    def at(self, now: int, least: Decimal) -> Slice:
        """The slice that `now` falls into; before the window the first one, after it the last one.

        It takes along what would be less than `least` (units) after it.
        """
        piece = self._latest
        if piece is None or not piece.start <= now < piece.end:
            piece = self._latest = self._find(now)
        left = self.quantity - piece.target
        if left and left < least:
            return msgspec.structs.replace(piece, target=self.quantity)
        return piece

    def _find(self, now: int) -> Slice:
        (start, end), count = self.window, self.count
        even = min(max((now - start) * count // (end - start), 0), count - 1) if start < end else count - 1
        block = even // BLOCK
        pieces = self._cut(block)
        if now < pieces[0].start and block:  # ends are not even: it may be the neighbour's
            pieces = self._cut(block - 1)
        elif now >= pieces[-1].end and not pieces[-1].is_last:
            pieces = self._cut(block + 1)
        return pieces[min(bisect_right(pieces, now, key=end_of), len(pieces) - 1)]

    def _cut(self, block: int) -> tuple[Slice, ...]:
        return cut(self.key, self.quantity, self.lot, self.count, self.window, self.fraction, block, self.fixed)


def round_lots(quantity: Decimal, lot: Decimal) -> Decimal:
    """The nearest whole number of lots, half a lot upwards."""
    return (quantity / lot).to_integral_value(ROUND_HALF_UP) * lot


def curve_points(fraction: Fraction, start: int, end: int, count: int) -> list[tuple[int, float]]:
    """(time, planned fraction) at the ends of `count` even slices, start and end included."""
    times = [start + (end - start) * n // count for n in range(count + 1)]
    points = [(at, fraction(at)) for at in times]
    assert all(a[1] <= b[1] for a, b in pairwise(points)), "a schedule never goes back"
    return points
