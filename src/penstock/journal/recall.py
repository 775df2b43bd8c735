"""An archived order as it was when it left memory: the events of its own life, folded by themselves.

Nothing of an order depends on other orders' events, so a fold of its own and its sessions' gives the very same order,
parent, children and executions. What archives and recalls on record say of it is passed over: they change nothing.
"""

from collections.abc import Iterable, Iterator

from penstock.domain import events as ev
from penstock.domain.orders import FIRST_CHILD
from penstock.engine.effects import Recall
from penstock.engine.families import Family, family_of
from penstock.engine.folds import apply
from penstock.engine.recall import Recalled
from penstock.engine.state import EngineState
from penstock.journal.history import life
from penstock.journal.record import Record

TAKEN = (ev.OrderReceived, ev.OrderSentWhole, ev.OrderDenied)
MOVES = (ev.OrdersArchived, ev.RecallAsked, ev.OrderRecalled)


def look_up(record: Record, recall: Recall) -> Recalled:
    """What a journal knows of an order.

    Raises:
        JournalCorrupt: what it says of the order is not what was written.
        JournalUnavailable: the database does not answer.
    """
    return answered(recall, (event for _, event in life(record, recall.order_id, recall.client_order_id)))


def look_through(events: Iterable[ev.AnyEvent], recall: Recall) -> Recalled:
    """The same from all events of a journal, one by one."""
    events = list(events)
    order_id = recall.order_id or submitted_as(events, recall.client_order_id)
    return answered(recall, of_family(events, order_id))


def answered(recall: Recall, events: Iterable[ev.AnyEvent]) -> Recalled:
    """The answer that the events of one family, and of the sessions it lived in, give."""
    known = [event for event in events if not isinstance(event, MOVES)]
    taken = [event.terms for event in known if isinstance(event, TAKEN)]
    parents = [terms.order_id for terms in taken if terms.parent_id is None]
    family: Family | None = None
    if parents:
        state = EngineState()
        for event in known:
            apply(state, event)
        family = family_of(state, parents[0])
    return Recalled(ts=0, order_id=recall.order_id, client_order_id=recall.client_order_id, family=family)


def submitted_as(events: Iterable[ev.AnyEvent], client_order_id: str) -> str:
    """The parent that a client submitted under this id of its own; empty if there is none."""
    for event in events:
        if isinstance(event, TAKEN) and event.terms.client_order_id == client_order_id:
            return event.terms.order_id
    return ""


def of_family(events: Iterable[ev.AnyEvent], order_id: str) -> Iterator[ev.AnyEvent]:
    """The events about an order and its children, and every session's begin."""
    family = {order_id}
    for event in events:
        terms = getattr(event, "terms", None)
        if terms is not None and terms.parent_id == order_id:
            family.add(terms.order_id)
        if isinstance(event, ev.OrderSentWhole) and event.terms.order_id == order_id:
            family.add(order_id + FIRST_CHILD)
        about = getattr(event, "order_id", "") if terms is None else terms.order_id
        if isinstance(event, ev.SessionStarted) or about in family:
            yield event
