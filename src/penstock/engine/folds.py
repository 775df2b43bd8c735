"""The state is a fold over events: `apply` alone changes it, live, in recovery and on a replica."""

from collections.abc import Callable
from decimal import Decimal
from sys import intern
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from penstock.domain import events as ev
from penstock.domain.accounts import MAIN
from penstock.domain.contingency import Contingency
from penstock.domain.events import NO_PARAMETERS
from penstock.domain.orders import FIRST_CHILD, Ask, Order, OrderTerms, Request, State, TimeInForce
from penstock.domain.quote import Quote
from penstock.domain.venue_budget import Message
from penstock.engine import order_life
from penstock.engine import risk_folds as risk
from penstock.engine.families import Family, put_back, take_out
from penstock.engine.lifecycle import Kind
from penstock.engine.open_totals import OpenTotals
from penstock.engine.position import Execution, Payment
from penstock.engine.remembered import Child, Parent
from penstock.engine.state import (
    SYNTHETIC,
    EngineState,
    Group,
    execution_key,
    payment_key,
    recall_key,
)
from penstock.engine.whole import Whole, slippage_cost
from penstock.risk import alerting
from penstock.risk import risk_state as risks

ZERO = Decimal(0)
LIVE, ACCEPT = State.LIVE, Kind.ACCEPT
IMMEDIATE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


def apply(state: EngineState, event: ev.AnyEvent) -> None:
    """Fold one event into the state."""
    state.seq += 1
    if event.ts > state.ts:
        state.ts = event.ts
    FOLDS[type(event)](state, event)


def settle(state: EngineState, order: Order, before: Decimal, at: int) -> None:
    """Keep the totals of open quantity after a change from `before`, and note the end of an order."""
    now, terms = order.open_qty, order.terms
    if terms.parent_id is not None:
        state.children[terms.order_id].changed_at = at
    if now != before:
        count_open(state, terms, now - before)
    if state.risk.follows:  # the price may have moved, too
        risk.followed(state, order)
    if now:
        order.ended_at = None
        if not before:
            open_again(state, terms)
    elif order.ended_at is None:
        order.ended_at = at
        if before:
            close(state, terms)


def count_open(state: EngineState, terms: OrderTerms, more: Decimal) -> OpenTotals:
    """Keep the totals of what is open on a symbol; returns them."""
    totals = state.open_qty.get(terms.symbol)
    if totals is None:
        totals = state.open_qty[terms.symbol] = OpenTotals()
    totals.count(terms, more)
    return totals


def open_again(state: EngineState, terms: OrderTerms) -> None:
    """An order that had nothing open has: a new child, or one that a bust or a restatement brings back."""
    parent_id, order_id = terms.parent_id, terms.order_id
    if parent_id is None:
        release(state, order_id, True)
        return
    venue = terms.venue or ""
    there = state.at_venue.get(venue)
    if there is None:
        there = state.at_venue[venue] = {}
    there[order_id] = None
    parent = state.parents[parent_id]
    parent.open_children = (*parent.open_children, order_id)
    state.working[parent_id] = None


def close(state: EngineState, terms: OrderTerms) -> None:
    """An order has nothing open any more."""
    parent_id, order_id = terms.parent_id, terms.order_id
    if parent_id is None:
        release(state, order_id, False)
        return
    del state.at_venue[terms.venue or ""][order_id]
    if state.risk.forgets:
        risk.forget(state, terms)
    parent = state.parents[parent_id]
    if len(parent.open_children) > 1:
        parent.open_children = tuple([each for each in parent.open_children if each != order_id])
    else:
        parent.open_children = ()
        if not state.orders[parent_id].open_qty:
            release(state, parent_id, False)


def release(state: EngineState, parent_id: str, is_open: bool) -> None:
    """A parent is over when neither it nor any child is open; a bust or a late child can bring it back."""
    if is_open or state.parents[parent_id].open_children:
        state.working[parent_id] = None
        terms = state.orders[parent_id].terms
        if terms.reduces_only:
            state.reducing[parent_id] = None
        state.closed.pop(parent_id, None)
    else:
        state.working.pop(parent_id, None)
        state.reducing.pop(parent_id, None)
        state.closed[parent_id] = None
        if state.risk.forgets:
            risk.forget(state, state.orders[parent_id].terms)


