"""Venues without a display, as a parent's algorithm sees them: which there are, and what its children found there."""

from decimal import Decimal

from penstock.algos.view import Pool, Try
from penstock.domain.orders import Order
from penstock.domain.quote import Quote
from penstock.engine.families import child_ids
from penstock.engine.state import EngineState


def pools_of(state: EngineState, order: Order, quotes: dict[str, Quote]) -> tuple[Pool, ...]:
    """The pools of an order's symbol that it may use and that can be reached, by name."""
    names = sorted(name for name in quotes if not state.venues[name].is_lit and name not in state.venue_status)
    if not names:
        return ()
    tries: dict[str, list[Try]] = {name: [] for name in names}
    for child_id in child_ids(state, order.terms.order_id):
        child = state.orders[child_id]
        if child.terms.venue in tries:
            tries[child.terms.venue].append(try_of(state, child))
    return tuple(Pool(venue=name, kind=state.venues[name].kind, tries=tuple(tries[name])) for name in names)


def try_of(state: EngineState, child: Order) -> Try:
    known = state.children[child.terms.order_id]
    return Try(
        sent_at=known.sent_at,
        sent=child.terms.quantity,
        filled=child.cum_qty,
        mid=known.quote.mid or Decimal(0),
        is_open=child.is_open,
    )
