"""Orders looked for by a caller: in memory, or in the journal once they have left it; 404 for what may not be seen."""

from penstock.api.order_form import owner_by
from penstock.api.problem import Problem
from penstock.api.reach import Acting
from penstock.api.service import Service
from penstock.domain.orders import Order
from penstock.engine.families import Family, family_of
from penstock.engine.remembered import Parent
from penstock.engine.state import EngineState


def owner_of(state: EngineState, order: Order) -> str:
    """Whose order it is; of a denied one only its client's id tells."""
    terms = order.terms
    return owner_by(state.risk.users.get(terms.order_id, ""), terms.client_order_id)


async def find(service: Service, act: Acting, order_id: str) -> tuple[Order, Parent | None, str]:
    """A parent order, what is known of its work, and its owner."""
    state = service.desk.state
    seen = state.glance(order_id)
    if seen is not None and seen[0].terms.parent_id is None:
        order, parent = seen
        owner = owner_of(state, order)
        if act.sees(order.terms.account, owner):
            return order, parent, owner
        raise nothing(order_id)
    family = await find_family(service, act, order_id)
    return family.order, family.parent, family.user


async def find_family(service: Service, act: Acting, order_id: str) -> Family:
    """A parent order with its children and their executions."""
    state = service.desk.state
    family = family_of(state, order_id)
    if family is None and order_id not in state.orders:
        family = await service.desk.recall(order_id)
    if family is None or family.order.terms.order_id != order_id:
        raise nothing(order_id)
    owner = family.user or owner_of(state, family.order)
    if not act.sees(family.order.terms.account, owner):
        raise nothing(order_id)
    return family


def nothing(order_id: str) -> Problem:
    return Problem("not_found", f"there is no order {order_id[:64]}, or you may not see it")
