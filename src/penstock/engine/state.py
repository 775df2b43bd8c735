"""The engine's state is a fold over events: `apply` alone changes it, live, in recovery and on a replica."""

from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.accounts import MAIN
from penstock.domain.instruments import AnyInstrument
from penstock.domain.orders import ENDED, Order, OrderTerms, State, TimeInForce
from penstock.domain.quote import Quote
from penstock.domain.venue import VenueSpec
from penstock.engine.ledger import Ledger
from penstock.engine.lifecycle import Kind, next_state
from penstock.engine.position import Execution, Payment, Position

ZERO = Decimal(0)


class Parent(msgspec.Struct, kw_only=True):
    """What the engine remembers of a parent beside its order. `volume_at_start` is each venue's traded volume then."""

    arrival_price: Decimal
    start: int
    end: int
    volume_at_start: dict[str, Decimal]
    children: int = 0
    open_children: dict[str, None] = {}
    slippage_cost: Decimal = ZERO
    fills: list[tuple[int, Decimal]] = []  # when, and how much was filled in all
    taken_at: int = 0
    stopped: str = ""
    expires: bool = False
    denied: str = ""  # why risk stopped the last child, until one passes again


class Child(msgspec.Struct, kw_only=True):
    """What the engine remembers of a child: when it, or its present price, was decided, and in what market."""

    sent_at: int
    quote: Quote


class EngineState(msgspec.Struct, kw_only=True):
    """Everything that the journal can give back."""

    seq: int = 0
    ts: int = 0
    session: ev.SessionStarted | None = None
    instruments: dict[str, AnyInstrument] = {}
    venues: dict[str, VenueSpec] = {}
    ended: str = ""
    orders: dict[str, Order] = {}
    parents: dict[str, Parent] = {}
    children: dict[str, Child] = {}
    working: dict[str, None] = {}  # parents that are not over
    client_ids: dict[str, str] = {}
    executions: dict[str, None] = {}
    open_qty: dict[str, Decimal] = {}  # by "symbol/side/child" and "symbol/side/parent"
    ledger: Ledger = msgspec.field(default_factory=Ledger)
    sampled_at: dict[str, int] = {}
    rejects_in_a_row: int = 0
    halted: str = ""

    @property
    def positions(self) -> dict[str, Position]:
        """What all accounts together hold, by symbol."""
        return self.ledger.positions()

    @property
    def cash(self) -> dict[str, Decimal]:
        """What trading did to the cash of all accounts together, by currency."""
        return self.ledger.cash()

    def state_hash(self) -> str:
        """SHA-256 of the whole state, the same on every machine for the same events."""
        return sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


def apply(state: EngineState, event: ev.AnyEvent) -> None:
    """Fold one event into the state."""
    state.seq += 1
    state.ts = max(state.ts, event.ts)
    FOLDS[type(event)](state, event)


def open_key(terms: OrderTerms) -> str:
    """Where the open quantity of an order is totalled: by symbol, side and level."""
    return f"{terms.symbol}/{terms.side}/{'child' if terms.parent_id else 'parent'}"


def execution_key(venue: str, exec_id: str) -> str:
    """The identity of an execution: what makes a repeated report harmless."""
    return f"{venue}/{exec_id}"


def payment_key(payment: ev.FundingPaid | cmd.BookFunding) -> str:
    """The identity of a payment, apart from those of executions."""
    return f"payment/{payment.account}/{payment.symbol}/{payment.payment_id}"


def move(state: EngineState, order_id: str, kind: Kind, at: int, change: Callable[[Order], None] | None = None) -> None:
    """One step of one order through the table, its open quantity kept in the totals."""
    order = state.orders[order_id]
    before = order.open_qty
    after_state = next_state(order.state, kind)
    if change is not None:
        change(order)
    if after_state is not None:
        order.state = after_state
        if after_state is State.LIVE and order.live_at is None:
            order.live_at = at
    settle(state, order, before, at)


def settle(state: EngineState, order: Order, before: Decimal, at: int) -> None:
    """Keep the totals of open quantity, and note the end of an order."""
    terms = order.terms
    key = open_key(terms)
    state.open_qty[key] = state.open_qty.get(key, ZERO) + order.open_qty - before
    if order.ended_at is None and (order.state in ENDED or not order.is_open):
        order.ended_at = at
    if terms.parent_id is not None:
        children = state.parents[terms.parent_id].open_children
        if order.is_open:
            children[terms.order_id] = None
        else:
            children.pop(terms.order_id, None)
    release(state, terms.parent_id or terms.order_id)


