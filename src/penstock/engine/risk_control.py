"""Risk at work: what people ask of it, breakers that tripped, working orders that a mode cancels, positions to close.

A mode or a trip holds from its event on: what it forbids does not leave any more, and what works in its scope is
cancelled in the same step. A person's mode stops the parents, too, so that nothing begins again by itself; a breaker,
or a venue's mode, leaves them to go on afterwards or elsewhere. Positions are closed once nothing of the scope works:
then no fill can come in between. A venue, user or strategy closes what its own orders hold, as far as the account does.
"""

from collections.abc import Callable
from decimal import Decimal

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.errors import BadInput
from penstock.domain.instructions import Instructions, OrderType
from penstock.domain.orders import OrderTerms, Side
from penstock.engine.desk import Desk
from penstock.engine.own_holdings import CLOSING, OF_OWN_FILLS, holdings_of
from penstock.engine.recall import is_ours
from penstock.engine.state import EngineState
from penstock.engine.working import Worker
from penstock.risk.circuits import BreakerReset, refusal_of_reset
from penstock.risk.limit_change import LimitChange, changed, plain_value
from penstock.risk.modes import Mode, ModeChange, refusal_of
from penstock.risk.refusal import Refusal
from penstock.risk.scopes import DESK, checked_scope, in_words, kind_of

ZERO = Decimal(0)
MODES = tuple(Mode)

Asking = cmd.ChangeLimit | cmd.SetMode | cmd.ResetBreaker | cmd.ScaleLimits | cmd.PauseSymbol | cmd.AcknowledgeAlert
Decide = Callable[[list[str]], None]