def on_session_started(state: EngineState, event: ev.SessionStarted) -> None:
    state.spell()  # by the instruments that they were traded with
    state.session = event
    state.instruments = {instrument.symbol: instrument for instrument in event.instruments}
    state.venues = {venue.name: venue for venue in event.venues}
    state.ledger.methods = dict(event.cost_methods)
    for symbol, quantity in event.positions.items():
        state.ledger.open(state.instruments[symbol], MAIN, quantity, event.entry_prices.get(symbol))
    risk.session_started(state, event)


def on_order_received(state: EngineState, event: ev.OrderReceived) -> None:
    terms, ts = compact(state, event.terms), event.ts
    order_id = terms.order_id
    state.orders[order_id] = Order(terms=terms, created_at=ts, state=LIVE, live_at=ts)
    state.parents[order_id] = Parent(
        arrival_price=event.arrival_price,
        start=event.start,
        end=event.end,
        volume_at_start=volumes(state, event.arrival),
        native=event.native,
    )
    if terms.client_order_id is not None:
        state.client_ids[terms.client_order_id] = order_id
    count_open(state, terms, terms.quantity)
    release(state, order_id, True)
    if state.risk.heeds_parents or event.user:
        risk.parent_taken(state, terms, event.arrival_price, event.user, ts)


def on_order_sent_whole(state: EngineState, event: ev.OrderSentWhole) -> None:
    """The parent and its one child at once, in one record where nothing asks for more."""
    terms, ts, kept = compact(state, event.terms), event.ts, state.risk
    order_id, venue, quote, price = terms.order_id, event.venue, event.quote, event.limit_price
    child_id = order_id + FIRST_CHILD
    latest = state.latest_volumes
    if len(latest) != 1 or latest.get(venue) != quote.volume:
        latest = state.latest_volumes = {venue: quote.volume}
    if price is None:
        price = terms.limit_price
    state.wholes[child_id] = Whole(terms, venue, quote, event.arrival_price, price, event.takes, ts, event.end, latest)
    if terms.client_order_id is not None:
        state.client_ids[terms.client_order_id] = order_id
    totals = state.open_qty.get(terms.symbol)
    if totals is None:
        totals = state.open_qty[terms.symbol] = OpenTotals()
    totals.send(terms.quantity, buys=terms.side.is_buy)
    there = state.at_venue.get(venue)
    if there is None:
        there = state.at_venue[venue] = {}
    there[child_id] = state.working[order_id] = None
    if kept.heeds_parents or event.user:
        risk.parent_taken(state, terms, event.arrival_price, event.user, ts)
    if kept.counts.exposure:
        risk.child_begun(state, state.orders[child_id], totals)
    elif kept.rests_kept:
        risks.whole_rests(kept, venue, terms.symbol, terms.side.sign, price)
    elif kept.counts.resting and totals.children_sell and totals.children_buy:
        risk.rests_begun(state)
    if kept.heeds_sends:
        risk.sent(state, state.orders[child_id].terms, ts)


def compact(state: EngineState, terms: OrderTerms) -> OrderTerms:
    """The same terms in less memory: what many orders share is there once, not as often as it was decoded."""
    symbol = state.instruments[terms.symbol].symbol
    if terms.symbol is not symbol:
        force_setattr(terms, "symbol", symbol)  # the same value: nobody can tell, and a copy takes longer
    if terms.algorithm is not None:
        force_setattr(terms, "algorithm", intern(terms.algorithm))
    if not terms.parameters:
        force_setattr(terms, "parameters", NO_PARAMETERS)
    return terms


def volumes(state: EngineState, quotes: dict[str, Quote]) -> dict[str, Decimal]:
    """What each venue had traded; the latest parent's table where it is the same, since markets change more slowly."""
    fresh = {venue: quote.volume for venue, quote in quotes.items()}
    if fresh != state.latest_volumes:
        state.latest_volumes = fresh
    return state.latest_volumes


