"""From what a venue reports to events: each report is one event, a harmless repetition, or an alert that keeps it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import Ask, Order, Side
from penstock.domain.time import MINUTE
from penstock.engine import order_life
from penstock.engine.desk import Desk
from penstock.engine.lifecycle import IllegalMove, Kind, next_state
from penstock.engine.position import Execution
from penstock.engine.recall import waits_for_order
from penstock.engine.state import SYNTHETIC, execution_key

ZERO = Decimal(0)
BPS_IN_ONE = Decimal(10_000)
ACCEPT = Kind.ACCEPT  # by name: looking up an enum's member takes longer than a step
CLOCKS_DIFFER_BY = MINUTE
SLIPPAGE_UNIT = Decimal("1.000000")  # bps

KINDS: dict[type[rep.VenueReport], Kind] = {
    rep.Accepted: Kind.ACCEPT,
    rep.Refused: Kind.REJECT,
    rep.Fill: Kind.FILL,
    rep.Busted: Kind.BUST,
    rep.Corrected: Kind.CORRECT,
    rep.CancelPending: Kind.CANCEL_PENDING,
    rep.CancelRefused: Kind.REFUSE_CANCEL,
    rep.Canceled: Kind.CANCEL,
    rep.ReplacePending: Kind.REPLACE_PENDING,
    rep.ReplaceRefused: Kind.REFUSE_REPLACE,
    rep.Replaced: Kind.REPLACE,
    rep.Expired: Kind.EXPIRE,
    rep.Guaranteed: Kind.STOP,
    rep.Suspended: Kind.SUSPEND,
    rep.DoneForDay: Kind.DONE_FOR_DAY,
    rep.Restated: Kind.RESTATE,
}
ANSWERS = {
    Kind.CANCEL_PENDING: Ask.CANCEL,
    Kind.REFUSE_CANCEL: Ask.CANCEL,
    Kind.REPLACE_PENDING: Ask.REPLACE,
    Kind.REFUSE_REPLACE: Ask.REPLACE,
}


def take_report(desk: Desk, report: rep.VenueReport) -> list[str]:
    """Record what a report says; returns the parents that must decide anew (one or none)."""
    order = desk.state.orders.get(report.order_id)
    if order is None and waits_for_order(desk, report.order_id, report):
        return []
    parent_id = None if order is None else order.terms.parent_id
    if order is None or parent_id is None:
        text = f"{report.venue} reports on unknown order {report.order_id}"
        desk.alert("critical", "unknown_report", text, report.order_id, report)
        return []
    if isinstance(report, rep.Fill):  # money moved: whatever the order's state, it is booked, once
        if is_booked(desk, report):
            return []
        book_fill(desk, order, report)
        return [parent_id]
    if isinstance(report, rep.NoAnswer):
        return lose(desk, order, report)
    said = type(report)
    if said is not rep.Accepted and is_repeated(desk, order, report):
        return []
    kind = KINDS[said]
    try:
        resolves = order.unknown and kind is ACCEPT  # however late: the venue has it
        if next_state(order.state, kind) is None and not resolves:
            return []
    except IllegalMove as error:
        text = f"{report.venue} reports {error} on {report.order_id}"
        desk.alert("critical", "impossible_report", text, report.order_id, report)
        return []
    if isinstance(report, rep.Busted | rep.Corrected):
        amend_fill(desk, report)
    else:
        desk.emit(EVENTS[said](desk.now, order, report))
    return [parent_id]


def is_placed(order: Order | None, report: rep.VenueReport) -> bool:
    """Whether a report, not yet taken, says that a child is now where it was sent: accepted, or replaced as asked."""
    if type(report) is rep.Accepted:
        return True
    if type(report) is not rep.Replaced or order is None or not order.requests:
        return False
    asked = order.latest
    return asked.limit_price == report.limit_price and asked.quantity == report.quantity


def is_booked(desk: Desk, report: rep.Fill) -> bool:
    return execution_key(report.venue, report.exec_id) in desk.state.executions


def is_repeated(desk: Desk, order: Order, report: rep.VenueReport) -> bool:
    """Whether a report says nothing new: a bust that took effect, an answer to a request that has its answer."""
    if isinstance(report, rep.Busted):
        booked = desk.state.executions.get(execution_key(report.venue, report.exec_id))
        return booked is not None and booked.quantity == 0
    if isinstance(report, rep.Corrected):
        return execution_key(report.venue, report.new_exec_id) in desk.state.executions
    asked = ANSWERS.get(KINDS[type(report)])
    if asked is not None:
        return order_life.find(order, asked, getattr(report, "request_id", "")) is None
    if isinstance(report, rep.Replaced) and report.request_id in order.ids:
        return True
    if isinstance(report, rep.Replaced) and not order.requests:
        return (report.quantity, report.limit_price) == (order.terms.quantity, order.terms.limit_price)
    return False


def lose(desk: Desk, order: Order, report: rep.NoAnswer) -> list[str]:
    """Nobody knows whether the venue has it: it counts as if it had, until the venue has been asked."""
    if order.is_open and not order.unknown:
        desk.emit(ev.ChildUnknown(ts=desk.now, order_id=report.order_id, reason=report.reason))
    return []


def book_fill(desk: Desk, order: Order, report: rep.Fill) -> None:
    """Book the money first; then say what is wrong with it, if anything is."""
    state, terms = desk.state, order.terms
    if terms.order_id in state.totals_only:
        make_room(desk, report)
    was_over = not order.open_qty
    desk.emit(filled(desk.now, terms.side, state.children[terms.order_id].quote.mid, report))
    most = terms.quantity
    if order.requests:  # a larger one may be in effect, and its answer on the way
        most = max(most, order.latest.quantity)
    if order.cum_qty > most:
        text = f"{order.cum_qty} filled of {most}"
        desk.alert("critical", "overfill", text, terms.order_id, report)
    elif was_over:
        desk.alert("warning", "late_fill", f"filled {report.last_qty} after its end", terms.order_id, report)
    assert terms.parent_id is not None
    parent = state.orders[terms.parent_id]
    if parent.cum_qty > parent.terms.quantity and order.cum_qty <= terms.quantity:
        text = f"{parent.cum_qty} filled of {parent.terms.quantity} by children together"
        desk.alert("critical", "overfill", text, terms.parent_id, report)
    if parent.requests and parent.pending() is Ask.CANCEL and parent.leaves_qty == 0:
        desk.emit(ev.CancelDenied(ts=desk.now, order_id=terms.parent_id, reason="filled before the cancel took effect"))


def filled(now: int, side: Side, mid: Decimal | None, report: rep.Fill) -> ev.ChildFilled:
    """A fill on record, with what it slipped against the mid at which its child was decided."""
    slippage = ZERO
    if mid is not None:
        behind = report.last_px - mid if side.is_buy else mid - report.last_px
        slippage = (behind / mid * BPS_IN_ONE).quantize(SLIPPAGE_UNIT)
    return ev.ChildFilled(
        ts=now,
        order_id=report.order_id,
        venue=report.venue,
        exec_id=report.exec_id,
        last_qty=report.last_qty,
        last_px=report.last_px,
        fee=report.fee,
        fee_currency=report.fee_currency,
        liquidity=report.liquidity,
        traded_at=report.traded_at,
        slippage_bps=slippage,
        before=report.before,
        after=report.after,
        depth=report.depth,
    )


def make_room(desk: Desk, report: rep.Fill) -> None:
    """A fill known from totals only gives way to the real one, when that arrives after all.

    Whether the total had it, clocks say, and theirs is not ours. In doubt it had: a look then finds what is missing.
    """
    if report.exec_id.startswith(SYNTHETIC):
        return
    standing = [
        booked
        for key in desk.state.totals_only.get(report.order_id, ())
        if (booked := desk.state.executions[key]).quantity and booked.at + CLOCKS_DIFFER_BY >= report.traded_at
    ]
    whole = sum((abs(each.quantity) for each in standing), ZERO)
    remains = max(whole - report.last_qty, ZERO)
    for each in standing if remains == 0 else standing[:-1]:
        exec_id, reason = each.key.partition("/")[2], f"{report.exec_id} arrived"
        desk.emit(
            ev.FillBusted(ts=desk.now, order_id=report.order_id, venue=report.venue, exec_id=exec_id, reason=reason)
        )
    if remains > 0:
        value = sum((abs(each.quantity) * each.price for each in standing), ZERO)
        left = (value - (whole - remains) * report.last_px) / remains
        shrink_synthetic(desk, report, standing[-1], remains, left)


def shrink_synthetic(desk: Desk, report: rep.Fill, last: Execution, remains: Decimal, price: Decimal) -> None:
    """Let one fill stand for what is still known from totals only: it is worth what the total's value leaves."""
    exec_id = last.key.partition("/")[2]
    desk.emit(
        ev.FillCorrected(
            ts=desk.now,
            order_id=report.order_id,
            venue=report.venue,
            exec_id=exec_id,
            new_exec_id=f"{exec_id}.{remains}",
            last_qty=remains,
            last_px=price,
            fee=last.fee,
        )
    )


