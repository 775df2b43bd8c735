"""What events say that a person must know, and which of it nobody has acknowledged: a fold, as all state is.

The same code, about the same thing, in the same words is one alert, however often it happens.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from penstock.domain import events as ev

INFO, WARNING, CRITICAL = SEVERITIES = ("info", "warning", "critical")
OPEN_MAX = 1000  # of which the oldest is forgotten


class Found(msgspec.Struct, frozen=True):
    """What an event says that a person must know."""

    severity: str
    code: str
    about: str
    text: str


class OpenAlert(msgspec.Struct, kw_only=True):
    """A warning or worse that nobody has acknowledged: times in ns; `count` is how often it happened."""

    severity: str
    code: str
    about: str
    text: str
    first_at: int
    last_at: int
    count: int = 1


OpenAlerts = dict[str, OpenAlert]  # by what makes it the same alert


def raised(event: ev.AlertRaised) -> Found:
    severity = event.severity if event.severity in SEVERITIES else WARNING
    return Found(severity, event.code, event.order_id, event.text)


def mode_changed(event: ev.ModeChanged) -> Found:
    severity = INFO if event.mode == "active" else CRITICAL if event.mode == "halted" else WARNING
    return Found(severity, "mode", event.scope, f"{event.mode}, by {event.by}: {event.reason}")


def limit_changed(event: ev.LimitChanged) -> Found:
    value = "none" if event.value is None else event.value
    return Found(INFO, "limit", event.scope, f"{event.name} is {value}, by {event.by}: {event.reason}")


SAYS: dict[type, Callable[[Any], Found]] = {
    ev.AlertRaised: raised,
    ev.BreakerTripped: lambda e: Found(CRITICAL, f"breaker_{e.breaker}", e.scope, e.reason),
    ev.ModeChanged: mode_changed,
    ev.BreakerReset: lambda e: Found(INFO, f"breaker_{e.breaker}_reset", e.scope, f"by {e.by}: {e.reason}"),
    ev.LimitChanged: limit_changed,
    ev.LimitsScaled: lambda e: Found(INFO, "limits_scaled", e.scope, f"times {e.scale:g}, by {e.by}: {e.reason}"),
    ev.RiskRefused: lambda e: Found(WARNING, f"refused_{e.code}", e.scope, f"{e.asked} by {e.by}: {e.refusal}"),
}


def found_in(event: ev.AnyEvent) -> Found | None:
    """What an event says that a person must know; None for nearly all events."""
    says = SAYS.get(type(event))
    return None if says is None else says(event)


def noticed(alerts: OpenAlerts, event: ev.AnyEvent) -> None:
    """Keep what an event says that a person must know, until somebody acknowledges it."""
    found = found_in(event)
    if found is None or found.severity == INFO:
        return
    key = key_of(found.code, found.about, found.text)
    known = alerts.get(key)
    if known is not None:
        known.count, known.last_at = known.count + 1, event.ts
        return
    if len(alerts) >= OPEN_MAX:
        del alerts[next(iter(alerts))]
    alerts[key] = OpenAlert(
        severity=found.severity,
        code=found.code,
        about=found.about,
        text=found.text,
        first_at=event.ts,
        last_at=event.ts,
    )


def acknowledged(alerts: OpenAlerts, event: ev.AlertAcknowledged) -> None:
    """Somebody has seen it; the desk's own troubles are no events, and so not among these."""
    alerts.pop(key_of(event.code, event.about, event.text), None)


def key_of(code: str, about: str, text: str) -> str:
    return f"{code}\n{about}\n{text}"
