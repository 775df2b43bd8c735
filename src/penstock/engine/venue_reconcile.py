"""Reconciliation with a venue: from our book and the venue's picture of it to the reports that we never got.

A pure function, so that it can be tried without consequences. It deletes nothing: it says what the venue would have
told us had every message arrived, and the engine takes that as it takes any report. Applied once, our book is the
venue's; applied again, there is nothing left to say.
"""

from collections.abc import Container, Iterable
from decimal import Decimal
from hashlib import blake2b

import msgspec

from penstock.domain import reports as rep
from penstock.domain.orders import Ask, Order, State
from penstock.domain.time import SECOND
from penstock.domain.venue import Liquidity
from penstock.engine.state import SYNTHETIC

ZERO = Decimal(0)
LOOKED = "healed from look"

ENDINGS: dict[str, type[rep.Canceled] | type[rep.Expired]] = {"canceled": rep.Canceled, "expired": rep.Expired}


class Healing(msgspec.Struct, frozen=True):
    """What a look at a venue leads to.

    `reports` are those we missed, `strays` orders of ours that are over here and still open there (to be cancelled),
    and `foreign` the venue's open orders that are not ours (never touched).
    """

    reports: tuple[rep.VenueReport, ...] = ()
    strays: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.reports and not self.strays


def heal(ours: Iterable[Order], picture: rep.Picture, known: Container[str], grace: int = 2 * SECOND) -> Healing:
    """The difference between our orders at a venue and its picture of them.

    `ours` are our orders that are open there or that the picture shows, `known` the identities of executions that are
    booked. What we did less than `grace` (ns) before the picture was asked for may be on its way: it is left alone.
    """
    shown = {order.order_id: order for order in picture.orders}
    settled_before = picture.asked_at - grace
    reports: list[rep.VenueReport] = []
    strays: list[str] = []
    mine: set[str] = set()
    for order in ours:
        order_id = order.terms.order_id
        mine.add(order_id)
        theirs = shown.get(order_id)
        fills = missing_fills(order, theirs, picture, known)
        reports += fills
        filled = order.cum_qty + sum((fill.last_qty for fill in fills), ZERO)
        if not order.is_over and filled < order.terms.quantity:
            reports += standing(order, theirs, picture, settled_before)
        elif order.is_over and theirs is not None and theirs.state == "open":
            strays.append(order_id)
    foreign = [
        order.order_id or order.venue_order_id
        for order in picture.orders
        if order.order_id not in mine and order.state == "open"
    ]
    return Healing(tuple(reports), tuple(strays), tuple(foreign))


def missing_fills(
    order: Order, theirs: rep.VenueOrder | None, picture: rep.Picture, known: Container[str]
) -> list[rep.Fill]:
    """Executions that the venue lists and we never heard of; what its total has beyond them becomes one more."""
    order_id = order.terms.order_id
    fills = [
        fill for fill in picture.fills if fill.order_id == order_id and f"{picture.venue}/{fill.exec_id}" not in known
    ]
    if theirs is None:
        return fills
    listed = order.cum_qty + sum((fill.last_qty for fill in fills), ZERO)
    lacking = theirs.cum_qty - listed
    if lacking > 0:
        value = theirs.cum_value - order.cum_value - sum((fill.last_qty * fill.last_px for fill in fills), ZERO)
        fills.append(synthetic_fill(order_id, theirs, lacking, value / lacking, picture))
    return fills


def synthetic_fill(
    order_id: str, theirs: rep.VenueOrder, quantity: Decimal, price: Decimal, picture: rep.Picture
) -> rep.Fill:
    """A fill of which only the totals are known; the same totals always give the same execution id."""
    identity = blake2b(f"{picture.venue}/{order_id}/{theirs.cum_qty}/{theirs.cum_value}".encode(), digest_size=10)
    return rep.Fill(
        ts=picture.ts,
        venue=picture.venue,
        order_id=order_id,
        exec_id=f"{SYNTHETIC}{identity.hexdigest()}",
        last_qty=quantity,
        last_px=price,
        fee=ZERO,
        liquidity=Liquidity.TAKER,
        traded_at=picture.asked_at,
    )


def standing(
    order: Order, theirs: rep.VenueOrder | None, picture: rep.Picture, settled_before: int
) -> list[rep.VenueReport]:
    """What an order of ours that is not filled has become at the venue."""
    heading: rep.Heading = {"ts": picture.ts, "venue": picture.venue, "order_id": order.terms.order_id}
    is_fresh = order.created_at > settled_before
    if theirs is None:
        if is_fresh or not picture.complete:
            return []
        if order.state is State.PENDING_NEW and order.cum_qty == 0:
            # ours to take back: the venue rejected nothing, so it is no reject in a row
            return [rep.Canceled(**heading, reason=f"never reached the venue ({LOOKED})")]
        return [rep.Canceled(**heading, reason=f"gone at the venue ({LOOKED})")]
    if theirs.state != "open":
        kind = ENDINGS.get(theirs.state)
        if kind is None:
            return [rep.Refused(**heading, reason=f"rejected ({LOOKED})")]
        return [kind(**heading, reason=LOOKED)]
    found: list[rep.VenueReport] = []
    if order.state is State.PENDING_NEW or order.unknown:
        found.append(rep.Accepted(**heading, venue_order_id=theirs.venue_order_id))
    return found + answers(order, theirs, heading, settled_before)


def answers(order: Order, theirs: rep.VenueOrder, heading: rep.Heading, settled_before: int) -> list[rep.VenueReport]:
    """Requests that the venue must have answered by now, and terms that differ without one."""
    found: list[rep.VenueReport] = []
    terms = order.terms
    for request in order.requests:
        if request.asked_at > settled_before:
            return found
        if request.ask is Ask.CANCEL:
            reason = f"still working at the venue ({LOOKED})"
            found.append(rep.CancelRefused(**heading, reason=reason, request_id=request.request_id))
            continue
        assert request.terms is not None
        if (theirs.quantity, theirs.limit_price) == (request.terms.quantity, request.terms.limit_price):
            terms = request.terms
            found.append(replaced(heading, theirs, request.request_id))
        else:
            reason = f"not in effect at the venue ({LOOKED})"
            found.append(rep.ReplaceRefused(**heading, reason=reason, request_id=request.request_id))
    if (theirs.quantity, theirs.limit_price) != (terms.quantity, terms.limit_price):
        found.append(replaced(heading, theirs, ""))
    return found


def replaced(heading: rep.Heading, theirs: rep.VenueOrder, request_id: str) -> rep.VenueReport:
    return rep.Replaced(**heading, quantity=theirs.quantity, limit_price=theirs.limit_price, request_id=request_id)
