"""The deterministic core: `handle(input)` turns an input into events and effects.

No I/O, no clock, no unseeded randomness: time and market arrive in the input. Every change of state is an event, and
an event changes the state only through `apply`, so that a replay of the journal gives the very same state.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from penstock.algos.tactic import RETRY
from penstock.cost.pretrade import foretell
from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.events import whole_child
from penstock.domain.order_rules import named
from penstock.domain.orders import OrderTerms, OrderType, TimeInForce
from penstock.engine.archive import Archive
from penstock.engine.desk import Desk
from penstock.engine.effects import Effect, SendNew
from penstock.engine.groups import Groups
from penstock.engine.hours import session_at, survives, trades_from, window_of
from penstock.engine.lanes import Lane, lane_of
from penstock.engine.recall import Recalled, Recalls, waits_for_first, waits_for_order
from penstock.engine.risk_control import RiskControl
from penstock.engine.sampling import Sampling
from penstock.engine.sight import Sight
from penstock.engine.state import EngineState, payment_key
from penstock.engine.venue_reports import KINDS, filled, is_booked, is_placed, take_report
from penstock.engine.venue_watch import VenueWatch
from penstock.engine.whole import Whole
from penstock.engine.working import DONE_AT_ONCE, Worker, algorithm_of
from penstock.market.estimates import observed
from penstock.risk import Approved, Denial
from penstock.risk.checks import OF_TOTALS
from penstock.routing.native import native_venue, synthetic

IOC, LIMIT = TimeInForce.IOC, OrderType.LIMIT  # by name: looking up an enum's member takes longer than a test
Input = cmd.Command | rep.VenueReport | rep.Picture | rep.VenueStatus | Recalled


class Step(NamedTuple):
    """What one input led to: events to make durable, then effects to carry out."""

    events: list[ev.AnyEvent]
    effects: list[Effect]


class Engine:
    """One writer over one state. Give it inputs in time order; ask `next_wake` when it wants to be woken."""

    def __init__(self, state: EngineState | None = None, closed_orders_max: int | None = None) -> None:
        """Start from nothing, or from a state that a journal gave back (its parents are then asked at once).

        Of parents that are over, `closed_orders_max` and a few more are kept in memory: see `penstock.engine.archive`.
        """
        self.desk = Desk(state or EngineState())
        self.state = self.desk.state
        self.worker = Worker(self.desk)
        self.watch = VenueWatch(self.desk)
        self.archive = Archive(self.desk, self.watch, closed_orders_max)
        self.recalls = Recalls(self.desk, self._resume)
        self.groups = Groups(self.desk, self.worker, self._work)
        self.sampling = Sampling(self.state)
        self.risk = RiskControl(self.desk, self.worker, self._decide, self._submit)
        self._handlers: dict[type, Callable[[Any], None]] = {
            **dict.fromkeys((*KINDS, rep.NoAnswer), self._hear),
            rep.Picture: self._compare,
            rep.VenueStatus: self.watch.take_status,
            cmd.MarketUpdate: self._see,
            cmd.Wake: self._wake,
            cmd.SubmitOrder: self._submit,
            cmd.SubmitGroup: self._submit_group,
            cmd.AmendOrder: self._amend,
            cmd.CancelOrder: self._cancel,
            cmd.CancelAll: self._cancel_all,
            cmd.BookFunding: self._book_funding,
            cmd.ChangeLimit: self.risk.change_limit,
            cmd.SetMode: self.risk.set_mode,
            cmd.ResetBreaker: self.risk.reset_breaker,
            cmd.ScaleLimits: self.risk.scale_limits,
            cmd.PauseSymbol: self.risk.pause,
            cmd.AcknowledgeAlert: self.risk.acknowledge,
            cmd.TellRate: self.risk.tell_rate,
            cmd.TellCash: self.risk.tell_cash,
            cmd.CloseSession: self._close,
            cmd.EndSession: self._end,
            Recalled: self.recalls.take,
        }
        self.state.tell_of_spelled(self._spelled)
        for order_id in list(self.state.working):
            self._begin(order_id)

    def next_wake(self) -> int | None:
        """When the engine wants a `Wake` next (ns), if nothing else happens before; None if never."""
        earliest, desk = self.worker.wakes.next(), self.desk
        for at in (self.worker.ends.next(), self.sampling.due_at, self.watch.check_at, desk.budgets.due_at):
            if at is not None and (earliest is None or at < earliest):
                earliest = at
        return earliest

    def handle(self, item: Input) -> Step:
        """Carry one input to its end."""
        self.take(item)
        return self.finish()

    def take(self, item: Input) -> None:
        """Carry one input to its end; `finish` gives what several inputs in a row led to."""
        desk = self.desk
        if item.ts > desk.now:  # time never goes back: an input that is late happens now
            desk.now = item.ts
        if len(desk.state.closed) >= self.archive.due:
            self.archive.let_go()
        handler = self._handlers.get(type(item))
        if handler is None:
            raise TypeError(f"the engine does not know {type(item).__name__}")
        handler(item)
        if desk.state.risk.is_due:
            self.risk.tell_trips()
        due_at = self.sampling.due_at
        if due_at is not None and desk.now >= due_at:
            self._sample()

    def finish(self) -> Step:
        """What the inputs taken since the last time led to."""
        return Step(*self.desk.finish())

    def open_session(self, event: ev.SessionStarted) -> Step:
        """Begin: the first event of a journal."""
        self.desk.now = max(self.desk.now, event.ts)
        self.desk.emit(event)
        self.desk.renew()
        return self.finish()

    def _see(self, update: cmd.MarketUpdate) -> None:
        self.desk.see(update.quotes)
        if self.state.risk.counts.exposure:
            self.desk.value(update.quotes)
        if self.worker.watching:
            for symbol in update.quotes:
                self._decide(list(self.worker.watching.get(symbol, ())))
        if self.groups.waiting:
            self._settle(list(self.groups.waiting))

    def _hear(self, report: rep.VenueReport) -> None:
        whole = self.desk.state.wholes.get(report.order_id)
        if whole is not None and self._hear_of_whole(whole, report):
            return
        placed = is_placed(self.desk.state.orders.get(report.order_id), report)
        concerned = take_report(self.desk, report)
        if placed and concerned and self.worker.leaves_alone(concerned[0], report.order_id):
            return
        self.watch.note(report.order_id)
        self._decide(concerned)
        if self.desk.state.groups:
            self._decide([other for order_id in concerned for other in self.groups.others(order_id)])

    def _hear_of_whole(self, whole: Whole, report: rep.VenueReport) -> bool:
        """Take what an order sent whole waits for: its acknowledgement, or all of its fill. False: anything else."""
        desk = self.desk
        state = desk.state
        if type(report) is rep.Accepted:
            if state.risk.holds_back:  # then there is something to decide
                return False
            if whole.live_at is None:
                desk.emit(ev.ChildAccepted(ts=desk.now, order_id=report.order_id, venue_order_id=report.venue_order_id))
            return True
        if type(report) is not rep.Fill or whole.execution is not None or report.last_qty != whole.terms.quantity:
            return False
        if is_booked(desk, report):
            return True
        desk.emit(filled(desk.now, whole.terms.side, whole.arrival_price, report))
        order_id = whole.terms.order_id
        if report.order_id in state.wholes:
            self._forget_whole(whole)
        else:
            self.watch.note(report.order_id)
            self._decide([order_id])
        return True

    def _forget_whole(self, whole: Whole) -> None:
        """An order sent whole is over: nobody has to be reminded of it."""
        if whole.takes:
            self.worker.wakes.drop(whole.terms.order_id)
        else:
            self.worker.ends.drop(whole.end)
        self.sampling.end_whole(whole.terms.symbol, whole.end - whole.sent_at)

    def _spelled(self, whole: Whole) -> None:
        """An order sent whole is about to be spelled out: from now on it is remembered as any other."""
        if whole.execution is not None:
            return
        order_id = whole.terms.order_id
        if not whole.takes:
            self.worker.ends.drop(whole.end)
            self.worker.wakes.put(order_id, whole.end)
        self.sampling.spell(order_id, whole.terms.symbol, whole.end - whole.sent_at)

    def _compare(self, picture: rep.Picture) -> None:
        self._decide(self.watch.take_picture(picture))

    def _resume(self, item: Any) -> None:
        """Deal with an input that waited for an archived order."""
        if isinstance(item, rep.Picture):
            self._decide(self.watch.take_part(item))
        else:
            self._handlers[type(item)](item)

    def _wake(self, _: cmd.Wake) -> None:
        """Ask every parent whose time has come, in the order of their times, and look at venues where that is due."""
        self.desk.budgets.serve(self._decide, self.desk.now)
        for order_id in self.worker.wakes.until(self.desk.now):
            self._decide([order_id])
        if self.worker.ends.take(self.desk.now):
            self._decide([whole.terms.order_id for whole in self.state.open_wholes() if whole.end <= self.desk.now])
        self.watch.look_where_due()

    def _decide(self, order_ids: list[str]) -> None:
        state = self.desk.state
        for order_id in order_ids:
            if order_id in state.working:
                whole = state.whole_of(order_id)
                if whole is not None and self.worker.rests(whole):
                    continue
                self.worker.decide(order_id)
            if order_id not in state.working:
                self.worker.forget(order_id)
                self.sampling.end(order_id)
            if state.member_of:
                self._settle([order_id])

    def _settle(self, order_ids: list[str]) -> None:
        """Let what happened to orders have its consequences for the others of their groups."""
        for order_id in order_ids:
            self._decide(self.groups.settle(order_id))

    def _submit(self, command: cmd.SubmitOrder) -> None:
        desk, terms = self.desk, command.terms
        if terms.client_order_id is not None and terms.client_order_id in desk.state.client_ids:
            return
        if desk.state.is_taken(terms.order_id):
            desk.alert("warning", "duplicate_order", f"order id {terms.order_id} is taken", terms.order_id)
            return
        if waits_for_first(desk, command):
            return
        sight = desk.sight(terms.symbol, terms.venues) if terms.symbol in desk.state.instruments else None
        outcome = (
            desk.review_parent(terms, command.user) if sight is None else desk.review_new(terms, command.user, sight)
        )
        if isinstance(outcome, Denial):
            desk.emit(ev.OrderDenied(ts=desk.now, terms=terms, code=outcome.code, reason=outcome.reason))
            return
        if sight is None or command.depth or not self._goes_by_lane(command, sight, outcome):
            self._receive(command, outcome)

    def _goes_by_lane(self, command: cmd.SubmitOrder, sight: Sight, approved: Approved) -> bool:
        """Send an approved parent whole where one like it has just gone; False if it has to be looked at."""
        state, terms = self.desk.state, command.terms
        lane = lane_of(sight.lanes, terms, self.desk.now)
        if lane is None or state.risk.holds_back or state.risk.budgets or state.venue_status:
            return False
        child = whole_child(terms, lane.venue, lane.price(terms), takes=lane.takes)
        whole = self.worker.approved_whole(child, approved)
        if whole is None:
            return False
        self._send_whole(command, lane, whole)
        return True

    def _finds_nothing(self, terms: OrderTerms, sight: Sight) -> bool:
        """Whether a plain order that takes at once or not at all has nothing to take, as a decision would find."""
        state, limit = self.state, terms.limit_price
        if terms.tif is not IOC or terms.order_type is not LIMIT or named(terms) or limit is None:
            return False
        if terms.order_id in state.member_of or state.risk.holds_back or state.risk.budgets or terms.reduces_only:
            return False
        assert state.session is not None
        far = sight.sound.ask if terms.side.is_buy else sight.sound.bid
        nothing = far is None or (far > limit if terms.side.is_buy else far < limit)
        return nothing and trades_from(state.session, terms.symbol, self.desk.now) == self.desk.now

    def _receive(self, command: cmd.SubmitOrder, approved: Approved | None = None) -> None:
        """Take in a parent that passed its review; `approved` if that was in this step, and with no other's."""
        desk, terms, state = self.desk, command.terms, self.desk.state
        sight = desk.sight(terms.symbol, terms.venues)
        arrival, mid, prices = sight.quotes, sight.mid, sight.prices
        assert mid is not None, "the review lets nothing pass without a sound quote"
        assert prices is not None, "a sound quote has its price"
        assert state.session is not None
        profile = state.session.profiles.get(terms.symbol)
        plain = desk.is_plain(terms)
        native = "" if plain else native_venue(terms, arrival, state.venues)
        made_here = () if plain or native else synthetic(terms, arrival, state.venues)
        algorithm = algorithm_of(terms, native)
        start, end = window_of(terms, algorithm, state.session, desk.now, native)
        window = (start, end, state.session.market_start, state.session.market_end)
        estimate, direct = foretell(terms, prices, command.depth, profile, window), None
        if approved is not None and plain:
            direct = self.worker.direct(terms, arrival, algorithm, start, end)
            denial = None if direct is None else desk.too_large(direct.child, approved.scene)
            if denial is not None:
                reason = f"{denial.reason} of one order to a venue: let an algorithm slice it"
                desk.emit(ev.OrderDenied(ts=desk.now, terms=terms, code=denial.code, reason=reason))
                return
            whole = None if direct is None else self.worker.approved_whole(direct.child, approved)
            if direct is not None and whole is not None:
                until = min(end, session_at(state.session, terms.symbol, desk.now).end)
                venue, quote, takes = direct.child.venue or "", direct.quote, direct.takes
                kind, reach = (terms.order_type, terms.tif, terms.algorithm), direct.child.limit_price
                lane = Lane(*kind, venue, quote, mid, end, until, estimate, takes, terms.side, reach if takes else None)
                of_all = terms.limit_price is None if takes else algorithm.keeps_resting
                if of_all and estimate is prices.standing:
                    sight.lanes.append(lane)
                self._send_whole(command, lane, whole)
                return
        in_vain = plain and start == desk.now < end and self._finds_nothing(terms, sight)
        desk.emit(
            ev.OrderReceived(
                ts=desk.now,
                terms=terms,
                arrival=arrival,
                arrival_price=mid,
                decision_price=command.decision_price or mid,
                start=start,
                end=end,
                estimate=estimate,
                native=native,
                synthetic=made_here,
                user=command.user,
            )
        )
        if in_vain:
            self.worker.finish(terms.order_id, DONE_AT_ONCE)
            return
        self.sampling.begin(terms.order_id, terms.symbol, end - start)
        if direct is not None:
            self.worker.send(direct)
        else:
            self._decide([terms.order_id])

    def _send_whole(self, command: cmd.SubmitOrder, lane: Lane, approved: Approved) -> None:
        """Take in a parent and send all of it, in one: it is remembered by nothing but its record."""
        desk, terms, price = self.desk, command.terms, approved.terms.limit_price
        now, end = desk.now, lane.end
        if lane.takes:
            self.worker.wakes.put(terms.order_id, now + RETRY)
        else:
            self.worker.ends.add(end)
        self.sampling.begin_whole(terms.symbol, end - now)
        desk.emit(
            ev.OrderSentWhole(
                ts=now,
                terms=terms,
                venue=lane.venue,
                quote=lane.quote,
                arrival_price=lane.arrival_price,
                end=end,
                limit_price=None if price is terms.limit_price or price == terms.limit_price else price,
                takes=lane.takes,
                decision_price=command.decision_price,
                estimate=lane.estimate,
                user=command.user,
            )
        )
        desk.effects.append(SendNew(approved))

    def _submit_group(self, command: cmd.SubmitGroup) -> None:
        state = self.state
        new = (terms.order_id for terms in command.orders if terms.order_id not in state.orders)
        if command.group_id in state.groups or not any(waits_for_order(self.desk, each, command) for each in new):
            self.groups.submit(command)

    def _work(self, terms: OrderTerms) -> None:
        """Receive a parent that was reviewed with its group. What has been taken since then counts, too."""
        desk, state = self.desk, self.state
        user = state.groups[state.member_of[terms.order_id]].user
        outcome = desk.review_parent(terms, user)
        if isinstance(outcome, Denial) and outcome.code in OF_TOTALS:
            desk.emit(ev.OrderDenied(ts=desk.now, terms=terms, code=outcome.code, reason=outcome.reason))
            desk.alert("warning", "leg_denied", f"{terms.order_id} of a group is not worked: {outcome.reason}")
            return
        self._receive(cmd.SubmitOrder(ts=desk.now, terms=terms, user=user))

    def _begin(self, order_id: str) -> None:
        whole = self.state.whole_of(order_id)
        if whole is not None:
            self.sampling.begin_whole(whole.terms.symbol, whole.end - whole.sent_at)
            if whole.takes:
                self.worker.wakes.put(order_id, self.state.ts)
            else:
                self.worker.ends.add(whole.end)
            return
        self.worker.wakes.put(order_id, self.state.ts)
        parent = self.state.parents[order_id]
        self.sampling.begin(order_id, self.state.orders[order_id].terms.symbol, parent.end - parent.start)

    def _cancel_all(self, command: cmd.CancelAll) -> None:
        for order_id in list(self.state.working):
            self._decide([self.worker.stop(order_id, command.reason)])

    def _close(self, _: cmd.CloseSession) -> None:
        for order_id in list(self.state.working):
            if not survives(self.state.orders[order_id].terms, self.state.parents[order_id].end, self.desk.now):
                self._decide([self.worker.stop(order_id, "end of session", expired=True)])

    def _end(self, command: cmd.EndSession) -> None:
        desk, state = self.desk, self.state
        held = {symbol for symbol, quantity in state.ledger.net.items() if quantity}
        traded = held | {order.terms.symbol for order in state.orders.values()} | state.sampled_at.keys()
        closing = {symbol: dict(desk.quotes.get(symbol, {})) for symbol in sorted(traded)}
        final = state.state_hash()
        desk.emit(ev.SessionEnded(ts=desk.now, status=command.status, state_hash=final, quotes=closing))

    def _cancel(self, command: cmd.CancelOrder) -> None:
        order_id = command.order_id
        if order_id in self.state.working:
            self._decide([self.worker.stop(order_id, command.reason)])
        else:
            order = self.state.orders.get(order_id)
            if order is None and waits_for_order(self.desk, order_id, command):
                return
            why = "unknown" if order is None else order.ord_status
            self.desk.alert("warning", "cancel_refused", f"order {order_id} cannot be canceled: it is {why}", order_id)

    def _amend(self, command: cmd.AmendOrder) -> None:
        """New terms for a working parent; where more is working than they allow, its children give way first."""
        if command.order_id not in self.state.orders and waits_for_order(self.desk, command.order_id, command):
            return
        outcome = self.desk.amended(command)
        if isinstance(outcome, Denial):
            self.desk.alert("warning", outcome.code, outcome.reason, command.order_id)
            return
        parent, end = self.state.parents[command.order_id], None
        if command.tif is not None or command.parameters is not None or command.instructions is not None:
            assert self.state.session is not None
            algorithm, begins = algorithm_of(outcome, parent.native), parent.start if named(outcome) else self.desk.now
            _, end = window_of(outcome, algorithm, self.state.session, begins, parent.native)
        waits = outcome.quantity < self.desk.committed(command.order_id)
        kind = ev.AmendmentWaits if waits else ev.OrderAmended
        self.desk.emit(kind(ts=self.desk.now, order_id=command.order_id, terms=outcome, end=end))
        self._decide([command.order_id])

    def _book_funding(self, payment: cmd.BookFunding) -> None:
        """Book a payment once, however often it is told; one on what we do not know is kept as an alert."""
        if payment.symbol not in self.state.instruments:
            text = f"{payment.amount} {payment.currency} paid on {payment.symbol}, which no market here trades"
            self.desk.alert("critical", "unknown_payment", text, report=payment)
        elif payment_key(payment) not in self.state.payments:
            self.desk.emit(
                ev.FundingPaid(
                    ts=self.desk.now,
                    symbol=payment.symbol,
                    payment_id=payment.payment_id,
                    amount=payment.amount,
                    account=payment.account,
                    currency=payment.currency,
                )
            )

    def _sample(self) -> None:
        desk, sampling = self.desk, self.sampling
        for symbol in sampling.due(desk.now):
            quotes = desk.quotes.get(symbol)  # none yet after a restart
            if quotes:
                estimates = observed(self.state.estimates.get(symbol), desk.now, quotes)
                desk.emit(ev.MarketSampled(ts=desk.now, symbol=symbol, quotes=dict(quotes), estimates=estimates))
        sampling.settle()
