"""Events of a desk at work, made by hand: parents, their children, fills. Any number of them, and always the same."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

from penstock.domain import events as ev
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, OrderType, Side
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND, from_iso
from penstock.domain.venue import Liquidity, VenueSpec

START = from_iso("2025-08-18T13:30:00Z")
D = Decimal


def opening() -> ev.SessionStarted:
    return ev.SessionStarted(
        ts=START,
        version="0",
        seed=7,
        instruments=(Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1)),),
        venues=(VenueSpec(name="XA"),),
        listings={"XA": ("ACME",)},
        positions={},
        entry_prices={},
        limits={},
        market_start=START,
        market_end=START + 3600 * SECOND,
    )


def cancel(number: int) -> ev.CancelAsked:
    """A small event that says which it is."""
    return ev.CancelAsked(ts=START + number, order_id=f"P{number:03d}", reason="no longer wanted")


def quote(ts: int) -> Quote:
    return Quote(
        ts=ts, bid=D("9.99"), bid_qty=D(500), ask=D("10.01"), ask_qty=D(400), volume=D(1000), turnover=D(10000)
    )


def parent(order_id: str, ts: int) -> ev.OrderReceived:
    terms = OrderTerms(
        order_id=order_id,
        symbol="ACME",
        side=Side.BUY,
        quantity=D(200),
        algorithm="twap",
        parameters={"duration_minutes": 5},
    )
    touch = {"XA": quote(ts)}
    return ev.OrderReceived(
        ts=ts, terms=terms, arrival=touch, arrival_price=D(10), decision_price=D(10), start=ts, end=ts + 60 * SECOND
    )


def child(parent_id: str, number: int, ts: int) -> list[ev.AnyEvent]:
    """A child that is sent, accepted and filled."""
    order_id = f"{parent_id}-{number:03d}"
    terms = OrderTerms(
        order_id=order_id,
        symbol="ACME",
        side=Side.BUY,
        quantity=D(100),
        order_type=OrderType.LIMIT,
        limit_price=D("10.00"),
        parent_id=parent_id,
        venue="XA",
        slice_no=number,
    )
    return [
        ev.ChildSubmitted(ts=ts, terms=terms, quote=quote(ts)),
        ev.ChildAccepted(ts=ts + 1, order_id=order_id, venue_order_id=f"V{order_id}"),
        ev.ChildFilled(
            ts=ts + 2,
            order_id=order_id,
            venue="XA",
            exec_id=f"E{order_id}",
            last_qty=D(100),
            last_px=D("10.00"),
            fee=D("0.1"),
            liquidity=Liquidity.MAKER,
            traded_at=ts + 2,
            slippage_bps=D("-10"),
            before=quote(ts),
            after=quote(ts),
        ),
    ]


def endless() -> Iterator[ev.AnyEvent]:
    yield opening()
    number = 0
    while True:
        number += 1
        order_id, ts = f"P{number:05d}", START + number * 10
        yield parent(order_id, ts)
        yield from child(order_id, 1, ts)
        yield from child(order_id, 2, ts + 3)


def day(events: int) -> list[ev.AnyEvent]:
    """The first so many events of an endless day."""
    return list(islice(endless(), events))
