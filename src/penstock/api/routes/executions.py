"""Executions: an order worked by an algorithm, seen from its progress and its slices."""

from time import perf_counter
from typing import Any

import msgspec
from fastapi import Request

from penstock.algos.registry import ALGORITHMS
from penstock.api import schemas as s
from penstock.api.found import find, find_family
from penstock.api.guard import caller_of, router, service_of
from penstock.api.intake import checked_key, submit
from penstock.api.json import Json
from penstock.api.order_form import KEPT, OF_PARENT, account_of, check_number, unknown, word, wrong
from penstock.api.problem import Problem
from penstock.api.reach import acting
from penstock.api.routes.orders import UserQuery, acting_of, cancelled, reported, settled
from penstock.api.running import Wanted
from penstock.api.views import child_view, execution_view
from penstock.domain.orders import Side, Strategy
from penstock.engine.recall import is_ours

routes = router()


@routes.post("/executions", status_code=201, response_model=s.ExecutionShape, tags=["executions"])
async def start_execution(request: Request, body: s.NewExecution) -> Json:
    """Have an algorithm work a quantity. It is an order like any other: its id is the execution's id.

    `parent_order_id` is your own reference. An order of this desk is worked already, by what it was given with.
    """
    began = perf_counter()
    service = service_of(request)
    act = acting(caller_of(request), body.user_id, service.users)
    state = service.desk.state
    if body.parent_order_id is not None and is_ours(state, body.parent_order_id):
        detail = f"{body.parent_order_id} is an order of this desk, which works it already: modify or cancel that one"
        raise Problem("conflict", detail)
    algorithm = body.algorithm.lower()
    if algorithm not in ALGORITHMS:
        raise unknown("algorithm", body.algorithm, ALGORITHMS)
    check_number("quantity", body.quantity, positive=True)
    if body.price is not None and body.price <= 0:
        raise wrong("price", "must be greater than zero")
    key = checked_key(request.headers.get("idempotency-key", ""))
    wanted = Wanted(
        symbol=body.symbol,
        side=word("side", body.side, Side),
        quantity=body.quantity,
        algorithm=algorithm,
        parameters=body.parameters,
        limit_price=body.price,
        strategy=word("strategy", body.strategy, Strategy),
        urgency=body.urgency,
        venues=tuple(body.venues),
        client_order_id=identity(act.name, body.parent_order_id, key, service.desk.next_order_id()),
        account=account_of(body.account_id),
    )
    act.may_trade(wanted.account)
    taken = await submit(service, wanted, act.name, began)
    order_id = msgspec.json.decode(taken.body)["order_id"]
    order, parent, _ = await find(service, act, order_id)
    await settled(service)
    headers = {"Location": taken.headers["Location"].replace("/orders/", "/executions/")}
    return Json(execution_view(order, parent, service.desk.now()), taken.status, headers)


def identity(user: str, reference: str | None, key: str | None, number: str) -> str | None:
    """The client's id of an execution: its reference, and the key by which a repeated request is known."""
    if reference is None:
        return None if key is None else f"{user}/{KEPT}{key}"
    return f"{user}/{OF_PARENT}{reference}{OF_PARENT}{key or number}"


@routes.get("/executions/{execution_id}", response_model=s.ExecutionShape, tags=["executions"])
async def get_execution(request: Request, execution_id: str, user_id: UserQuery = None) -> Json:
    """How far an execution is, against its time."""
    service = service_of(request)
    order, parent, _ = await find(service, acting_of(request, user_id), execution_id)
    view = execution_view(order, parent, service.desk.now())
    await settled(service)
    return Json(view)


@routes.get("/executions/{execution_id}/slices", response_model=s.Slices, tags=["executions"])
async def list_slices(request: Request, execution_id: str, user_id: UserQuery = None) -> Json:
    """Every order that was sent to a venue for it."""
    service = service_of(request)
    family = await find_family(service, acting_of(request, user_id), execution_id)
    slices = [child_view(order, family.children[child_id]) for child_id, order in family.orders.items()]
    await settled(service)
    return Json({"execution_id": execution_id, "slices": slices})


@routes.get("/executions/{execution_id}/metrics", response_model=s.MetricsShape, tags=["executions"])
async def get_metrics(request: Request, execution_id: str, user_id: UserQuery = None) -> Json:
    """Quality and costs so far."""
    report: dict[str, Any] = await reported(request, execution_id, user_id)
    details = report["details"]
    metrics = {
        "execution_id": execution_id,
        "execution_quality": report["execution_quality"],
        "costs": report["costs"],
        "tca": details["tca"],
        "latency_ms": report["latency_ms"],
        "slippage_bps": details["parents"][0]["slippage_bps"],
        "participation": details["parents"][0]["participation"],
    }
    return Json(metrics)


@routes.delete("/executions/{execution_id}", response_model=s.ExecutionShape, tags=["executions"])
async def stop_execution(
    request: Request, execution_id: str, body: s.Acting | None = None, user_id: UserQuery = None
) -> Json:
    """Stop it, and cancel what works of it."""
    service = service_of(request)
    chosen = body.user_id if body is not None and body.user_id is not None else user_id
    order, parent, _ = await cancelled(service, acting_of(request, chosen, "/user_id"), execution_id)
    return Json(execution_view(order, parent, service.desk.now()))
