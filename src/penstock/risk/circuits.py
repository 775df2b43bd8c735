"""The circuits of all breakers, scope by scope, and whether they let an order pass.

Only circuits that are not at rest are kept: breaches that may still count, and trips until they are closed again.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from penstock.risk.breakers import CLOSED, Breaker, Circuit, Trip, observe, passes, probed
from penstock.risk.modes import PASSES, Action
from penstock.risk.refusal import Refusal
from penstock.risk.scopes import in_words

Breakers = Mapping[str, Breaker]  # by name


class Circuits(msgspec.Struct, kw_only=True):
    """By scope and breaker. `tripped` names the breakers that are not closed, by scope: mostly there are none."""

    by_scope: dict[str, dict[str, Circuit]] = {}
    tripped: dict[str, dict[str, str]] = {}  # with why


class BreakerReset(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody closes a breaker by hand."""

    breaker: str
    scope: str
    by: str
    reason: str


def changes_nothing(circuits: Circuits, breaker: Breaker, scope: str, measurement: Decimal | int) -> bool:
    """Whether a measurement is within its threshold, and nothing of its scope is at work: so are nearly all."""
    return measurement <= breaker.threshold and scope not in circuits.by_scope


def measured(circuits: Circuits, breaker: Breaker, scope: str, measurement: Decimal | int, now: int) -> Trip | None:
    """Fold a measurement in; returns the trip that it causes."""
    if changes_nothing(circuits, breaker, scope, measurement):
        return None
    known = circuits.by_scope.get(scope, {}).get(breaker.name, CLOSED)
    circuit, trip = observe(known, breaker, measurement, now)
    if circuit is not known:
        _keep(circuits, breaker.name, scope, circuit, trip.reason if trip else "")
    return trip


def sent(circuits: Circuits, breakers: Breakers, scopes: Iterable[str], now: int) -> None:
    """An order left: where a circuit is half-open it is a probe."""
    if not circuits.tripped:
        return
    for scope in scopes:
        for name, reason in list(circuits.tripped.get(scope, {}).items()):
            _keep(circuits, name, scope, probed(circuits.by_scope[scope][name], breakers[name], now), reason)


def blocked(circuits: Circuits, breakers: Breakers, scopes: Iterable[str], action: Action, now: int) -> str:
    """Why an action may not leave, with what ends that; empty if it may."""
    if not circuits.tripped:
        return ""
    for scope in scopes:
        for name, reason in circuits.tripped.get(scope, {}).items():
            circuit, breaker = circuits.by_scope[scope][name], breakers[name]
            if action in PASSES[breaker.mode] or passes(circuit, breaker, now):
                continue
            ends = (
                "until it is reset" if circuit.until is None else "until its cool-down is over and its probes are good"
            )
            return f"breaker {name} of {in_words(scope)} is open {ends}: {reason}"
    return ""


def refusal_of_reset(circuits: Circuits, asked: BreakerReset) -> Refusal | None:
    """Why a breaker is not reset; None if it may be."""
    if not asked.by.strip():
        return Refusal("no_authority", "a breaker is reset by somebody: say by whom")
    if not asked.reason.strip():
        return Refusal("no_reason", f"breaker {asked.breaker} is not reset without a reason")
    if asked.breaker not in circuits.tripped.get(asked.scope, {}):
        return Refusal("not_open", f"breaker {asked.breaker} of {in_words(asked.scope)} is not open")
    return None


def close(circuits: Circuits, breaker: str, scope: str) -> None:
    """Fold a reset in."""
    _keep(circuits, breaker, scope, CLOSED, "")


def forget(circuits: Circuits, scope: str) -> None:
    """A scope ended (an order, a parent): nothing of it counts any more."""
    circuits.by_scope.pop(scope, None)
    circuits.tripped.pop(scope, None)


def _keep(circuits: Circuits, breaker: str, scope: str, circuit: Circuit, reason: str) -> None:
    if circuit == CLOSED:
        circuits.by_scope.get(scope, {}).pop(breaker, None)
        if not circuits.by_scope.get(scope):
            circuits.by_scope.pop(scope, None)
    else:
        circuits.by_scope.setdefault(scope, {})[breaker] = circuit
    if circuit.tripped_at is not None:
        why = circuits.tripped.setdefault(scope, {})
        why[breaker] = reason or why[breaker]
    elif scope in circuits.tripped:
        circuits.tripped[scope].pop(breaker, None)
        if not circuits.tripped[scope]:
            del circuits.tripped[scope]