def on_order_denied(state: EngineState, event: ev.OrderDenied) -> None:
    """Keep a denied parent as a rejected order, so that its id stays taken; a denied child never existed."""
    terms = event.terms
    if terms.parent_id is not None:
        state.parents[terms.parent_id].denied = event.code
        if event.code == "self_trade":
            risk.met_ours(state)
        return
    state.orders[terms.order_id] = Order(
        terms=terms, created_at=event.ts, state=State.REJECTED, ended_at=event.ts, reason=event.reason
    )
    state.closed[terms.order_id] = None
    if terms.client_order_id is not None:
        state.client_ids[terms.client_order_id] = terms.order_id


def on_order_amended(state: EngineState, event: ev.OrderAmended) -> None:
    order = state.orders[event.order_id]
    before = order.open_qty
    order.terms = event.terms
    parent = state.parents[event.order_id]
    parent.amending = parent.amending_end = None
    if event.end is not None:
        parent.end = event.end
    settle(state, order, before, event.ts)


def on_amendment_waits(state: EngineState, event: ev.AmendmentWaits) -> None:
    parent = state.parents[event.order_id]
    parent.amending, parent.amending_end = event.terms, event.end


def on_order_triggered(state: EngineState, event: ev.OrderTriggered) -> None:
    parent = state.parents[event.order_id]
    parent.triggered, parent.start, parent.end = True, event.start, event.end


def on_trail_moved(state: EngineState, event: ev.TrailMoved) -> None:
    state.parents[event.order_id].extreme = event.price


def on_group_formed(state: EngineState, event: ev.GroupFormed) -> None:
    has_entry = event.contingency is not Contingency.OCO
    legs = event.orders[1:] if has_entry else event.orders
    entry = event.orders[0].order_id if has_entry else ""
    state.groups[event.group_id] = Group(
        kind=event.contingency, entry=entry, legs={terms.order_id: terms for terms in legs}, user=event.user
    )
    state.member_of.update((terms.order_id, event.group_id) for terms in event.orders)


def on_group_disturbed(state: EngineState, event: ev.GroupDisturbed) -> None:
    state.groups[event.group_id].excess = event.excess


def on_order_stopped(state: EngineState, event: ev.OrderStopped) -> None:
    parent, order = state.parents[event.order_id], state.orders[event.order_id]
    parent.stopped, parent.expires = event.reason, event.expired
    order.reason = event.reason
    request_on(state, event.order_id, Request("", Ask.CANCEL, event.ts), event.ts)


def on_order_ended(state: EngineState, event: ev.OrderEnded) -> None:
    end(state, event.order_id, Kind.EXPIRE if event.expired else Kind.CANCEL, event.reason, event.ts)


def on_child_submitted(state: EngineState, event: ev.ChildSubmitted) -> None:
    terms, ts = event.terms, event.ts
    order_id, parent_id = terms.order_id, terms.parent_id
    assert parent_id is not None
    order = state.orders[order_id] = Order(terms=terms, created_at=ts)
    state.children[order_id] = Child(sent_at=ts, quote=event.quote, asked_at=ts, changed_at=ts)
    parent = state.parents[parent_id]
    parent.children += 1
    parent.denied = ""
    if terms.tif in IMMEDIATE:
        parent.taken_at = ts
    totals, kept = count_open(state, terms, terms.quantity), state.risk
    open_again(state, terms)
    if kept.follows or (totals.children_sell and totals.children_buy):
        risk.child_begun(state, order, totals)
    if kept.heeds_sends:
        risk.sent(state, terms, ts)


def on_child_accepted(state: EngineState, event: ev.ChildAccepted) -> None:
    """An acknowledgement changes no number, so that no total is to be settled."""
    order_id, at, kept = event.order_id, event.ts, state.risk
    whole = state.wholes.get(order_id)
    if whole is not None and whole.live_at is None and at - whole.sent_at <= kept.slow_after:
        answered(kept, whole.venue)
        whole.live_at = at
        return
    order = state.orders[order_id]
    waited = at - order.created_at
    answered(kept, order.terms.venue or "")
    if waited > kept.slow_after:
        risk.accepted(state, order, waited, at)
    order_life.advance(order, ACCEPT, at)
    state.children[order_id].changed_at = at


def answered(kept: risks.RiskState, venue: str) -> None:
    """A venue took an order."""
    answers = kept.answers.get(venue)
    if answers is None:
        risks.answered(kept, venue, rejected=False)
    else:
        answers.count += 1


