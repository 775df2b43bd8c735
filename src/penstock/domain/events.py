"""What happened, in the journal's words. The engine's state is a fold over these and nothing else."""

from decimal import Decimal
from typing import Any

import msgspec

from penstock.domain.accounts import MAIN, CostMethod
from penstock.domain.contingency import Contingency
from penstock.domain.estimates import Estimates
from penstock.domain.instrument import SymbolProfile
from penstock.domain.instruments import AnyInstrument
from penstock.domain.orders import FIRST_CHILD, Ask, OrderTerms, OrderType, TimeInForce
from penstock.domain.quote import Depth, Quote
from penstock.domain.sessions import SessionTimes
from penstock.domain.venue import Liquidity, VenueSpec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="kind", omit_defaults=True, gc=False):
    ts: int


class SessionStarted(Event, frozen=True, kw_only=True):
    """Everything a reader needs to understand, replay or resume the session.

    `listings` maps a venue to the symbols it trades; `limits` is the risk limits in force; `profiles` is what is known
    of each symbol beforehand; `request` is what the user asked for, kept so that a killed run can be taken up again.
    `positions` are those of the account "main"; `cost_methods` names the accounts that do not count at average cost.
    `sessions` are the exchange sessions of each symbol, oldest first; without any, the market's span is one session.
    """

    version: str
    seed: int
    instruments: tuple[AnyInstrument, ...]
    venues: tuple[VenueSpec, ...]
    listings: dict[str, tuple[str, ...]]
    positions: dict[str, Decimal]
    entry_prices: dict[str, Decimal]
    limits: dict[str, Any]
    market_start: int
    market_end: int
    profiles: dict[str, SymbolProfile] = {}
    cost_methods: dict[str, CostMethod] = {}
    sessions: dict[str, tuple[SessionTimes, ...]] = {}
    request: dict[str, Any] = {}


class OrderReceived(Event, frozen=True, kw_only=True):
    """A parent passed risk and is being worked. `arrival` is each usable venue's quote at that instant.

    `start` and `end` bound its working window (ns). `native` is the venue that does all of it by itself; otherwise
    `synthetic` names what is done here because a venue does not have it. `user` is whose order it is.
    """

    terms: OrderTerms
    arrival: dict[str, Quote]
    arrival_price: Decimal
    decision_price: Decimal
    start: int
    end: int
    estimate: dict[str, Decimal] = {}
    native: str = ""
    synthetic: tuple[str, ...] = ()
    user: str = ""


class OrderSentWhole(Event, frozen=True, kw_only=True):
    """A simple order passed risk and leaves at once, all of it, for the one venue that it may use.

    It says what `OrderReceived` and then `ChildSubmitted` say of any other order; `spelled_out` gives these. `quote` is
    the venue's. `decision_price` is left out where it is the arrival price, and `limit_price` where it is the order's
    own; the child `takes` where nothing of it may rest.
    """

    terms: OrderTerms
    venue: str
    quote: Quote
    arrival_price: Decimal
    end: int
    limit_price: Decimal | None = None
    takes: bool = False
    decision_price: Decimal | None = None
    estimate: dict[str, Decimal] = {}
    user: str = ""


class OrderDenied(Event, frozen=True, kw_only=True):
    """An order that risk stopped, parent or child: it never left."""

    terms: OrderTerms
    code: str
    reason: str


class OrderAmended(Event, frozen=True, kw_only=True):
    """A parent has new terms, and a new end of its window where they move it."""

    order_id: str
    terms: OrderTerms
    end: int | None = None


class AmendmentWaits(Event, frozen=True, kw_only=True):
    """A parent is to have fewer units than are filled or working: its children give way first, then it is amended.

    Until then nothing of it may fill beyond the new quantity but what the venues already have.
    """

    order_id: str
    terms: OrderTerms
    end: int | None = None


class OrderTriggered(Event, frozen=True, kw_only=True):
    """What a stop or an if-touched order waited for happened, at this price: it works in its window from now on."""

    order_id: str
    price: Decimal
    start: int
    end: int


