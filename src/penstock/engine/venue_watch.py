"""The engine's side of reconciliation: which venues may be traded on, when to look at one, what a look leads to.

Nothing new goes to a venue from the moment its connection is lost until it has been looked at after it is back. An
order without an answer for `ANSWER_TIMEOUT` is unknown: it keeps its exposure and is asked about, never sent again.
Every venue with open orders of ours is looked at every `LOOK_INTERVAL` anyway, so that one lost message cannot hide.
"""

from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import Order, State
from penstock.domain.time import SECOND
from penstock.engine.desk import Desk
from penstock.engine.effects import Look, SendCancel
from penstock.engine.venue_reconcile import heal
from penstock.engine.venue_reports import take_report

ANSWER_TIMEOUT = 5 * SECOND
LOOK_RETRY = 5 * SECOND
LOOK_INTERVAL = 30 * SECOND
CHECK_INTERVAL = 10 * SECOND


class VenueWatch:
    """Looks at venues through a desk. When each was looked at last is not state: after a restart all are looked at."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._asked_at: dict[str, int] = {}
        self._check_at: int | None = desk.now if desk.state.working else None

    @property
    def check_at(self) -> int | None:
        """When to be woken for `look_where_due`; None while nothing works."""
        if not self.desk.state.working:
            self._check_at = None
        elif self._check_at is None:
            self._check_at = self.desk.now + ANSWER_TIMEOUT
        return self._check_at

    def take_status(self, status: rep.VenueStatus) -> None:
        """A connection was lost, or is back."""
        venue = status.venue
        if not status.up:
            self._change(venue, "down", status.reason)
        else:
            self._change(venue, "reconciling", status.reason)
            self._look(venue)

    def take_picture(self, picture: rep.Picture) -> list[str]:
        """Hear what we missed; returns the parents that must decide anew."""
        desk = self.desk
        ours = concerned(desk, picture)
        healing = heal(ours, picture, desk.state.executions)
        parents: dict[str, None] = {}
        for report in healing.reports:
            parents |= dict.fromkeys(take_report(desk, report))
        for order_id in healing.strays:
            text = f"{picture.venue} still works {order_id}, which is over here: cancelling it"
            desk.alert("critical", "stray_order", text, order_id)
            desk.effects.append(SendCancel(picture.venue, order_id))
        for order_id in healing.foreign:
            if f"{picture.venue}/{order_id}" not in desk.state.foreign:
                desk.emit(ev.ForeignOrderSeen(ts=desk.now, venue=picture.venue, order_id=order_id))
        if healing.reports:
            text = f"{len(healing.reports)} missing reports healed from a look at {picture.venue}"
            desk.alert("warning", "healed", text)
        if desk.state.venue_status.get(picture.venue) == "reconciling":
            self._change(picture.venue, "up", "reconciled")
            parents |= desk.state.working
        return list(parents)

    def look_where_due(self) -> None:
        """Mark what has waited too long for an answer, and look at the venues that it is time to look at."""
        desk = self.desk
        if self._check_at is None or desk.now < self._check_at:
            return
        self._check_at = desk.now + CHECK_INTERVAL
        for venue, open_ids in list(desk.state.at_venue.items()):
            orders = [desk.state.orders[order_id] for order_id in open_ids]
            if not orders:
                continue
            late = [order for order in orders if waits_too_long(order, desk.now)]
            for order in late:
                if order.state is State.PENDING_NEW and not order.unknown:
                    reason = f"no answer from {venue} for {ANSWER_TIMEOUT // SECOND} s"
                    desk.emit(ev.ChildUnknown(ts=desk.now, order_id=order.terms.order_id, reason=reason))
            in_doubt = late or any(order.unknown for order in orders)
            if desk.now >= self._asked_at.get(venue, 0) + (LOOK_RETRY if in_doubt else LOOK_INTERVAL):
                self._look(venue)

    def _look(self, venue: str) -> None:
        if self.desk.state.venue_status.get(venue) == "down":
            return
        self._asked_at[venue] = self.desk.now
        self.desk.effects.append(Look(venue, tuple(self.desk.state.at_venue.get(venue, ()))))

    def _change(self, venue: str, status: str, reason: str) -> None:
        if self.desk.state.venue_status.get(venue, "up") != status:
            self.desk.emit(ev.VenueStatusChanged(ts=self.desk.now, venue=venue, status=status, reason=reason))


def concerned(desk: Desk, picture: rep.Picture) -> list[Order]:
    """Our orders that a picture may tell us something about: those open at its venue, and those that it shows."""
    shown = [order.order_id for order in picture.orders] + [fill.order_id for fill in picture.fills]
    ids = dict.fromkeys((*desk.state.at_venue.get(picture.venue, ()), *shown))
    orders = [desk.state.orders[order_id] for order_id in ids if order_id in desk.state.orders]
    return [order for order in orders if order.terms.venue == picture.venue]


def waits_too_long(order: Order, now: int) -> bool:
    """Whether the order itself, or a request about it, should have been answered by now."""
    times = [request.asked_at for request in order.requests]
    if order.state is State.PENDING_NEW:
        times.append(order.created_at)
    return any(now - at >= ANSWER_TIMEOUT for at in times)