def on_child_rejected(state: EngineState, event: ev.ChildRejected) -> None:
    order = state.orders[event.order_id]
    risk.rejected(state, order, event.ts - order.created_at, event.ts)
    end(state, event.order_id, Kind.REJECT, event.reason, event.ts)


def on_child_filled(state: EngineState, event: ev.ChildFilled) -> None:
    """Count money once, everywhere it counts: the child, its parent, the ledger."""
    whole = state.wholes.get(event.order_id)
    if whole is not None and fills_whole(state, whole, event):
        return
    order_id, quantity, price, at = event.order_id, event.last_qty, event.last_px, event.ts
    child = state.orders[order_id]
    terms = child.terms
    parent_id = terms.parent_id
    assert parent_id is not None
    instrument, parent, parent_order = (
        state.instruments[terms.symbol],
        state.parents[parent_id],
        state.orders[parent_id],
    )
    # a fee taken in a third currency stands in the ledger, in that currency
    fee = event.fee and (instrument.fee_in_currency(event.fee, event.fee_currency, price) or ZERO)
    totals = state.open_qty[terms.symbol]
    for order in (child, parent_order):
        before = order_life.fill(order, quantity, price, fee, at)
        if quantity < before:  # it stays open
            totals.count(order.terms, -quantity)
        elif before:
            totals.count(order.terms, -before)
            order.ended_at = at
            close(state, order.terms)
    remembered = state.children[order_id]
    remembered.changed_at = at
    execution = execution_of(event, terms, child.day)
    state.ledger.book(instrument, terms.account, execution)
    if event.slippage_bps:
        parent.slippage_cost += slippage_cost(instrument, execution)
    filled = (at, parent_order.cum_qty)
    if parent.fills is None:
        parent.fills = [filled]
    else:
        parent.fills.append(filled)
    state.executions[execution.key] = execution
    booked_on(remembered, execution.key)
    if event.exec_id.startswith(SYNTHETIC):
        state.totals_only.setdefault(order_id, []).append(execution.key)
    kept = state.risk
    if kept.follows:
        risk.filled(state, child, parent_order, event)
    if event.slippage_bps > kept.slippage_above or event.after is not None:
        risk.traded(state, event, terms)


def fills_whole(state: EngineState, whole: Whole, event: ev.ChildFilled) -> bool:
    """Count the fill that completes an order sent whole; False: it is to be spelled out, and counted as any other."""
    kept, terms, quantity = state.risk, whole.terms, event.last_qty
    if (
        whole.execution is not None
        or quantity != terms.quantity
        or event.slippage_bps > kept.slippage_above
        or event.after is not None
        or kept.forgets
        or kept.counts.exposure
        or event.exec_id.startswith(SYNTHETIC)
    ):
        return False
    execution = whole.execution = execution_of(event, terms)
    state.executions[execution.key] = execution
    whole.ended_at = event.ts
    if whole.live_at is None:
        whole.live_at = event.ts
    state.open_qty[terms.symbol].end(quantity, buys=terms.side.is_buy)
    if kept.rests_kept:
        risks.whole_gone(kept, whole.venue, terms.symbol, terms.side.sign, whole.limit_price)
    order_id = terms.order_id
    del state.at_venue[whole.venue][event.order_id], state.working[order_id]
    state.closed[order_id] = None
    state.ledger.book(state.instruments[terms.symbol], terms.account, execution)
    return True


def booked_on(child: Child, key: str) -> None:
    """Remember with a child which executions are its own."""
    if child.executions is None:
        child.executions = [key]
    else:
        child.executions.append(key)


def execution_of(event: ev.ChildFilled, terms: OrderTerms, day: int = 0) -> Execution:
    """A fill as the ledger books it, and undoes it."""
    return Execution(
        key=execution_key(event.venue, event.exec_id),
        quantity=event.last_qty if terms.side.is_buy else -event.last_qty,
        price=event.last_px,
        at=event.traded_at,
        fee=event.fee,
        fee_currency=event.fee_currency,
        order_id=event.order_id,
        slippage_bps=event.slippage_bps,
        day=day,
    )


