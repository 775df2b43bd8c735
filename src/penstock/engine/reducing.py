"""Orders that may only reduce a position: how much of it is theirs to close.

What is open at venues on the closing side counts as if it had filled already, whoever sent it. While a reduce-only
order has something open, another order on its side may not use that part of the position: it waits, and the
reduce-only order gives way to it. So no order of fills can take a position through zero by a reduce-only order.
"""

from decimal import Decimal

from penstock.domain.orders import OrderTerms
from penstock.engine.state import EngineState
from penstock.risk.checks import Code

ZERO = Decimal(0)


def closable(state: EngineState, terms: OrderTerms) -> Decimal:
    """What of the account's position this side would close."""
    book = state.ledger.books.get(terms.symbol, {}).get(terms.account)
    return ZERO if book is None else max(-terms.side.sign * book.position.quantity, ZERO)


def open_on_side(state: EngineState, terms: OrderTerms, *, but: str) -> Decimal:
    """What children of the account have open on an order's side of its symbol, except those of, or the order, `but`."""
    total = ZERO
    for parent_id in state.working:
        if parent_id != but and same_side(state.orders[parent_id].terms, terms):
            for child_id in state.parents[parent_id].open_children:
                if child_id != but:
                    total += state.orders[child_id].open_qty
    return total


def same_side(one: OrderTerms, other: OrderTerms) -> bool:
    return (one.symbol, one.account, one.side.sign) == (other.symbol, other.account, other.side.sign)


def cap_of_reduction(state: EngineState, terms: OrderTerms) -> Decimal | None:
    """The most that may still fill of a reduce-only parent; None for any other."""
    if not terms.reduces_only:
        return None
    waiting = ZERO
    for parent_id in state.working:
        order = state.orders[parent_id]
        if state.parents[parent_id].denied == Code.RESERVED and same_side(order.terms, terms):
            flying = sum((state.orders[child].open_qty for child in state.parents[parent_id].open_children), ZERO)
            waiting += order.leaves_qty - flying
    left = closable(state, terms) - open_on_side(state, terms, but=terms.order_id) - waiting
    return max(left, ZERO)


def reducible(state: EngineState, terms: OrderTerms) -> Decimal | None:
    """What an order may have open before the position passes zero; None where nothing on its side is reduce-only."""
    if terms.parent_id is None:
        return closable(state, terms) if terms.reduces_only else None
    reducing = state.orders[terms.parent_id].terms.reduces_only or any(
        state.parents[parent_id].open_children and same_side(state.orders[parent_id].terms, terms)
        for parent_id in state.reducing
    )
    if not reducing:
        return None
    return max(closable(state, terms) - open_on_side(state, terms, but=terms.order_id), ZERO)
