"""Reconciliation with a venue: from our book and the venue's picture of it to the reports that we never got.

A pure function, so that it can be tried without consequences. It deletes nothing: it says what the venue would have
told us had every message arrived, and the engine takes that as it takes any report. Applied once, our book is the
venue's; applied again, there is nothing left to say.

A picture is taken before it is seen. Of an order that something happened to meanwhile it may be behind: then only what
cannot have changed since is taken from it, which is executions by their identity and ends.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import blake2b

import msgspec

from penstock.domain import reports as rep
from penstock.domain.orders import Ask, Order, Request, State
from penstock.domain.time import SECOND
from penstock.domain.venue import Liquidity
from penstock.engine.position import Execution
from penstock.engine.remembered import Child
from penstock.engine.state import SYNTHETIC, execution_key

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


def heal(
    ours: Iterable[Order],
    picture: rep.Picture,
    booked: Mapping[str, Execution],
    children: Mapping[str, Child],
    grace: int = 2 * SECOND,
) -> Healing:
    """The difference between our orders at a venue and its picture of them.

    `ours` are our orders that are open there or that the picture shows, `booked` the executions by their identity,
    `children` what we last did and heard. What we asked less than `grace` (ns) before we asked for the picture may be
    on its way: it is left alone.
    """
    shown = {order.order_id: order for order in picture.orders}
    listed: dict[str, list[rep.Fill]] = {}
    for fill in picture.fills:
        listed.setdefault(fill.order_id, []).append(fill)
    reports: list[rep.VenueReport] = []
    strays: list[str] = []
    mine: set[str] = set()
    for order in ours:
        order_id = order.terms.order_id
        mine.add(order_id)
        theirs = shown.get(order_id)
        told = listed.get(order_id, [])
        fills: list[rep.Fill] = [fill for fill in told if execution_key(picture.venue, fill.exec_id) not in booked]
        if is_behind(order, children[order_id], picture, grace):
            reports += fills
            if theirs is not None and is_alive(order, fills):
                reports += ending(order, theirs, picture)
            continue
        if theirs is not None:
            counted = {key: booked[key] for key in children[order_id].executions or ()}
            wrong = miscounted(order, theirs, told, fills, picture, counted)
            reports += [taken_back(key, order_id, picture) for key in wrong]
            fills += untold(order, theirs, told, fills, [booked[key] for key in wrong], picture)
        reports += fills
        if is_alive(order, fills):
            reports += standing(order, theirs, picture)
        elif order.is_over and theirs is not None and theirs.state == "open":
            strays.append(order_id)
    foreign = [
        order.order_id or order.venue_order_id
        for order in picture.orders
        if order.order_id not in mine and order.state == "open"
    ]
    return Healing(tuple(reports), tuple(strays), tuple(foreign))


def is_behind(order: Order, child: Child, picture: rep.Picture, grace: int) -> bool:
    """Whether the picture may have been taken before what we know last, or before what we asked last arrived."""
    is_waiting = order.state is State.PENDING_NEW or order.unknown or bool(order.requests)
    return child.changed_at >= picture.asked_at or (is_waiting and child.asked_at > picture.asked_at - grace)


def is_alive(order: Order, fills: list[rep.Fill]) -> bool:
    """Whether an order still has something to come after these fills: more of them, or an answer."""
    filled = order.cum_qty + total(fills)
    return bool(order.requests) or (not order.is_over and filled < order.terms.quantity)


def total(fills: Iterable[rep.Fill]) -> Decimal:
    return sum((fill.last_qty for fill in fills), ZERO)


def miscounted(
    order: Order,
    theirs: rep.VenueOrder,
    told: list[rep.Fill],
    fills: list[rep.Fill],
    picture: rep.Picture,
    booked: Mapping[str, Execution],
) -> list[str]:
    """What we count and the venue does not, if we count too much: all that it does not list, if it lists all.

    `booked` are the order's own executions. Where it tells totals only, that can only be what we took from totals.
    """
    if order.cum_qty + total(fills) <= theirs.cum_qty:
        return []
    lists_all = total(told) == theirs.cum_qty
    counted = {execution_key(picture.venue, fill.exec_id) for fill in told}
    return [
        key
        for key, each in booked.items()
        if each.quantity and key not in counted
        if lists_all or key.partition("/")[2].startswith(SYNTHETIC)
    ]


def taken_back(key: str, order_id: str, picture: rep.Picture) -> rep.Busted:
    exec_id, reason = key.partition("/")[2], f"not counted at the venue ({LOOKED})"
    return rep.Busted(ts=picture.ts, venue=picture.venue, order_id=order_id, exec_id=exec_id, reason=reason)


def untold(
    order: Order,
    theirs: rep.VenueOrder,
    told: list[rep.Fill],
    fills: list[rep.Fill],
    wrong: list[Execution],
    picture: rep.Picture,
) -> list[rep.Fill]:
    """What the venue's total has beyond what we count and what it lists: one more, known from totals only."""
    taken = sum((abs(each.quantity) for each in wrong), ZERO)
    lacking = min(theirs.cum_qty - order.cum_qty + taken - total(fills), theirs.cum_qty - total(told))
    if lacking <= 0:
        return []
    value = theirs.cum_value - order.cum_value - sum((fill.last_qty * fill.last_px for fill in fills), ZERO)
    value += sum((abs(each.quantity) * each.price for each in wrong), ZERO)
    return [synthetic_fill(order.terms.order_id, theirs, lacking, value / lacking, picture)]