def on_fill_busted(state: EngineState, event: ev.FillBusted) -> None:
    key = execution_key(event.venue, event.exec_id)
    booked = state.executions[key]
    terms = state.orders[booked.order_id].terms
    take_back(state, booked, Kind.BUST, event.ts)
    risk.undone(state, booked, event.ts)
    state.ledger.reverse(state.instruments[terms.symbol], terms.account, booked)
    # the identity stays taken, so that the busted execution cannot be booked again
    state.executions[key] = msgspec.structs.replace(booked, quantity=ZERO, fee=ZERO, slippage_bps=ZERO)


def on_fill_corrected(state: EngineState, event: ev.FillCorrected) -> None:
    key = execution_key(event.venue, event.exec_id)
    booked = state.executions[key]
    terms = state.orders[booked.order_id].terms
    instrument = state.instruments[terms.symbol]
    right = Execution(
        key=execution_key(event.venue, event.new_exec_id),
        quantity=terms.side.sign * event.last_qty,
        price=event.last_px,
        at=booked.at,
        fee=event.fee,
        fee_currency=event.fee_currency,
        order_id=booked.order_id,
        day=booked.day,
    )
    take_back(state, booked, Kind.CORRECT, event.ts)
    fee = instrument.fee_in_currency(event.fee, event.fee_currency, event.last_px) or ZERO
    for order_id in family(terms):
        order = state.orders[order_id]
        before = order.open_qty
        order_life.count(order, event.last_qty, event.last_px, fee, today=booked.day == order.day)
        settle(state, order, before, event.ts)
    risk.undone(state, booked, event.ts)
    risk.corrected(state, booked.order_id, right, event.ts)
    state.ledger.correct(instrument, terms.account, booked, right)
    state.executions[key] = msgspec.structs.replace(booked, quantity=ZERO, fee=ZERO, slippage_bps=ZERO)
    state.executions[right.key] = right
    booked_on(state.children[booked.order_id], right.key)
    if event.new_exec_id.startswith(SYNTHETIC):
        state.totals_only.setdefault(booked.order_id, []).append(right.key)


def take_back(state: EngineState, booked: Execution, kind: Kind, at: int) -> None:
    """Undo an execution in its order and the order's parent; the ledger is the caller's."""
    terms = state.orders[booked.order_id].terms
    instrument = state.instruments[terms.symbol]
    fee = instrument.fee_in_currency(booked.fee, booked.fee_currency, booked.price) or ZERO
    for order_id in family(terms):
        order = state.orders[order_id]
        before = order.open_qty
        order_life.advance(order, kind, at)
        order_life.count(order, -abs(booked.quantity), booked.price, -fee, today=booked.day == order.day)
        settle(state, order, before, at)
    if terms.parent_id is not None:
        state.parents[terms.parent_id].slippage_cost -= slippage_cost(instrument, booked)


def family(terms: OrderTerms) -> tuple[str, ...]:
    """An order and, for a child, its parent: both count what it fills."""
    return (terms.order_id,) if terms.parent_id is None else (terms.order_id, terms.parent_id)


def on_funding_paid(state: EngineState, event: ev.FundingPaid) -> None:
    state.payments[payment_key(event)] = None
    state.ledger.book(state.instruments[event.symbol], event.account, payment_of(event))


def payment_of(event: ev.FundingPaid) -> Payment:
    """A payment as the ledger books it."""
    return Payment(key=event.payment_id, amount=event.amount, currency=event.currency)


def on_cancel_asked(state: EngineState, event: ev.CancelAsked) -> None:
    state.children[event.order_id].asked_at = event.ts
    request_on(state, event.order_id, Request(event.request_id, Ask.CANCEL, event.ts), event.ts)
    if state.risk.budgets:
        risk.cancel_sent(state, state.orders[event.order_id].terms, event.ts)


def on_replace_asked(state: EngineState, event: ev.ReplaceAsked) -> None:
    child = state.children[event.order_id]
    child.asked_at = event.ts
    if event.terms.limit_price != state.orders[event.order_id].terms.limit_price:
        child.sent_at, child.quote = event.ts, event.quote
    request_on(state, event.order_id, Request(event.request_id, Ask.REPLACE, event.ts, event.terms), event.ts)
    if state.risk.heeds_sends:
        risk.sent(state, event.terms, event.ts, Message.REPLACE)


def on_cancel_denied(state: EngineState, event: ev.CancelDenied) -> None:
    refuse(state, event.order_id, Ask.CANCEL, event.request_id, event.ts)