class RiskControl:
    """Carries out commands about risk. `decide` has the engine decide parents anew, `submit` has it work a new one."""

    def __init__(self, desk: Desk, worker: Worker, decide: Decide, submit: Callable[[cmd.SubmitOrder], None]) -> None:
        self.desk, self.worker = desk, worker
        self._decide, self._submit = decide, submit

    def change_limit(self, command: cmd.ChangeLimit) -> None:
        desk = self.desk
        asked = LimitChange(
            scope=command.scope, name=command.name, value=command.value, by=command.by, reason=command.reason
        )
        outcome = changed(desk.state.risk.set, asked, lambda _: True)
        if isinstance(outcome, Refusal):
            self._refuse(command, command.scope, outcome)
            return
        desk.emit(
            ev.LimitChanged(
                ts=desk.now,
                scope=command.scope,
                name=command.name,
                value=plain_value(asked),
                by=command.by,
                reason=command.reason,
            )
        )
        self._hold_anew()

    def scale_limits(self, command: cmd.ScaleLimits) -> None:
        desk, scope = self.desk, command.scope
        refusal = self._unnamed(command, f"the limits of {in_words(scope)} are not scaled") or bad_scope(scope)
        if refusal is None and not 0 < command.scale <= 1:
            refusal = Refusal("bad_scale", f"a scale must be above 0 and at most 1 (got {command.scale})")
        if refusal is not None:
            self._refuse(command, scope, refusal)
            return
        desk.emit(ev.LimitsScaled(ts=desk.now, scope=scope, scale=command.scale, by=command.by, reason=command.reason))
        self._hold_anew()

    def set_mode(self, command: cmd.SetMode) -> None:
        scope = command.scope
        if command.mode not in MODES:
            unknown = Refusal("bad_mode", f"mode: must be one of {', '.join(MODES)} (got {command.mode!r})")
            self._refuse(command, scope, unknown)
            return
        change = ModeChange(
            scope=scope, mode=Mode(command.mode), by=command.by, reason=command.reason, reset=command.reset
        )
        state = self.desk.state
        refusal = refusal_of(state.risk.modes, change, lambda _: True) or nowhere(state, scope)
        if refusal is not None:
            self._refuse(command, scope, refusal)
            return
        self._begin(change)

    def pause(self, command: cmd.PauseSymbol) -> None:
        """No new orders in a symbol; where a stricter mode holds, that stays."""
        scope, desk = f"symbol/{command.symbol}", self.desk
        change = ModeChange(scope=scope, mode=Mode.NO_NEW, by=command.by, reason=command.reason)
        refusal = refusal_of(desk.state.risk.modes, change, lambda _: True) or nowhere(desk.state, scope)
        if refusal is not None:
            self._refuse(command, scope, refusal)
            return
        self._begin(change)

    def reset_breaker(self, command: cmd.ResetBreaker) -> None:
        desk, scope = self.desk, command.scope
        asked = BreakerReset(breaker=command.breaker, scope=scope, by=command.by, reason=command.reason)
        refusal = refusal_of_reset(desk.state.risk.circuits, asked)
        if refusal is not None:
            self._refuse(command, scope, refusal)
            return
        desk.emit(
            ev.BreakerReset(ts=desk.now, breaker=command.breaker, scope=scope, by=command.by, reason=command.reason)
        )
        self._decide(list(desk.state.working))

    def acknowledge(self, command: cmd.AcknowledgeAlert) -> None:
        """Put on record who has seen an alert; which there are, whoever shows them knows."""
        desk = self.desk
        if not command.by.strip():
            self._refuse(command, "desk", Refusal("no_authority", "an alert is acknowledged by nobody: say by whom"))
            return
        desk.emit(
            ev.AlertAcknowledged(
                ts=desk.now,
                code=command.code,
                about=command.about,
                text=command.text,
                by=command.by,
                reason=command.reason,
            )
        )

    def tell_rate(self, command: cmd.TellRate) -> None:
        desk = self.desk
        if not command.rate.is_finite() or command.rate <= 0:
            desk.alert("warning", "bad_rate", f"the rate of {command.currency} must be above zero (got {command.rate})")
            return
        desk.emit(ev.RateMoved(ts=desk.now, currency=command.currency, rate=command.rate))

    def tell_cash(self, command: cmd.TellCash) -> None:
        desk = self.desk
        if not command.settled.is_finite():
            desk.alert("warning", "bad_cash", f"settled cash of {command.account} must be a number")
            return
        desk.emit(ev.CashTold(ts=desk.now, account=command.account, settled=command.settled))

    def tell_trips(self) -> None:
        """Put on record which breakers tripped in this step, and cancel what they cancel."""
        desk, state = self.desk, self.desk.state
        for trip in list(state.risk.trips):
            desk.emit(
                ev.BreakerTripped(
                    ts=desk.now,
                    breaker=trip.breaker,
                    scope=trip.scope,
                    mode=trip.mode.value,
                    until=trip.until,
                    reason=trip.reason,
                )
            )
            if trip.mode.cancels:
                reason = "halted" if trip.mode is Mode.HALTED else f"breaker {trip.breaker}: {trip.reason}"
                self._cancel_children(trip.scope, reason)
        if state.risk.flattening:
            self.close_positions()

    def close_positions(self) -> None:
        """Close the positions of flattened scopes in which nothing works any more, each with one order of our own."""
        desk, state = self.desk, self.desk.state
        for scope, number in list(state.risk.flattening.items()):
            if still_works(state, scope, f"{CLOSING}{number}."):
                continue  # the answer to its cancel, or the look at its venue, comes back here
            kind, _, name = scope.partition("/")
            venues = (name,) if kind == "venue" else ()
            sent, waits = [], False  # for a market: the next quotes come back here
            for symbol, account, quantity in held_in(state, scope):
                order_id = f"{CLOSING}{number}.{account}.{symbol}"
                if is_ours(state, order_id):
                    sent.append(order_id)
                    continue
                if desk.sight(symbol, venues).mid is None:
                    waits = True
                    continue
                terms = closing(order_id, symbol, account, quantity, venues)
                self._submit(cmd.SubmitOrder(ts=desk.now, terms=terms))
                sent.append(order_id)
            if not waits:
                desk.emit(ev.PositionsClosing(ts=desk.now, scope=scope, order_ids=tuple(sent)))

    def _begin(self, change: ModeChange) -> None:
        """A mode begins: on record first, and at once everything that it cancels."""
        desk, state, scope = self.desk, self.desk.state, change.scope
        desk.emit(ev.ModeChanged(ts=desk.now, scope=scope, mode=change.mode.value, by=change.by, reason=change.reason))
        if not change.mode.cancels:
            self._decide(list(state.working))
            return
        reason = f"{in_words(scope)} is {change.mode}: {change.reason}"
        if kind_of(scope) == "venue":
            self._cancel_children(scope, reason)
        else:
            everything = scope == DESK
            for order_id in list(state.working):
                if everything or in_scope(state, state.orders[order_id].terms, scope):
                    self._decide([self.worker.stop(order_id, reason)])
        if state.risk.flattening:
            self.close_positions()

    def _cancel_children(self, scope: str, reason: str) -> None:
        """Cancel what works in a scope, and leave the parents."""
        state = self.desk.state
        kind, _, name = scope.partition("/")
        for order_id in list(state.working):
            if kind != "venue" and not in_scope(state, state.orders[order_id].terms, scope):
                continue
            for child in list(state.parents[order_id].open_children):
                is_other = (kind == "venue" and state.orders[child].terms.venue != name) or (
                    kind == "order" and child != name
                )
                if not is_other:
                    self.worker.ask_cancel(child, reason)

    def _hold_anew(self) -> None:
        """Other limits hold: forget what was found out about those before, and value what they count."""
        desk = self.desk
        desk.renew()
        desk.value(list(desk.quotes))

    @staticmethod
    def _unnamed(command: Asking, what: str) -> Refusal | None:
        if not command.by.strip():
            return Refusal("no_authority", f"{what} by nobody: say by whom")
        return None if command.reason.strip() else Refusal("no_reason", f"{what} without a reason")

    def _refuse(self, command: Asking, scope: str, refusal: Refusal) -> None:
        self.desk.emit(
            ev.RiskRefused(
                ts=self.desk.now,
                asked=type(command).__name__,
                scope=scope,
                code=refusal.code,
                refusal=refusal.reason,
                by=command.by,
                reason=command.reason,
            )
        )


