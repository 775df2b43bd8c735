"""Orders that depend on each other: OCO, OTO and brackets, taken together or not at all."""

from typing import Any

from fastapi import Request

from penstock.api import schemas as s
from penstock.api.guard import caller_of, router, service_of
from penstock.api.intake import checked_key, not_done
from penstock.api.json import Json, encode
from penstock.api.order_form import KEPT, engine_id, form_of, wanted_of, word
from penstock.api.problem import FieldError, Problem, refused
from penstock.api.reach import acting
from penstock.api.routes.orders import UserQuery, acting_of, settled
from penstock.api.service import Service
from penstock.api.views import status_of
from penstock.domain.commands import SubmitGroup
from penstock.domain.contingency import Contingency
from penstock.domain.errors import BadInput
from penstock.domain.orders import OrderTerms
from penstock.engine.state import EngineState, Group

routes = router()


@routes.post("/groups", status_code=201, response_model=s.GroupShape, tags=["orders"])
async def give_group(request: Request, body: s.NewGroup) -> Json:
    """Have orders worked that depend on each other.

    `oco`: each cancels the others. `oto`: the first releases the others. `bracket`: entry, take-profit, stop-loss.
    """
    service = service_of(request)
    act = acting(caller_of(request), body.user_id, service.users)
    kind = word("contingency", body.contingency, Contingency)
    ready = [terms_of(service, number, given, act.name) for number, given in enumerate(body.orders)]
    for terms in ready:
        act.may_trade(terms.account)
    key = checked_key(request.headers.get("idempotency-key", ""))
    group_id = f"G-{ready[0].order_id}" if key is None else f"{act.name}.{KEPT}{key}"
    command = SubmitGroup(ts=0, group_id=group_id, contingency=kind, orders=tuple(ready), user=act.name)
    answer = await service.desk.give(command)
    service.metrics.orders.add(answer.outcome)
    if answer.outcome != "accepted":
        service.metrics.rejects.add(answer.code)
        raise not_done(answer)
    state = service.desk.state
    return Json(view(state, group_id, state.groups[group_id]), 201)


@routes.get("/groups/{group_id}", response_model=s.GroupShape, tags=["orders"])
async def get_group(request: Request, group_id: str, user_id: UserQuery = None) -> Json:
    """A group as it stands; an order that waits for its entry is `waiting`."""
    service, act = service_of(request), acting_of(request, user_id)
    group = service.desk.state.groups.get(group_id)
    if group is None or not act.sees(next(iter(group.legs.values())).account, group.user):
        raise Problem("not_found", f"there is no group {group_id}")
    shown = view(service.desk.state, group_id, group)
    await settled(service)
    return Json(shown)


def terms_of(service: Service, number: int, given: dict[str, Any], owner: str) -> OrderTerms:
    """One order of a group, as `POST /orders` takes it."""
    try:
        form = form_of(encode(given))
        wanted = wanted_of(form, engine_id(owner, form.client_order_id, None))
        return service.desk.terms(wanted, service.desk.next_order_id())
    except BadInput as error:
        fault = refused(error)
    except Problem as problem:
        fault = problem
    errors = tuple(FieldError(f"/orders/{number}{each.pointer}", each.detail) for each in fault.errors)
    raise Problem(fault.code, f"orders[{number}]: {fault.detail}", errors=errors)


def view(state: EngineState, group_id: str, group: Group) -> dict[str, Any]:
    members = [*([group.entry] if group.entry else []), *group.legs]
    return {
        "group_id": group_id,
        "contingency": group.kind.value,
        "user_id": group.user,
        "orders": [member(state, order_id, group.legs.get(order_id)) for order_id in members],
    }


def member(state: EngineState, order_id: str, leg: OrderTerms | None) -> dict[str, Any]:
    """An order of a group; a leg is known by its terms before it is released."""
    order = state.orders.get(order_id)
    terms = leg if order is None else order.terms
    assert terms is not None, "an entry is received with its group"
    return {
        "order_id": order_id,
        "symbol": terms.symbol,
        "side": terms.side.value,
        "quantity": terms.quantity,
        "status": "waiting" if order is None else status_of(order, state.parents.get(order_id)),
        "filled_quantity": 0 if order is None else order.cum_qty,
    }
