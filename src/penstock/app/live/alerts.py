"""What people must know, from a desk's durable events and of its own troubles: each told once, however often.

The same code, about the same thing, in the same words is one alert. Within `again_after_s` of having been told it is
only counted; after that it is told again, with its count. A person acknowledges an alert; if it happens once more it
is a new one. Acknowledgements are events, and what the journal tells is open is part of the engine's state, so a desk
that starts again knows what nobody has seen; only its own troubles it has to find again.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.errors import BadInput
from penstock.domain.time import SECOND, to_iso
from penstock.risk.alerting import CRITICAL, INFO, WARNING, Found, OpenAlert, found_in

log = logging.getLogger("penstock.alerts")

LEVELS = {INFO: logging.INFO, WARNING: logging.WARNING, CRITICAL: logging.CRITICAL}
Teller = Callable[["Alert"], None]


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`kept_alerts_max` bounds memory: beyond it the oldest go, acknowledged ones first."""

    again_after_s: float = 60.0
    kept_alerts_max: int = 1000


class Alert(msgspec.Struct, kw_only=True):
    """One alert. `about` is the order or scope that it concerns; times in ns; `count` is how often it happened."""

    id: int
    severity: str
    code: str
    about: str
    text: str
    first_at: int
    last_at: int
    told_at: int
    count: int = 1
    acknowledged_by: str = ""
    acknowledged_at: int | None = None


class Alerts:
    """A listener of the driver. `tellers` are called, at once and in order, with each alert that is to be told."""

    def __init__(self, settings: AlertSettings | None = None, tellers: Iterable[Teller] = ()) -> None:
        self._settings = settings or AlertSettings()
        self.tellers: list[Teller] = [to_log, *tellers]
        self.forgotten = 0
        self._numbered = 0
        self._kept: dict[int, Alert] = {}
        self._open: dict[tuple[str, str, str], Alert] = {}

    def take(self, events: Sequence[ev.AnyEvent]) -> None:
        """Events that are durable."""
        for event in events:
            found = found_in(event)
            if found is not None:
                self.happened(found, event.ts)
            elif isinstance(event, ev.AlertAcknowledged):
                self._acknowledged(event)

    def happened(self, found: Found, at: int) -> Alert:
        """Something that a person must know happened at `at`."""
        key = (found.code, found.about, found.text)
        alert = self._open.get(key)
        if alert is None:
            self._numbered += 1
            alert = Alert(
                id=self._numbered,
                severity=found.severity,
                code=found.code,
                about=found.about,
                text=found.text,
                first_at=at,
                last_at=at,
                told_at=at,
            )
            self._kept[alert.id] = self._open[key] = alert
            self._bound()
            self._tell(alert)
            return alert
        alert.count += 1
        alert.last_at = at
        if at - alert.told_at >= self._settings.again_after_s * SECOND:
            alert.told_at = at
            self._tell(alert)
        return alert

    def troubled(self, about: str, text: str, at: int) -> Alert:
        """A trouble of the desk itself began, which no event tells: of its journal, a connection, its clients."""
        severity = CRITICAL if about == "journal" else WARNING
        return self.happened(Found(severity, "trouble", about, text), at)

    def acknowledgement(self, number: int, by: str, reason: str, at: int) -> cmd.AcknowledgeAlert:
        """The command that says that somebody has seen it.

        Raises:
            BadInput: there is no such alert, it is acknowledged already, or nobody is named.
        """
        if not by.strip():
            raise BadInput("alert", "by", "must say who acknowledges it")
        alert = self._kept.get(number)
        if alert is None:
            raise BadInput("alert", "alert", "there is no such alert", number)
        if alert.acknowledged_at is not None:
            raise BadInput("alert", "alert", f"was acknowledged by {alert.acknowledged_by} already", number)
        return cmd.AcknowledgeAlert(ts=at, by=by, reason=reason, code=alert.code, about=alert.about, text=alert.text)

    def restore(self, known: Iterable[OpenAlert]) -> None:
        """What was open when the desk ended is so still; it has been told."""
        for each in known:
            self._numbered += 1
            alert = Alert(
                id=self._numbered,
                severity=each.severity,
                code=each.code,
                about=each.about,
                text=each.text,
                first_at=each.first_at,
                last_at=each.last_at,
                told_at=each.last_at,
                count=each.count,
            )
            self._kept[alert.id] = self._open[(alert.code, alert.about, alert.text)] = alert
            self._bound()

    def _acknowledged(self, event: ev.AlertAcknowledged) -> None:
        alert = self._open.pop((event.code, event.about, event.text), None)
        if alert is not None:
            alert.acknowledged_by, alert.acknowledged_at = event.by, event.ts
            log.warning("alert %d acknowledged by %s", alert.id, event.by)

    @property
    def open(self) -> tuple[Alert, ...]:
        """Warnings and worse that nobody has acknowledged, the oldest first."""
        kept = self._kept.values()
        return tuple(alert for alert in kept if alert.acknowledged_at is None and alert.severity != INFO)

    def _tell(self, alert: Alert) -> None:
        for teller in self.tellers:
            teller(alert)

    def _bound(self) -> None:
        if len(self._kept) <= self._settings.kept_alerts_max:
            return
        oldest = next((each for each in self._kept.values() if each.acknowledged_at is not None), None)
        gone = self._kept.pop((oldest or next(iter(self._kept.values()))).id)
        if gone.acknowledged_at is None:
            self._open.pop((gone.code, gone.about, gone.text), None)
            self.forgotten += 1


def plain(alert: Alert) -> dict[str, Any]:
    """An alert for other programs: times in ISO-8601."""
    given: dict[str, Any] = msgspec.to_builtins(alert)
    acknowledged = None if alert.acknowledged_at is None else to_iso(alert.acknowledged_at)
    return given | {
        "first_at": to_iso(alert.first_at),
        "last_at": to_iso(alert.last_at),
        "told_at": to_iso(alert.told_at),
        "acknowledged_at": acknowledged,
    }


def to_log(alert: Alert) -> None:
    """One line of JSON in the log, at the level of the alert's severity."""
    log.log(LEVELS[alert.severity], "alert %s", msgspec.json.encode(plain(alert)).decode())
