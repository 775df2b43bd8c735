"""Orders for venues without a display: to wait for the lit middle in pools, or to ask a market maker for his price.

Nothing else ever goes there: what they hold cannot be seen, so only an algorithm that asks for it is sent.

What is to wait is split over the pools by what this order's children found in each (`dark_fill`): every part goes where
it is likeliest to fill. Before there is much to know, pools are thought to be alike, and every pool keeps a small part
so that more is learned. A child whose part changes little stays as it is: it has a place in its pool's queue.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from penstock.algos.view import Cross, Pool, Request, View
from penstock.domain.instructions import Instructions, OrderType, PegPrice, TimeInForce
from penstock.domain.venue import VenueKind, VenueSpec
from penstock.routing.dark_fill import Tails, allocate, fill_tails
from penstock.routing.wanted import Wanted

ZERO = Decimal(0)
PARTS = 20  # into which an order is divided to be split
LATEST = 12  # tries at a pool that count
BELIEF = 3  # how many tries the first guess is worth
STEADY = Decimal("0.25")  # of a child's part: less than that does not move it


def cross(intent: Cross, view: View, specs: dict[str, VenueSpec]) -> list[Wanted]:
    """One child at each pool that may be used, all of it in all; pegged to the middle where the pool has that."""
    pools = [pool for pool in view.pools if pool.kind is not VenueKind.MARKET_MAKER and pool.venue not in intent.avoid]
    parts = settled(shares(intent, pools, view), intent.quantity, view)
    least = intent.least or view.instrument.lot_size
    return [waits(intent, specs[name], part) for name, part in parts.items() if part >= least]


def request(intent: Request) -> Wanted:
    """All or nothing, at once."""
    return Wanted(venue=intent.venue, price=intent.limit, quantity=intent.quantity, tif=TimeInForce.FOK)


def shares(intent: Cross, pools: Sequence[Pool], view: View) -> dict[str, Decimal]:
    """How much goes to each pool, in whole lots."""
    if not pools:
        return {}
    instrument = view.instrument
    part = max(instrument.round_quantity(intent.quantity / PARTS), intent.least or instrument.lot_size)
    units = max(int(intent.quantity / part), 1)
    tails = [believed(pool, part, units, intent.known_until) for pool in pools]
    firsts = [1] * min(len(pools), units) + [0] * max(len(pools) - units, 0)
    more = allocate(
        units - sum(firsts), [tail[1:] if first else tail for tail, first in zip(tails, firsts, strict=True)]
    )
    sent = {pool.venue: part * (first + extra) for pool, first, extra in zip(pools, firsts, more, strict=True)}
    largest = max(sent, key=lambda name: sent[name])
    sent[largest] += instrument.round_quantity(intent.quantity - sum(sent.values(), ZERO))
    return sent


def believed(pool: Pool, part: Decimal, most: int, known_until: int) -> Tails:
    """T(0) … T(`most`): the probabilities that a pool holds so many parts, the first guess outweighed bit by bit.

    What waits at a crossing network for its session says nothing yet.
    """
    waits_there = pool.kind is VenueKind.CROSSING_NETWORK
    tries = [each for each in pool.tries if not (waits_there and each.is_open and not each.filled)]
    seen = [each for each in tries if each.sent_at < known_until][-LATEST:]
    observed = [(max(round(each.sent / part), 1), each.filled) for each in seen]
    learned = fill_tails([(sent, min(int(filled / part), sent)) for sent, filled in observed], most)
    weight = Fraction(len(observed), len(observed) + BELIEF)
    return tuple(
        weight * learned[level] + (1 - weight) * Fraction(most + 1 - level, most + 1) for level in range(most + 1)
    )


def settled(wanted: dict[str, Decimal], quantity: Decimal, view: View) -> dict[str, Decimal]:
    """The split, but what rests already stays as it is where that is about as much; never more than `quantity`."""
    resting = dict.fromkeys(wanted, ZERO)
    for child in view.working:
        if child.venue in resting:
            resting[child.venue] += child.leaves
    kept = {
        name: resting[name] if resting[name] and abs(part - resting[name]) <= STEADY * part else part
        for name, part in wanted.items()
    }
    over = sum(kept.values(), ZERO) - quantity
    for name in sorted(kept, key=lambda name: (resting[name], -kept[name])):
        if over > 0:  # of what rests a good deal less at once, rather than a little less at every look
            step = view.instrument.round_quantity(STEADY * resting[name])
            less = min(max(over, step), kept[name])
            kept[name], over = kept[name] - less, over - less
    return kept


def waits(intent: Cross, spec: VenueSpec, quantity: Decimal) -> Wanted:
    least = intent.least if spec.abilities.min_qty else None
    pegs = OrderType.PEG in spec.abilities.order_types
    return Wanted(
        venue=spec.name,
        price=intent.limit,
        quantity=quantity,
        tif=TimeInForce.DAY,
        order_type=OrderType.PEG if pegs else OrderType.LIMIT,
        instructions=Instructions(peg=PegPrice.MID if pegs else None, min_qty=least),
    )