class TrailMoved(Event, frozen=True, kw_only=True):
    """The best price that a trailing stop has seen so far, where it moves the stop."""

    order_id: str
    price: Decimal


class GroupFormed(Event, frozen=True, kw_only=True):
    """Orders that depend on each other: an OCO's legs, or first the order that the others wait for."""

    group_id: str
    contingency: Contingency
    orders: tuple[OrderTerms, ...]
    user: str = ""


class GroupDisturbed(Event, frozen=True, kw_only=True):
    """The legs filled more than they share (`excess` above zero), or cannot close what the entry filled (below)."""

    group_id: str
    excess: Decimal


class OrderStopped(Event, frozen=True, kw_only=True):
    """A parent takes no new children and ends once those it has are gone."""

    order_id: str
    reason: str
    expired: bool = False


class OrderEnded(Event, frozen=True, kw_only=True):
    """A stopped parent has no open child left: it is over. (A filled one ends by its last fill.)"""

    order_id: str
    expired: bool = False
    reason: str = ""


class ChildSubmitted(Event, frozen=True, kw_only=True):
    """A child passed every risk check and leaves for its venue once this is durable."""

    terms: OrderTerms
    quote: Quote


class ChildAccepted(Event, frozen=True, kw_only=True):
    order_id: str
    venue_order_id: str


class ChildRejected(Event, frozen=True, kw_only=True):
    order_id: str
    reason: str


class ChildFilled(Event, frozen=True, kw_only=True):
    """Money moved. `slippage_bps` is against the mid at which this child was decided; positive is a cost.

    `fee` is in `fee_currency`; empty, in the instrument's currency. A rebate is negative.
    """

    order_id: str
    venue: str
    exec_id: str
    last_qty: Decimal
    last_px: Decimal
    fee: Decimal
    liquidity: Liquidity
    traded_at: int
    slippage_bps: Decimal
    before: Quote | None = None
    after: Quote | None = None
    depth: Depth | None = None
    fee_currency: str = ""


class FundingPaid(Event, frozen=True, kw_only=True):
    """A holding paid (+) or cost (−) money by itself: a perpetual's funding, a bond's coupon, a dividend.

    `payment_id` is the payer's identity of it; `currency` is the instrument's settlement currency unless named.
    """

    symbol: str
    payment_id: str
    amount: Decimal
    account: str = MAIN
    currency: str = ""


class CancelAsked(Event, frozen=True, kw_only=True):
    order_id: str
    reason: str
    request_id: str = ""


class CancelDenied(Event, frozen=True, kw_only=True):
    """The venue would not cancel: usually because a fill was faster."""

    order_id: str
    reason: str
    request_id: str = ""


class ChildCanceled(Event, frozen=True, kw_only=True):
    order_id: str
    reason: str


class ChildExpired(Event, frozen=True, kw_only=True):
    order_id: str
    reason: str


class ReplaceAsked(Event, frozen=True, kw_only=True):
    """A child is to have new terms: their total quantity and price."""

    order_id: str
    terms: OrderTerms
    quote: Quote
    request_id: str = ""


class ReplaceDenied(Event, frozen=True, kw_only=True):
    order_id: str
    reason: str
    request_id: str = ""


class ChildReplaced(Event, frozen=True, kw_only=True):
    order_id: str
    quantity: Decimal
    limit_price: Decimal | None
    request_id: str = ""


class RequestAcknowledged(Event, frozen=True, kw_only=True):
    """The venue has a request of ours and will answer it."""

    order_id: str
    ask: Ask
    request_id: str = ""


class ChildGuaranteed(Event, frozen=True, kw_only=True):
    """The venue guarantees a price and has not traded yet (FIX: stopped)."""

    order_id: str


class ChildSuspended(Event, frozen=True, kw_only=True):
    order_id: str
    reason: str


class ChildDoneForDay(Event, frozen=True, kw_only=True):
    order_id: str


class ChildRestated(Event, frozen=True, kw_only=True):
    """The venue renewed, resumed or changed an order by itself: a new day, the end of a halt, a split.

    `cum_qty` and `cum_value` are those that count from now on.
    """

    order_id: str
    quantity: Decimal
    limit_price: Decimal | None
    cum_qty: Decimal
    cum_value: Decimal
    reason: str


