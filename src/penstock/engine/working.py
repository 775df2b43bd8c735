"""Working parents: ask the algorithm what it wants, route it, and turn the difference into orders that passed risk."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from penstock.algos import build
from penstock.algos.named import Algorithm
from penstock.algos.order_types import body_of, plan_for
from penstock.algos.slicing import smallest_child
from penstock.algos.tactic import RETRY
from penstock.algos.view import Direct, Plan, Take, Triggered, View, far_price
from penstock.domain import events as ev
from penstock.domain.events import NO_PARAMETERS, whole_child
from penstock.domain.order_rules import AUCTIONS, named
from penstock.domain.orders import CHILD_ENDINGS as ENDINGS
from penstock.domain.orders import Ask, Order, OrderTerms, OrderType, State, TimeInForce
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND
from penstock.domain.venue_budget import Message
from penstock.engine.desk import Desk
from penstock.engine.effects import SendCancel, SendNew, SendReplace
from penstock.engine.hours import trades_from, window_of
from penstock.engine.parts import is_divisible
from penstock.engine.reconcile import Cancel, New, of, reconcile
from penstock.engine.reducing import closable
from penstock.engine.remembered import Parent
from penstock.engine.reminders import Ends, Reminders
from penstock.engine.risk_folds import scopes_of
from penstock.engine.sight import view_of
from penstock.engine.standing import Standing, standing_of
from penstock.engine.whole import Whole
from penstock.risk import Approved, Denial, review_whole
from penstock.risk.breakers import Status, too_much_slippage
from penstock.risk.checks import TOO_LARGE, Code
from penstock.risk.modes import HALTED
from penstock.routing.router import price_of_one, route
from penstock.routing.wanted import Wanted

ZERO = Decimal(0)
DONE_AT_ONCE = "immediate order done"
DENIED_RETRY, HELD_RETRY_MAX = SECOND, 30 * SECOND
HOLDS = (Code.MODE, Code.BREAKER)  # who lifts them has everybody asked again
MARKET, LIMIT = OrderType.MARKET, OrderType.LIMIT
DAY, GTC, IOC = TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC
LIVE, OPEN = State.LIVE, Status.OPEN


class Straight(msgspec.Struct, frozen=True, gc=False):
    """A child that is all of its parent, at a venue with this quote; it is looked at again at `wake_at`."""

    child: OrderTerms
    quote: Quote
    takes: bool
    wake_at: int


class Worker:
    """Decides for parents. `wakes` says when each wants to be asked again; it is not state, only a reminder.

    `ends` is when the orders end that were sent whole and rest: they want nothing before.

    `watching` are, by symbol, the parents that want to be asked whenever the market moves.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.wakes = Reminders()
        self.ends = Ends()
        self._decided: dict[str, int] = {}  # when a parent was last decided with nothing in doubt
        self._standing: dict[str, Standing] = {}  # of the parents that were ever asked
        self._held_since: dict[str, int] = {}  # parents that a mode or breaker holds back (ns)
        self.watching: dict[str, dict[str, None]] = {}

    def forget(self, order_id: str) -> None:
        """Drop the reminder of a parent that is over."""
        self.wakes.drop(order_id)
        self._decided.pop(order_id, None)
        self._standing.pop(order_id, None)
        self._held_since.pop(order_id, None)
        if self.watching:
            self._watch(order_id, False)

    def decide(self, order_id: str) -> None:
        """One decision for one parent, from scratch: what it wants now, less what works already."""
        desk = self.desk
        parent = desk.state.parents[order_id]
        order = desk.state.orders[order_id]
        if parent.amending is not None:
            self._amend(order, parent, parent.amending)
        if parent.slippage_cost > ZERO:
            self._guard(order, parent)
        if parent.stopped or not order.open_qty:
            self._wind_down(order_id)
            return
        standing = self._standing.get(order_id)
        if standing is None or not standing.holds(order, parent):
            standing = self._stand(order, parent)
        times_out = None
        if parent.open_children:
            times_out = self._time_out(parent, standing)
        elif standing.is_served(order, desk.now):
            assert standing.enough is not None
            self.wakes.put(order_id, standing.enough.until)
            return
        view, plan = self._plan(order, parent, standing)
        if plan.over:
            self._finish(order, plan.over)
            return
        self._wait(order_id, parent, view, plan, times_out)
        if desk.state.risk.holds_back and self._held_back(parent):
            return
        if plan.intents or view.working:
            self._carry_out(order, view, plan)
            if order.terms.tif.is_immediate and not (parent.open_children or desk.state.risk.budgets):
                self._finish(order, DONE_AT_ONCE)  # nothing is there to take: it does not wait for that

    def _amend(self, order: Order, parent: Parent, asked: OrderTerms) -> None:
        """Amend a parent that waits for it, if its children leave room; what fills meanwhile makes it larger (FIX)."""
        desk, order_id = self.desk, order.terms.order_id
        if not order.is_open or parent.stopped:
            return
        quantity = max(asked.quantity, order.cum_qty)
        if desk.committed(order_id) <= quantity:
            terms = msgspec.structs.replace(asked, quantity=quantity)
            desk.emit(ev.OrderAmended(ts=desk.now, order_id=order_id, terms=terms, end=parent.amending_end))

    def _wait(self, order_id: str, parent: Parent, view: View, plan: Plan, times_out: int | None) -> None:
        """Remember when, and on what, a parent that was just asked is to be asked again."""
        now = decided = view.now
        wake_at, unsettled = plan.wake_at, False
        if plan.watches or self.watching:
            self._watch(order_id, plan.watches)
        if parent.open_children:
            for child in view.working:
                if not child.settled:
                    unsettled = True
                    if not child.immediate:
                        decided = 0
            if times_out is not None and times_out < wake_at:
                wake_at = times_out
        self._decided[order_id] = decided
        self.wakes.put(order_id, wake_at if wake_at > now else now + 1)
        if unsettled:  # a venue may have refused what was asked
            self._ask_again_later(order_id)

    def _held_back(self, parent: Parent) -> bool:
        """Cancel what worked when a mode or breaker began that cancels it; whether nothing may leave at all."""
        state = self.desk.state
        for child in list(parent.open_children):
            if self._cancelled_since(state.orders[child]):
                self.ask_cancel(child, state.halted or "the mode of its scope")
        return bool(state.halted)

    def _cancelled_since(self, child: Order) -> bool:
        state = self.desk.state
        risk, at = state.risk, child.created_at
        for scope in scopes_of(state, child.terms):
            standing = risk.modes.get(scope)
            if standing is not None and standing.mode is HALTED:
                return True
            # of any other mode, a venue's: elsewhere parents are stopped, and what they send then only reduces
            if standing is not None and standing.mode.cancels and at <= standing.since and scope.startswith("venue/"):
                return True
            for name in risk.circuits.tripped.get(scope, ()):
                breaker, circuit = risk.book.breakers[name], risk.circuits.by_scope[scope][name]
                is_open = circuit.status(self.desk.now) is OPEN and at <= (circuit.tripped_at or 0)
                if breaker.mode.cancels and is_open:
                    return True
        return False

    def _stand(self, order: Order, parent: Parent) -> Standing:
        algorithm = algorithm_of(order.terms, parent.native)
        standing = self._standing[order.terms.order_id] = standing_of(self.desk.state, order, parent, algorithm)
        return standing

    def _carry_out(self, order: Order, view: View, plan: Plan) -> None:
        """Turn the difference between what a parent wants and what works into orders."""
        if len(plan.intents) == len(view.working) == 1:
            price, child = price_of_one(plan.intents[0], view), view.working[0]
            if price is not None:
                if price != child.price and child.settled:
                    self._move(child.order_id, price, child.leaves)
                return
        least = smallest_child(view.instrument, view.mid or order.terms.limit_price)
        wanted = route(plan.intents, view, self.desk.state.venues)
        for action in reconcile(wanted, view.working, view.left, least):
            if isinstance(action, New):
                self._submit(order, action.wanted)
            elif isinstance(action, Cancel):
                self.ask_cancel(action.order_id, "no longer wanted")
            else:
                self._move(action.order_id, action.price, action.leaves)

    def _move(self, order_id: str, price: Decimal, leaves: Decimal) -> None:
        """Have a child rest at another price, or with less open, in place where its venue can do that."""
        if self._replaces(order_id):
            self._replace(order_id, price, leaves)
        else:
            self.ask_cancel(order_id, "to be sent again with other terms")

    def _plan(self, order: Order, parent: Parent, standing: Standing) -> tuple[View, Plan]:
        """What a parent wants now; what it must remember goes on record first, and it is asked again."""
        desk, state, terms = self.desk, self.desk.state, order.terms
        assert state.session is not None
        while True:
            view = view_of(
                state, order, parent, standing, desk.sight(terms.symbol, terms.venues), desk.now, desk.stale_after
            )
            if standing.reduces and not view.working and closable(state, terms) == 0:
                return view, Plan((), view.end, over="nothing is left to reduce")
            if not standing.trades_at(desk.now):
                trades = trades_from(state.session, terms.symbol, desk.now)
                if desk.now < trades and not parent.native:
                    return view, Plan((), trades, over="" if view.end > desk.now else "end of session")
            plan = plan_for(view, standing.algorithm, parent.native)
            if plan.note is None:
                standing.enough = plan.enough
                return view, plan
            order_id, price = terms.order_id, plan.note.price
            if isinstance(plan.note, Triggered):
                start, end = window_of(terms, standing.algorithm, state.session, desk.now, parent.native)
                desk.emit(ev.OrderTriggered(ts=desk.now, order_id=order_id, price=price, start=start, end=end))
                standing = self._stand(order, parent)
            else:
                desk.emit(ev.TrailMoved(ts=desk.now, order_id=order_id, price=price))

    def finish(self, order_id: str, why: str) -> None:
        """End a parent that has just been received, and of which nothing was ever sent."""
        desk = self.desk
        desk.emit(ev.OrderStopped(ts=desk.now, order_id=order_id, reason=why, expired=True))
        desk.emit(ev.OrderEnded(ts=desk.now, order_id=order_id, expired=True, reason=why))

    def _finish(self, order: Order, why: str) -> None:
        """End a parent whose algorithm has nothing more to do."""
        order_id = order.terms.order_id
        if order.terms.tif is TimeInForce.FOK and order.cum_qty > 0:
            text = f"{order.cum_qty} of {order.terms.quantity} filled of a synthetic FOK: another order was faster"
            self.desk.alert("warning", "partial_fok", text, order_id)
        self.stop(order_id, why, expired=True)
        self._wind_down(order_id)

    def _watch(self, order_id: str, watches: bool) -> None:
        symbol = self.desk.state.orders[order_id].terms.symbol
        if watches:
            self.watching.setdefault(symbol, {})[order_id] = None
        elif self.watching:
            self.watching.get(symbol, {}).pop(order_id, None)

    def _replaces(self, order_id: str) -> bool:
        """Whether the venue of a child can change it in place."""
        venue = self.desk.state.orders[order_id].terms.venue
        assert venue is not None
        return self.desk.state.venues[venue].abilities.replace

    def direct(
        self, terms: OrderTerms, quotes: dict[str, Quote], algorithm: Algorithm, start: int, end: int
    ) -> Straight | None:
        """How a new plain order goes straight to the venue of its quotes; None if it has to be decided."""
        state, now = self.desk.state, self.desk.now
        if len(quotes) != 1 or state.risk.holds_back or state.venue_status or start != now or end <= now:
            return None
        if state.risk.budgets:
            return None
        ((venue, quote),) = quotes.items()
        intent = algorithm.direct(Direct(terms, state.instruments[terms.symbol], far_price(quote, terms.side)))
        if intent is None:
            return None
        if isinstance(intent, Take):
            return Straight(whole_child(terms, venue, intent.limit, takes=True), quote, True, now + RETRY)
        return Straight(whole_child(terms, venue, intent.price, takes=False), quote, False, end)

    def approved_whole(self, child: OrderTerms, own: Approved) -> Approved | None:
        """A child that is all of its parent, approved as `own` in this step; None: it has to be reviewed by itself.

        So it is where limits are asked of it that were not asked of the parent, or it would meet an order of ours.
        """
        desk, state = self.desk, self.desk.state
        if state.reducing or own.scene.rules.asks_children:
            return None
        totals = state.open_qty.get(child.symbol)
        if totals is not None and own.scene.rules.prevents_self_trade:
            opposite = totals.children_sell if child.side.is_buy else totals.children_buy
            if opposite and desk.meets_ours(child):
                return None
        outcome = review_whole(child, own)
        return outcome if isinstance(outcome, Approved) else None

    def rests(self, whole: Whole) -> bool:
        """Whether an order sent whole only waits for its fill: there is nothing to decide for it."""
        desk, state = self.desk, self.desk.state
        if whole.takes or desk.now >= whole.end or state.risk.holds_back:
            return False
        return len(whole.terms.venues or desk.quotes.get(whole.terms.symbol, ())) == 1

    def send(self, direct: Straight) -> None:
        """Send all of a parent straight to its venue, if risk lets it."""
        assert direct.child.parent_id is not None
        self.wakes.put(direct.child.parent_id, direct.wake_at)
        self._leave(direct.child, self.desk.review_child(direct.child), direct.quote)

    def leaves_alone(self, order_id: str, child_id: str) -> bool:
        """Whether a child that was accepted or replaced gives its parent nothing to decide: it waits for its fills, or
        its next look.

        That is so where the parent was sent whole, where its latest decision sent the child there, or where one child
        does all that is wanted already.
        """
        desk, state = self.desk, self.desk.state
        parent, order, child = state.parents[order_id], state.orders[order_id], state.orders[child_id]
        asked, sent = order.terms, child.terms
        if parent.stopped or parent.amending is not None or state.risk.holds_back:
            return False
        if asked.reduces_only or order_id in state.member_of:  # another may have filled meanwhile
            return False
        if not child.is_open:
            return False
        if child.created_at == order.created_at and parent.children == 1 and not child.requests:
            limit = asked.limit_price
            if sent.quantity == asked.quantity and (limit is None or limit == sent.limit_price):
                return True
        if not order.open_qty:
            return False
        if self._decided.get(order_id) == state.children[child_id].sent_at:
            self._ask_by(order_id, desk.now + desk.child_timeout)
            return True
        if len(parent.open_children) != 1:
            return False
        whole = child.open_qty == order.open_qty and sent.limit_price == asked.limit_price
        alone = len(asked.venues or desk.quotes.get(asked.symbol, ())) == 1
        return whole and alone and algorithm_of(asked, parent.native).keeps_resting

    def stop(self, order_id: str, reason: str, *, expired: bool = False) -> str:
        """Take no new children for a parent (a filled one takes none anyway); returns its id."""
        if self.desk.state.orders[order_id].is_open and not self.desk.state.parents[order_id].stopped:
            self.desk.emit(ev.OrderStopped(ts=self.desk.now, order_id=order_id, reason=reason, expired=expired))
        return order_id

    def _guard(self, order: Order, parent: Parent) -> None:
        """What stops a parent by itself: its slippage."""
        desk, state, terms = self.desk, self.desk.state, order.terms
        if not parent.stopped and order.is_open:
            value = state.instruments[terms.symbol].notional(terms.quantity, parent.arrival_price)
            reason = too_much_slippage(parent.slippage_cost, value, desk.limits_of(terms))
            if reason:
                desk.alert("critical", "slippage_abort", reason, terms.order_id)
                self.stop(terms.order_id, reason)

    def _wind_down(self, order_id: str) -> None:
        """Cancel what a stopped or filled parent still has working; it ends with its last child."""
        desk = self.desk
        parent = desk.state.parents[order_id]
        self.wakes.drop(order_id)
        for child in list(parent.open_children):
            self.ask_cancel(child, parent.stopped or "parent is filled")
        self._ask_again_later(order_id)
        if not parent.open_children and order_id in desk.state.working:
            desk.emit(ev.OrderEnded(ts=desk.now, order_id=order_id, expired=parent.expires, reason=parent.stopped))

    def _submit(self, parent: Order, wanted: Wanted) -> None:
        """Send a child, if risk lets it; one that an algorithm wants larger than an order may be, in parts."""
        desk, terms = self.desk, parent.terms
        if not desk.budgets.lets_pass(terms.order_id, wanted.venue, Message.NEW, desk.now):
            return
        has = desk.state.venues[wanted.venue].abilities
        number = desk.state.parents[terms.order_id].children + 1
        child = OrderTerms(
            order_id=terms.order_id + (ENDINGS[number] if number < len(ENDINGS) else f"-{number}"),
            symbol=terms.symbol,
            side=terms.side,
            quantity=wanted.quantity,
            order_type=wanted.order_type or (MARKET if wanted.price is None else LIMIT),
            limit_price=wanted.price,
            tif=DAY if wanted.tif is GTC and GTC not in has.tifs else wanted.tif,
            post_only=wanted.post_only and has.post_only,
            account=terms.account,
            parent_id=terms.order_id,
            venue=wanted.venue,
            slice_no=number,
            parameters=NO_PARAMETERS,
            instructions=wanted.instructions,
        )
        outcome = desk.review_child(child)
        if isinstance(outcome, Denial) and outcome.code in TOO_LARGE and named(terms) and is_divisible(wanted):
            parts = desk.parts_of(child)
            if parts:
                for quantity in parts:
                    self._submit(parent, of(wanted, quantity))
                return
        self._leave(child, outcome, desk.quote_at(terms.symbol, wanted.venue))

    def _leave(self, child: OrderTerms, outcome: Approved | Denial, quote: Quote) -> None:
        """Let a reviewed child leave once that is durable."""
        desk = self.desk
        if isinstance(outcome, Denial):
            self._denied(child, outcome)
            return
        if self._held_since:
            self._held_since.pop(child.parent_id or "", None)
        desk.emit(ev.ChildSubmitted(ts=desk.now, terms=child, quote=quote))
        desk.effects.append(SendNew(outcome))

    def _replace(self, order_id: str, price: Decimal, leaves: Decimal) -> None:
        desk = self.desk
        order = desk.state.orders[order_id]
        assert order.terms.venue is not None
        assert order.terms.parent_id is not None
        if not desk.budgets.lets_pass(order.terms.parent_id, order.terms.venue, Message.REPLACE, desk.now):
            return
        asked = msgspec.structs.replace(order.terms, quantity=order.cum_qty + leaves, limit_price=price)
        quote = desk.quote_at(asked.symbol, order.terms.venue)
        outcome = desk.review_child(asked)
        if isinstance(outcome, Denial):
            self._denied(asked, outcome)
            return
        request_id = self._request_id(order_id)
        desk.emit(ev.ReplaceAsked(ts=desk.now, order_id=order_id, terms=asked, quote=quote, request_id=request_id))
        desk.effects.append(SendReplace(outcome, request_id))

    def _denied(self, terms: OrderTerms, denial: Denial) -> None:
        """Put a refusal on record once, and ask again a little later: what stops an order may pass."""
        desk = self.desk
        assert terms.parent_id is not None
        if desk.state.parents[terms.parent_id].denied != denial.code:
            desk.emit(ev.OrderDenied(ts=desk.now, terms=terms, code=denial.code, reason=denial.reason))
        pause = self._hold(terms) if denial.code in HOLDS else DENIED_RETRY
        self.wakes.put(terms.parent_id, desk.now + pause)

    def _hold(self, terms: OrderTerms) -> int:
        """How long a parent waits that a mode or breaker holds back: not before a cool-down ends, and ever longer.

        There may be thousands, and to ask them all each second would keep the desk from what it is held back for.
        """
        desk, parent_id = self.desk, terms.parent_id or ""
        risk, now = desk.state.risk, desk.now
        waited = now - self._held_since.setdefault(parent_id, now)
        pause = min(max(waited // 2, DENIED_RETRY), HELD_RETRY_MAX)
        for scope in scopes_of(desk.state, terms):
            for name in risk.circuits.tripped.get(scope, ()):
                pause = max(pause, (risk.circuits.by_scope[scope][name].until or 0) - now)
        return pause

    def ask_cancel(self, order_id: str, reason: str) -> None:
        """Ask the venue once; an order on its way in, in doubt or being cancelled is asked when that is settled."""
        desk = self.desk
        order = desk.state.orders[order_id]
        waits = order.state is State.PENDING_NEW or order.unknown or order.pending() is Ask.CANCEL
        waits = waits or desk.now < desk.state.children[order_id].asks_from
        venue = order.terms.venue
        assert venue is not None
        if waits or not order.is_open or order.terms.tif.is_immediate or venue in desk.state.venue_status:
            return
        assert order.terms.parent_id is not None
        if not desk.budgets.lets_pass(order.terms.parent_id, venue, Message.CANCEL, desk.now):
            return
        request_id = self._request_id(order_id)
        desk.emit(ev.CancelAsked(ts=desk.now, order_id=order_id, reason=reason, request_id=request_id))
        desk.effects.append(SendCancel(venue, order_id, request_id))

    def _ask_again_later(self, order_id: str) -> None:
        """Come back to a parent when what a venue refused may be asked for again."""
        state, now, again = self.desk.state, self.desk.now, 0
        for child in state.parents[order_id].open_children:
            at = state.children[child].asks_from
            if at > now and (not again or at < again):
                again = at
        if again:
            self._ask_by(order_id, min(again, self.desk.session.end))

    def _ask_by(self, order_id: str, at: int) -> None:
        """Ask a parent then, if it does not want to be asked earlier."""
        known = self.wakes.get(order_id)
        self.wakes.put(order_id, at if known is None else min(known, at))

    def _request_id(self, order_id: str) -> str:
        """An id that no other request ever has: the order's, and the number of the event that will record it."""
        return f"{order_id}.{self.desk.state.seq + 1}"

    def _time_out(self, parent: Parent, standing: Standing) -> int | None:
        """Cancel the children that have rested too long without a fill; when the next of the others will have (ns)."""
        if standing.algorithm.keeps_resting:
            return None
        now, patience = self.desk.now, self.desk.child_timeout
        if standing.rest is parent.open_children and now < standing.rest_since + patience:
            return standing.rest_since + patience
        orders, soonest, all_rest = self.desk.state.orders, None, True
        for child_id in parent.open_children:
            child = orders[child_id]
            if child.state is not LIVE or child.cum_qty or child.live_at is None:
                all_rest = False
                continue
            tif = child.terms.tif
            if tif is not DAY and tif in AUCTIONS:  # it is waited for, however long that is
                continue
            at = child.live_at + patience
            if at <= now:
                self.ask_cancel(child_id, "unfilled time-out")
            elif soonest is None or at < soonest:
                soonest = at
        if all_rest and soonest is not None:
            standing.rest, standing.rest_since = parent.open_children, soonest - patience
        return soonest


def algorithm_of(terms: OrderTerms, native: str = "") -> Algorithm:
    """The algorithm that a parent's terms name; any other order is worked by its type, or as it is where `native`."""
    if not named(terms):
        return body_of(terms, native)
    assert terms.algorithm is not None
    parameters = terms.parameters
    return _built(terms.algorithm, msgspec.json.encode(parameters, order="deterministic") if parameters else b"{}")


@lru_cache(maxsize=4096)
def _built(name: str, parameters: bytes) -> Algorithm:
    given: dict[str, Any] = msgspec.json.decode(parameters)
    return build(name, given)
