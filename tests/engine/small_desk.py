"""A desk with one or two made-up venues whose every report the test decides: no market, no latency, no numba."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.accounts import CostMethod
from penstock.domain.instruments import AnyInstrument, Equity
from penstock.domain.orders import Order, OrderTerms, OrderType, Side
from penstock.domain.quote import Quote
from penstock.domain.sessions import SessionTimes
from penstock.domain.time import SECOND, from_iso
from penstock.domain.venue import Abilities, Liquidity, VenueSpec
from penstock.engine.effects import Effect, Look, SendCancel, SendNew, SendReplace
from penstock.engine.engine import Engine, Input, Step
from penstock.risk import Limits

START = from_iso("2025-08-18T13:30:00Z")
D = Decimal
# breakers that no latency, reject or price of a test's venues trips, for tests that are about something else
CALM_BREAKERS = {
    "breaker": {name: {"threshold": 1_000_000} for name in ("slippage", "reject_rate", "latency", "stress")}
}
STOCK = Equity(symbol="ACME", tick_size=D("0.01"), lot_size=D(1))


def quote(bid: str = "9.99", ask: str = "10.01", size: int = 500, *, ts: int = START, volume: int = 0) -> Quote:
    return Quote(ts=ts, bid=D(bid), bid_qty=D(size), ask=D(ask), ask_qty=D(size), volume=D(volume))


def opening(
    venues: Iterable[str] = ("XA",),
    limits: Limits | None = None,
    minutes: int = 60,
    positions: dict[str, Decimal] | None = None,
    instrument: AnyInstrument = STOCK,
    cost_methods: dict[str, CostMethod] | None = None,
    abilities: Abilities | None = None,
    sessions: tuple[SessionTimes, ...] = (),
    scopes: dict[str, Any] | None = None,
) -> ev.SessionStarted:
    return ev.SessionStarted(
        ts=START,
        version="0",
        seed=7,
        instruments=(instrument,),
        venues=tuple(VenueSpec(name=name, abilities=abilities or Abilities()) for name in venues),
        listings=dict.fromkeys(venues, (instrument.symbol,)),
        positions=positions or {},
        entry_prices={},
        cost_methods=cost_methods or {},
        limits=msgspec.to_builtins(limits or Limits()) | (scopes or {}),
        sessions={instrument.symbol: sessions} if sessions else {},
        market_start=START,
        market_end=START + minutes * 60 * SECOND,
    )


def terms(quantity: int | str = 100, order_id: str = "P1", **changes: Any) -> OrderTerms:
    """A parent: a limit order at 10.00 on every venue, unless told otherwise."""
    given: dict[str, Any] = {"side": Side.BUY, "order_type": OrderType.LIMIT, "limit_price": D("10.00")} | changes
    return OrderTerms(order_id=order_id, symbol="ACME", quantity=D(quantity), **given)


class SmallDesk:
    """An engine, everything it said so far, and the words to talk to it. `at` counts seconds from the start."""

    def __init__(self, venues: Iterable[str] = ("XA",), limits: Limits | None = None, **changes: Any) -> None:
        self.engine = Engine()
        self.events: list[ev.AnyEvent] = []
        self.effects: list[Effect] = []
        self.now = START
        self._execs = 0
        self._keep(self.engine.open_session(opening(venues, limits, **changes)))
        self.quote(**{name: quote() for name in venues})

    def quote(self, at: float = 0, **quotes: Quote) -> Step:
        self._to(at)
        fresh = {name: msgspec.structs.replace(each, ts=self.now) for name, each in quotes.items()}
        return self.give(cmd.MarketUpdate(ts=self.now, quotes={"ACME": fresh}))

    def submit(self, parent: OrderTerms, at: float = 0, **more: Any) -> Step:
        self._to(at)
        return self.give(cmd.SubmitOrder(ts=self.now, terms=parent, **more))

    def wake(self, at: float) -> Step:
        self._to(at)
        return self.give(cmd.Wake(ts=self.now))

    def accept(self, order_id: str) -> Step:
        return self.report(rep.Accepted, order_id, venue_order_id=f"V-{order_id}")

    def fill(self, order_id: str, quantity: int | str, price: str = "10.00", exec_id: str | None = None) -> Step:
        self._execs += 1
        return self.report(
            rep.Fill,
            order_id,
            exec_id=exec_id or f"e{self._execs}",
            last_qty=D(quantity),
            last_px=D(price),
            fee=D(0),
            liquidity=Liquidity.MAKER,
            traded_at=self.now,
        )

    def replaced(self, order_id: str, price: str | None = None) -> Step:
        """The venue replaces an order as it was asked to, or at another price."""
        asked = self.order(order_id).latest
        limit = asked.limit_price if price is None else D(price)
        return self.report(rep.Replaced, order_id, quantity=asked.quantity, limit_price=limit)

    def report(self, kind: type[rep.VenueReport], order_id: str, **fields: Any) -> Step:
        state = self.engine.state
        if order_id in state.wholes:  # to read it as an order would spell it out
            venue = state.wholes[order_id].venue
        else:
            known = state.orders.get(order_id)
            venue = (known and known.terms.venue) or "XA"
        return self.give(kind(ts=self.now, venue=venue, order_id=order_id, **fields))

    def give(self, item: Input) -> Step:
        return self._keep(self.engine.handle(item))

    def order(self, order_id: str = "P1") -> Order:
        return self.engine.state.orders[order_id]

    def of(self, kind: type[ev.Event]) -> list[Any]:
        """Every event of a kind so far."""
        return [each for event in self.events for each in ev.spelled_out(event) if type(each) is kind]

    @property
    def alerts(self) -> list[str]:
        return [alert.code for alert in self.of(ev.AlertRaised)]

    def _to(self, at: float) -> None:
        self.now = max(self.now, START + round(at * SECOND))

    def _keep(self, step: Step) -> Step:
        self.events += step.events
        self.effects += step.effects
        return step


def sent(step: Step) -> list[str]:
    """A step's effects in words: `new P1-001 100 @ 10.00`, `cancel P1-001`, `replace P1-001 80 @ 10.01`."""
    return [in_words(effect) for effect in step.effects]


def in_words(effect: Effect) -> str:
    match effect:
        case SendCancel():
            return f"cancel {effect.order_id}"
        case Look():
            return f"look {effect.venue}"
        case SendNew() | SendReplace():
            asked = effect.approved.terms
            verb = "new" if isinstance(effect, SendNew) else "replace"
            return f"{verb} {asked.order_id} {asked.quantity} @ {asked.limit_price}"