class FillBusted(Event, frozen=True, kw_only=True):
    """An execution never was: it is taken back everywhere it counted."""

    order_id: str
    venue: str
    exec_id: str
    reason: str


class FillCorrected(Event, frozen=True, kw_only=True):
    """An execution was another one: `exec_id` is replaced by `new_exec_id` with these numbers."""

    order_id: str
    venue: str
    exec_id: str
    new_exec_id: str
    last_qty: Decimal
    last_px: Decimal
    fee: Decimal
    fee_currency: str = ""


class ChildUnknown(Event, frozen=True, kw_only=True):
    """A venue did not answer in time: the order counts as if it were there until the venue has been asked."""

    order_id: str
    reason: str


class VenueStatusChanged(Event, frozen=True, kw_only=True):
    """`up`: may be traded on. `reconciling`: back, but not looked at yet. `down`: not reachable."""

    venue: str
    status: str
    reason: str = ""


class ForeignOrderSeen(Event, frozen=True, kw_only=True):
    """A venue holds an order on our account that is not ours: shown, never touched."""

    venue: str
    order_id: str


class OrdersArchived(Event, frozen=True, kw_only=True):
    """Parents that are long over leave memory, with their children and executions; the record keeps them."""

    order_ids: tuple[str, ...]


class RecallAsked(Event, frozen=True, kw_only=True):
    """Something concerns an archived order: it is kept in `waiting`, as it came, until the order is back in memory.

    The order is named by its client's id where a client named it so, else by its own.
    """

    order_id: str = ""
    client_order_id: str = ""
    waiting: dict[str, Any]


class OrderRecalled(Event, frozen=True, kw_only=True):
    """A recall has its answer, and what waited is dealt with.

    `family` is the parent, its children and executions as they come back; empty where the record knows no such order,
    or where it is back already.
    """

    order_id: str = ""
    client_order_id: str = ""
    family: dict[str, Any] = {}


class MarketSampled(Event, frozen=True, kw_only=True):
    """The market on record at a steady pace while parents work: benchmarks are computed from it.

    `estimates` are what algorithms are told of it from then on.
    """

    symbol: str
    quotes: dict[str, Quote]
    estimates: Estimates | None = None


class MarkMoved(Event, frozen=True, kw_only=True):
    """The price that exposure in a symbol is valued at from now on; on record only where a limit needs it."""

    symbol: str
    price: Decimal


class RateMoved(Event, frozen=True, kw_only=True):
    """The exchange rate of a currency into the desk's base currency, from now on."""

    currency: str
    rate: Decimal


class CashTold(Event, frozen=True, kw_only=True):
    """An account's settled cash, in the desk's base currency, as it was told us."""

    account: str
    settled: Decimal


class DayOpened(Event, frozen=True, kw_only=True):
    """A trading day began, numbered in days since 1970 (UTC): the day's gains, value and trades count anew."""

    day: int


class BreakerTripped(Event, frozen=True, kw_only=True):
    """A circuit breaker puts its scope into a mode until `until` (ns; None: until somebody resets it)."""

    breaker: str
    scope: str
    mode: str = "halted"
    until: int | None = None
    reason: str


class BreakerReset(Event, frozen=True, kw_only=True):
    """Somebody closed a circuit breaker."""

    breaker: str
    scope: str
    by: str
    reason: str


class ModeChanged(Event, frozen=True, kw_only=True):
    """A scope has this mode from now on."""

    scope: str
    mode: str
    by: str
    reason: str


class PositionsClosing(Event, frozen=True, kw_only=True):
    """Nothing of a flattened scope works any more, and these parents close its positions."""

    scope: str
    order_ids: tuple[str, ...] = ()


class LimitChanged(Event, frozen=True, kw_only=True):
    """One limit of one scope has another value, in the words of the session's limits; None: no limit."""

    scope: str
    name: str
    value: Any
    by: str
    reason: str


