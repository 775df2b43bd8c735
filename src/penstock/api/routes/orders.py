"""Orders: looked at, listed, changed, cancelled, and what became of them. (They are given in `penstock.api.intake`.)"""

from heapq import nlargest
from typing import Annotated, Any

from fastapi import Query, Request

from penstock.algos.registry import build
from penstock.api import schemas as s
from penstock.api.cursor import cursor_of, shown_cursor
from penstock.api.found import find, find_family, owner_of
from penstock.api.guard import caller_of, router, service_of
from penstock.api.intake import not_done
from penstock.api.json import Json
from penstock.api.order_form import word, wrong
from penstock.api.problem import Problem
from penstock.api.reach import Acting, acting
from penstock.api.reports import order_report
from penstock.api.service import Service
from penstock.api.views import fill_views, is_over, order_view, status_of
from penstock.domain import commands as cmd
from penstock.domain.errors import BadInput
from penstock.domain.instructions import TimeInForce
from penstock.domain.orders import Order
from penstock.engine.remembered import Parent
from penstock.engine.state import EngineState

routes = router()

LOOKED_AT_MAX = 5_000  # of one page: what does not match may be much
UserQuery = Annotated[str | None, Query(max_length=64, description="who is acted for: the caller, if left out")]


def acting_of(request: Request, user_id: str | int | None, pointer: str = "?user_id") -> Acting:
    return acting(caller_of(request), user_id, service_of(request).users, pointer)


async def settled(service: Service) -> None:
    """Wait until what is about to be shown cannot be forgotten any more."""
    try:
        await service.desk.settled()
    except TimeoutError:
        raise Problem("journal_unavailable", "what you asked for is not on disk yet: try again") from None


@routes.get("/orders/{order_id}", response_model=s.OrderShape, tags=["orders"])
async def get_order(request: Request, order_id: str, user_id: UserQuery = None) -> Json:
    """An order as it stands."""
    service = service_of(request)
    view = order_view(*await find(service, acting_of(request, user_id), order_id), service.desk.state.seq)
    await settled(service)
    return Json(view)