def amend_fill(desk: Desk, report: rep.Busted | rep.Corrected) -> None:
    """Take an execution back or change it; one that we never booked is an alert, for a person to look at."""
    if execution_key(report.venue, report.exec_id) not in desk.state.executions:
        text = f"{report.venue} takes back execution {report.exec_id}, which is not booked"
        desk.alert("critical", "unknown_execution", text, report.order_id, report)
        return
    if isinstance(report, rep.Busted):
        text = f"{report.venue} busted execution {report.exec_id}"
        desk.emit(
            ev.FillBusted(
                ts=desk.now,
                order_id=report.order_id,
                venue=report.venue,
                exec_id=report.exec_id,
                reason=report.reason,
            )
        )
    else:
        text = f"{report.venue} corrected execution {report.exec_id}"
        desk.emit(
            ev.FillCorrected(
                ts=desk.now,
                order_id=report.order_id,
                venue=report.venue,
                exec_id=report.exec_id,
                new_exec_id=report.new_exec_id,
                last_qty=report.last_qty,
                last_px=report.last_px,
                fee=report.fee,
                fee_currency=report.fee_currency,
            )
        )
    desk.alert("warning", "trade_amended", text, report.order_id, report)


def acknowledged(now: int, report: Any) -> ev.AnyEvent:
    ask = Ask.CANCEL if isinstance(report, rep.CancelPending) else Ask.REPLACE
    return ev.RequestAcknowledged(ts=now, order_id=report.order_id, ask=ask, request_id=report.request_id)


