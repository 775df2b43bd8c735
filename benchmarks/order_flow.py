"""Orders for the benchmarks: one engine, one venue that answers everything at once, and nothing else."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.instruments import Equity
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.domain.time import HOUR, SECOND
from penstock.domain.venue import Liquidity, VenueSpec
from penstock.engine.effects import Effect, SendNew
from penstock.engine.engine import Engine, Step
from penstock.risk import Limits

VENUE, SYMBOL = "XA", "ACME"
BEGIN = SECOND
BID, ASK, SIZE = Decimal("10.00"), Decimal("10.02"), Decimal(500_000)
SPREAD = ASK - BID
LIMITS = Limits(position_value_max=None, stale_after_s=1e6)  # nothing here is to be refused


def opened(engine: Engine) -> list[ev.AnyEvent]:
    """Open a session of eight hours and show the market; returns the events of it."""
    instrument = Equity(symbol=SYMBOL, tick_size=Decimal("0.01"), lot_size=Decimal(1))
    step = engine.open_session(
        ev.SessionStarted(
            ts=1,
            version="0",
            seed=0,
            instruments=(instrument,),
            venues=(VenueSpec(name=VENUE),),
            listings={VENUE: (SYMBOL,)},
            positions={},
            entry_prices={},
            limits=msgspec.to_builtins(LIMITS),
            market_start=0,
            market_end=8 * HOUR,
        )
    )
    quote = Quote(ts=BEGIN, bid=BID, bid_qty=SIZE, ask=ASK, ask_qty=SIZE)
    engine.handle(cmd.MarketUpdate(ts=BEGIN, quotes={SYMBOL: {VENUE: quote}}))
    return step.events


def commands(count: int, first: int = 0, limit: Decimal = BID) -> list[bytes]:
    """Limit orders as they come over the wire, buys and sells in turn, which never meet each other."""
    return [
        msgspec.json.encode(
            cmd.SubmitOrder(
                ts=BEGIN + number,
                terms=OrderTerms(
                    order_id=f"P{number}",
                    symbol=SYMBOL,
                    side=Side.BUY if number % 2 else Side.SELL,
                    quantity=Decimal(100),
                    limit_price=limit if number % 2 else limit + SPREAD,
                    algorithm="limit",
                ),
            )
        )
        for number in range(first, first + count)
    ]


def accepted(effect: Effect, ts: int) -> rep.Accepted:
    """The venue's acknowledgement of a new order."""
    assert isinstance(effect, SendNew), "an order at work here is neither moved nor cancelled"
    order_id = effect.approved.terms.order_id
    return rep.Accepted(ts=ts, venue=VENUE, order_id=order_id, venue_order_id=order_id)


def filled(effect: Effect, ts: int) -> rep.Fill:
    """The whole of a new order, traded at its own price."""
    assert isinstance(effect, SendNew)
    terms = effect.approved.terms
    return rep.Fill(
        ts=ts,
        venue=VENUE,
        order_id=terms.order_id,
        exec_id=terms.order_id,
        last_qty=terms.quantity,
        last_px=terms.limit_price or BID,
        fee=Decimal(0),
        liquidity=Liquidity.MAKER,
        traded_at=ts,
    )


def answered(engine: Engine, step: Step, ts: int) -> Iterator[ev.AnyEvent]:
    """The events of a step and of the venue's answers to it, and to what follows from them."""
    yield from step.events
    for effect in step.effects:
        for report in (accepted(effect, ts), filled(effect, ts)):
            yield from answered(engine, engine.handle(report), ts)
