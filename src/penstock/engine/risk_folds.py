"""What events do to the state of risk. Only `penstock.engine.folds` calls these; each is called where it may matter.

So that an order pays for the limits there are, folds ask one attribute first: whether open orders are followed at all,
whether taking or sending one is heeded, whether a circuit is not at rest.
"""

from collections.abc import Iterator
from decimal import Decimal

from penstock.domain import events as ev
from penstock.domain.instrument import ONE, Instrument
from penstock.domain.orders import Order, OrderTerms, State
from penstock.domain.time import DAY, MILLISECOND, SECOND
from penstock.domain.venue_budget import Message
from penstock.engine.open_totals import OpenTotals
from penstock.engine.own_holdings import CLOSING, OF_OWN_FILLS
from penstock.engine.position import Execution, Position
from penstock.engine.state import EngineState
from penstock.risk import alerting, circuits, credit, venue_budgets
from penstock.risk import exposure_changes as exposure
from penstock.risk import risk_state as risks
from penstock.risk.asked import own_scopes
from penstock.risk.breakers import Breaker
from penstock.risk.dynamic import scaled_book
from penstock.risk.effective import Effective, effectives_of
from penstock.risk.exposure import Mark
from penstock.risk.limit_book import restored_book
from penstock.risk.limit_change import with_limit
from penstock.risk.modes import Mode, ModeChange, take
from penstock.risk.risk_state import Rest
from penstock.risk.scopes import DESK, kind_of

ZERO = Decimal(0)
BPS = Decimal(10_000)
PENDING_NEW = State.PENDING_NEW
TIME_OUT = SECOND  # an order that is lost sooner is not late
NEXT_DAY = 1  # when a sale's proceeds are there: T+1, as for most shares


def session_started(state: EngineState, event: ev.SessionStarted) -> None:
    """The limits of a session hold from its start; modes, breakers and the day's totals outlast the one before."""
    risk = state.risk
    day, was = event.ts // DAY, risk.day
    risk.set, risk.scales = restored_book(event.limits), {}
    risk.budgets = venue_budgets.begun(risk.budgets, {venue.name: venue.budgets for venue in event.venues})
    if changed(state) or (event.positions and risk.counts.exposure):
        count(state)
    elif day > was and risk.counts.exposure:
        open_day(state, day)
    risk.day = max(day, was)


def changed(state: EngineState) -> bool:
    """Put what was set, scaled, in force; True: what is held and open has to be counted from the start."""
    risk = state.risk
    return risks.limits_changed(risk, scaled_book(risk.set, risk.scales), state.instruments)


def limit_changed(state: EngineState, event: ev.LimitChanged) -> None:
    state.risk.set = with_limit(state.risk.set, event.scope, event.name, event.value)
    if changed(state):
        count(state)


def limits_scaled(state: EngineState, event: ev.LimitsScaled) -> None:
    scales = state.risk.scales
    if event.scale < 1:
        scales[event.scope] = event.scale
    else:
        scales.pop(event.scope, None)
    if changed(state):
        count(state)


def count(state: EngineState) -> None:
    """Count what is held and open, once."""
    risk = state.risk
    prices, instruments = dict(risk.tally.exposure.prices), state.instruments
    holdings = [
        (account, symbol, book.position.quantity, prices.get(symbol) or entry_of(instruments[symbol], book.position))
        for symbol, books in state.ledger.books.items()
        for account, book in books.items()
        if book.position.quantity
    ]
    parents = [(state.orders[order_id], state.parents[order_id].arrival_price) for order_id in state.working]
    children = [(order, reference_of(state, order)) for order in open_children(state)]
    risks.counted_anew(risk, instruments, prices, holdings, parents, children)


def entry_of(instrument: Instrument, position: Position) -> Decimal:
    """What a holding cost a unit; without that its gains count from nothing, so they are not told too small a loss."""
    known = [lot for lot in position.lots if lot.cost is not None]
    quantity = sum((lot.quantity for lot in known), ZERO)
    return instrument.price_of(quantity, position.cost) if quantity else ZERO


def open_children(state: EngineState) -> Iterator[Order]:
    for order_ids in state.at_venue.values():
        for order_id in order_ids:
            yield state.orders[order_id]


def resting(state: EngineState) -> Iterator[Rest]:
    """At which prices every open child may rest."""
    for order_ids in state.at_venue.values():
        for order_id in order_ids:
            whole = state.wholes.get(order_id)
            if whole is not None:
                yield "", whole.venue, whole.terms.symbol, whole.terms.side.sign, (whole.limit_price,)
            else:
                yield risks.rest_of(state.orders[order_id])