def on_replace_denied(state: EngineState, event: ev.ReplaceDenied) -> None:
    refuse(state, event.order_id, Ask.REPLACE, event.request_id, event.ts)


def on_request_acknowledged(state: EngineState, event: ev.RequestAcknowledged) -> None:
    order = state.orders[event.order_id]
    heard(state, order, event.ask, event.request_id, event.ts)
    order_life.acknowledge(order, event.ask, event.request_id, event.ts)


def heard(state: EngineState, order: Order, what: Ask, request_id: str, at: int) -> None:
    """A venue answered a request: if that is its first answer, it says how slow the venue is."""
    found = order_life.find(order, what, request_id)
    if found is not None and not found.acknowledged and not order.unknown and order.terms.venue is not None:
        risk.answered_request(state, order, at - found.asked_at, at)


def on_child_replaced(state: EngineState, event: ev.ChildReplaced) -> None:
    order = state.orders[event.order_id]
    before = order.open_qty
    heard(state, order, Ask.REPLACE, event.request_id, event.ts)
    order_life.replace(order, event.request_id, event.quantity, event.limit_price, event.ts)
    settle(state, order, before, event.ts)


def on_child_canceled(state: EngineState, event: ev.ChildCanceled) -> None:
    heard(state, state.orders[event.order_id], Ask.CANCEL, "", event.ts)
    end(state, event.order_id, Kind.CANCEL, event.reason, event.ts)


def on_child_expired(state: EngineState, event: ev.ChildExpired) -> None:
    end(state, event.order_id, Kind.EXPIRE, event.reason, event.ts)


def on_child_guaranteed(state: EngineState, event: ev.ChildGuaranteed) -> None:
    step(state, event.order_id, Kind.STOP, event.ts)


def on_child_suspended(state: EngineState, event: ev.ChildSuspended) -> None:
    step(state, event.order_id, Kind.SUSPEND, event.ts)


def on_child_done_for_day(state: EngineState, event: ev.ChildDoneForDay) -> None:
    step(state, event.order_id, Kind.DONE_FOR_DAY, event.ts)


def on_child_restated(state: EngineState, event: ev.ChildRestated) -> None:
    order = state.orders[event.order_id]
    before = order.open_qty
    terms = msgspec.structs.replace(order.terms, quantity=event.quantity, limit_price=event.limit_price)
    order_life.restate(order, terms, event.cum_qty, event.cum_value, event.ts)
    settle(state, order, before, event.ts)


def on_child_unknown(state: EngineState, event: ev.ChildUnknown) -> None:
    order = state.orders[event.order_id]
    risk.unanswered(state, order, event.ts)
    order.unknown = True


def on_venue_status_changed(state: EngineState, event: ev.VenueStatusChanged) -> None:
    if event.status == "up":
        state.venue_status.pop(event.venue, None)
    else:
        state.venue_status[event.venue] = event.status


def on_foreign_order_seen(state: EngineState, event: ev.ForeignOrderSeen) -> None:
    state.foreign[f"{event.venue}/{event.order_id}"] = None


def on_orders_archived(state: EngineState, event: ev.OrdersArchived) -> None:
    take_out(state, event.order_ids)


def on_recall_asked(state: EngineState, event: ev.RecallAsked) -> None:
    state.recalls.setdefault(recall_key(event.order_id, event.client_order_id), []).append(event.waiting)


def on_order_recalled(state: EngineState, event: ev.OrderRecalled) -> None:
    del state.recalls[recall_key(event.order_id, event.client_order_id)]
    if event.family:
        put_back(state, msgspec.convert(event.family, Family))


def on_market_sampled(state: EngineState, event: ev.MarketSampled) -> None:
    state.sampled_at[event.symbol] = event.ts
    if event.estimates is not None:
        state.estimates[event.symbol] = event.estimates


def on_mark_moved(state: EngineState, event: ev.MarkMoved) -> None:
    risk.price_moved(state, event.symbol, event.price)


def on_day_opened(state: EngineState, event: ev.DayOpened) -> None:
    risk.open_day(state, event.day)


def on_risk_refused(state: EngineState, event: ev.RiskRefused) -> None:
    """What was in force stays."""
    alerting.noticed(state.risk.alerts, event)