class LimitsScaled(Event, frozen=True, kw_only=True):
    """A scope's limits on size and exposure count times `scale` of what was set."""

    scope: str
    scale: float
    by: str
    reason: str


class RiskRefused(Event, frozen=True, kw_only=True):
    """A change of limits, modes or breakers that was not made: `asked` is the command, `refusal` says what is wrong."""

    asked: str
    scope: str
    code: str
    refusal: str
    by: str = ""
    reason: str = ""


class AlertRaised(Event, frozen=True, kw_only=True):
    """Something a person must know: a limit breached, an unknown report kept, an overfill booked."""

    severity: str
    code: str
    text: str
    order_id: str = ""
    report: dict[str, Any] = {}


class AlertAcknowledged(Event, frozen=True, kw_only=True):
    """Somebody has seen an alert; if it happens once more, it is a new one."""

    code: str
    about: str
    text: str
    by: str
    reason: str = ""


class SessionEnded(Event, frozen=True, kw_only=True):
    """The run's last event. `status` is `completed` or `interrupted`; `quotes` values what is held.

    `state_hash` is that of the engine's state just before: a replay must come to the same.
    """

    status: str
    state_hash: str = ""
    quotes: dict[str, dict[str, Quote]]


AnyEvent = (
    SessionStarted
    | OrderReceived
    | OrderSentWhole
    | OrderDenied
    | OrderAmended
    | AmendmentWaits
    | OrderTriggered
    | TrailMoved
    | GroupFormed
    | GroupDisturbed
    | OrderStopped
    | OrderEnded
    | ChildSubmitted
    | ChildAccepted
    | ChildRejected
    | ChildFilled
    | FundingPaid
    | CancelAsked
    | CancelDenied
    | ChildCanceled
    | ChildExpired
    | ReplaceAsked
    | ReplaceDenied
    | ChildReplaced
    | RequestAcknowledged
    | ChildGuaranteed
    | ChildSuspended
    | ChildDoneForDay
    | ChildRestated
    | FillBusted
    | FillCorrected
    | ChildUnknown
    | VenueStatusChanged
    | ForeignOrderSeen
    | OrdersArchived
    | RecallAsked
    | OrderRecalled
    | MarketSampled
    | MarkMoved
    | RateMoved
    | CashTold
    | DayOpened
    | BreakerTripped
    | BreakerReset
    | ModeChanged
    | PositionsClosing
    | LimitChanged
    | LimitsScaled
    | RiskRefused
    | AlertAcknowledged
    | AlertRaised
    | SessionEnded
)


NO_PARAMETERS: dict[str, Any] = {}  # one for all children
MARKET, LIMIT, IOC = OrderType.MARKET, OrderType.LIMIT, TimeInForce.IOC


def whole_child(terms: OrderTerms, venue: str, limit_price: Decimal | None, *, takes: bool) -> OrderTerms:
    """The one child of an order that is sent whole."""
    return OrderTerms(
        order_id=terms.order_id + FIRST_CHILD,
        symbol=terms.symbol,
        side=terms.side,
        quantity=terms.quantity,
        order_type=MARKET if limit_price is None else LIMIT,
        limit_price=limit_price,
        tif=IOC if takes else terms.tif,
        account=terms.account,
        parent_id=terms.order_id,
        venue=venue,
        slice_no=1,
        parameters=NO_PARAMETERS,
    )


def spelled_out(event: AnyEvent) -> tuple[AnyEvent, ...]:
    """An event in the words of those that every order has: of an `OrderSentWhole` two, any other is itself."""
    if type(event) is not OrderSentWhole:
        return (event,)
    terms, quote = event.terms, event.quote
    price = terms.limit_price if event.limit_price is None else event.limit_price
    received = OrderReceived(
        ts=event.ts,
        terms=terms,
        arrival={event.venue: quote},
        arrival_price=event.arrival_price,
        decision_price=event.arrival_price if event.decision_price is None else event.decision_price,
        start=event.ts,
        end=event.end,
        estimate=event.estimate,
        user=event.user,
    )
    child = whole_child(terms, event.venue, price, takes=event.takes)
    return received, ChildSubmitted(ts=event.ts, terms=child, quote=quote)
