"""The record as TCA reads it: a fold of the journal's events into one account per parent order.

Nothing is judged here and nothing is lost: what was asked, what the market was, what was sent, what came
back. Whatever the rest of this package says follows from this alone, so that the same journal always gives
the same answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec.structs import replace

from penstock.domain import events as ev
from penstock.domain.instrument import Instrument
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.tca.fees import fees_of

ZERO = Decimal(0)
BPS = Decimal(10_000)
CHILD_ENDS: dict[type[ev.Event], str] = {
    ev.ChildRejected: "rejected",
    ev.ChildCanceled: "canceled",
    ev.ChildExpired: "expired",
}


@dataclass
class Sample:
    """The touch of one symbol on each of its venues at `ts`."""

    ts: int
    quotes: dict[str, Quote]


@dataclass
class ChildRecord:
    """One order sent to a venue. `terms` are the last that were in force; times are the engine's (ns)."""

    terms: OrderTerms
    submitted_at: int
    acked_at: int | None = None
    ended_at: int | None = None
    status: str = "working"
    reason: str = ""
    filled: Decimal = ZERO
    fills: list[ev.ChildFilled] = field(default_factory=list)

    @property
    def venue(self) -> str:
        return self.terms.venue or ""


@dataclass
class ParentRecord:
    """One order of the client, from its arrival to its end. `terms` are the last in force.

    `ended_at` is None while it works; a filled parent ends by its last fill.
    """

    terms: OrderTerms
    instrument: Instrument
    arrived_at: int
    arrival: dict[str, Quote]
    arrival_price: Decimal
    decision_price: Decimal
    start: int
    end: int
    estimate: dict[str, Decimal]
    native: str = ""
    synthetic: tuple[str, ...] = ()
    user: str = ""
    ended_at: int | None = None
    status: str = "working"
    reason: str = ""
    filled: Decimal = ZERO
    children: dict[str, ChildRecord] = field(default_factory=dict)
    fills: list[ev.ChildFilled] = field(default_factory=list)

    @property
    def side(self) -> Side:
        return self.terms.side

    @property
    def avg_price(self) -> Decimal | None:
        """Average fill price, Σ q·p / Σ q; None without a fill."""
        if not self.filled:
            return None
        return sum((fill.last_qty * fill.last_px for fill in self.fills), ZERO) / self.filled

    @property
    def fees(self) -> Decimal:
        """In the instrument's currency; see `penstock.tca.fees` for those that cannot be stated in it."""
        return fees_of(self.instrument, self.fills)

    @property
    def traded_notional(self) -> Decimal:
        return sum((self.instrument.notional(fill.last_qty, fill.last_px) for fill in self.fills), ZERO)

    @property
    def decision_notional(self) -> Decimal:
        """The whole order at the decision price: what its costs are measured against."""
        return self.instrument.notional(self.terms.quantity, self.decision_price)


Violation = ev.OrderDenied | ev.BreakerTripped | ev.AlertRaised


@dataclass
class SessionRecord:
    """A whole journal. `samples` and `seen` (venue, quote as it came to be known at `ts`) are by symbol, in
    time order.

    `status` is `completed` or `interrupted` as the run said of itself, or `unfinished` when it could say
    nothing.
    """

    started: ev.SessionStarted
    instruments: dict[str, Instrument]
    last_ts: int
    status: str = "unfinished"
    parents: dict[str, ParentRecord] = field(default_factory=dict)
    children: dict[str, ChildRecord] = field(default_factory=dict)
    fills: list[ev.ChildFilled] = field(default_factory=list)
    payments: list[ev.FundingPaid] = field(default_factory=list)
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    seen: dict[str, list[tuple[int, str, Quote]]] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    @property
    def denied(self) -> list[OrderTerms]:
        return [event.terms for event in self.violations if isinstance(event, ev.OrderDenied)]

    def end_of(self, parent: ParentRecord) -> int:
        """When the parent ended, or the last instant on record if it still works."""
        return self.last_ts if parent.ended_at is None else parent.ended_at

    def samples_of(self, parent: ParentRecord) -> list[Sample]:
        """What the market was while the parent lived: its arrival, then every sample until its end."""
        until = self.end_of(parent)
        later = self.samples.get(parent.terms.symbol, [])
        return [
            Sample(parent.arrived_at, parent.arrival),
            *(sample for sample in later if parent.arrived_at < sample.ts <= until),
        ]


def read(events: Iterable[ev.AnyEvent]) -> SessionRecord:
    """The account of a journal's events, which start with `SessionStarted`.

    Raises:
        ValueError: the events are not a session's, from its first on.
    """
    stream = iter(events)
    started = next(stream, None)
    if not isinstance(started, ev.SessionStarted):
        raise ValueError("a record starts with SessionStarted: give the journal's events from the first on")
    session = SessionRecord(started, {each.symbol: each for each in started.instruments}, started.ts)
    for event in stream:
        for each in ev.spelled_out(event):
            _fold(session, each)
        session.last_ts = max(session.last_ts, event.ts)
    return session


