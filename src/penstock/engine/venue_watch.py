"""The engine's side of reconciliation: which venues may be traded on, when to look at one, what a look leads to.

Nothing new goes to a venue from the moment its connection is lost until it has been looked at after it is back. An
order without an answer for `ANSWER_TIMEOUT`, or at a venue that stays away, is unknown: it keeps its exposure and is
asked about, never sent again.

Every venue with open orders of ours is looked at every `LOOK_INTERVAL` anyway, so that one lost message cannot hide.
It is looked at sooner while anything there is in doubt, and as soon as a second picture can settle that a new order,
which the first one lacked, never arrived.

A refusal often tells of a fill that was lost: the venue is looked at before anything is asked again.

An order that a picture shows and that is archived is recalled, if the picture may have news of it: see `_set_apart`.

What the stream says of an order's end is not the last word: a fill may have been lost before it. An order that ended,
that filled otherwise than asked or that has a question open is looked up until a picture agrees with what we know.
"""

from collections.abc import Collection

import msgspec

from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import LIVE, Order, State
from penstock.domain.time import MINUTE, SECOND
from penstock.domain.venue_budget import Message
from penstock.engine.desk import Desk
from penstock.engine.effects import Look, SendCancel
from penstock.engine.recall import archived_parent, waits_for_order
from penstock.engine.spelling import known
from penstock.engine.state import EngineState, execution_key
from penstock.engine.venue_reconcile import heal, is_behind
from penstock.engine.venue_reports import take_report
from penstock.engine.whole import Whole

ANSWER_TIMEOUT = 5 * SECOND
LOOK_RETRY = 5 * SECOND
REFUSED_LOOK = SECOND
LOOK_INTERVAL = 30 * SECOND
CHECK_INTERVAL = 10 * SECOND
GRACE = 2 * SECOND
ENDS_LOOKED_UP = 10 * MINUTE  # after a restart, how far back

SHOWN_MAX = 10_000

RECONCILING = "reconciling"

Shown = tuple[tuple[rep.VenueOrder, ...], frozenset[str]]


