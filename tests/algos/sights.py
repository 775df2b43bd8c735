"""Views for algorithms, made by hand."""

from decimal import Decimal
from typing import Any

from penstock.algos.view import Session, View, Working, best_far, best_near
from penstock.domain.instrument import Instrument
from penstock.domain.orders import OrderTerms, Side, Strategy
from penstock.domain.quote import Quote
from penstock.domain.time import HOUR, MINUTE, from_iso
from penstock.sim.synthetic import ACME, ETH

D = Decimal
START = from_iso("2025-08-18T13:30:00Z")
END = START + HOUR
STOCK: Instrument = ACME.instrument
COIN: Instrument = ETH.instrument


def parent(quantity: int | str = 1000, **changes: Any) -> OrderTerms:
    given: dict[str, Any] = {"side": Side.BUY, "strategy": Strategy.NEUTRAL} | changes
    return OrderTerms(order_id="P1", symbol="ACME", quantity=D(quantity), **given)


def quote(bid: str = "9.99", ask: str = "10.01", *, volume: int = 0, size: int = 500, ts: int = START) -> Quote:
    return Quote(ts=ts, bid=D(bid), bid_qty=D(size), ask=D(ask), ask_qty=D(size), volume=D(volume))


def working(leaves: int, price: str | None = "9.99", **changes: Any) -> Working:
    given: dict[str, Any] = {
        "order_id": "C1",
        "venue": "XA",
        "immediate": False,
        "settled": True,
        "sent_at": START,
        "mid": D(10),
        "ahead": D(500),
        "volume": D(0),
    }
    return Working(leaves=D(leaves), price=None if price is None else D(price), **given | changes)


def view(terms: OrderTerms | None = None, at: int = START, **changes: Any) -> View:
    """An hour's order seen at `at`, on one venue with 9.99 / 10.01."""
    terms = terms or parent()
    venues = changes.pop("venues", {"XA": quote()})
    given: dict[str, Any] = {
        "key": "7/P1",
        "instrument": STOCK,
        "start": START,
        "end": END,
        "session": Session(START, START + 6 * HOUR),
        "filled": D(0),
        "working": (),
        "market_volume": D(0),
        "arrival_price": D(10),
        "near": best_near(venues.values(), terms.side),
        "far": best_far(venues.values(), terms.side),
    }
    return View(terms=terms, now=at, venues=venues, **given | changes)


def minutes(count: float) -> int:
    """That many minutes after the start."""
    return START + round(count * MINUTE)