@routes.get("/orders", response_model=s.OrderPage, tags=["orders"])
async def list_orders(
    request: Request,
    user_id: UserQuery = None,
    symbol: Annotated[str | None, Query(max_length=64)] = None,
    status: Annotated[str | None, Query(max_length=30, description="a status, or `open` or `closed`")] = None,
    account_id: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Json:
    """Orders in memory, the newest first; `next_cursor` leads on. Older ones are found by their id, or in the audit."""
    service, act = service_of(request), acting_of(request, user_id)
    state = service.desk.state
    own = user_id is not None and not act.sees_all
    before = None if cursor is None else cursor_of(cursor, place_of)
    everything = symbol is None and status is None and account_id is None and act.sees_all
    most = limit if everything else LOOKED_AT_MAX
    places = newest(state, before, most + 1)
    found: list[dict[str, Any]] = []
    looked_at = 0
    while looked_at < min(len(places), most) and len(found) < limit:
        seen = state.glance(places[looked_at][1])
        looked_at += 1
        assert seen is not None, "what is received is there"
        order, parent = seen
        owner = owner_of(state, order)
        wanted = (
            (symbol is None or order.terms.symbol == symbol)
            and (account_id is None or order.terms.account == account_id)
            and (not own or owner == act.name or account_id is not None)
            and (status is None or matches(order, status_of(order, parent), is_over(order, parent), status.lower()))
        )
        if wanted and act.sees(order.terms.account, owner):
            found.append(order_view(order, parent, owner, state.seq))
    await settled(service)
    leads_on = looked_at < len(places)
    return Json({"orders": found, "next_cursor": shown_cursor(*places[looked_at - 1]) if leads_on else None})


def newest(state: EngineState, before: tuple[int, str] | None, count: int) -> list[tuple[int, str]]:
    """The latest orders received before a place in that order, (time in ns, id), the newest first."""
    received = state.received()
    return nlargest(count, received if before is None else (each for each in received if each < before))


def matches(order: Order, status: str, over: bool, wanted: str) -> bool:
    return wanted == status or wanted == ("closed" if over else "open")


@routes.put("/orders/{order_id}/modify", response_model=s.OrderShape, tags=["orders"])
async def modify_order(request: Request, order_id: str, body: s.Modify) -> Json:
    """Give a working order another total quantity, limit price, time in force or parameters of its algorithm."""
    service, act = service_of(request), acting_of(request, body.user_id, "/user_id")
    order, _, owner = await find(service, act, order_id)
    act.may_change(order.terms.account, owner)
    for field in ("new_quantity", "new_price"):
        value = getattr(body, field)
        if value is not None and value <= 0:
            raise wrong(field, "must be greater than zero")
    parameters = None
    if body.new_algo_parameters is not None:
        parameters = {**order.terms.parameters, **body.new_algo_parameters}
        try:
            build(order.terms.algorithm or "market", parameters)
        except (ValueError, BadInput) as error:
            raise wrong("new_algo_parameters", str(error)) from None
    tif = None if body.new_time_in_force is None else word("new_time_in_force", body.new_time_in_force, TimeInForce)
    if body.new_quantity is None and body.new_price is None and tif is None and parameters is None:
        raise Problem("bad_input", "say what is to change: new_quantity, new_price, …")
    change = cmd.AmendOrder(
        ts=0,
        order_id=order_id,
        quantity=body.new_quantity,
        limit_price=body.new_price,
        tif=tif,
        parameters=parameters,
    )
    answer = await service.desk.give(change)
    if answer.outcome != "accepted":
        raise not_done(answer)
    view = order_view(*await find(service, act, order_id), service.desk.state.seq)
    await settled(service)
    return Json(view)


@routes.delete("/orders/{order_id}", response_model=s.OrderShape, tags=["orders"])
async def cancel_order(
    request: Request, order_id: str, body: s.Acting | None = None, user_id: UserQuery = None
) -> Json:
    """Cancel what is left of an order. It may still fill until its venues have answered: the stream tells."""
    chosen = body.user_id if body is not None and body.user_id is not None else user_id
    act = acting_of(request, chosen, "/user_id")
    service = service_of(request)
    order, parent, owner = await cancelled(service, act, order_id)
    return Json(order_view(order, parent, owner, service.desk.state.seq))


async def cancelled(service: Service, act: Acting, order_id: str) -> tuple[Order, Parent | None, str]:
    """Ask for an order's end; returns it as it stands then."""
    order, parent, owner = await find(service, act, order_id)
    act.may_stop(order.terms.account, owner)
    if is_over(order, parent):
        raise Problem("conflict", f"the order is over: {status_of(order, parent)}", order_id=order_id)
    answer = await service.desk.give(cmd.CancelOrder(ts=0, order_id=order_id, reason=f"asked by {act.name}"))
    if answer.outcome != "accepted":
        raise not_done(answer)
    found = await find(service, act, order_id)
    await settled(service)
    return found


@routes.get("/orders/{order_id}/fills", response_model=s.Fills, tags=["orders"])
async def list_fills(request: Request, order_id: str, user_id: UserQuery = None) -> Json:
    """The executions of an order, oldest first."""
    service = service_of(request)
    family = await find_family(service, acting_of(request, user_id), order_id)
    await settled(service)
    return Json({"order_id": order_id, "fills": fill_views(family)})


@routes.get("/orders/{order_id}/execution-reports", response_model=s.Reports, tags=["orders"])
async def list_execution_reports(request: Request, order_id: str, user_id: UserQuery = None) -> Json:
    """The ExecutionReport of an order, as far as it has come."""
    report = await reported(request, order_id, user_id)
    return Json({"order_id": order_id, "execution_reports": [report]})


@routes.get("/orders/{order_id}/report", response_model=s.ReportShape, tags=["orders"])
async def get_report(request: Request, order_id: str, user_id: UserQuery = None) -> Json:
    """The same report by itself."""
    return Json(await reported(request, order_id, user_id))


@routes.get("/orders/{order_id}/tca", response_model=s.TcaShape, tags=["orders"])
async def get_tca(request: Request, order_id: str, user_id: UserQuery = None) -> Json:
    """What the order cost, in basis points of what was to be traded."""
    details = (await reported(request, order_id, user_id))["details"]
    return Json(details["tca"] | {"order": details["parents"][0]})


async def reported(request: Request, order_id: str, user_id: str | int | None) -> dict[str, Any]:
    service = service_of(request)
    order, parent, _ = await find(service, acting_of(request, user_id), order_id)
    if parent is None:
        raise Problem("conflict", "the order was denied: it never worked, and there is nothing to report")
    await settled(service)
    return await order_report(service.desk, order_id, order.terms.symbol)


def place_of(at: str, order_id: str) -> tuple[int, str]:
    """The order that a client was shown last."""
    if not order_id:
        raise ValueError("no order has no id")
    return int(at), order_id
