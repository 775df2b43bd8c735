"""From a schedule to slices: how much of the order should be done by the end of the slice we are in.

Slices end at slightly random times and sizes (±`RANDOM_SHARE` of a slice), seeded by the order's id. Targets are
cumulative and rounded to lots, so nothing is lost to rounding; what is smaller than the smallest child is left for
the next slice, and a remainder that would be too small to trade is taken along at once.
"""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import pairwise

import msgspec

from penstock.algos.randomness import uniform
from penstock.domain.instrument import Instrument
from penstock.domain.time import MINUTE

Fraction = Callable[[int], float]

RANDOM_SHARE = 0.2
SMALL_ORDER_SLICES = 20
SMALL_ORDER_NOTIONAL = Decimal(250_000)
LARGE_ORDER_INTERVAL = MINUTE


class Slice(msgspec.Struct, frozen=True):
    """Number (from 0), bounds (ns) and the cumulative quantity wanted at its end."""

    number: int
    start: int
    end: int
    target: Decimal
    is_last: bool


def slice_count(
    notional: Decimal, duration: int, num_slices: int | None = None, slice_interval: int | None = None
) -> int:
    """How many slices: as asked for, else one a minute, and 20 for a small or a short order."""
    if num_slices is not None:
        return num_slices
    if slice_interval is not None:
        return max(1, round(duration / slice_interval))
    by_time = duration // LARGE_ORDER_INTERVAL
    if notional <= SMALL_ORDER_NOTIONAL:
        return SMALL_ORDER_SLICES
    return int(max(by_time, SMALL_ORDER_SLICES))


def smallest_child(instrument: Instrument, price: Decimal) -> Decimal:
    """The least quantity that may be sent as one order at about this price."""
    if not instrument.min_notional and instrument.min_quantity <= instrument.lot_size:
        return instrument.lot_size
    by_value = instrument.min_notional / instrument.notional(Decimal(1), price)
    lots = max(instrument.lot_size, instrument.min_quantity, by_value) / instrument.lot_size
    return lots.to_integral_value(ROUND_CEILING) * instrument.lot_size


@lru_cache(maxsize=1 << 16)
def boundary(key: str, number: int, count: int, start: int, end: int) -> int:
    """When slice `number` ends (0 is the order's start): even, moved by up to half of ±`RANDOM_SHARE` of a slice.

    Two ends that move apart make a slice longer by `RANDOM_SHARE` at most.
    """
    if number <= 0:
        return start
    if number >= count:
        return end
    width = (end - start) / count
    return start + round(width * (number + RANDOM_SHARE / 2 * uniform(key, "time", number)))


def current_slice(
    key: str,
    quantity: Decimal,
    lot: Decimal,
    least: Decimal,
    count: int,
    window: tuple[int, int],
    now: int,
    fraction: Fraction,
) -> Slice:
    """The slice that `now` falls into; after the window, the last one."""
    start, end = window
    if now >= end:
        number = count - 1
    else:
        number = min(max(int((now - start) / (end - start) * count), 0), count - 1)
        while number + 1 < count and boundary(key, number + 1, count, start, end) <= now:
            number += 1
        while number > 0 and boundary(key, number, count, start, end) > now:
            number -= 1
    opens, closes = (boundary(key, n, count, start, end) for n in (number, number + 1))
    target = target_at(key, number + 1, quantity, lot, least, count, window, fraction)
    return Slice(number, opens, closes, target, number == count - 1)


def target_at(
    key: str,
    number: int,
    quantity: Decimal,
    lot: Decimal,
    least: Decimal,
    count: int,
    window: tuple[int, int],
    fraction: Fraction,
) -> Decimal:
    """Cumulative quantity wanted when slice `number` − 1 ends, its size randomised, in whole lots."""
    if number >= count:
        return quantity
    start, end = window
    before, here, after = (fraction(boundary(key, n, count, start, end)) for n in (number - 1, number, number + 1))
    room = min(here - before, after - here)
    share = here + RANDOM_SHARE / 2 * room * uniform(key, "size", number)
    wanted = round_lots(quantity * Decimal(repr(min(max(share, 0.0), 1.0))), lot)
    return quantity if quantity - wanted < least else wanted


def round_lots(quantity: Decimal, lot: Decimal) -> Decimal:
    """The nearest whole number of lots, half a lot upwards."""
    return (quantity / lot).to_integral_value(ROUND_HALF_UP) * lot


def curve_points(fraction: Fraction, start: int, end: int, count: int) -> list[tuple[int, float]]:
    """(time, planned fraction) at the ends of `count` even slices, start and end included."""
    times = [start + (end - start) * n // count for n in range(count + 1)]
    points = [(at, fraction(at)) for at in times]
    assert all(a[1] <= b[1] for a, b in pairwise(points)), "a schedule never goes back"
    return points
