"""Archiving: parents that are long over leave memory, so that memory holds what works and the latest that ended.

The oldest go first, many at a time. Whoever has a question open stays: an order with a request that has no answer, or
whose end no picture of its venue has confirmed; so do the orders of a group, which watch each other, and everybody
while a recall is under way. What comes later for one that has gone brings it back: see `penstock.engine.recall`.

It is done before an input is dealt with, so that whoever gave the input finds in memory what came of it.
"""

from sys import maxsize

from penstock.domain import events as ev
from penstock.engine.desk import Desk
from penstock.engine.families import child_ids
from penstock.engine.venue_watch import VenueWatch

CHUNK = 256
STEP_MAX = 1024  # what a single step archives, of a desk that begins to archive with a long past


class Archive:
    """Lets closed orders go once more than `closed_orders_max` and a chunk are in memory; None lets none go.

    `due` is the number of closed orders from which on there is something to do.
    """

    def __init__(self, desk: Desk, watch: VenueWatch, closed_orders_max: int | None) -> None:
        self.desk, self.watch = desk, watch
        self._most = maxsize if closed_orders_max is None else closed_orders_max
        self._chunk = min(CHUNK, 1 + self._most // 8)
        self.due = self._most + self._chunk

    def let_go(self) -> None:
        """Archive what is too much, oldest first."""
        desk, state = self.desk, self.desk.state
        if state.recalls:
            return
        spare = min(len(state.closed) - self._most, STEP_MAX)
        going: list[str] = []
        staying = 0
        for order_id in state.closed:
            if self._stays(order_id):
                staying += 1
                continue
            going.append(order_id)
            if len(going) == spare:
                break
        if going:
            desk.emit(ev.OrdersArchived(ts=desk.now, order_ids=tuple(going)))
        # those that stay are not looked at again for every order that ends
        self.due = max(self._most + self._chunk, len(state.closed) + staying if staying else 0)

    def _stays(self, order_id: str) -> bool:
        state, unproven = self.desk.state, self.watch.unproven
        if state.whole_of(order_id) is not None:  # nobody has asked anything of it
            return False
        orders, order = state.orders, state.orders[order_id]
        if order.requests or order_id in state.member_of:
            return True
        if order_id in state.working:  # a bust gave a child of it something to fill again
            return True
        for child_id in child_ids(state, order_id):
            child = orders[child_id]
            if child.requests or child.unknown:
                return True
            if unproven and child_id in unproven.get(child.terms.venue or "", ()):
                return True
        return False