def _fold(session: SessionRecord, event: ev.AnyEvent) -> None:
    """Write one event into the account."""
    match event:
        case ev.OrderReceived():
            _receive(session, event)
        case ev.OrderAmended():
            parent = session.parents[event.order_id]
            parent.terms = event.terms
            _end_if_filled(parent, event.ts)
        case ev.OrderStopped():
            session.parents[event.order_id].reason = event.reason
        case ev.OrderEnded():
            _end_parent(session.parents[event.order_id], event)
        case ev.ChildSubmitted():
            _submit(session, event)
        case ev.ChildAccepted():
            _acknowledge(session.children[event.order_id], event.ts)
        case ev.FundingPaid():
            session.payments.append(event)
        case ev.ChildFilled() | ev.FillBusted() | ev.FillCorrected():
            _execute(session, event)
        case ev.ChildReplaced():
            child = session.children[event.order_id]
            child.terms = replace(child.terms, quantity=event.quantity, limit_price=event.limit_price)
        case ev.ChildRejected() | ev.ChildCanceled() | ev.ChildExpired():
            _end_child(session.children[event.order_id], event)
        case ev.MarketSampled():
            _sample(session, event.symbol, event.ts, event.quotes)
        case ev.OrderDenied() | ev.BreakerTripped() | ev.AlertRaised():
            session.violations.append(event)
        case ev.SessionEnded():
            _end(session, event)


def _receive(session: SessionRecord, event: ev.OrderReceived) -> None:
    symbol = event.terms.symbol
    session.parents[event.terms.order_id] = ParentRecord(
        terms=event.terms,
        instrument=session.instruments[symbol],
        arrived_at=event.ts,
        arrival=event.arrival,
        arrival_price=event.arrival_price,
        decision_price=event.decision_price,
        start=event.start,
        end=event.end,
        estimate=event.estimate,
        native=event.native,
        synthetic=event.synthetic,
        user=event.user,
    )
    _see(session, symbol, event.ts, event.arrival)


def _submit(session: SessionRecord, event: ev.ChildSubmitted) -> None:
    terms = event.terms
    child = ChildRecord(terms, event.ts)
    session.children[terms.order_id] = child
    session.parents[terms.parent_id or terms.order_id].children[terms.order_id] = child
    _see(session, terms.symbol, event.ts, {child.venue: event.quote})


def _fill(session: SessionRecord, event: ev.ChildFilled) -> None:
    child = session.children[event.order_id]
    parent = session.parents[child.terms.parent_id or child.terms.order_id]
    session.fills.append(event)
    _acknowledge(child, event.ts)
    for order in (child, parent):
        order.fills.append(event)
        order.filled += event.last_qty
        _end_if_filled(order, event.ts)
    for quote in (event.before, event.after):
        if quote is not None:
            _see(session, child.terms.symbol, event.ts, {event.venue: quote})


def _execute(session: SessionRecord, event: ev.ChildFilled | ev.FillBusted | ev.FillCorrected) -> None:
    """An execution, or what became of one: what was taken back has never been, what was corrected was always so."""
    if isinstance(event, ev.ChildFilled):
        _fill(session, event)
        return
    child = session.children[event.order_id]
    parent = session.parents[child.terms.parent_id or child.terms.order_id]
    for fills in (session.fills, child.fills, parent.fills):
        at = next(n for n, fill in enumerate(fills) if (fill.venue, fill.exec_id) == (event.venue, event.exec_id))
        fills[at : at + 1] = (
            [] if isinstance(event, ev.FillBusted) else [_corrected(fills[at], event, child.terms.side)]
        )
    for order in (child, parent):
        order.filled = sum((fill.last_qty for fill in order.fills), ZERO)
        if order.status == "filled" and order.filled < order.terms.quantity:
            order.status, order.ended_at = "working", None
        _end_if_filled(order, event.ts)


def _corrected(fill: ev.ChildFilled, right: ev.FillCorrected, side: Side) -> ev.ChildFilled:
    """A fill with its right numbers, its slippage against the same mid as before."""
    mid = fill.last_px / (1 + side.sign * fill.slippage_bps / BPS)
    slippage = (side.sign * (right.last_px - mid) / mid * BPS).quantize(fill.slippage_bps)
    return replace(
        fill,
        exec_id=right.new_exec_id,
        last_qty=right.last_qty,
        last_px=right.last_px,
        fee=right.fee,
        fee_currency=right.fee_currency,
        slippage_bps=slippage,
    )


def _end_if_filled(order: ChildRecord | ParentRecord, ts: int) -> None:
    if order.filled >= order.terms.quantity:
        order.status, order.ended_at = "filled", ts


def _sample(session: SessionRecord, symbol: str, ts: int, quotes: dict[str, Quote]) -> None:
    session.samples.setdefault(symbol, []).append(Sample(ts, quotes))
    _see(session, symbol, ts, quotes)


def _end(session: SessionRecord, event: ev.SessionEnded) -> None:
    session.status = event.status
    for symbol, quotes in event.quotes.items():
        _sample(session, symbol, event.ts, quotes)


def _see(session: SessionRecord, symbol: str, ts: int, quotes: dict[str, Quote]) -> None:
    session.seen.setdefault(symbol, []).extend((ts, venue, quote) for venue, quote in quotes.items())


def _acknowledge(child: ChildRecord, ts: int) -> None:
    if child.acked_at is None:
        child.acked_at = ts


def _end_parent(parent: ParentRecord, event: ev.OrderEnded) -> None:
    if parent.status == "filled":
        return
    parent.status = "expired" if event.expired else "canceled"
    parent.ended_at = event.ts
    parent.reason = event.reason or parent.reason


def _end_child(child: ChildRecord, event: ev.ChildRejected | ev.ChildCanceled | ev.ChildExpired) -> None:
    child.status, child.ended_at, child.reason = CHILD_ENDS[type(event)], event.ts, event.reason
