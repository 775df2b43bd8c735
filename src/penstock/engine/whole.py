"""A simple order, sent whole, is one record: nothing but its end is in its parent that is not in its only child.

It has words for what becomes of nearly all of them: on its way, acknowledged, filled by one execution. Anything else
has it spelled out, as a parent with one child, before it happens: see `EngineState.wholes`.
"""

from decimal import Decimal

import msgspec

from penstock.domain.events import whole_child
from penstock.domain.instrument import Instrument
from penstock.domain.orders import LIVE, Order, OrderTerms, State
from penstock.domain.quote import Quote
from penstock.engine.position import Execution
from penstock.engine.remembered import Child, Parent

ZERO = Decimal(0)
BPS = Decimal("0.0001")


class Whole(msgspec.Struct, omit_defaults=True, gc=False):
    """An order at its one venue since `sent_at`. `terms` are the parent's, `limit_price` and `takes` the child's own.

    `live_at` is when it was acknowledged, `execution` what filled it, at `ended_at` (ns; None: not yet).
    """

    terms: OrderTerms
    venue: str
    quote: Quote
    arrival_price: Decimal
    limit_price: Decimal | None
    takes: bool
    sent_at: int
    end: int
    volume_at_start: dict[str, Decimal]
    live_at: int | None = None
    ended_at: int | None = None
    execution: Execution | None = None


def spelled(whole: Whole, instrument: Instrument) -> tuple[Order, Parent, Order, Child]:
    """The parent and its child, each with what is remembered of it."""
    terms, sent_at, ended_at = whole.terms, whole.sent_at, whole.ended_at
    child_terms = whole_child(terms, whole.venue, whole.limit_price, takes=whole.takes)
    order = Order(terms=terms, created_at=sent_at, state=LIVE, live_at=sent_at, ended_at=ended_at)
    child_order = Order(terms=child_terms, created_at=sent_at, live_at=whole.live_at, ended_at=ended_at)
    child_order.state = State.PENDING_NEW if whole.live_at is None else LIVE
    parent = Parent(
        arrival_price=whole.arrival_price,
        start=sent_at,
        end=whole.end,
        volume_at_start=whole.volume_at_start,
        children=1,
        taken_at=sent_at if child_terms.tif.is_immediate else 0,
    )
    child = Child(sent_at=sent_at, quote=whole.quote, asked_at=sent_at, changed_at=sent_at)
    if whole.live_at is not None:
        child.changed_at = whole.live_at
    filled = whole.execution
    if filled is None or ended_at is None:
        parent.open_children = (child_terms.order_id,)
        return order, parent, child_order, child
    fee = filled.fee and (instrument.fee_in_currency(filled.fee, filled.fee_currency, filled.price) or ZERO)
    for each in (order, child_order):
        each.cum_qty = each.day_cum_qty = ZERO + abs(filled.quantity)  # as a sum is written: the same digits
        each.cum_value = ZERO + abs(filled.quantity) * filled.price
        each.fees = ZERO + fee if fee else ZERO
    child.changed_at = ended_at
    parent.fills = [(ended_at, order.cum_qty)]
    if filled.slippage_bps:
        parent.slippage_cost += slippage_cost(instrument, filled)
    child.executions = [filled.key]
    return order, parent, child_order, child


def slippage_cost(instrument: Instrument, execution: Execution) -> Decimal:
    """What slippage cost on an execution, in the instrument's currency."""
    return execution.slippage_bps * BPS * instrument.notional(abs(execution.quantity), execution.price)
