"""A family is a parent and all that belongs to it: it leaves memory as one, and comes back as one.

`take_out` and `put_back` are parts of the fold: only `penstock.engine.folds` calls them.
"""

from decimal import Decimal

import msgspec

from penstock.domain.orders import CHILD_ENDINGS as ENDINGS
from penstock.domain.orders import FIRST_CHILD, Order, OrderTerms
from penstock.engine.own_holdings import leave_behind
from penstock.engine.position import Execution
from penstock.engine.remembered import Child, Parent
from penstock.engine.state import EngineState

ZERO = Decimal(0)


class Family(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A parent, its children and their executions, each as `EngineState` holds it; a denied order has no `parent`.

    `user` is whose order it is, where that is known.
    """

    order: Order
    parent: Parent | None = None
    children: dict[str, Child] = {}
    orders: dict[str, Order] = {}  # of the children
    executions: dict[str, Execution] = {}
    totals_only: dict[str, list[str]] = {}
    user: str = ""


def parent_of(order_id: str) -> str:
    """The parent whose child would have this id; empty if it is no child's. (What is asked for here need not exist.)"""
    return order_id.rpartition("-")[0]


def child_ids(state: EngineState, order_id: str) -> list[str]:
    """All children that a parent ever had: their ids are its own and a number, from 1 on."""
    parent = state.parents.get(order_id)
    if parent is None:
        return []
    count = parent.children
    if count < len(ENDINGS):
        return [order_id + ending for ending in ENDINGS[1 : count + 1]]
    return [f"{order_id}-{number:03d}" for number in range(1, count + 1)]


def family_of(state: EngineState, order_id: str) -> Family | None:
    """A family as it stands; None if there is no such parent."""
    order = state.orders.get(order_id)
    if order is None or order.terms.parent_id is not None:
        return None
    ids = child_ids(state, order_id)
    children = {child_id: state.children[child_id] for child_id in ids}
    keys = [key for child in children.values() for key in child.executions or ()]
    return Family(
        order=order,
        parent=state.parents.get(order_id),
        children=children,
        orders={child_id: state.orders[child_id] for child_id in ids},
        executions={key: state.executions[key] for key in keys},
        totals_only={child_id: state.totals_only[child_id] for child_id in ids if child_id in state.totals_only},
        user=state.risk.users.get(order_id, ""),
    )


def take_out(state: EngineState, order_ids: tuple[str, ...]) -> None:
    """Forget families, but for their ids: those stay taken."""
    archived, orders, children, executions = state.archived, state.orders, state.children, state.executions
    clients: list[str] = []
    for order_id in order_ids:
        whole = state.wholes.pop(order_id + FIRST_CHILD, None)
        if whole is not None:
            if whole.execution is not None:
                leave_behind(state, whole.terms, whole.venue, whole.execution.quantity)
                del executions[whole.execution.key]
            state.risk.users.pop(order_id, None)
            forget_id(state, whole.terms, clients)
            continue
        held: dict[str, Decimal] = {}
        for child_id in child_ids(state, order_id):
            venue = orders.pop(child_id).terms.venue or ""
            for key in children.pop(child_id).executions or ():
                held[venue] = held.get(venue, ZERO) + executions.pop(key).quantity
            if state.totals_only:
                state.totals_only.pop(child_id, None)
        state.parents.pop(order_id, None)
        terms = orders.pop(order_id).terms
        for venue, quantity in held.items():
            leave_behind(state, terms, venue, quantity)
        state.risk.users.pop(order_id, None)
        forget_id(state, terms, clients)
    archived.add(order_ids)
    archived.clients.add(clients)


def forget_id(state: EngineState, terms: OrderTerms, clients: list[str]) -> None:
    """Forget that a parent is over, and its client's id, which is added to `clients`."""
    order_id, client_id = terms.order_id, terms.client_order_id
    del state.closed[order_id]
    if client_id is not None and state.client_ids.get(client_id) == order_id:
        del state.client_ids[client_id]
        clients.append(client_id)


def put_back(state: EngineState, family: Family) -> None:
    """Remember a family again. Its fingerprints stay: what is in memory is looked for there first."""
    terms = family.order.terms
    state.orders[terms.order_id] = family.order
    if family.parent is not None:
        state.parents[terms.order_id] = family.parent
    state.orders.update(family.orders)
    state.children.update(family.children)
    state.executions.update(family.executions)
    state.totals_only.update(family.totals_only)
    if family.user:
        state.risk.users[terms.order_id] = family.user
    for execution in family.executions.values():
        leave_behind(state, terms, family.orders[execution.order_id].terms.venue or "", -execution.quantity)
    if terms.client_order_id is not None:
        state.client_ids.setdefault(terms.client_order_id, terms.order_id)
    state.closed[terms.order_id] = None
