"""FIX 4.4 execution reports of an order, derived: what was asked and happened, in the standard's words and numbers.

Source of the rules: FIX 4.4 Appendix D, order state changes. The report of a pending replace shows the quantity of the
order that it would replace, which is the one before it in a chain of replaces.
"""

from decimal import Decimal

import msgspec

from penstock.domain.orders import Order
from penstock.engine.lifecycle import Kind

ZERO = Decimal(0)

EXEC_TYPES = {
    Kind.ACCEPT: "New",
    Kind.REJECT: "Rejected",
    Kind.FILL: "Trade",
    Kind.BUST: "Trade Cancel",
    Kind.CORRECT: "Trade Correct",
    Kind.CANCEL_PENDING: "Pending Cancel",
    Kind.CANCEL: "Canceled",
    Kind.REPLACE_PENDING: "Pending Replace",
    Kind.REPLACE: "Replaced",
    Kind.EXPIRE: "Expired",
    Kind.STOP: "Stopped",
    Kind.SUSPEND: "Suspended",
    Kind.DONE_FOR_DAY: "Done for Day",
    Kind.RESTATE: "Restated",
}
ORD_STATUS = {
    "pending_new": "Pending New",
    "new": "New",
    "partially_filled": "Partially Filled",
    "filled": "Filled",
    "pending_cancel": "Pending Cancel",
    "pending_replace": "Pending Replace",
    "stopped": "Stopped",
    "suspended": "Suspended",
    "done_for_day": "Done for Day",
    "canceled": "Canceled",
    "expired": "Expired",
    "rejected": "Rejected",
}
UNKNOWN = "Rejected"  # OrdStatus of an order that nobody knows


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of an ExecutionReport that tell an order's life. `exec_type` is None for an OrderCancelReject."""

    exec_type: str | None
    ord_status: str
    order_qty: Decimal
    cum_qty: Decimal
    leaves_qty: Decimal
    avg_px: Decimal
    last_qty: Decimal = ZERO
    day_order_qty: Decimal = ZERO
    day_cum_qty: Decimal = ZERO
    cl_ord_id: str = ""
    orig_cl_ord_id: str = ""


def report(order: Order, kind: Kind, *, last_qty: Decimal = ZERO, request_id: str = "") -> Report:
    """The report on what just happened to an order; `request_id` names the request that an answer is about."""
    quantity = order.terms.quantity
    leaves = order.leaves_qty
    if kind is Kind.REPLACE_PENDING:
        before = [
            request.terms.quantity
            for request in order.requests[: position(order, request_id)]
            if request.terms is not None
        ]
        quantity = before[-1] if before else quantity
        leaves = max(quantity - order.cum_qty, ZERO)
    refused = kind in (Kind.REFUSE_CANCEL, Kind.REFUSE_REPLACE)
    return Report(
        exec_type=None if refused else EXEC_TYPES[kind],
        ord_status=ORD_STATUS[order.fix_status],
        order_qty=quantity,
        cum_qty=order.cum_qty,
        leaves_qty=leaves,
        avg_px=order.avg_px or ZERO,
        last_qty=last_qty,
        day_order_qty=quantity - (order.cum_qty - order.day_cum_qty),
        day_cum_qty=order.day_cum_qty,
        cl_ord_id=request_id or order.last_id,
        orig_cl_ord_id=original(order, kind) if request_id else "",
    )


def status(order: Order | None) -> Report:
    """The answer to a status request, or to an order sent again; None is an order that nobody knows."""
    if order is None:
        return Report(
            exec_type="Order Status", ord_status=UNKNOWN, order_qty=ZERO, cum_qty=ZERO, leaves_qty=ZERO, avg_px=ZERO
        )
    return msgspec.structs.replace(report(order, Kind.ACCEPT), exec_type="Order Status")


def duplicate(order: Order) -> Report:
    """The refusal of another order under an id that is taken: the status is that of the order that has it."""
    return msgspec.structs.replace(report(order, Kind.ACCEPT), exec_type="Rejected")


def unknown_cancel(request_id: str, original_id: str) -> Report:
    """The refusal of a request about an order that nobody knows."""
    return msgspec.structs.replace(status(None), exec_type=None, cl_ord_id=request_id, orig_cl_ord_id=original_id)


def position(order: Order, request_id: str) -> int:
    """Where a request stands among those not answered; after the last if it is not among them."""
    for index, request in enumerate(order.requests):
        if request.request_id == request_id:
            return index
    return len(order.requests)


def original(order: Order, kind: Kind) -> str:
    """FIX OrigClOrdID: the id of the order as it last took effect, before this report."""
    if kind is Kind.REPLACE and order.ids:
        return order.ids[-2] if len(order.ids) > 1 else order.terms.order_id
    return order.last_id
