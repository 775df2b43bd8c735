"""Contingent orders: what a fill, a trigger or an end of one order means for the others of its group.

Pure rules over the state. The legs of an OCO, and the exits of a bracket, share one quantity: the OCO's, or what the
bracket's entry has filled. A leg may have open only what the other legs have not filled; one whose trigger fired
waits until the others have nothing open any more. Two legs that rest at venues can both fill before we hear of it: the
excess is booked, and alerted.
"""

from decimal import Decimal

import msgspec

from penstock.domain.contingency import Contingency
from penstock.domain.orders import Order, OrderTerms
from penstock.engine.state import EngineState, Group

ZERO = Decimal(0)


class Release(msgspec.Struct, frozen=True):
    """Work an order that has waited for another."""

    terms: OrderTerms


class Resize(msgspec.Struct, frozen=True):
    """Give a leg the quantity that its entry came to."""

    order_id: str
    quantity: Decimal


class Stop(msgspec.Struct, frozen=True):
    order_id: str
    reason: str


class Disturbed(msgspec.Struct, frozen=True):
    """The legs filled more than they share (positive), or can no longer close what their entry filled (negative)."""

    excess: Decimal


Action = Release | Resize | Stop | Disturbed


def room(state: EngineState, order: Order) -> Decimal | None:
    """The most that may still fill of an order because of its group; None where that is its own affair."""
    order_id = order.terms.order_id
    group = state.groups.get(state.member_of.get(order_id, ""))
    if group is None or order_id not in group.legs or group.kind is Contingency.OTO:
        return None
    left = shared(state, group) - sum((leg.cum_qty for leg in received(state, group)), ZERO)
    if state.parents[order_id].triggered:
        left -= sum((open_at_venues(state, leg) for leg in received(state, group) if leg is not order), ZERO)
    return max(left, ZERO)


def consequences(state: EngineState, group: Group) -> list[Action]:
    """What is to be done about a group now; nothing is said twice once it has been done."""
    entry = state.orders.get(group.entry)
    legs = received(state, group)
    if group.kind is Contingency.OTO:
        assert entry is not None
        return releases(state, group) if entry.cum_qty >= entry.terms.quantity else []
    actions: list[Action] = []
    if entry is not None and entry.cum_qty > 0:
        actions += releases(state, group)
    total, filled = shared(state, group), sum((leg.cum_qty for leg in legs), ZERO)
    is_final = entry is None or not is_working(state, entry)
    fired = [leg for leg in legs if state.parents[leg.terms.order_id].triggered]
    if entry is not None and (filled or fired) and not is_final:
        actions += stops(state, [entry], "an exit of the bracket acted")
    if fired:
        actions += stops(state, [leg for leg in legs if leg not in fired], "the other leg was triggered")
    if legs and is_final and filled >= total:
        actions += stops(state, legs, "the other leg is filled")
    elif legs and is_final and entry is not None:
        actions += [
            Resize(leg.terms.order_id, total)
            for leg in legs
            if is_working(state, leg) and leg.terms.quantity > total > 0
        ]
    excess = disturbance(state, group, total, filled)
    if excess != group.excess:
        actions.append(Disturbed(excess))
    return actions


def shared(state: EngineState, group: Group) -> Decimal:
    """The quantity that the legs share."""
    if group.entry:
        return state.orders[group.entry].cum_qty
    return next(iter(group.legs.values())).quantity


def received(state: EngineState, group: Group) -> list[Order]:
    return [state.orders[order_id] for order_id in group.legs if order_id in state.parents]


def is_working(state: EngineState, order: Order) -> bool:
    return order.terms.order_id in state.working


def open_at_venues(state: EngineState, order: Order) -> Decimal:
    children = state.parents[order.terms.order_id].open_children
    return sum((state.orders[child].open_qty for child in children), ZERO)


def releases(state: EngineState, group: Group) -> list[Action]:
    return [Release(terms) for order_id, terms in group.legs.items() if order_id not in state.orders]


def stops(state: EngineState, orders: list[Order], reason: str) -> list[Action]:
    ids = [order.terms.order_id for order in orders if order.is_open]
    return [Stop(order_id, reason) for order_id in ids if not state.parents[order_id].stopped]


def disturbance(state: EngineState, group: Group, total: Decimal, filled: Decimal) -> Decimal:
    """What the legs filled beyond their quantity; negative, what nobody is left to close."""
    legs = received(state, group)
    if filled > total:
        return filled - total
    abandoned = group.entry and legs and not any(is_working(state, leg) for leg in legs)
    return filled - total if abandoned else ZERO
