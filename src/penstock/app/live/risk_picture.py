"""Where a desk stands with its limits, modes and breakers, in one look: for people and for the command line."""

from typing import Any

import msgspec

from penstock.domain.time import to_iso
from penstock.engine.budget_lines import BudgetLines
from penstock.engine.risk_control import in_scope
from penstock.engine.state import EngineState
from penstock.risk.limit_book import plain_book
from penstock.risk.scopes import ScopeKind, checked_scope
from penstock.risk.usage import uses

VENUE = ScopeKind.VENUE.value


class ModeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A scope that is not active: since when, by whom, and why."""

    scope: str
    mode: str
    since: str
    by: str
    reason: str


class BreakerLine(msgspec.Struct, frozen=True, kw_only=True):
    """A circuit breaker that is not closed; `until` is empty where only a reset closes it."""

    breaker: str
    scope: str
    status: str
    mode: str
    until: str
    reason: str


class UseRow(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a limit on a total is used; `unknown` says what is missing in it."""

    scope: str
    limit: str
    used: str
    most: str
    fraction: float
    unknown: str


class BudgetRow(msgspec.Struct, frozen=True, kw_only=True):
    """One of a venue's budgets: what is used of it now, and how many parents wait for that venue."""

    venue: str
    budget: str
    used: int
    most: int
    window_s: float
    waiting: int


class RiskPicture(msgspec.Struct, frozen=True, kw_only=True):
    """`limits` are in the words of a file of limits, with the scopes whose sizes are scaled in `scales`; `budgets` are
    those of venues that have any.
    """

    modes: tuple[ModeLine, ...]
    breakers: tuple[BreakerLine, ...]
    uses: tuple[UseRow, ...]
    limits: dict[str, Any]
    scales: dict[str, float]
    working: int
    budgets: tuple[BudgetRow, ...] = ()


def budget_rows(state: EngineState, lines: BudgetLines, now: int) -> tuple[BudgetRow, ...]:
    """How much of each venue's budgets is used at `now` (ns)."""
    return tuple(
        BudgetRow(
            venue=venue,
            budget=budget.name,
            used=lines.used(venue, budget, now),
            most=budget.most,
            window_s=budget.window_s,
            waiting=lines.waiting(venue),
        )
        for venue, account in state.risk.budgets.items()
        for budget in account.budgets
    )


def risk_picture(state: EngineState, now: int, lines: BudgetLines | None = None) -> RiskPicture:
    """The picture at `now` (ns); `lines` are those of the engine that has the state."""
    risk = state.risk
    return RiskPicture(
        modes=tuple(
            ModeLine(
                scope=scope,
                mode=standing.mode.value,
                since=to_iso(standing.since),
                by=standing.by,
                reason=standing.reason,
            )
            for scope, standing in risk.modes.items()
        ),
        breakers=tuple(_breakers(state, now)),
        uses=tuple(
            UseRow(
                scope=use.scope,
                limit=use.name,
                used=f"{use.used:f}",
                most=f"{use.most:f}",
                fraction=float(use.fraction),
                unknown=use.unknown,
            )
            for use in uses(risk, now)
        ),
        limits=plain_book(risk.set),
        scales=risk.scales,
        working=len(state.working),
        budgets=budget_rows(state, lines or BudgetLines(state), now),
    )


class WorkingLine(msgspec.Struct, frozen=True, kw_only=True):
    """An order at a venue that may still fill; `venue_status` is `up`, or why the venue is not traded on."""

    order_id: str
    venue: str
    venue_status: str
    symbol: str
    side: str
    open_qty: str
    status: str


def working_in(state: EngineState, scope: str) -> tuple[WorkingLine, ...]:
    """What may still fill of a scope.

    Raises:
        BadInput: no such scope.
    """
    checked_scope(scope)
    kind, _, name = scope.partition("/")
    found = []
    for parent_id in state.working:
        if kind != VENUE and not in_scope(state, state.orders[parent_id].terms, scope):
            continue
        for child_id in state.parents[parent_id].open_children:
            child = state.orders[child_id]
            venue = child.terms.venue or ""
            if kind == VENUE and venue != name:
                continue
            found.append(
                WorkingLine(
                    order_id=child_id,
                    venue=venue,
                    venue_status=state.venue_status.get(venue, "up"),
                    symbol=child.terms.symbol,
                    side=child.terms.side.value,
                    open_qty=f"{child.open_qty:f}",
                    status="unknown" if child.unknown else child.ord_status,
                )
            )
    return tuple(found)


def _breakers(state: EngineState, now: int) -> list[BreakerLine]:
    circuits, breakers = state.risk.circuits, state.risk.book.breakers
    found = []
    for scope, tripped in circuits.tripped.items():
        for name, reason in tripped.items():
            circuit = circuits.by_scope[scope][name]
            found.append(
                BreakerLine(
                    breaker=name,
                    scope=scope,
                    status=circuit.status(now).value,
                    mode=breakers[name].mode.value,
                    until="" if circuit.until is None else to_iso(circuit.until),
                    reason=reason,
                )
            )
    return found
