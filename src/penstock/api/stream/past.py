"""Whom events of the past concern: their orders may have left memory since.

What comes by of an order is remembered; an order whose beginning lies before that is looked up in the journal.
"""

from penstock.api.running import RunningDesk
from penstock.api.stream.messages import NO_ORDER, About, Whose, key_of, topic_of, unknown, whose, whose_in
from penstock.domain import events as ev
from penstock.engine.families import parent_of

ORDERS_MAX = 50_000
TAKEN = (ev.OrderReceived, ev.OrderSentWhole)


class Past:
    """One walk through it, from its oldest event to its latest."""

    def __init__(self, desk: RunningDesk) -> None:
        self._desk = desk
        self._seen: dict[str, Whose] = {}

    async def about(self, event: ev.AnyEvent) -> About | None:
        """As `penstock.api.stream.messages.about` said when it happened. Raises what reading the journal may raise."""
        topic = topic_of(event)
        if topic is None:
            return None
        order_id = key_of(event)
        if not order_id:
            return About(topic, *NO_ORDER)
        found = whose_in(self._desk.state, order_id) or self._seen.get(order_id) or self._seen.get(parent_of(order_id))
        if found is None:
            found = whose(event.terms, event.user) if isinstance(event, TAKEN) else await self._looked_up(order_id)
            if len(self._seen) >= ORDERS_MAX:
                self._seen.clear()
            self._seen[found.parent_id] = found
        return About(topic, *found)

    async def _looked_up(self, order_id: str) -> Whose:
        family = await self._desk.recall(order_id)
        return unknown(order_id) if family is None else whose(family.order.terms, family.user)