def release(state: EngineState, parent_id: str) -> None:
    """A parent is over when neither it nor any child is open: one that a late fill completes has some to cancel."""
    if not state.orders[parent_id].is_open and not state.parents[parent_id].open_children:
        state.working.pop(parent_id, None)


def on_session_started(state: EngineState, event: ev.SessionStarted) -> None:
    state.session = event
    state.instruments = {instrument.symbol: instrument for instrument in event.instruments}
    state.venues = {venue.name: venue for venue in event.venues}
    state.ledger.methods = dict(event.cost_methods)
    for symbol, quantity in event.positions.items():
        state.ledger.open(state.instruments[symbol], MAIN, quantity, event.entry_prices.get(symbol))


def on_order_received(state: EngineState, event: ev.OrderReceived) -> None:
    terms = event.terms
    order = Order(terms=terms, created_at=event.ts, state=State.LIVE, live_at=event.ts)
    state.orders[terms.order_id] = order
    state.parents[terms.order_id] = Parent(
        arrival_price=event.arrival_price,
        start=event.start,
        end=event.end,
        volume_at_start={venue: quote.volume for venue, quote in event.arrival.items()},
    )
    state.working[terms.order_id] = None
    if terms.client_order_id is not None:
        state.client_ids[terms.client_order_id] = terms.order_id
    settle(state, order, ZERO, event.ts)


def on_order_denied(state: EngineState, event: ev.OrderDenied) -> None:
    """Keep a denied parent as a rejected order, so that its id stays taken; a denied child never existed."""
    terms = event.terms
    if terms.parent_id is not None:
        state.parents[terms.parent_id].denied = event.code
        return
    state.orders[terms.order_id] = Order(
        terms=terms, created_at=event.ts, state=State.REJECTED, ended_at=event.ts, reason=event.reason
    )
    if terms.client_order_id is not None:
        state.client_ids[terms.client_order_id] = terms.order_id


def on_order_amended(state: EngineState, event: ev.OrderAmended) -> None:
    order = state.orders[event.order_id]
    before = order.open_qty
    order.terms = event.terms
    settle(state, order, before, event.ts)


def on_order_stopped(state: EngineState, event: ev.OrderStopped) -> None:
    parent = state.parents[event.order_id]
    parent.stopped, parent.expires = event.reason, event.expired
    move(state, event.order_id, Kind.ASK_CANCEL, event.ts, because(event.reason))


def on_order_ended(state: EngineState, event: ev.OrderEnded) -> None:
    kind = Kind.EXPIRE if event.expired else Kind.CANCEL
    move(state, event.order_id, kind, event.ts)


def on_child_submitted(state: EngineState, event: ev.ChildSubmitted) -> None:
    terms = event.terms
    assert terms.parent_id is not None
    order = Order(terms=terms, created_at=event.ts)
    state.orders[terms.order_id] = order
    state.children[terms.order_id] = Child(sent_at=event.ts, quote=event.quote)
    parent = state.parents[terms.parent_id]
    parent.children += 1
    parent.denied = ""
    if terms.tif is TimeInForce.IOC:
        parent.taken_at = event.ts
    settle(state, order, ZERO, event.ts)


def on_child_accepted(state: EngineState, event: ev.ChildAccepted) -> None:
    state.rejects_in_a_row = 0
    move(state, event.order_id, Kind.ACCEPT, event.ts)


def on_child_rejected(state: EngineState, event: ev.ChildRejected) -> None:
    state.rejects_in_a_row += 1
    move(state, event.order_id, Kind.REJECT, event.ts, because(event.reason))


def on_child_filled(state: EngineState, event: ev.ChildFilled) -> None:
    """Count money once, everywhere it counts: the child, its parent, the position and cash."""
    child = state.orders[event.order_id]
    terms = child.terms
    assert terms.parent_id is not None
    instrument = state.instruments[terms.symbol]
    value = event.last_qty * event.last_px
    fee = instrument.fee_in_currency(event.fee, event.fee_currency, event.last_px)

    def fill(order: Order) -> None:
        order.cum_qty += event.last_qty
        order.cum_value += value
        order.fees += fee or ZERO  # one taken in a third currency stands in the ledger, in that currency

    state.executions[execution_key(event.venue, event.exec_id)] = None
    state.rejects_in_a_row = 0
    move(state, terms.order_id, Kind.FILL, event.ts, fill)
    move(state, terms.parent_id, Kind.FILL, event.ts, fill)
    state.ledger.book(instrument, terms.account, execution_of(event, terms))
    slippage = event.slippage_bps / 10_000 * instrument.notional(event.last_qty, event.last_px)
    parent = state.parents[terms.parent_id]
    parent.slippage_cost += slippage
    parent.fills.append((event.ts, state.orders[terms.parent_id].cum_qty))


