"""What a risk manager may ask of a live desk, as JSON, and how it becomes commands: by somebody, for a reason."""

from typing import Any

from penstock.app.live.asking import Asked
from penstock.domain import commands as cmd


class Change(Asked, frozen=True, kw_only=True):
    """Who asks, and why; neither may be empty, and both stay on record."""

    by: str
    reason: str


class SetMode(Change, frozen=True, kw_only=True, tag="set_mode"):
    """The kill switch: a scope's mode from now on. Only with `reset` may it be looser than it is."""

    mode: str
    scope: str = "desk"
    reset: bool = False


class ResetBreaker(Change, frozen=True, kw_only=True, tag="reset_breaker"):
    """Close a circuit breaker that is open in a scope."""

    breaker: str
    scope: str = "desk"


class ChangeLimit(Change, frozen=True, kw_only=True, tag="change_limit"):
    """One limit of one scope, in the words of a file of limits; "none" lifts it."""

    name: str
    value: Any
    scope: str = "desk"


class ShowRisk(Asked, frozen=True, kw_only=True, tag="risk"):
    """The modes, the breakers, how much of each limit is used, and the limits in force."""


class ShowWorking(Asked, frozen=True, kw_only=True, tag="working"):
    """The orders at venues that may still fill, of a scope: how many, and the first `most` of them."""

    scope: str = "desk"
    most: int = 100


class ShowAlerts(Asked, frozen=True, kw_only=True, tag="alerts"):
    """The alerts that nobody has acknowledged."""


class Acknowledge(Asked, frozen=True, kw_only=True, tag="acknowledge"):
    """Somebody has seen an alert; that, and what they say of it, stays on record."""

    alert: int
    by: str
    reason: str = ""


RiskChange = SetMode | ResetBreaker | ChangeLimit
RiskRequest = RiskChange | ShowRisk | ShowWorking | ShowAlerts | Acknowledge


def risk_command_of(asked: RiskChange, now: int) -> cmd.RiskCommand:
    """The command that makes a change; whether it may be made, the engine says."""
    by, reason, scope = asked.by, asked.reason, asked.scope
    match asked:
        case SetMode():
            return cmd.SetMode(ts=now, by=by, reason=reason, scope=scope, mode=asked.mode, reset=asked.reset)
        case ResetBreaker():
            return cmd.ResetBreaker(ts=now, by=by, reason=reason, scope=scope, breaker=asked.breaker)
        case ChangeLimit():
            return cmd.ChangeLimit(ts=now, by=by, reason=reason, scope=scope, name=asked.name, value=asked.value)
