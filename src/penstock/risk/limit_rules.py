"""What makes limits wrong by themselves, before any order: a value out of range, two that contradict each other.

A limit that differs from its default counts as given: a default that lies beside a tighter limit contradicts nothing,
the tighter one simply bites first.
"""

from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

from penstock.risk.limits import RULES, Bounds, Limits, LimitSet
from penstock.risk.scopes import DESK, in_words, kind_of

DEFAULTS = Limits()
NO_LIMITS = LimitSet()
NOT_ABOVE = (  # the first may never exceed the second of the same scope: it could never be used up
    ("order_value_max", "parent_value_max"),
    ("order_value_max", "position_value_max"),
    ("order_value_max", "daily_value_max"),
    ("order_value_max", "gross_exposure_max"),
    ("order_quantity_max", "position_quantity_max"),
    ("position_value_max", "gross_exposure_max"),
    ("venue_exposure_max", "gross_exposure_max"),
    ("net_exposure_max", "gross_exposure_max"),
)
TIGHTER_WHEN_LARGER = ("prevent_self_trade", "duplicate_within_ms")
ABOVE_ZERO = ("rate_window_s", "warn_at", "child_timeout_s")


class Fault(NamedTuple):
    """What is wrong with one limit of a scope."""

    name: str
    rule: str
    value: object


def fault_of(limits: LimitSet, scope: str) -> Fault | None:
    """The first thing wrong with a scope's limits; None if they hold together."""
    for name in LimitSet.__struct_fields__:
        value = getattr(limits, name)
        if RULES[name].desk_only and scope != DESK and value is not None:
            return Fault(name, "can be set for the whole desk only", value)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            if not isfinite(value):
                return Fault(name, "must be a finite number", str(value))
            if value < 0:
                return Fault(name, "must not be negative", value)
            if name in ABOVE_ZERO and value == 0:
                return Fault(name, "must be greater than zero", value)
    if limits.warn_at is not None and limits.warn_at > 1:
        return Fault("warn_at", "must be at most 1: a warning beyond its limit would never be given", limits.warn_at)
    return _contradiction(limits, scope)


def _contradiction(limits: LimitSet, scope: str) -> Fault | None:
    defaults = DEFAULTS if scope == DESK else NO_LIMITS
    for smaller, larger in NOT_ABOVE:
        low, high = getattr(limits, smaller), getattr(limits, larger)
        given = low != getattr(defaults, smaller) and high != getattr(defaults, larger)
        if given and low is not None and high is not None and low > high:
            return Fault(smaller, f"must not be above {larger} {high:f} of the same scope", low)
    return None


def pointless(limits: LimitSet, scope: str, desk: Limits) -> list[str]:
    """What a scope allows although the desk does not: permitted, and without effect; one sentence each."""
    said = []
    for name in LimitSet.__struct_fields__:
        own, above = getattr(limits, name), getattr(desk, name)
        if own is None or above is None or isinstance(own, tuple) or name == "rate_window_s":
            continue
        if RULES[name].bounds is Bounds.POSITION and kind_of(scope) not in ("symbol", "asset_class", "sector"):
            continue  # a position of its own, which may be larger than the net of all
        if tighter(name, above, own):
            said.append(f"{in_words(scope)}: {name} {own} has no effect: the desk allows {above}")
    return said


def tighter(name: str, one: Any, other: Any) -> bool:
    """Whether a limit allows less than another of the same name."""
    return bool(one > other if name in TIGHTER_WHEN_LARGER else one < other)