def rests_begun(state: EngineState) -> None:
    """From now on it is kept where our orders rest."""
    risks.rests_begun(state.risk, resting(state))


def reference_of(state: EngineState, order: Order) -> Decimal:
    """The price that a child without a limit is counted at: the mid that it was decided at."""
    if order.terms.limit_price is not None:
        return order.terms.limit_price
    mid = state.children[order.terms.order_id].quote.mid
    assert order.terms.parent_id is not None
    return mid if mid is not None else state.parents[order.terms.parent_id].arrival_price


def effective_of(state: EngineState, terms: OrderTerms) -> Effective:
    """The limits and scopes of a parent or child, as they are now."""
    risk, parent = state.risk, terms
    if terms.parent_id is not None:
        parent = state.orders[terms.parent_id].terms
    asset_class = state.instruments[terms.symbol].asset_class.value
    user, strategy = risk.users.get(parent.order_id, ""), parent.algorithm or ""
    return effectives_of(risk.book).of(terms.account, user, strategy, terms.symbol, asset_class, terms.venue or "")


def scopes_of(state: EngineState, terms: OrderTerms) -> tuple[str, ...]:
    """Every scope that an order belongs to: those that limits and modes name, and its parent's and its own."""
    return (*effective_of(state, terms).scopes, *own_scopes(terms))


def parent_taken(state: EngineState, terms: OrderTerms, arrival_price: Decimal, user: str, at: int) -> None:
    """A parent was received, and somebody or some limit wants to know."""
    risk = state.risk
    if user:
        risk.users[terms.order_id] = user
    bounds = effective_of(state, terms).order_rate_max if risk.heeds_parents else ()
    risks.parent_taken(risk, terms, user, bounds, at)
    if risk.counts.exposure:
        risks.parent_open(risk, state.orders[terms.order_id], state.instruments[terms.symbol], arrival_price)


def sent(state: EngineState, terms: OrderTerms, at: int, message: Message = Message.NEW) -> None:
    """A new child or a replace left: it counts in message rates and budgets, and probes half-open breakers."""
    account = state.risk.budgets.get(terms.venue or "")
    if account is not None:
        venue_budgets.spend(account, message, at)
    risks.child_sent(state.risk, effective_of(state, terms), at, own_scopes(terms))


def cancel_sent(state: EngineState, terms: OrderTerms, at: int) -> None:
    """A cancel left: it is asked of no limit, and counts in its venue's budgets."""
    account = state.risk.budgets.get(terms.venue or "")
    if account is not None:
        venue_budgets.spend(account, Message.CANCEL, at)


def followed(state: EngineState, order: Order) -> None:
    """What an order may still fill, or at which price, has changed."""
    terms = order.terms
    if not state.risk.counts.exposure:
        if terms.parent_id is not None:
            risks.child_rests(state.risk, order)
        return
    instrument = state.instruments[terms.symbol]
    if terms.parent_id is None:
        risks.parent_open(state.risk, order, instrument, state.parents[terms.order_id].arrival_price)
    else:
        risks.child_open(state.risk, order, instrument, reference_of(state, order))


def filled(state: EngineState, child: Order, parent: Order, event: ev.ChildFilled) -> None:
    """A fill that both orders count already."""
    if not state.risk.counts.exposure:
        risks.child_rests(state.risk, child)
        return
    terms = child.terms
    instrument, quantity = state.instruments[terms.symbol], terms.side.sign * event.last_qty
    fee = fee_of(instrument, event.fee, event.fee_currency, event.last_px)
    arrival = state.parents[parent.terms.order_id].arrival_price
    risks.child_filled(
        state.risk, child, parent, instrument, quantity, event.last_px, fee, (reference_of(state, child), arrival)
    )
    if state.risk.counts.cash:
        pay(state, terms.account, instrument, quantity, event.last_px, fee, event.ts)


def undone(state: EngineState, booked: Execution, at: int) -> None:
    """An execution was taken back: its opposite, at its own price."""
    if not state.risk.counts.exposure:
        return
    held(state, state.orders[booked.order_id].terms, booked, -booked.quantity, -1, at)


def corrected(state: EngineState, order_id: str, right: Execution, at: int) -> None:
    """What an execution really was: it counts from now on, where the wrong one was undone before."""
    if state.risk.counts.exposure:
        held(state, state.orders[order_id].terms, right, right.quantity, 1, at)


