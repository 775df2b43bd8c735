"""Risk: where the desk stands, its limits, the kill switch, breakers, alerts; and what is held and gained."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import Query, Request

from penstock.api import schemas as s
from penstock.api.guard import caller_of, router, service_of
from penstock.api.intake import not_done
from penstock.api.json import Json
from penstock.api.order_form import account_of
from penstock.api.problem import FieldError, Problem, refused
from penstock.api.routes.orders import UserQuery, acting_of, settled
from penstock.api.service import Service
from penstock.api.views import position_views
from penstock.domain import commands as cmd
from penstock.domain.errors import BadInput
from penstock.domain.version import VERSION
from penstock.engine.sight import consolidated_mid
from penstock.engine.valuation import Total, rates_of, value

routes = router()

AccountQuery = Annotated[str | None, Query(max_length=64)]


@routes.get("/positions", response_model=s.Positions, tags=["positions"])
async def list_positions(request: Request, account_id: AccountQuery = None, user_id: UserQuery = None) -> Json:
    """What the accounts hold that the caller may see."""
    service, act = service_of(request), acting_of(request, user_id)
    desk = service.desk

    def wanted(account: str) -> bool:
        return account_id in (None, account) and act.sees_account(account)

    views = list(position_views(desk.state, desk.quotes, wanted))
    await settled(service)
    return Json({"positions": views})


@routes.get("/pnl", response_model=s.PnlShape, tags=["positions"])
async def get_pnl(
    request: Request,
    account_id: AccountQuery = None,
    currency: Annotated[str, Query(min_length=1, max_length=20)] = "USD",
    user_id: UserQuery = None,
) -> Json:
    """What an account is worth and has gained, at the mids; without one, all together. A dollar coin counts as USD."""
    service, act = service_of(request), acting_of(request, user_id)
    account = None if account_id is None else account_of(account_id)
    if not (act.sees_all if account is None else act.sees_account(account)):
        if account is None:
            raise Problem("forbidden", "name an account_id that was granted: not all accounts may be seen")
        raise Problem("not_found", f"there is no account {account}, or you may not see it")
    state, quotes = service.desk.state, service.desk.quotes
    mids = {symbol: consolidated_mid(dict(by)) for symbol, by in quotes.items()}
    marks = {symbol: mid for symbol, mid in mids.items() if mid is not None}
    rates = {("USDT", "USD"): Decimal(1)} | rates_of(state.instruments.values(), marks)
    worth = value(state.ledger, state.instruments, marks, currency, rates, account)
    view: dict[str, Any] = {"account_id": account, "currency": currency, "unmarked": list(worth.unmarked)}
    apart: dict[str, dict[str, Decimal]] = {}
    for name in ("equity", "realized", "unrealized", "fees", "income"):
        total: Total = getattr(worth, name)
        view[name] = total.amount
        if total.not_convertible:
            apart[name] = total.not_convertible
    await settled(service)
    return Json(view | {"not_convertible": apart})


@routes.get("/status", response_model=s.StatusShape, tags=["status"])
async def get_status(request: Request) -> Json:
    """How the desk is."""
    service = service_of(request)
    return Json(service.desk.status() | {"paper": service.paper, "version": VERSION})


@routes.get("/risk/status", response_model=s.RiskShape, tags=["risk"])
async def get_risk(request: Request) -> Json:
    """Modes that are not active, breakers that are not closed, and how much of each limit is used."""
    picture = service_of(request).desk.risk()
    return Json({name: picture[name] for name in ("modes", "breakers", "uses", "working")})


@routes.get("/risk/limits", response_model=s.LimitsShape, tags=["risk"])
async def get_limits(request: Request) -> Json:
    """The limits in force, in the words of a file of limits."""
    picture = service_of(request).desk.risk()
    return Json({"limits": picture["limits"], "scales": picture["scales"]})


@routes.put("/risk/limits", response_model=s.DoneShape, tags=["risk"])
async def change_limit(request: Request, body: s.LimitChange) -> Json:
    """Give one limit of one scope another value; on record with who and why."""
    by = caller_of(request).name
    given = plain(body.value)
    command = cmd.ChangeLimit(ts=0, by=by, reason=body.reason, scope=body.scope, name=body.name, value=given)
    return await done(service_of(request), command)


def plain(given: Any) -> Any:
    """A value of JSON as a file of limits would hold it."""
    if isinstance(given, dict) or (isinstance(given, list) and not all(isinstance(each, str) for each in given)):
        detail = 'value: must be a number, true or false, a list of names, or "none"'
        raise Problem("bad_input", detail, errors=(FieldError("/value", detail),))
    return "none" if given is None else given


@routes.get("/risk/working", response_model=s.WorkingShape, tags=["risk"])
async def list_working(
    request: Request,
    scope: Annotated[str, Query(min_length=1, max_length=100)] = "desk",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
) -> Json:
    """The orders at venues that may still fill, of a scope."""
    try:
        orders = service_of(request).desk.working(scope)
    except BadInput as error:
        raise refused(error, {"scope": "?scope"}) from None
    return Json({"count": len(orders), "orders": orders[:limit]})


@routes.post("/risk/kill", response_model=s.DoneShape, tags=["risk"])
async def kill(request: Request, body: s.Kill) -> Json:
    """The kill switch: it takes effect before anything that still waits."""
    by = caller_of(request).name
    command = cmd.SetMode(ts=0, by=by, reason=body.reason, scope=body.scope, mode=body.mode)
    return await done(service_of(request), command)


@routes.post("/risk/mode", response_model=s.DoneShape, tags=["risk"])
async def set_mode(request: Request, body: s.Mode) -> Json:
    """What a scope may still do; with `reset` also more than now."""
    by = caller_of(request).name
    command = cmd.SetMode(ts=0, by=by, reason=body.reason, scope=body.scope, mode=body.mode, reset=body.reset)
    return await done(service_of(request), command)


@routes.post("/risk/breakers/reset", response_model=s.DoneShape, tags=["risk"])
async def reset_breaker(request: Request, body: s.BreakerReset) -> Json:
    """Close a circuit breaker that is open."""
    by = caller_of(request).name
    command = cmd.ResetBreaker(ts=0, by=by, reason=body.reason, scope=body.scope, breaker=body.breaker)
    return await done(service_of(request), command)


async def done(service: Service, command: cmd.RiskCommand) -> Json:
    answer = await service.desk.give(command)
    if answer.outcome != "accepted":
        raise not_done(answer)
    return Json({"outcome": answer.outcome, "seq": answer.seq})


@routes.get("/alerts", response_model=s.Alerts, tags=["alerts"])
async def list_alerts(request: Request) -> Json:
    """Those that nobody has acknowledged."""
    return Json({"alerts": service_of(request).desk.alerts()})


@routes.post("/alerts/{alert_id}/acknowledge", response_model=dict[str, Any], tags=["alerts"])
async def acknowledge(request: Request, alert_id: int) -> Json:
    """Say that you have seen it."""
    try:
        answer = await service_of(request).desk.acknowledge(alert_id, caller_of(request).name)
    except BadInput as error:
        if "no such" in error.rule:
            raise Problem("not_found", str(error)) from None
        raise Problem("conflict", str(error)) from None
    if answer.outcome != "accepted":
        raise not_done(answer)
    return Json({"outcome": answer.outcome, "seq": answer.seq})
