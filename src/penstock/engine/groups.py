"""Groups of contingent orders at work: carries out what `penstock.engine.contingent` says."""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.contingency import Contingency, broken_group_rule
from penstock.domain.orders import OrderTerms
from penstock.engine.contingent import Disturbed, Release, Resize, Stop, consequences, releases
from penstock.engine.desk import Desk
from penstock.engine.working import Worker
from penstock.risk import Denial
from penstock.risk.checks import OF_TOTALS, Code

ZERO = Decimal(0)


class Groups:
    """Takes groups in, and settles them. `receive` has the engine work a parent that was already reviewed."""

    def __init__(self, desk: Desk, worker: Worker, receive: Callable[[OrderTerms], None]) -> None:
        self.desk = desk
        self.worker = worker
        self._receive = receive
        # groups with orders that could not be released yet, by one of their orders
        self.waiting: dict[str, None] = dict.fromkeys(
            group.entry for group in desk.state.groups.values() if releases(desk.state, group)
        )

    def others(self, order_id: str) -> list[str]:
        """The other working orders of an order's group."""
        state = self.desk.state
        group = state.groups.get(state.member_of.get(order_id, ""))
        if group is None:
            return []
        return [other for other in (group.entry, *group.legs) if other != order_id and other in state.working]

    def submit(self, command: cmd.SubmitGroup) -> None:
        """Take all orders of a group, or none."""
        desk, orders = self.desk, command.orders
        if command.group_id in desk.state.groups:
            return
        denial = self._refusal(command)
        if denial is not None:
            for terms in orders:
                if terms.order_id not in desk.state.orders:
                    desk.emit(ev.OrderDenied(ts=desk.now, terms=terms, code=denial.code, reason=denial.reason))
            return
        desk.emit(
            ev.GroupFormed(
                ts=desk.now,
                group_id=command.group_id,
                contingency=command.contingency,
                orders=orders,
                user=command.user,
            )
        )
        at_once = orders if command.contingency is Contingency.OCO else orders[:1]
        for terms in at_once:
            self._receive(terms)

    def settle(self, order_id: str) -> list[str]:
        """Do what follows for the group of an order; returns the parents that must decide anew."""
        desk, state = self.desk, self.desk.state
        group_id = state.member_of.get(order_id)
        if group_id is None:
            return []
        concerned: dict[str, None] = {}
        self.waiting.pop(state.groups[group_id].entry, None)
        for action in consequences(state, state.groups[group_id]):
            match action:
                case Release() if action.terms.order_id in state.orders:
                    pass  # released by what followed from the one before it
                case Release() if desk.sight(action.terms.symbol, action.terms.venues).mid is None:
                    self.waiting[order_id] = None  # nothing can be released without a market
                case Release():
                    self._receive(action.terms)
                case Resize():
                    if self._resized(action):
                        concerned[action.order_id] = None
                case Stop():
                    concerned[self.worker.stop(action.order_id, action.reason)] = None
                case Disturbed():
                    self._say(group_id, action)
        return list(concerned)

    def _resized(self, action: Resize) -> bool:
        """Amend a leg, at once if its children leave room, else when they do; False if it waits for that already.

        They may not: its entry can become smaller, by a bust, after the leg was sent out for more.
        """
        desk, order_id, quantity = self.desk, action.order_id, action.quantity
        waits_for = desk.state.parents[order_id].amending
        if waits_for is not None and waits_for.quantity <= quantity:
            return False
        asked = msgspec.structs.replace(waits_for or desk.state.orders[order_id].terms, quantity=quantity)
        kind = ev.AmendmentWaits if quantity < desk.committed(order_id) else ev.OrderAmended
        desk.emit(kind(ts=desk.now, order_id=order_id, terms=asked))
        return True

    def _refusal(self, command: cmd.SubmitGroup) -> Denial | None:
        desk = self.desk
        rule = broken_group_rule(command.contingency, command.orders)
        if rule:
            return Denial(Code.TERMS, rule)
        for terms in command.orders:
            if desk.state.is_taken(terms.order_id):
                return Denial(Code.TERMS, f"order id {terms.order_id} is taken")
            denial = desk.review_parent(terms, command.user)
            waits = command.contingency is not Contingency.OCO  # for the position that a leg will reduce
            if isinstance(denial, Denial) and not (denial.code == Code.REDUCE_ONLY and waits):
                return denial
        return None if command.contingency is not Contingency.OCO else self._too_much_together(command)

    def _too_much_together(self, command: cmd.SubmitGroup) -> Denial | None:
        """Why all legs, which work at the same time, would be too much; each counts on top of those before it."""
        sums: dict[tuple[str, str, int], Decimal] = {}
        for terms in command.orders:
            key = (terms.symbol, terms.account, terms.side.sign)
            sums[key] = sums.get(key, ZERO) + terms.quantity
            if sums[key] != terms.quantity:
                whole = msgspec.structs.replace(terms, quantity=sums[key])
                denial = self.desk.review_parent(whole, command.user)
                if isinstance(denial, Denial) and denial.code in OF_TOTALS:
                    return denial
        return None

    def _say(self, group_id: str, action: Disturbed) -> None:
        desk, excess = self.desk, action.excess
        desk.emit(ev.GroupDisturbed(ts=desk.now, group_id=group_id, excess=excess))
        if excess > 0:
            desk.alert("critical", "group_overfill", f"the legs of {group_id} filled {excess} more than they share")
        elif excess < 0:
            text = f"{-excess} filled by the entry of {group_id} has no exit left: close it by hand"
            desk.alert("critical", "unprotected", text)
