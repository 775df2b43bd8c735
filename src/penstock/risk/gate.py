"""What is asked before an order leaves: do the modes, the breakers and the limits of its scopes allow it?"""

from penstock.risk.asked import Asked, Breach
from penstock.risk.circuits import blocked
from penstock.risk.exposure import ZERO
from penstock.risk.limit_checks import CHILD_CHECKS, PARENT_CHECKS, LimitCheck, first_breach
from penstock.risk.modes import Action, stopped
from penstock.risk.risk_state import RiskState

INCREASE, KEEP, REDUCE = Action.INCREASE, Action.KEEP, Action.REDUCE


def forbidden(asked: Asked, state: RiskState, checks: tuple[LimitCheck, ...] | None = None) -> Breach | None:
    """Why the order may not leave; None if it may. Modes and breakers first: they cost nothing while there are none.

    `checks` are those that can deny it, where that is known already; all of its level otherwise.
    """
    if state.modes or state.circuits.tripped:
        action, scopes = action_of(asked), asked.scopes
        reason = stopped(state.modes, scopes, action)
        if reason:
            return Breach("mode", reason)
        reason = blocked(state.circuits, state.book.breakers, scopes, action, asked.now)
        if reason:
            return Breach("breaker", reason)
    if checks is None:
        checks = PARENT_CHECKS if asked.terms.venue is None else CHILD_CHECKS
    return first_breach(checks, asked, state.tally)


def action_of(asked: Asked) -> Action:
    """What an order does to the position: a change that asks for no more keeps it."""
    if asked.reduces:
        return REDUCE
    return KEEP if asked.is_change and asked.quantity <= ZERO else INCREASE
