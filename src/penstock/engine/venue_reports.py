"""From what a venue reports to events: each report is one event, a harmless repetition, or an alert that keeps it."""

from decimal import Decimal

from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import Order, State
from penstock.engine.desk import Desk
from penstock.engine.lifecycle import IllegalMove, Kind, next_state
from penstock.engine.state import execution_key

KINDS: dict[type[rep.VenueReport], Kind] = {
    rep.Accepted: Kind.ACCEPT,
    rep.Refused: Kind.REJECT,
    rep.Fill: Kind.FILL,
    rep.Canceled: Kind.CANCEL,
    rep.Expired: Kind.EXPIRE,
    rep.CancelRefused: Kind.REFUSE_CANCEL,
    rep.Replaced: Kind.REPLACE,
    rep.ReplaceRefused: Kind.REFUSE_REPLACE,
}


def take_report(desk: Desk, report: rep.VenueReport) -> list[str]:
    """Record what a report says; returns the parents that must decide anew (one or none)."""
    order = desk.state.orders.get(report.order_id)
    if order is None or order.terms.parent_id is None:
        desk.alert(
            "critical",
            "unknown_report",
            f"{report.venue} reports on unknown order {report.order_id}",
            report.order_id,
            report,
        )
        return []
    if isinstance(report, rep.Fill) and execution_key(report.venue, report.exec_id) in desk.state.executions:
        return []
    kind = KINDS[type(report)]
    try:
        if next_state(order.state, kind) is None:
            return []
    except IllegalMove as error:
        desk.alert(
            "critical",
            "impossible_report",
            f"{report.venue} reports {error} on {report.order_id}",
            report.order_id,
            report,
        )
        return []
    if isinstance(report, rep.Fill):
        book_fill(desk, order, report)
    else:
        desk.emit(plain_event(desk, report))
    return [order.terms.parent_id]


def plain_event(desk: Desk, report: rep.VenueReport) -> ev.AnyEvent:
    """The event of a report that is not a fill."""
    now, order_id = desk.now, report.order_id
    match report:
        case rep.Accepted():
            return ev.ChildAccepted(ts=now, order_id=order_id, venue_order_id=report.venue_order_id)
        case rep.Refused():
            return ev.ChildRejected(ts=now, order_id=order_id, reason=report.reason)
        case rep.Canceled():
            return ev.ChildCanceled(ts=now, order_id=order_id, reason=report.reason)
        case rep.Expired():
            return ev.ChildExpired(ts=now, order_id=order_id, reason=report.reason)
        case rep.CancelRefused():
            return ev.CancelDenied(ts=now, order_id=order_id, reason=report.reason)
        case rep.Replaced():
            return ev.ChildReplaced(ts=now, order_id=order_id, quantity=report.quantity, limit_price=report.limit_price)
        case rep.ReplaceRefused():
            return ev.ReplaceDenied(ts=now, order_id=order_id, reason=report.reason)
    raise TypeError(f"no event for {type(report).__name__}")


def book_fill(desk: Desk, order: Order, report: rep.Fill) -> None:
    """Book the money first; then say what is wrong with it, if anything is."""
    state, terms = desk.state, order.terms
    mid = state.children[terms.order_id].quote.mid
    slippage = Decimal(0)
    if mid is not None:
        slippage = (terms.side.sign * (report.last_px - mid) / mid * 10_000).quantize(Decimal("1.000000"))
    was_over = not order.is_open
    desk.emit(
        ev.ChildFilled(
            ts=desk.now,
            order_id=terms.order_id,
            venue=report.venue,
            exec_id=report.exec_id,
            last_qty=report.last_qty,
            last_px=report.last_px,
            fee=report.fee,
            liquidity=report.liquidity,
            traded_at=report.traded_at,
            slippage_bps=slippage,
            before=report.before,
            after=report.after,
            depth=report.depth,
            fee_currency=report.fee_currency,
        )
    )
    if order.cum_qty > order.terms.quantity:
        text = f"{order.cum_qty} filled of {order.terms.quantity}"
        desk.alert("critical", "overfill", text, terms.order_id, report)
    elif was_over:
        desk.alert("warning", "late_fill", f"filled {report.last_qty} after its end", terms.order_id, report)
    assert terms.parent_id is not None
    parent = state.orders[terms.parent_id]
    if parent.cum_qty > parent.terms.quantity and order.cum_qty <= terms.quantity:
        text = f"{parent.cum_qty} filled of {parent.terms.quantity} by children together"
        desk.alert("critical", "overfill", text, terms.parent_id, report)
    if parent.state is State.PENDING_CANCEL and parent.leaves_qty == 0:
        desk.emit(ev.CancelDenied(ts=desk.now, order_id=terms.parent_id, reason="filled before the cancel took effect"))