def bad_scope(scope: str) -> Refusal | None:
    try:
        checked_scope(scope)
    except BadInput as fault:
        return Refusal("bad_scope", str(fault))
    return None


def nowhere(state: EngineState, scope: str) -> Refusal | None:
    """A switch that names a venue or symbol that there is not would switch nothing."""
    kind, _, name = scope.partition("/")
    if kind == "venue" and name not in state.venues:
        return Refusal("bad_scope", f"there is no venue {name}: known are {', '.join(state.venues)}")
    if kind == "symbol" and name not in state.instruments:
        return Refusal("bad_scope", f"no market trades {name}")
    return None


def still_works(state: EngineState, scope: str, closing_ids: str) -> bool:
    """Whether anything of a scope is open at a venue, but for the orders that close its positions."""
    kind, _, name = scope.partition("/")
    if kind == "venue":
        return any(not order_id.startswith(closing_ids) for order_id in state.at_venue.get(name, ()))
    return any(
        state.parents[order_id].open_children and in_scope(state, state.orders[order_id].terms, scope)
        for order_id in state.working
        if not order_id.startswith(closing_ids)
    )


def in_scope(state: EngineState, terms: OrderTerms, scope: str) -> bool:
    """Whether a parent belongs to a scope; to a venue's, none does by itself."""
    kind, _, name = scope.partition("/")
    match kind:
        case "desk":
            return True
        case "account":
            return terms.account == name
        case "user":
            return state.risk.users.get(terms.order_id, "") == name
        case "strategy":
            return terms.algorithm == name
        case "parent":
            return terms.order_id == name
        case "order":
            return name.rpartition("-")[0] == terms.order_id
    return of_symbol(state, terms.symbol, kind, name)


def of_symbol(state: EngineState, symbol: str, kind: str, name: str) -> bool:
    match kind:
        case "symbol":
            return symbol == name
        case "asset_class":
            return state.instruments[symbol].asset_class.value == name
        case "sector":
            return state.risk.book.sectors.get(symbol) == name
    return False


def held_in(state: EngineState, scope: str) -> list[tuple[str, str, Decimal]]:
    """Symbol, account and signed quantity of what a scope holds and can trade away: whole lots.

    What the orders of a venue, user or strategy hold counts as far as their account holds it, too: closing it never
    brings an account further from zero.
    """
    kind, _, name = scope.partition("/")
    own = holdings_of(state, scope) if kind in OF_OWN_FILLS else None
    found = []
    for symbol, books in state.ledger.books.items():
        for account, book in books.items():
            held = book.position.quantity
            if own is not None:
                part = own.get(symbol, {}).get(account, ZERO)
                held = min(held, part, key=abs) if held * part > ZERO else ZERO
            elif kind not in ("desk", "account"):
                held = held if of_symbol(state, symbol, kind, name) else ZERO
            elif kind == "account" and account != name:
                held = ZERO
            quantity = state.instruments[symbol].round_quantity(abs(held))
            if quantity:
                found.append((symbol, account, quantity if held > ZERO else -quantity))
    return found


def closing(order_id: str, symbol: str, account: str, quantity: Decimal, venues: tuple[str, ...]) -> OrderTerms:
    """An order at the market that brings a position to nothing and never through it."""
    return OrderTerms(
        order_id=order_id,
        symbol=symbol,
        side=Side.SELL if quantity > ZERO else Side.BUY,
        quantity=abs(quantity),
        order_type=OrderType.MARKET,
        account=account,
        venues=venues,
        instructions=Instructions(reduce_only=True),
    )
