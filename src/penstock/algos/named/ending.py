"""What becomes of what is left when an algorithm's window ends."""

from enum import StrEnum

from penstock.algos.tactic import SWEEP_BPS, take
from penstock.algos.view import Plan, View
from penstock.domain.time import MINUTE

SWEEP_GRACE = MINUTE


class EndPolicy(StrEnum):
    """Take what is left, leave it, or go on until the session ends."""

    SWEEP = "sweep"
    STOP = "stop"
    CARRY = "carry"


def ended(view: View, policy: EndPolicy) -> Plan | None:
    """What is wanted after the window; None for an order that carries on."""
    if policy is EndPolicy.STOP or view.now >= view.session.end:
        return Plan((), view.end, over="end of window")
    if policy is EndPolicy.CARRY:
        return None
    if view.now >= view.end + SWEEP_GRACE:
        return Plan((), view.end, over="end of window, sweep unfinished")
    return take(view, view.left, SWEEP_BPS, view.end + SWEEP_GRACE)
