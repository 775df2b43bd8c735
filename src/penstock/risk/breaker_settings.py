"""The circuit breakers as a document sets them: a table for each, with what differs from the defaults.

[breaker.latency]
threshold = 500       # ms
breaches = 5
window_s = 180
scope = "venue"
mode = "no_new"
cool_down_s = 60      # "none": only a reset closes it
"""

from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import msgspec

from penstock.domain.errors import BadInput
from penstock.domain.time import SECOND
from penstock.risk.breakers import BREAKERS, Breaker
from penstock.risk.document import number_of, table_of
from penstock.risk.modes import Mode
from penstock.risk.scopes import DESK, KINDS

DEFAULTS = {breaker.name: breaker for breaker in BREAKERS}
SCOPES = ("order", "parent", DESK, *KINDS)
MODES = tuple(mode for mode in Mode if mode is not Mode.ACTIVE)
SECONDS = {"window_s": "window", "cool_down_s": "cool_down", "cool_down_max_s": "cool_down_max"}
WHOLE = ("breaches", "probes")
FIELDS = ("threshold", *WHOLE, *SECONDS, "scope", "mode")


def read_breakers(tables: Mapping[str, Any], where: str = "limits") -> dict[str, Breaker]:
    """All five breakers, by name, as the tables set them.

    Raises:
        BadInput: an unknown breaker or field, or a value of the wrong type or range.
    """
    found = dict(DEFAULTS)
    for name, given in table_of(where, "breaker", tables).items():
        _refuse_unknown(where, f"breaker.{name}", name, tuple(DEFAULTS))
        place = f"{where}: [breaker.{name}]"
        table = table_of(where, f"breaker.{name}", given)
        for field in table:
            _refuse_unknown(place, field, field, FIELDS)
        changes = dict(_change(place, field, value, DEFAULTS[name]) for field, value in table.items())
        found[name] = msgspec.structs.replace(DEFAULTS[name], **changes)
        cool_down = found[name].cool_down
        if cool_down is not None and cool_down > found[name].cool_down_max:
            raise BadInput(place, "cool_down_s", "must not be above cool_down_max_s", table.get("cool_down_s"))
    return found


def plain_breakers(breakers: Mapping[str, Breaker]) -> dict[str, Any]:
    """The tables that give these breakers: what differs from the defaults."""
    tables: dict[str, Any] = {}
    for name, breaker in breakers.items():
        default = DEFAULTS[name]
        for field in FIELDS:
            own = getattr(breaker, SECONDS.get(field, field))
            if own != getattr(default, SECONDS.get(field, field)):
                tables.setdefault(name, {})[field] = _shown(field, own)
    return tables


def _shown(field: str, value: Any) -> Any:
    if value is None:
        return "none"
    if field in SECONDS:
        return value / SECOND
    return float(value) if field == "threshold" else str(value) if field == "mode" else value


def _change(place: str, field: str, value: Any, default: Breaker) -> tuple[str, Any]:
    if field == "scope":
        _refuse_other(place, field, value, SCOPES)
        return field, value
    if field == "mode":
        _refuse_other(place, field, value, MODES)
        return field, Mode(value)
    if field == "cool_down_s" and value == "none":
        return "cool_down", None
    value = number_of(place, field, value)
    if field == "window_s" and default.window is None:
        raise BadInput(place, field, f"must be left out: {default.name} counts what follows each other", value)
    least = 1 if field in WHOLE else 0
    if not least <= value < 10**9 or (value == 0 and field in SECONDS):
        raise BadInput(
            place, field, "must be greater than zero" if field != "threshold" else "must not be negative", value
        )
    if field in WHOLE and value != int(value):
        raise BadInput(place, field, "must be a whole number", value)
    if field in SECONDS:
        return SECONDS[field], round(value * SECOND)
    return field, Decimal(str(value)) if field == "threshold" else int(value)


def _refuse_other(place: str, field: str, value: Any, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadInput(place, field, f"must be one of {', '.join(known)}", value)


def _refuse_unknown(place: str, field: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        raise BadInput(place, field, f"is not a known name: {hint}")