def held(state: EngineState, child: OrderTerms, was: Execution, quantity: Decimal, sign: int, at: int) -> None:
    assert child.parent_id is not None
    parent, instrument = state.orders[child.parent_id].terms, state.instruments[child.symbol]
    fee = sign * fee_of(instrument, was.fee, was.fee_currency, was.price)
    risks.fill_undone(state.risk, child, parent, instrument, quantity, was.price, fee)
    if state.risk.counts.cash:
        pay(state, child.account, instrument, quantity, was.price, fee, at)


def fee_of(instrument: Instrument, fee: Decimal, currency: str, price: Decimal) -> Decimal:
    """A fee in the settlement currency; one in a third currency stands in the ledger only."""
    if not fee or currency == instrument.settlement_currency:
        return fee
    if instrument.currency == instrument.settlement_currency:
        return instrument.fee_in_currency(fee, currency, price) or ZERO
    return instrument.value(ONE, price) * fee if currency in ("", instrument.currency) else ZERO


def pay(
    state: EngineState, account: str, instrument: Instrument, quantity: Decimal, price: Decimal, fee: Decimal, at: int
) -> None:
    """What a trade does to an account's cash: a purchase and a fee at once, a sale when it settles."""
    mark = state.risk.tally.exposure.mark(instrument)
    if not isinstance(mark, Mark):
        return  # the account's exposure is not known, and so nothing more is bought
    known = state.risk.tally.cash.get(account)
    cash = known or state.risk.tally.cash.setdefault(account, credit.Cash())
    credit.paid(cash, fee * mark.settled_rate)
    if not mark.owned:
        return
    value = instrument.notional(abs(quantity), price) * mark.rate
    if quantity > ZERO:
        credit.paid(cash, value)
    else:
        credit.sold(cash, value, at // DAY + NEXT_DAY)


def child_begun(state: EngineState, order: Order, totals: OpenTotals) -> None:
    """A child was sent. Once both sides of its symbol are open, it is kept where our orders rest."""
    risk = state.risk
    if risk.counts.exposure:
        followed(state, order)
    elif risk.rests_kept:
        risks.child_rests(risk, order)
    if not risk.rests_kept and risk.counts.resting and totals.children_buy and totals.children_sell:
        rests_begun(state)


def met_ours(state: EngineState) -> None:
    """An order would have met one of ours: from now on it is kept where they rest, and not found out every time."""
    if not state.risk.rests_kept and state.risk.counts.resting:
        rests_begun(state)


def accepted(state: EngineState, order: Order, waited: int, at: int) -> None:
    """A venue took an order, after so many ns, while that may matter to a breaker."""
    if not order.unknown:  # else it was measured when it was late
        slow(state, order.terms, waited, at)
    measure(state, risks.consecutive(state.risk.book), order.terms, 0, at)


def rejected(state: EngineState, order: Order, waited: int, at: int) -> None:
    risk, breakers = state.risk, state.risk.book.breakers
    rate = risks.answered(risk, order.terms.venue or "", rejected=True)
    if rate is not None:
        measure(state, breakers["reject_rate"], order.terms, rate, at)
    if not order.unknown:
        slow(state, order.terms, waited, at)
    measure(state, risks.consecutive(risk.book), order.terms, 1, at)


def traded(state: EngineState, event: ev.ChildFilled, terms: OrderTerms) -> None:
    """What a fill tells the breakers: what it cost, and where the market went."""
    breakers, at = state.risk.book.breakers, event.ts
    if event.slippage_bps > state.risk.slippage_above:
        measure(state, breakers["slippage"], terms, event.slippage_bps, at)
        measure(state, risks.consecutive(state.risk.book), terms, 0, at)
    seen, now = state.children[terms.order_id].quote, event.after
    if now is None or (seen.bid == now.bid and seen.ask == now.ask and not state.risk.circuits.by_scope):
        return  # nobody said, or the market stands where it stood and nothing counts that
    before, after = seen.mid, now.mid
    if before is not None and after is not None:
        measure(state, breakers["stress"], terms, terms.side.sign * (after - before) / before * BPS, at)


def answered_request(state: EngineState, order: Order, waited: int, at: int) -> None:
    """A venue's first answer to a cancel or replace."""
    if waited > state.risk.slow_after:
        slow(state, order.terms, waited, at)


def unanswered(state: EngineState, order: Order, at: int) -> None:
    """Nobody knows what became of an order. A new one that waited for long is a time-out, like a reject.

    Where the connection was lost, or we were gone, and the venue has not been looked at since, nobody was there to
    answer or to hear it: that says nothing of the venue's speed.
    """
    is_new = order.state is PENDING_NEW
    if not (is_new or order.requests) or order.terms.venue in state.venue_status:
        return
    waited = at - max([order.created_at, *(request.asked_at for request in order.requests)])
    if waited > state.risk.book.breakers["latency"].threshold * MILLISECOND:
        slow(state, order.terms, waited, at)
    if is_new and waited >= TIME_OUT:
        measure(state, risks.consecutive(state.risk.book), order.terms, 1, at)


def slow(state: EngineState, terms: OrderTerms, waited: int, at: int) -> None:
    if terms.venue in state.venue_status:  # we were not there to hear it sooner
        return
    measure(state, state.risk.book.breakers["latency"], terms, Decimal(waited) / MILLISECOND, at)


def measure(state: EngineState, breaker: Breaker, terms: OrderTerms, measurement: Decimal | int, at: int) -> None:
    scope = circuit_of(state, breaker, terms)
    if scope:
        risks.measure(state.risk, breaker, scope, measurement, at)


def circuit_of(state: EngineState, breaker: Breaker, terms: OrderTerms) -> str:
    """The scope whose circuit an order's measurement is for; empty where it belongs to none of that kind."""
    kind = breaker.scope
    if kind == DESK:
        return DESK
    if kind == "symbol":
        return f"symbol/{terms.symbol}"
    if kind == "venue":
        return f"venue/{terms.venue}"
    return next((scope for scope in scopes_of(state, terms) if scope.startswith(f"{kind}/")), "")


def forget(state: EngineState, terms: OrderTerms) -> None:
    """An order is over: its own circuits are, too."""
    own = f"order/{terms.order_id}" if terms.parent_id is not None else f"parent/{terms.order_id}"
    circuits.forget(state.risk.circuits, own)
    risks.noted(state.risk)


def breaker_tripped(state: EngineState, event: ev.BreakerTripped) -> None:
    """The circuit tripped with its measurement; now that is on record."""
    risk = state.risk
    alerting.noticed(risk.alerts, event)
    risk.trips = [trip for trip in risk.trips if (trip.breaker, trip.scope) != (event.breaker, event.scope)]
    if Mode(event.mode).flattens:
        flattened(state, event.scope)
    risks.noted(risk)


def breaker_reset(state: EngineState, event: ev.BreakerReset) -> None:
    circuits.close(state.risk.circuits, event.breaker, event.scope)
    risks.noted(state.risk)


def mode_changed(state: EngineState, event: ev.ModeChanged) -> None:
    mode = Mode(event.mode)
    alerting.noticed(state.risk.alerts, event)
    take(state.risk.modes, ModeChange(scope=event.scope, mode=mode, by=event.by, reason=event.reason), event.ts)
    if mode.flattens:
        flattened(state, event.scope)
    else:
        state.risk.flattening.pop(event.scope, None)
    risks.noted(state.risk)


def flattened(state: EngineState, scope: str) -> None:
    """The positions of a scope are to be closed, by orders whose ids begin with this event's number."""
    state.risk.flattening[scope] = state.seq
    if kind_of(scope) in OF_OWN_FILLS:
        state.risk.closers[f"{CLOSING}{state.seq}"] = scope


def positions_closing(state: EngineState, event: ev.PositionsClosing) -> None:
    state.risk.flattening.pop(event.scope, None)
    risks.noted(state.risk)


def price_moved(state: EngineState, symbol: str, price: Decimal) -> None:
    exposure.price_moved(state.risk.tally.exposure, state.instruments[symbol], price)


def rate_moved(state: EngineState, event: ev.RateMoved) -> None:
    exposure.rate_moved(state.risk.tally.exposure, event.currency, event.rate, state.instruments)


def cash_told(state: EngineState, event: ev.CashTold) -> None:
    cash = state.risk.tally.cash
    due = cash[event.account].due if event.account in cash else {}
    cash[event.account] = credit.Cash(settled=event.settled, due=due)


def open_day(state: EngineState, day: int) -> None:
    exposure.day_opened(state.risk.tally.exposure, state.instruments)
    for cash in state.risk.tally.cash.values():
        credit.settled(cash, day)
    state.risk.day = day