def restated(now: int, order: Order, report: rep.Restated) -> ev.AnyEvent:
    cum_qty = order.cum_qty if report.cum_qty is None else report.cum_qty
    return ev.ChildRestated(
        ts=now,
        order_id=report.order_id,
        quantity=report.quantity,
        limit_price=report.limit_price,
        cum_qty=cum_qty,
        cum_value=order.cum_value,
        reason=report.reason,
    )


EVENTS: dict[type[rep.VenueReport], Callable[[int, Order, Any], ev.AnyEvent]] = {
    rep.Accepted: lambda now, _, said: ev.ChildAccepted(
        ts=now, order_id=said.order_id, venue_order_id=said.venue_order_id
    ),
    rep.Refused: lambda now, _, said: ev.ChildRejected(ts=now, order_id=said.order_id, reason=said.reason),
    rep.Canceled: lambda now, _, said: ev.ChildCanceled(ts=now, order_id=said.order_id, reason=said.reason),
    rep.Expired: lambda now, _, said: ev.ChildExpired(ts=now, order_id=said.order_id, reason=said.reason),
    rep.CancelPending: lambda now, _, said: acknowledged(now, said),
    rep.ReplacePending: lambda now, _, said: acknowledged(now, said),
    rep.CancelRefused: lambda now, _, said: ev.CancelDenied(
        ts=now, order_id=said.order_id, reason=said.reason, request_id=said.request_id
    ),
    rep.ReplaceRefused: lambda now, _, said: ev.ReplaceDenied(
        ts=now, order_id=said.order_id, reason=said.reason, request_id=said.request_id
    ),
    rep.Replaced: lambda now, _, said: ev.ChildReplaced(
        ts=now,
        order_id=said.order_id,
        quantity=said.quantity,
        limit_price=said.limit_price,
        request_id=said.request_id,
    ),
    rep.Guaranteed: lambda now, _, said: ev.ChildGuaranteed(ts=now, order_id=said.order_id),
    rep.Suspended: lambda now, _, said: ev.ChildSuspended(ts=now, order_id=said.order_id, reason=said.reason),
    rep.DoneForDay: lambda now, _, said: ev.ChildDoneForDay(ts=now, order_id=said.order_id),
    rep.Restated: restated,
}