def synthetic_fill(
    order_id: str, theirs: rep.VenueOrder, quantity: Decimal, price: Decimal, picture: rep.Picture
) -> rep.Fill:
    """A fill of which only the totals are known; the same totals always give the same execution id."""
    totals = f"{picture.venue}/{order_id}/{theirs.cum_qty}/{theirs.cum_value}/{quantity}"
    identity = blake2b(totals.encode(), digest_size=10)
    return rep.Fill(
        ts=picture.ts,
        venue=picture.venue,
        order_id=order_id,
        exec_id=f"{SYNTHETIC}{identity.hexdigest()}",
        last_qty=quantity,
        last_px=price,
        fee=ZERO,
        liquidity=Liquidity.TAKER,
        traded_at=picture.ts,
    )


def standing(order: Order, theirs: rep.VenueOrder | None, picture: rep.Picture) -> list[rep.VenueReport]:
    """What an order of ours that has something to come has become at the venue."""
    heading = heading_of(order, picture)
    if theirs is None:
        if not picture.complete:
            return []
        if order.cum_qty >= order.terms.quantity:  # it filled, and was forgotten
            return [refusal(request, heading, f"filled ({LOOKED})") for request in order.requests]
        never = order.state is State.PENDING_NEW and order.cum_qty == 0
        return [rep.Canceled(**heading, reason=f"{'never reached' if never else 'gone at'} the venue ({LOOKED})")]
    found = ending(order, theirs, picture)
    if found:
        return found
    if theirs.state == "open" and (order.state is State.PENDING_NEW or order.unknown):
        found.append(rep.Accepted(**heading, venue_order_id=theirs.venue_order_id))
    return found + answers(order, theirs, heading)


def ending(order: Order, theirs: rep.VenueOrder, picture: rep.Picture) -> list[rep.VenueReport]:
    """How the order ended at the venue, unless it is open there or filled."""
    heading = heading_of(order, picture)
    if theirs.state == "rejected":
        return [rep.Refused(**heading, reason=f"rejected ({LOOKED})")]
    kind = ENDINGS.get(theirs.state)
    return [] if kind is None else [kind(**heading, reason=LOOKED)]


def answers(order: Order, theirs: rep.VenueOrder, heading: rep.Heading) -> list[rep.VenueReport]:
    """Requests that the venue must have answered by now, and terms that differ without one."""
    found: list[rep.VenueReport] = []
    terms = order.terms
    for request in order.requests:
        asked = request.terms
        if asked is not None and (theirs.quantity, theirs.limit_price) == (asked.quantity, asked.limit_price):
            terms = asked
            found.append(replaced(heading, theirs, request.request_id))
        else:
            found.append(refusal(request, heading, f"not in effect at the venue ({LOOKED})"))
    if (theirs.quantity, theirs.limit_price) != (terms.quantity, terms.limit_price):
        found.append(replaced(heading, theirs, ""))
    return found


def refusal(request: Request, heading: rep.Heading, reason: str) -> rep.VenueReport:
    kind = rep.CancelRefused if request.ask is Ask.CANCEL else rep.ReplaceRefused
    return kind(**heading, reason=reason, request_id=request.request_id)


def heading_of(order: Order, picture: rep.Picture) -> rep.Heading:
    return {"ts": picture.ts, "venue": picture.venue, "order_id": order.terms.order_id}


def replaced(heading: rep.Heading, theirs: rep.VenueOrder, request_id: str) -> rep.VenueReport:
    return rep.Replaced(**heading, quantity=theirs.quantity, limit_price=theirs.limit_price, request_id=request_id)
