"""The difference between the child orders wanted and those working, as new, replace and cancel.

Queue priority is kept where it can be: a child at a wanted price stays, one too large is reduced in place, one too
small gets a second child beside it. A child in doubt (on its way, being cancelled or replaced) is left alone and
counted as working: what is open and what is new together never exceed what is wanted.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from penstock.algos.view import Working
from penstock.domain.order_rules import AUCTIONS
from penstock.routing.wanted import Wanted

ZERO = Decimal(0)


class New(msgspec.Struct, frozen=True):
    wanted: Wanted


class Replace(msgspec.Struct, frozen=True):
    """Move a child to `price` with `leaves` still open."""

    order_id: str
    price: Decimal
    leaves: Decimal


class Cancel(msgspec.Struct, frozen=True):
    order_id: str


Action = New | Replace | Cancel


def reconcile(wanted: Sequence[Wanted], working: Sequence[Working], left: Decimal, least: Decimal) -> list[Action]:
    """What to do so that `working` becomes `wanted`; cancels first.

    `left` is the parent's unfilled quantity and `least` the smallest order worth sending.
    """
    if not working:
        return fresh(wanted, left, least)
    cancels: list[Action] = []
    changes: list[Action] = []
    missing: list[Wanted] = []
    unclaimed = list(working)
    for want in wanted:
        lacking = want.quantity
        for child in [child for child in unclaimed if matches(child, want)]:
            unclaimed.remove(child)
            if child.leaves > lacking and child.settled and not child.immediate:
                changes.append(shrink(child, lacking))
            lacking = max(lacking - child.leaves, ZERO)
        if lacking > 0:
            missing.append(of(want, lacking))
    room = min(total(wanted), left) - sum([child.leaves for child in working], ZERO)
    news: list[Action] = []
    for want in missing:
        lacking = want.quantity
        movers = [child for child in unclaimed if movable(child, want)]
        growth = max(min(lacking - sum([child.leaves for child in movers], ZERO), room), ZERO)
        for mover in movers:
            if lacking == 0:
                break
            unclaimed.remove(mover)
            moved = min(lacking, mover.leaves + growth)
            lacking -= moved
            room -= growth
            growth = ZERO
            assert want.price is not None
            changes.append(Replace(mover.order_id, want.price, moved))
        quantity = min(lacking, room)
        if quantity >= least or (quantity > 0 and quantity == left):
            news.append(New(of(want, quantity)))
            room -= quantity
    cancels += [Cancel(child.order_id) for child in unclaimed if child.settled and not child.immediate]
    return cancels + changes + news


def fresh(wanted: Sequence[Wanted], left: Decimal, least: Decimal) -> list[Action]:
    """All of what is wanted, as new orders: what `reconcile` comes to where nothing works."""
    news: list[Action] = []
    room = left
    for want in wanted:
        quantity = min(want.quantity, room)
        if quantity >= least or (quantity > 0 and quantity == left):
            news.append(New(of(want, quantity)))
            room -= quantity
    return news


def total(wanted: Sequence[Wanted]) -> Decimal:
    return sum([want.quantity for want in wanted], ZERO)


def of(want: Wanted, quantity: Decimal) -> Wanted:
    """What is wanted, but so much of it."""
    return want if quantity == want.quantity else msgspec.structs.replace(want, quantity=quantity)


def matches(child: Working, want: Wanted) -> bool:
    """Whether a child does already what is wanted: an immediate one in flight counts whatever its price."""
    if child.venue != want.venue or child.for_auction != (want.tif in AUCTIONS):
        return False
    if want.tif.is_immediate or child.immediate:
        return child.immediate and want.tif.is_immediate
    return child.price == want.price and child.instructions == want.instructions


def movable(child: Working, want: Wanted) -> bool:
    resting = not child.immediate and not want.tif.is_immediate and child.for_auction == (want.tif in AUCTIONS)
    same = child.venue == want.venue and child.instructions == want.instructions
    return child.settled and resting and same and want.price is not None


def shrink(child: Working, leaves: Decimal) -> Action:
    if leaves <= 0 or child.price is None:
        return Cancel(child.order_id)
    return Replace(child.order_id, child.price, leaves)