def execution_of(event: ev.ChildFilled, terms: OrderTerms) -> Execution:
    """A fill as the ledger books it, and undoes it."""
    return Execution(
        key=execution_key(event.venue, event.exec_id),
        quantity=terms.side.sign * event.last_qty,
        price=event.last_px,
        at=event.traded_at,
        fee=event.fee,
        fee_currency=event.fee_currency,
    )


def on_funding_paid(state: EngineState, event: ev.FundingPaid) -> None:
    state.executions[payment_key(event)] = None
    state.ledger.book(state.instruments[event.symbol], event.account, payment_of(event))


def payment_of(event: ev.FundingPaid) -> Payment:
    """A payment as the ledger books it."""
    return Payment(key=event.payment_id, amount=event.amount, currency=event.currency)


def on_cancel_asked(state: EngineState, event: ev.CancelAsked) -> None:
    move(state, event.order_id, Kind.ASK_CANCEL, event.ts)


def on_cancel_denied(state: EngineState, event: ev.CancelDenied) -> None:
    move(state, event.order_id, Kind.REFUSE_CANCEL, event.ts)


def on_child_canceled(state: EngineState, event: ev.ChildCanceled) -> None:
    move(state, event.order_id, Kind.CANCEL, event.ts, because(event.reason))


def on_child_expired(state: EngineState, event: ev.ChildExpired) -> None:
    move(state, event.order_id, Kind.EXPIRE, event.ts, because(event.reason))


def on_replace_asked(state: EngineState, event: ev.ReplaceAsked) -> None:
    def ask(order: Order) -> None:
        order.replacing = event.terms

    if event.terms.limit_price != state.orders[event.order_id].terms.limit_price:
        state.children[event.order_id] = Child(sent_at=event.ts, quote=event.quote)
    move(state, event.order_id, Kind.ASK_REPLACE, event.ts, ask)


def on_replace_denied(state: EngineState, event: ev.ReplaceDenied) -> None:
    def forget(order: Order) -> None:
        order.replacing = None

    move(state, event.order_id, Kind.REFUSE_REPLACE, event.ts, forget)


def on_child_replaced(state: EngineState, event: ev.ChildReplaced) -> None:
    def take_over(order: Order) -> None:
        order.terms = msgspec.structs.replace(order.terms, quantity=event.quantity, limit_price=event.limit_price)
        order.replacing = None

    move(state, event.order_id, Kind.REPLACE, event.ts, take_over)


def on_market_sampled(state: EngineState, event: ev.MarketSampled) -> None:
    state.sampled_at[event.symbol] = event.ts


def on_breaker_tripped(state: EngineState, event: ev.BreakerTripped) -> None:
    state.halted = event.reason


def on_alert_raised(state: EngineState, event: ev.AlertRaised) -> None:
    """An alert is for people; the state does not depend on it."""


def on_session_ended(state: EngineState, event: ev.SessionEnded) -> None:
    state.ended = event.status


def because(reason: str) -> Callable[[Order], None]:
    def note(order: Order) -> None:
        order.reason = reason

    return note


FOLDS: dict[type, Callable[[EngineState, Any], None]] = {
    ev.SessionStarted: on_session_started,
    ev.OrderReceived: on_order_received,
    ev.OrderDenied: on_order_denied,
    ev.OrderAmended: on_order_amended,
    ev.OrderStopped: on_order_stopped,
    ev.OrderEnded: on_order_ended,
    ev.ChildSubmitted: on_child_submitted,
    ev.ChildAccepted: on_child_accepted,
    ev.ChildRejected: on_child_rejected,
    ev.ChildFilled: on_child_filled,
    ev.FundingPaid: on_funding_paid,
    ev.CancelAsked: on_cancel_asked,
    ev.CancelDenied: on_cancel_denied,
    ev.ChildCanceled: on_child_canceled,
    ev.ChildExpired: on_child_expired,
    ev.ReplaceAsked: on_replace_asked,
    ev.ReplaceDenied: on_replace_denied,
    ev.ChildReplaced: on_child_replaced,
    ev.MarketSampled: on_market_sampled,
    ev.BreakerTripped: on_breaker_tripped,
    ev.AlertRaised: on_alert_raised,
    ev.SessionEnded: on_session_ended,
}