def on_alert_raised(state: EngineState, event: ev.AlertRaised) -> None:
    """An alert is for people: it is kept until one of them acknowledges it."""
    alerting.noticed(state.risk.alerts, event)


def on_alert_acknowledged(state: EngineState, event: ev.AlertAcknowledged) -> None:
    alerting.acknowledged(state.risk.alerts, event)


def on_session_ended(state: EngineState, event: ev.SessionEnded) -> None:
    state.ended = event.status


def step(state: EngineState, order_id: str, kind: Kind, at: int) -> None:
    """One step along the table that changes no number."""
    order = state.orders[order_id]
    before = order.open_qty
    order_life.advance(order, kind, at)
    settle(state, order, before, at)


def end(state: EngineState, order_id: str, kind: Kind, reason: str, at: int) -> None:
    order = state.orders[order_id]
    before = order.open_qty
    order_life.end(order, kind, reason, at)
    settle(state, order, before, at)


def request_on(state: EngineState, order_id: str, request: Request, at: int) -> None:
    order = state.orders[order_id]
    before = order.open_qty
    order_life.ask(order, request, at)
    settle(state, order, before, at)


def refuse(state: EngineState, order_id: str, what: Ask, request_id: str, at: int) -> None:
    if order_id in state.children:
        state.children[order_id].refused_at = at
    order = state.orders[order_id]
    heard(state, order, what, request_id, at)
    before = order.open_qty
    order_life.refuse(order, what, request_id, at)
    settle(state, order, before, at)


FOLDS: dict[type, Callable[[EngineState, Any], None]] = {
    ev.SessionStarted: on_session_started,
    ev.OrderReceived: on_order_received,
    ev.OrderSentWhole: on_order_sent_whole,
    ev.OrderDenied: on_order_denied,
    ev.OrderAmended: on_order_amended,
    ev.AmendmentWaits: on_amendment_waits,
    ev.OrderTriggered: on_order_triggered,
    ev.TrailMoved: on_trail_moved,
    ev.GroupFormed: on_group_formed,
    ev.GroupDisturbed: on_group_disturbed,
    ev.OrderStopped: on_order_stopped,
    ev.OrderEnded: on_order_ended,
    ev.ChildSubmitted: on_child_submitted,
    ev.ChildAccepted: on_child_accepted,
    ev.ChildRejected: on_child_rejected,
    ev.ChildFilled: on_child_filled,
    ev.FillBusted: on_fill_busted,
    ev.FillCorrected: on_fill_corrected,
    ev.FundingPaid: on_funding_paid,
    ev.CancelAsked: on_cancel_asked,
    ev.CancelDenied: on_cancel_denied,
    ev.ReplaceAsked: on_replace_asked,
    ev.ReplaceDenied: on_replace_denied,
    ev.RequestAcknowledged: on_request_acknowledged,
    ev.ChildReplaced: on_child_replaced,
    ev.ChildCanceled: on_child_canceled,
    ev.ChildExpired: on_child_expired,
    ev.ChildGuaranteed: on_child_guaranteed,
    ev.ChildSuspended: on_child_suspended,
    ev.ChildDoneForDay: on_child_done_for_day,
    ev.ChildRestated: on_child_restated,
    ev.ChildUnknown: on_child_unknown,
    ev.VenueStatusChanged: on_venue_status_changed,
    ev.ForeignOrderSeen: on_foreign_order_seen,
    ev.OrdersArchived: on_orders_archived,
    ev.RecallAsked: on_recall_asked,
    ev.OrderRecalled: on_order_recalled,
    ev.MarketSampled: on_market_sampled,
    ev.MarkMoved: on_mark_moved,
    ev.RateMoved: risk.rate_moved,
    ev.CashTold: risk.cash_told,
    ev.DayOpened: on_day_opened,
    ev.BreakerTripped: risk.breaker_tripped,
    ev.BreakerReset: risk.breaker_reset,
    ev.ModeChanged: risk.mode_changed,
    ev.PositionsClosing: risk.positions_closing,
    ev.LimitChanged: risk.limit_changed,
    ev.LimitsScaled: risk.limits_scaled,
    ev.RiskRefused: on_risk_refused,
    ev.AlertRaised: on_alert_raised,
    ev.AlertAcknowledged: on_alert_acknowledged,
    ev.SessionEnded: on_session_ended,
}
