"""What each kind of happening does to an order: its numbers, its terms and its requests.

These functions are the only ones that write to an `Order`; `penstock.engine.folds` calls them as it folds events. A
quantity replaced below what is filled becomes what is filled (FIX: amended to CumQty).
"""

from decimal import Decimal

import msgspec

from penstock.domain.orders import LIVE, Ask, Order, OrderTerms, Request
from penstock.engine.lifecycle import Kind, next_state

ZERO = Decimal(0)
ACCEPT, FILL = Kind.ACCEPT, Kind.FILL


def advance(order: Order, kind: Kind, at: int) -> None:
    """Move an order along the table.

    Raises:
        IllegalMove: the table knows no such thing.
    """
    after = next_state(order.state, kind)
    if after is not None:
        order.state = after
        if order.live_at is None and (kind is ACCEPT or kind is FILL):
            order.live_at = at
    order.unknown = False


def fill(order: Order, quantity: Decimal, price: Decimal, fee: Decimal, at: int) -> Decimal:
    """Count money that moved, whatever the order's state; returns what was open before."""
    if order.state is LIVE and not order.requests:
        before = order.terms.quantity - order.cum_qty
        if before < ZERO:
            before = ZERO
        order.unknown = False
        if order.live_at is None:
            order.live_at = at
    else:
        before = order.open_qty
        advance(order, FILL, at)
    order.cum_qty += quantity
    order.cum_value += quantity * price
    order.day_cum_qty += quantity
    if fee:
        order.fees += fee
    return before


def count(order: Order, quantity: Decimal, price: Decimal, fee: Decimal, *, today: bool) -> None:
    """Add an execution to an order's numbers; negative quantity and fee take one back."""
    order.cum_qty += quantity
    order.cum_value += quantity * price
    order.fees += fee
    if today:
        order.day_cum_qty += quantity


def ask(order: Order, request: Request, at: int) -> None:
    """Note what was asked."""
    advance(order, Kind.ASK_CANCEL if request.ask is Ask.CANCEL else Kind.ASK_REPLACE, at)
    order.requests = (*order.requests, request)


def find(order: Order, what: Ask, request_id: str) -> Request | None:
    """The request that an answer speaks of: by its id, or the oldest of its kind where the answer names none."""
    for request in order.requests:
        if request.ask is what and (not request_id or request.request_id == request_id):
            return request
    return None


def acknowledge(order: Order, what: Ask, request_id: str, at: int) -> None:
    """Note that the other side has a request and will answer it."""
    advance(order, Kind.CANCEL_PENDING if what is Ask.CANCEL else Kind.REPLACE_PENDING, at)
    found = find(order, what, request_id)
    if found is not None:
        known = msgspec.structs.replace(found, acknowledged=True)
        order.requests = tuple(known if request is found else request for request in order.requests)


def refuse(order: Order, what: Ask, request_id: str, at: int) -> None:
    """Forget a request that was refused; what was asked on top of it falls with it at its own refusal."""
    advance(order, Kind.REFUSE_CANCEL if what is Ask.CANCEL else Kind.REFUSE_REPLACE, at)
    drop(order, find(order, what, request_id))


def replace(order: Order, request_id: str, quantity: Decimal, limit_price: Decimal | None, at: int) -> None:
    """Give an order the terms that took effect."""
    advance(order, Kind.REPLACE, at)
    found = find(order, Ask.REPLACE, request_id)
    drop(order, found)
    asked = order.terms if found is None or found.terms is None else found.terms
    order.terms = msgspec.structs.replace(asked, quantity=max(quantity, order.cum_qty), limit_price=limit_price)
    if found is not None:
        order.ids = (*order.ids, found.request_id)


def end(order: Order, kind: Kind, reason: str, at: int) -> None:
    """Close an order: canceled, expired or rejected. No request survives it."""
    advance(order, kind, at)
    order.requests = ()
    order.reason = reason


def restate(order: Order, terms: OrderTerms, cum_qty: Decimal, cum_value: Decimal, at: int) -> None:
    """Renew an order for a new day, resume it, or give it what a corporate action made of it."""
    advance(order, Kind.RESTATE, at)
    order.terms, order.cum_qty, order.cum_value = terms, cum_qty, cum_value
    order.day += 1
    order.day_cum_qty = ZERO


def drop(order: Order, request: Request | None) -> None:
    order.requests = tuple(kept for kept in order.requests if kept is not request)
