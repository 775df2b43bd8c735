"""The market and its places: quotes, books, instruments, venues and how they do, algorithms, estimates."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from fastapi import Query, Request

from penstock.algos.registry import ALGORITHMS
from penstock.api import schemas as s
from penstock.api.guard import router, service_of
from penstock.api.json import Json
from penstock.api.order_form import kind_of, unknown, word, wrong
from penstock.api.problem import Problem, refused
from penstock.api.routes.orders import settled
from penstock.api.running import Wanted
from penstock.api.service import Service
from penstock.api.views import book_view, market_view
from penstock.cost.pretrade import estimate
from penstock.domain.errors import BadInput
from penstock.domain.instruments import AnyInstrument
from penstock.domain.orders import Side, State
from penstock.domain.quote import Depth
from penstock.engine.sight import consolidated_mid

routes = router()

ORDERS_MAX = 20_000  # the latest, that a venue is judged by


def known(service: Service, symbol: str) -> AnyInstrument:
    instrument = service.desk.state.instruments.get(symbol)
    if instrument is None:
        raise Problem("not_found", f"{symbol[:64]} does not trade here")
    return instrument


@routes.get("/market-data/{symbol}", response_model=s.MarketShape, tags=["market"])
async def get_market_data(request: Request, symbol: str) -> Json:
    """The best bid and ask of all venues, and each venue's."""
    service = service_of(request)
    known(service, symbol)
    return Json(market_view(symbol, service.desk.quotes.get(symbol, {})))


@routes.get("/order-book/{symbol}", response_model=s.BookShape, tags=["market"])
async def get_order_book(request: Request, symbol: str, levels: Annotated[int, Query(ge=1, le=100)] = 10) -> Json:
    """What venues display, together and each; venues that tell their touch only show that."""
    service = service_of(request)
    known(service, symbol)
    return Json(book_view(symbol, depths(service, symbol), levels))


def depths(service: Service, symbol: str) -> dict[str, Depth]:
    shown = service.desk.depth(symbol)
    for venue, quote in service.desk.quotes.get(symbol, {}).items():
        if venue not in shown:
            bids = () if quote.bid is None else ((quote.bid, quote.bid_qty),)
            asks = () if quote.ask is None else ((quote.ask, quote.ask_qty),)
            shown[venue] = Depth(bids, asks)
    return shown


@routes.get("/instruments", response_model=s.Instruments, tags=["market"])
async def list_instruments(request: Request) -> Json:
    """What can be traded."""
    service = service_of(request)
    shown = [instrument_view(service, symbol) for symbol in sorted(service.desk.state.instruments)]
    return Json({"instruments": shown})


@routes.get("/instruments/{symbol}", response_model=s.InstrumentShape, tags=["market"])
async def get_instrument(request: Request, symbol: str) -> Json:
    """One instrument, its tick, lot and venues."""
    service = service_of(request)
    known(service, symbol)
    return Json(instrument_view(service, symbol))


def instrument_view(service: Service, symbol: str) -> dict[str, Any]:
    instrument = service.desk.state.instruments[symbol]
    session = service.desk.state.session
    assert session is not None
    given: dict[str, Any] = {name: getattr(instrument, name) for name in instrument.__struct_fields__}
    return given | {
        "asset_class": type(instrument).asset_class.value,
        "venues": sorted(venue for venue, symbols in session.listings.items() if symbol in symbols),
    }


@routes.get("/venues", response_model=s.Venues, tags=["market"])
async def list_venues(request: Request) -> Json:
    """Where orders may go, what it costs there, and whether it is up."""
    desk = service_of(request).desk
    session, lines = desk.state.session, desk.status()["venues"]
    assert session is not None
    views = [
        {
            "name": name,
            "kind": spec.kind.value,
            "status": desk.state.venue_status.get(name, "up"),
            "symbols": list(session.listings.get(name, ())),
            "connected": lines.get(name, {}).get("connected", False),
            "queued": lines.get(name, {}).get("queued", 0),
            "fees": {field: getattr(spec.fees, field) for field in spec.fees.__struct_fields__},
            "paper": service_of(request).paper,
        }
        for name, spec in desk.state.venues.items()
    ]
    return Json({"venues": views})