class VenueWatch:
    """Looks at venues through a desk. When each was looked at last is not state: after a restart all are looked at."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._asked_at: dict[str, int] = {}
        self._missing: dict[str, dict[str, int]] = {}  # by venue, since which picture an order is not there
        self._shown: dict[str, Shown] = {}  # what pictures said of archived parents, by the first child
        self.unproven: dict[str, dict[str, None]] = {}  # ends that no picture has confirmed yet, by venue
        for order_id, order in known(desk.state.orders).items():  # the others are all there
            if order.ended_at is not None and order.ended_at >= desk.now - ENDS_LOOKED_UP:
                self.note(order_id)
        self._check_at: int | None = desk.now if self._is_needed else None

    @property
    def check_at(self) -> int | None:
        """When to be woken for `look_where_due`; None while there is nothing to look for."""
        if not self._is_needed:
            self._check_at = None
        elif self._check_at is None:
            self._check_at = self.desk.now + ANSWER_TIMEOUT
        return self._check_at

    @property
    def _is_needed(self) -> bool:
        state = self.desk.state
        return bool(state.working or self.unproven) or RECONCILING in state.venue_status.values()

    def note(self, order_id: str) -> None:
        """Something became of an order: it is looked up if that was its end and may not be all of it, or a refusal."""
        state = self.desk.state
        order = state.orders.get(order_id)
        if order is None or order.terms.venue is None:
            return
        if order.state is LIVE and order.cum_qty == order.terms.quantity and not order.requests:
            return  # all of it is there
        if order.is_open:
            if state.children[order_id].refused_at == self.desk.now:
                self._check_by(self.desk.now + REFUSED_LOOK)
            return
        if order.is_over or order.requests or order.cum_qty != order.terms.quantity:
            self.unproven.setdefault(order.terms.venue, {})[order_id] = None

    def take_status(self, status: rep.VenueStatus) -> None:
        """A connection was lost, or is back."""
        venue = status.venue
        if not status.up:
            self._change(venue, "down", status.reason)
        else:
            self._change(venue, RECONCILING, status.reason)
            self._look(venue)
            self._check_by(self.desk.now + ANSWER_TIMEOUT)  # what was on its way may never have arrived

    def take_picture(self, picture: rep.Picture) -> list[str]:
        """Hear what we missed; returns the parents that must decide anew."""
        desk = self.desk
        parents = dict.fromkeys(self.take_part(picture))
        if desk.state.venue_status.get(picture.venue) == RECONCILING:
            self._change(picture.venue, "up", "reconciled")
            parents |= desk.state.working
        return list(parents)

    def take_part(self, picture: rep.Picture) -> list[str]:
        """Heal what a picture, or a part of an earlier one, shows; returns the parents that must decide anew."""
        desk = self.desk
        picture = self._set_apart(picture)
        agreed = agreeing(desk.state, picture)
        if agreed:
            picture = without(picture, agreed)
        healing = heal(self._concerned(picture, agreed), picture, desk.state.executions, desk.state.children, GRACE)
        parents: dict[str, None] = {}
        for report in healing.reports:
            parents |= dict.fromkeys(take_report(desk, report))
            self.note(report.order_id)
        self._confirm(picture)
        for order_id in healing.strays:
            text = f"{picture.venue} still works {order_id}, which is over here: cancelling it"
            desk.alert("critical", "stray_order", text, order_id)
            desk.budgets.sent_unrecorded(picture.venue, Message.CANCEL, desk.now)
            desk.effects.append(SendCancel(picture.venue, order_id))
        for order_id in healing.foreign:
            if f"{picture.venue}/{order_id}" not in desk.state.foreign:
                desk.emit(ev.ForeignOrderSeen(ts=desk.now, venue=picture.venue, order_id=order_id))
        if healing.reports:
            text = f"{len(healing.reports)} missing reports healed from a look at {picture.venue}"
            desk.alert("warning", "healed", text)
        return list(parents)

    def _set_apart(self, picture: rep.Picture) -> rep.Picture:
        """A picture without the archived orders that it shows; each is recalled, with what is shown of it.

        One that is over there, and was shown just so before, is left in peace.
        """
        state = self.desk.state
        if state.archived.is_empty:
            return picture
        parts: dict[str, tuple[list[rep.VenueOrder], list[rep.Fill]]] = {}
        parents: dict[str, str] = {}
        for order in picture.orders:
            if order.order_id not in state.orders and (parent_id := archived_parent(state, order.order_id)):
                parts.setdefault(parent_id, ([], []))[0].append(order)
                parents[order.order_id] = parent_id
        for fill in picture.fills:
            if fill.order_id not in state.orders and (parent_id := archived_parent(state, fill.order_id)):
                parts.setdefault(parent_id, ([], []))[1].append(fill)
                parents[fill.order_id] = parent_id
        apart = {parent_id for parent_id, (orders, fills) in parts.items() if self._is_apart(picture, orders, fills)}
        gone = {order_id for order_id, parent_id in parents.items() if parent_id in apart}
        return without(picture, gone) if gone else picture

    def _is_apart(self, picture: rep.Picture, orders: list[rep.VenueOrder], fills: list[rep.Fill]) -> bool:
        """Whether what a picture shows of one archived parent waits for it, or is nothing new."""
        part = msgspec.structs.replace(picture, orders=tuple(orders), fills=tuple(fills), complete=False)
        first = orders[0].order_id if orders else fills[0].order_id
        said: Shown = (part.orders, frozenset(fill.exec_id for fill in fills))
        known = self._shown.pop(first, None) == said and all(order.state != "open" for order in orders)
        if not known and not waits_for_order(self.desk, first, part):
            return False
        self._shown[first] = said
        if len(self._shown) > SHOWN_MAX:
            del self._shown[next(iter(self._shown))]
        return True

    def look_where_due(self) -> None:
        """Mark what has waited too long for an answer, and look at the venues that it is time to look at."""
        desk = self.desk
        if self._check_at is None or desk.now < self._check_at:
            return
        next_check = CHECK_INTERVAL
        for venue in self._venues():
            orders = [desk.state.orders[order_id] for order_id in self._to_watch(venue)]
            late = [order for order in orders if waits_too_long(order, desk.now)]
            if desk.state.venue_status.get(venue) == "down":
                self._doubt(orders, f"{venue} cannot be reached")
            else:
                unanswered = [order for order in late if order.state is State.PENDING_NEW]
                self._doubt(unanswered, f"no answer from {venue} for {ANSWER_TIMEOUT // SECOND} s")
            waiting = desk.state.venue_status.get(venue) == RECONCILING
            asked_at = self._asked_at.get(venue, 0)
            refused = any(desk.state.children[order.terms.order_id].refused_at >= asked_at for order in orders)
            missing = self._missing.get(venue)
            in_doubt = waiting or late or any(order.unknown for order in orders)
            pause = REFUSED_LOOK if refused else GRACE if missing else LOOK_RETRY if in_doubt else LOOK_INTERVAL
            if desk.now >= asked_at + pause:
                asked_at = desk.now
                self._look(venue)
            next_check = min(next_check, asked_at + pause - desk.now)
        self._check_at = desk.now + next_check

    def _to_watch(self, venue: str) -> list[str]:
        """The open orders of a venue; while it is reached, without those sent whole that are answered or just sent."""
        state, sent_after = self.desk.state, self.desk.now - ANSWER_TIMEOUT
        order_ids = state.at_venue.get(venue, ())
        if state.venue_status.get(venue) == "down":
            return list(order_ids)
        wholes = ((order_id, state.wholes.get(order_id)) for order_id in order_ids)
        return [
            order_id
            for order_id, whole in wholes
            if whole is None or (whole.live_at is None and whole.sent_at <= sent_after)
        ]

    def _doubt(self, orders: list[Order], reason: str) -> None:
        for order in orders:
            if not order.unknown:
                self.desk.emit(ev.ChildUnknown(ts=self.desk.now, order_id=order.terms.order_id, reason=reason))

    def _venues(self) -> list[str]:
        """Where there is anything to look for."""
        state = self.desk.state
        open_at = (venue for venue, order_ids in state.at_venue.items() if order_ids)
        waiting = (venue for venue, status in state.venue_status.items() if status == RECONCILING)
        return list(dict.fromkeys((*open_at, *self.unproven, *waiting)))

    def _concerned(self, picture: rep.Picture, agreed: Collection[str]) -> list[Order]:
        """Our orders that a picture may tell us something about: what we look for there, and what it shows.

        Those that it showed just as we have them were `agreed` on.

        A new one that it lacks is lacking once a later picture lacks it too: the first may have been faster than the
        order, whatever the clock says.
        """
        desk, venue = self.desk, picture.venue
        shown = {order.order_id for order in picture.orders} | {fill.order_id for fill in picture.fills}
        ids = dict.fromkeys((*desk.state.at_venue.get(venue, ()), *self.unproven.get(venue, ()), *shown))
        ours = desk.state.orders
        orders = [ours[order_id] for order_id in ids if order_id not in agreed and order_id in ours]
        there = [order for order in orders if order.terms.venue == venue]
        children = desk.state.children
        new = {
            order.terms.order_id
            for order in there
            if order.state is State.PENDING_NEW and not is_behind(order, children[order.terms.order_id], picture, GRACE)
        }
        known = self._missing.get(venue, {})
        since = {order_id: known.get(order_id, picture.asked_at) for order_id in new - shown}
        if picture.complete:
            self._missing[venue] = since
            if since:
                self._check_by(desk.now + GRACE)
        return [order for order in there if picture.asked_at - since.get(order.terms.order_id, 0) >= GRACE]

    def _confirm(self, picture: rep.Picture) -> None:
        """Look no more for the ends that this picture agrees with."""
        desk, waiting = self.desk, self.unproven.get(picture.venue, {})
        shown = {order.order_id: order for order in picture.orders}
        for order_id in list(waiting):
            order, theirs = desk.state.orders[order_id], shown.get(order_id)
            if order.is_open:
                del waiting[order_id]
            elif is_behind(order, desk.state.children[order_id], picture, GRACE) or (theirs and theirs.state == "open"):
                continue
            elif theirs is not None or picture.complete:
                del waiting[order_id]
                if theirs is not None and theirs.cum_qty != order.cum_qty:
                    text = f"{picture.venue} filled {theirs.cum_qty} of {order_id}, we have {order.cum_qty}"
                    desk.alert("critical", "books_differ", text, order_id)
        if not waiting:
            self.unproven.pop(picture.venue, None)

    def _check_by(self, at: int) -> None:
        """Be woken then at the latest, if there is anything to look for."""
        if self._check_at is not None:
            self._check_at = min(self._check_at, at)

    def _look(self, venue: str) -> None:
        if self.desk.state.venue_status.get(venue) == "down":
            return
        if not self.desk.budgets.may_look(venue, self.desk.now):
            return  # it is looked at again, and soon
        self._asked_at[venue] = self.desk.now
        order_ids = (*self.desk.state.at_venue.get(venue, ()), *self.unproven.get(venue, ()))
        self.desk.effects.append(Look(venue, order_ids))

    def _change(self, venue: str, status: str, reason: str) -> None:
        if self.desk.state.venue_status.get(venue, "up") != status:
            self.desk.emit(ev.VenueStatusChanged(ts=self.desk.now, venue=venue, status=status, reason=reason))


def without(picture: rep.Picture, ids: Collection[str]) -> rep.Picture:
    """A picture that does not show these orders."""
    return msgspec.structs.replace(
        picture,
        orders=tuple(order for order in picture.orders if order.order_id not in ids),
        fills=tuple(fill for fill in picture.fills if fill.order_id not in ids),
    )


def agreeing(state: EngineState, picture: rep.Picture) -> set[str]:
    """The orders sent whole that a picture shows just as we have them: it has nothing to tell of these."""
    wholes, executions = state.wholes, state.executions
    listed: dict[str, list[rep.Fill]] = {}
    for fill in picture.fills:
        if fill.order_id in wholes:
            listed.setdefault(fill.order_id, []).append(fill)
    shown = {order.order_id: order for order in picture.orders if order.order_id in wholes}
    return {
        order_id
        for order_id in shown.keys() | listed.keys()
        if wholes[order_id].venue == picture.venue
        and agrees(wholes[order_id], shown.get(order_id))
        and all(execution_key(picture.venue, fill.exec_id) in executions for fill in listed.get(order_id, ()))
    }


def agrees(whole: Whole, theirs: rep.VenueOrder | None) -> bool:
    """Whether the venue shows an order as we have it, its executions aside."""
    if whole.execution is not None:
        return theirs is None or (theirs.state == "filled" and theirs.cum_qty == whole.terms.quantity)
    if theirs is None or whole.live_at is None or theirs.state != "open" or theirs.cum_qty:
        return False
    return (theirs.quantity, theirs.limit_price) == (whole.terms.quantity, whole.limit_price)


def waits_too_long(order: Order, now: int) -> bool:
    """Whether the order itself, or a request about it, should have been answered by now."""
    times = [request.asked_at for request in order.requests]
    if order.state is State.PENDING_NEW:
        times.append(order.created_at)
    return any(now - at >= ANSWER_TIMEOUT for at in times)
