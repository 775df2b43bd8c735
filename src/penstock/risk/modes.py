"""How much a scope may still trade: the modes, from `active` to `halted`, and what each lets pass.

The strictest mode of all scopes that an order belongs to holds. A mode is tightened by anybody who may, a person or a
breaker, and loosened by a reset only, which says who and why. Orders that reduce a position pass in every mode but
`halted`; cancels always pass.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec

from penstock.domain.errors import BadInput
from penstock.risk.refusal import Refusal
from penstock.risk.scopes import checked_scope, in_words


class Mode(StrEnum):
    """From the loosest to the strictest."""

    ACTIVE = "active"
    REDUCE_ONLY = "reduce_only"  # no position grows
    NO_NEW = "no_new"  # nor is a working order that could make one grow moved
    CANCEL_ALL = "cancel_all"  # what works is cancelled, too
    FLATTEN = "flatten"  # and positions are closed
    HALTED = "halted"  # nothing leaves but cancels; what works is cancelled

    strictness: int

    def __init__(self, value: str) -> None:
        self.strictness = ("active", "reduce_only", "no_new", "cancel_all", "flatten", "halted").index(value)

    @property
    def cancels(self) -> bool:
        """Whether everything that works in the scope is cancelled when the mode begins."""
        return self.strictness >= 3

    @property
    def flattens(self) -> bool:
        return self.value == "flatten"


class Action(StrEnum):
    """What may be asked to leave, by what it does to the position with everything open filled."""

    INCREASE = "increase"  # a new order, or a replace by a larger one
    KEEP = "keep"  # a replace that adds no quantity, of an order that does not reduce
    REDUCE = "reduce"
    CANCEL = "cancel"


ACTIVE, REDUCE_ONLY, NO_NEW, CANCEL_ALL, FLATTEN, HALTED = Mode
INCREASE, KEEP, REDUCE, CANCEL = Action

PASSES: dict[Mode, frozenset[Action]] = {
    ACTIVE: frozenset(Action),
    REDUCE_ONLY: frozenset({KEEP, REDUCE, CANCEL}),
    NO_NEW: frozenset({REDUCE, CANCEL}),
    CANCEL_ALL: frozenset({REDUCE, CANCEL}),
    FLATTEN: frozenset({REDUCE, CANCEL}),
    HALTED: frozenset({CANCEL}),
}


class Standing(msgspec.Struct, frozen=True):
    """The mode of a scope, since when (ns), by whom and why."""

    mode: Mode
    since: int
    by: str
    reason: str


class ModeChange(msgspec.Struct, frozen=True, kw_only=True):
    """A scope is to have this mode. Only with `reset` may it be looser than the one it has."""

    scope: str
    mode: Mode
    by: str
    reason: str
    reset: bool = False


Modes = dict[str, Standing]  # by scope; one that is not named is active
MayChange = Callable[[ModeChange], bool]


def refusal_of(modes: Modes, change: ModeChange, may_change: MayChange) -> Refusal | None:
    """Why a mode is not changed; None if it may be."""
    try:
        checked_scope(change.scope)
    except BadInput as fault:
        return Refusal("bad_scope", str(fault))
    where, now = in_words(change.scope), mode_of(modes, change.scope)
    if not change.by.strip():
        return Refusal("no_authority", "a mode is changed by somebody: say by whom")
    if not change.reason.strip():
        return Refusal("no_reason", f"the mode of {where} is not changed without a reason")
    if not may_change(change):
        return Refusal("no_authority", f"{change.by} may not change the mode of {where}")
    if change.mode.strictness < now.strictness and not change.reset:
        return Refusal("needs_reset", f"{where} is {now}: only a reset makes it {change.mode}")
    return None


def take(modes: Modes, change: ModeChange, at: int) -> None:
    """Fold a change in that was not refused. An active scope is not kept."""
    if change.mode is ACTIVE:
        modes.pop(change.scope, None)
    else:
        modes[change.scope] = Standing(change.mode, at, change.by, change.reason)


def mode_of(modes: Modes, scope: str) -> Mode:
    """The mode of one scope by itself."""
    standing = modes.get(scope)
    return ACTIVE if standing is None else standing.mode


def strictest(modes: Modes, scopes: Iterable[str]) -> tuple[Mode, str]:
    """The mode that holds for what belongs to these scopes, and the scope that it is from (empty if active)."""
    mode, whose = ACTIVE, ""
    if not modes:
        return mode, whose
    for scope in scopes:
        standing = modes.get(scope)
        if standing is not None and standing.mode.strictness > mode.strictness:
            mode, whose = standing.mode, scope
    return mode, whose


def stopped(modes: Modes, scopes: Iterable[str], action: Action) -> str:
    """Why an action may not leave, with what ends that; empty if it may."""
    mode, whose = strictest(modes, scopes)
    if action in PASSES[mode]:
        return ""
    standing = modes[whose]
    return f"{in_words(whose)} is {mode} ({standing.reason}, by {standing.by}): reset it first"
