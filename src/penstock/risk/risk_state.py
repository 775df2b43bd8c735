"""Everything about risk that the journal can give back, and what each event does to it. Only folds call these.

A parent is counted in its account's lines, and in its user's and strategy's where these are limited; a child in its
venue's. So what a child has open is counted once for the parent's owners, and once for the venue, the counterparty.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from penstock.domain.instrument import Instrument
from penstock.domain.orders import Order, OrderTerms
from penstock.domain.time import MILLISECOND, SECOND
from penstock.risk import duplicates, rates, self_trade
from penstock.risk.alerting import OpenAlerts
from penstock.risk.asked import Tally
from penstock.risk.breakers import CONSECUTIVE, Answers, Breaker, Trip
from penstock.risk.circuits import Circuits, changes_nothing, measured, sent
from penstock.risk.counting import Counts, counts_of
from penstock.risk.effective import Effective, RateBound, scopes_with_own_positions
from penstock.risk.exposure import ZERO, Exposure
from penstock.risk.exposure_changes import filled, held, order_open, price_moved, totals_changed
from penstock.risk.limit_book import LimitBook
from penstock.risk.modes import Mode, Modes
from penstock.risk.scopes import DESK, Belongs
from penstock.risk.self_trade import Resting
from penstock.risk.venue_budgets import VenueBudgets

Holding = tuple[str, str, Decimal, Decimal]  # account, symbol, signed quantity, the price its gains count from
Working = tuple[Order, Decimal]  # an open order, and the reference price that it is counted at without a limit


ANYTHING = Decimal("-Infinity")
Prices = tuple[Decimal | None, ...]
Rests = dict[str, Prices]  # by order
Rest = tuple[str, str, str, int, Prices]  # an order (empty: kept elsewhere), venue, symbol, sign, where it may rest


class Tripped(msgspec.Struct, frozen=True):
    """A breaker that tripped in a scope, and that nobody has been told of yet."""

    breaker: str
    scope: str
    mode: Mode
    until: int | None
    reason: str


class RiskState(msgspec.Struct, kw_only=True):
    """The limits in force, what they are compared with, the modes and the breakers.

    `book` is in force: the book that was `set`, with some scopes' limits times their `scales`. `rests` is at which
    prices each open child may rest: its own, and those of replaces under way. They are kept (`rests_kept`) from the
    first time on at which both sides of a symbol were open: before, nothing of ours can meet. `users` is whose each
    parent is. `trips` have happened and are not on record yet. `flattening` are the scopes whose positions are still to
    be closed, with the number of the event that said so; `closers` names a scope that holds what its own orders filled,
    by how the ids of the orders begin that close it. `day` is in days since 1970. `budgets` are those of venues that
    have any, and what of them is spent. `alerts` are those that nobody has acknowledged.

    The rest follows from the others, so that an order's events are spared what no limit asks (`noted`): `follows` says
    that open orders are counted, `heeds_parents` and `heeds_sends` that taking and sending them is. What is slower than
    `slow_after` (ns), or costs more than `slippage_above` (bps), matters to a breaker; anything does while a circuit is
    not at rest. `holds_back`: there are modes or open breakers. `is_due`: trips are to be told, or positions closed.
    `forgets`: orders have circuits of their own.
    """

    book: LimitBook = msgspec.field(default_factory=LimitBook)
    set: LimitBook = msgspec.field(default_factory=LimitBook)
    scales: dict[str, float] = {}
    counts: Counts = msgspec.field(default_factory=lambda: counts_of(LimitBook()))
    tally: Tally = msgspec.field(default_factory=Tally)
    modes: Modes = {}
    circuits: Circuits = msgspec.field(default_factory=Circuits)
    trips: list[Tripped] = []
    flattening: dict[str, int] = {}
    closers: dict[str, str] = {}
    answers: dict[str, Answers] = {}
    users: dict[str, str] = {}
    rests: Rests = {}
    rests_kept: bool = False
    day: int = 0
    budgets: dict[str, VenueBudgets] = {}
    alerts: OpenAlerts = {}
    follows: bool = False
    heeds_parents: bool = False
    heeds_sends: bool = False
    slow_after: int = SECOND
    slippage_above: Decimal = Decimal(25)
    holds_back: bool = False
    is_due: bool = False
    forgets: bool = False


def noted(state: RiskState) -> None:
    """Find again what follows from limits, modes and circuits, after any of them changed."""
    book, circuits = state.book, state.circuits
    limited = [book.of(scope) for scope in (DESK, *book.scopes)]
    state.follows = state.counts.exposure or state.rests_kept
    rated = any(limits.order_rate_max is not None for limits in limited)
    state.heeds_parents = state.counts.exposure or state.counts.recent or rated
    rated = any(limits.message_rate_max is not None for limits in limited)
    state.heeds_sends = rated or bool(circuits.tripped or state.budgets)
    at_rest = not circuits.by_scope
    state.slow_after = int(book.breakers["latency"].threshold * MILLISECOND) if at_rest else -1
    state.slippage_above = book.breakers["slippage"].threshold if at_rest else ANYTHING
    state.holds_back = bool(state.modes or circuits.tripped)
    state.is_due = bool(state.trips or state.flattening)
    state.forgets = any(breaker.scope in ("order", "parent") for breaker in book.breakers.values())


def limits_changed(state: RiskState, book: LimitBook, instruments: Mapping[str, Instrument]) -> bool:
    """Other limits are in force. What was sent under the old ones counts under the new.

    True: something has to be counted that was not, so `counted_anew` has to follow.
    """
    old, before = state.book, state.counts
    state.book, state.counts = book, counts_of(book)
    totals_changed(state.tally.exposure, instruments, book.scopes, book.sectors)
    for scope in (DESK, *book.scopes):
        limits = book.of(scope)
        for name in ("order_rate_max", "message_rate_max"):
            most, window_s = getattr(limits, name), limits.rate_window_s or book.desk.rate_window_s
            known = (getattr(old.of(scope), name), old.of(scope).rate_window_s or old.desk.rate_window_s)
            if most is not None and (most, window_s) != known:
                span = round(window_s * SECOND)
                rates.limited_anew(state.tally.rates, name.removesuffix("_max"), scope, most, span)
    now = state.counts
    noted(state)
    return now.exposure and not before.exposure


def rests_begun(state: RiskState, children: Iterable[Rest]) -> None:
    """From now on it is kept where our orders rest."""
    state.rests_kept = True
    state.rests = {}
    state.tally.resting = resting_of(children, state.rests)
    noted(state)


def resting_of(children: Iterable[Rest], rests: Rests | None = None) -> Resting:
    """Where these orders rest; noted in `rests`, too."""
    resting: Resting = {}
    for order_id, venue, symbol, sign, limits in children:
        for limit in limits:
            self_trade.opened(resting, venue, symbol, sign, limit)
        if rests is not None and order_id:
            rests[order_id] = limits
    return resting


def rest_of(order: Order) -> Rest:
    """Where an open child may rest."""
    terms = order.terms
    return terms.order_id, terms.venue or "", terms.symbol, terms.side.sign, limits_of(order)


def consecutive(book: LimitBook) -> Breaker:
    """The breaker of rejects in a row; `consecutive_rejects_max` is its number, unless its own table names another."""
    breaker = book.breakers["consecutive"]
    if breaker.breaches != CONSECUTIVE.breaches:
        return breaker
    return msgspec.structs.replace(breaker, breaches=max(book.desk.consecutive_rejects_max, 1))


def measure(state: RiskState, breaker: Breaker, scope: str, measurement: Decimal | int, now: int) -> None:
    """Fold a measurement in; a trip that it causes is kept until it is on record."""
    if changes_nothing(state.circuits, breaker, scope, measurement):
        return  # nor of what follows from the circuits
    trip: Trip | None = measured(state.circuits, breaker, scope, measurement, now)
    if trip is not None:
        state.trips.append(Tripped(trip.breaker, scope, trip.mode, trip.until, trip.reason))
    noted(state)


def counted_anew(
    state: RiskState,
    instruments: Mapping[str, Instrument],
    prices: Mapping[str, Decimal],
    holdings: Iterable[Holding],
    parents: Iterable[Working],
    children: Iterable[Working],
) -> None:
    """Count what is held and open, once: at a session's start, and when a limit is set that needs it.

    Gains and trades of the day count from now on, and what venues hold of it is not known: only what they fill from now
    on, and what is open there, is their exposure.
    """
    tally = state.tally
    tally.exposure = Exposure(base=tally.exposure.base, rates=tally.exposure.rates)
    totals_changed(tally.exposure, instruments, state.book.scopes, state.book.sectors)
    if state.rests_kept:
        tally.resting, state.rests = {}, {}
    for symbol, price in prices.items():
        price_moved(tally.exposure, instruments[symbol], price)
    if state.counts.exposure:
        for account, symbol, quantity, price in holdings:
            held(tally.exposure, (f"account/{account}",), instruments[symbol], quantity, price)
    for order, reference in parents:
        parent_open(state, order, instruments[order.terms.symbol], reference)
    for order, reference in children:
        child_open(state, order, instruments[order.terms.symbol], reference)


def parent_taken(state: RiskState, terms: OrderTerms, user: str, bounds: tuple[RateBound, ...], now: int) -> None:
    """A parent was accepted: it counts in its rates, and as one that another may be a duplicate of."""
    if user:
        state.users[terms.order_id] = user
    if bounds:
        rates.counted(state.tally.rates, "order_rate", bounds, now)
    if state.counts.recent:
        duplicates.taken(state.tally.recent, duplicates.likeness(terms), now)


def child_sent(state: RiskState, effective: Effective, now: int, own: tuple[str, ...] = ()) -> None:
    """A new order or a replace left for a venue: it counts in the message rates, and probes half-open breakers.

    `own` are the scopes of the order itself and of its parent.
    """
    if effective.message_rate_max:
        rates.counted(state.tally.rates, "message_rate", effective.message_rate_max, now)
    if state.circuits.tripped:
        sent(state.circuits, state.book.breakers, (*effective.scopes, *own), now)
        noted(state)


def parent_open(state: RiskState, order: Order, instrument: Instrument, reference: Decimal) -> None:
    """What a parent may still fill has changed: at its start, with every fill and amendment, at its end.

    `reference` is the price that a parent without a limit is counted at, its arrival price.
    """
    if state.counts.exposure:
        terms = order.terms
        worst = reference if terms.limit_price is None else terms.limit_price
        _open(state, order, owners_of(state, terms), instrument, worst)


def child_open(state: RiskState, order: Order, instrument: Instrument, reference: Decimal) -> None:
    """The same of a child, in its venue's line; and where it rests, so that no other order of ours meets it.

    While a replace is under way either price may hold, so the order is counted at the worse one and rests at both.
    """
    if state.counts.exposure:
        prices = [limit for limit in limits_of(order) if limit is not None]
        worst = max(prices) if prices else reference
        _open(state, order, (f"venue/{order.terms.venue}",), instrument, worst)
    if state.rests_kept:
        child_rests(state, order)


def child_rests(state: RiskState, order: Order) -> None:
    """Keep where a child rests, while that is kept."""
    _rest(state.tally.resting, state.rests, order)


def whole_rests(state: RiskState, venue: str, symbol: str, sign: int, limit: Decimal | None) -> None:
    """Keep where the only child of an order sent whole rests, in its one record."""
    self_trade.opened(state.tally.resting, venue, symbol, sign, limit)


def whole_gone(state: RiskState, venue: str, symbol: str, sign: int, limit: Decimal | None) -> None:
    """It rests there no more."""
    self_trade.closed(state.tally.resting, venue, symbol, sign, limit)


def limits_of(order: Order) -> Prices:
    """The limit prices that may hold for an order: its own, and those that were asked for."""
    if not order.requests:
        return (order.terms.limit_price,)
    asked = (request.terms.limit_price for request in order.requests if request.terms is not None)
    return tuple(dict.fromkeys((order.terms.limit_price, *asked)))


def _rest(resting: Resting, rests: Rests, order: Order) -> None:
    terms = order.terms
    before, now = rests.get(terms.order_id, ()), limits_of(order) if order.open_qty else ()
    if before == now:
        return
    venue, sign = terms.venue or "", terms.side.sign
    for limit in before:
        if limit not in now:
            self_trade.closed(resting, venue, terms.symbol, sign, limit)
    for limit in now:
        if limit not in before:
            self_trade.opened(resting, venue, terms.symbol, sign, limit)
    if now:
        rests[terms.order_id] = now
    else:
        del rests[terms.order_id]


def child_filled(
    state: RiskState,
    child: Order,
    parent: Order,
    instrument: Instrument,
    quantity: Decimal,
    price: Decimal,
    fee: Decimal,
    references: tuple[Decimal, Decimal],
) -> None:
    """A signed quantity of a child filled, and both orders count it already.

    `references` are those of `child_open` and `parent_open`, neither of which has to be told. `fee` is in the
    settlement currency.
    """
    if state.counts.exposure:
        owners = (*owners_of(state, parent.terms), f"venue/{child.terms.venue}")
        filled(state.tally.exposure, owners, instrument, quantity, price, fee)
    child_open(state, child, instrument, references[0])
    parent_open(state, parent, instrument, references[1])


def fill_undone(
    state: RiskState,
    child: OrderTerms,
    parent: OrderTerms,
    instrument: Instrument,
    quantity: Decimal,
    price: Decimal,
    fee: Decimal,
) -> None:
    """A fill was busted: the opposite quantity and fee. What is open again, `child_open` and `parent_open` tell."""
    if state.counts.exposure:
        owners = (*owners_of(state, parent), f"venue/{child.venue}")
        held(state.tally.exposure, owners, instrument, quantity, price, fee)


def answered(state: RiskState, venue: str, *, rejected: bool) -> Decimal | None:
    """A venue accepted or rejected an order; returns the measurement that a reject is for the reject rate."""
    answers = state.answers.get(venue)
    if answers is None:
        answers = state.answers[venue] = Answers()
    return answers.take(rejected=rejected)


def owners_of(state: RiskState, terms: OrderTerms) -> tuple[str, ...]:
    """Whose lines a parent changes: those that it was opened in, as long as it is."""
    known = state.tally.exposure.orders.get(terms.order_id)
    if known is not None:
        return known.owners
    account = f"account/{terms.account}"
    if not state.book.scopes:
        return (account,)
    belongs = Belongs(user=state.users.get(terms.order_id, ""), strategy=terms.algorithm or "")
    return (account, *scopes_with_own_positions(state.book, belongs))


def _open(state: RiskState, order: Order, owners: tuple[str, ...], instrument: Instrument, worst: Decimal) -> None:
    terms, quantity, has_traded = order.terms, order.open_qty, order.cum_qty > ZERO
    exposure, sign = state.tally.exposure, terms.side.sign
    order_open(exposure, terms.order_id, owners, instrument, sign, quantity, worst, has_traded=has_traded)