@routes.get("/venues/{name}/performance", response_model=s.PerformanceShape, tags=["market"])
async def get_performance(request: Request, name: str) -> Json:
    """How a venue did with the orders that are in memory."""
    service = service_of(request)
    if name not in service.desk.state.venues:
        raise Problem("not_found", f"there is no venue {name[:64]}")
    view = performance(service, name)
    await settled(service)
    return Json(view)


def performance(service: Service, venue: str) -> dict[str, Any]:
    state = service.desk.state
    sent = rejected = fills = 0
    ordered = filled = notional = Decimal(0)
    fees: dict[str, Decimal] = {}
    waits: list[int] = []
    for order_id in list(state.children)[-ORDERS_MAX:]:
        order = state.orders[order_id]
        if order.terms.venue != venue:
            continue
        child, instrument = state.children[order_id], state.instruments[order.terms.symbol]
        sent += 1
        rejected += order.state is State.REJECTED
        ordered += order.terms.quantity
        filled += order.cum_qty
        fills += len(child.executions or ())
        if order.cum_qty:
            notional += instrument.notional(order.cum_qty, order.cum_value / order.cum_qty)
            fees[instrument.currency] = fees.get(instrument.currency, Decimal(0)) + order.fees
        if order.live_at is not None:
            waits.append(order.live_at - child.sent_at)
    waits.sort()
    return {
        "venue": venue,
        "orders": sent,
        "fills": fills,
        "fill_rate": round(float(filled / ordered), 6) if ordered else None,
        "reject_rate": round(rejected / sent, 6) if sent else None,
        "notional": round(notional, 2),
        "fees": fees,
        "latency_ms": {
            name: round(waits[int(share * (len(waits) - 1))] / 1e6, 3) if waits else None
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
        },
        "status": state.venue_status.get(venue, "up"),
    }


@routes.get("/algorithms", response_model=s.Algorithms, tags=["algorithms"])
async def list_algorithms(request: Request) -> Json:
    """Every algorithm with the JSON schema of its parameters."""
    return Json({"algorithms": [algorithm_view(name) for name in ALGORITHMS]})


@routes.get("/algorithms/{name}", response_model=s.AlgorithmShape, tags=["algorithms"])
async def get_algorithm(request: Request, name: str) -> Json:
    """One algorithm."""
    if name.lower() not in ALGORITHMS:
        raise Problem("not_found", f"there is no algorithm {name[:40]}: known are {', '.join(ALGORITHMS)}")
    return Json(algorithm_view(name.lower()))


def algorithm_view(name: str) -> dict[str, Any]:
    kind = ALGORITHMS[name]
    schema = msgspec.json.schema(kind)
    schema = schema | schema.get("$defs", {}).get(kind.__name__, {})
    schema.pop("$ref", None)
    return {"name": name, "description": " ".join((kind.__doc__ or "").split()), "parameters": schema}


@routes.post("/pre-trade", response_model=s.EstimateShape, tags=["algorithms"])
async def estimate_order(request: Request, body: s.PreTrade) -> Json:
    """What an order should cost, in basis points of the mid, before it is given."""
    service = service_of(request)
    desk = service.desk
    if body.quantity <= 0:
        raise wrong("quantity", "must be greater than zero")
    if body.algorithm.lower() not in ALGORITHMS:
        raise unknown("algorithm", body.algorithm, ALGORITHMS)
    order_type, algorithm = kind_of(None, body.algorithm)
    wanted = Wanted(
        symbol=body.symbol,
        side=word("side", body.side, Side),
        quantity=body.quantity,
        order_type=order_type,
        algorithm=algorithm,
        parameters=body.parameters,
        limit_price=body.price,
    )
    try:
        terms = desk.terms(wanted, "estimate")
    except BadInput as error:
        raise refused(error) from None
    state, quotes = desk.state, dict(desk.quotes.get(body.symbol, {}))
    assert state.session is not None
    instrument = state.instruments[body.symbol]
    profile = state.session.profiles.get(body.symbol)
    costs = estimate(terms, instrument, quotes, depths(service, body.symbol), state.venues, profile)
    mid = consolidated_mid(quotes)
    view = {
        "symbol": body.symbol,
        "side": terms.side.value,
        "quantity": terms.quantity,
        "algorithm": terms.algorithm or "market",
        "mid": mid,
        "notional": None if mid is None else round(instrument.notional(terms.quantity, mid), 2),
        "estimate": costs,
    }
    return Json(view)
