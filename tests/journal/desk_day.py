"""Events of a desk at work, made by hand: parents, their children, fills. Any number of them, and always the same."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

from msgspec import structs

from penstock.domain import events as ev
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, OrderType, Side
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND, from_iso
from penstock.domain.venue import Liquidity, VenueSpec
from penstock.engine.archive import CHUNK

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


def at_work(events: int, working: int, closed_orders_max: int | None = None) -> Iterator[list[ev.AnyEvent]]:
    """Batches of a day of so many events, at whose end so many orders work: parents that each have one child live.

    Before that parents come and go, with children that are replaced, filled and cancelled; with `closed_orders_max`,
    those that are over are archived as an engine does it.
    """
    yield [opening()]
    left, number, archived = events - 1 - 3 * (working // 2), 0, 0
    while left > 0:
        number += 1
        ts = START + number * 1000
        life = lifetime(f"P{number:06d}", ts)
        if closed_orders_max is not None and number - archived > closed_orders_max + CHUNK:
            ids = tuple(f"P{each:06d}" for each in range(archived + 1, archived + CHUNK + 1))
            life.insert(0, ev.OrdersArchived(ts=ts, order_ids=ids))
            archived += CHUNK
        life = life[:left]
        left -= len(life)
        yield life
    for later in range(number + 1, number + 1 + working // 2):
        order_id, ts = f"P{later:06d}", START + later * 1000
        yield [parent(order_id, ts), *child(order_id, 1, ts)[:2]]


def lifetime(order_id: str, ts: int) -> list[ev.AnyEvent]:
    """A parent of 200 from its arrival to its end: three children, one of them replaced and then cancelled."""
    filled, other, changed = child(order_id, 1, ts + 10), child(order_id, 2, ts + 20), child(order_id, 3, ts + 30)
    sent = changed[0]
    assert isinstance(sent, ev.ChildSubmitted)
    wanted, changed_id = structs.replace(sent.terms, limit_price=D("10.01")), sent.terms.order_id
    return [
        parent(order_id, ts),
        *changed[:2],
        ev.ReplaceAsked(ts=ts + 32, order_id=changed_id, terms=wanted, quote=quote(ts)),
        ev.ChildReplaced(ts=ts + 33, order_id=changed_id, quantity=D(100), limit_price=D("10.01")),
        ev.CancelAsked(ts=ts + 34, order_id=changed_id, reason="no longer wanted"),
        ev.ChildCanceled(ts=ts + 35, order_id=changed_id, reason="asked"),
        *filled,
        *other,
        ev.MarketSampled(ts=ts + 40, symbol="ACME", quotes={"XA": quote(ts)}),
    ]
