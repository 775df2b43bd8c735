"""The modes: what each lets pass, the strictest wins, and only a reset loosens."""

import itertools

import msgspec
import pytest

from penstock.risk.modes import PASSES, Action, Mode, ModeChange, Modes, refusal_of, stopped, strictest, take

SCOPES = ("desk", "account/fund1", "strategy/vwap", "symbol/ACME", "venue/XA")


def anybody(_: ModeChange) -> bool:
    return True


def change(scope: str, mode: Mode, **given: object) -> ModeChange:
    return ModeChange(**{"scope": scope, "mode": mode, "by": "ann", "reason": "drill"} | given)


def modes(**by_scope: Mode) -> Modes:
    found: Modes = {}
    for scope, mode in by_scope.items():
        take(found, change(scope.replace("__", "/"), mode), 7)
    return found


@pytest.mark.parametrize(
    ("mode", "passes"),
    [
        (Mode.ACTIVE, "increase keep reduce cancel"),
        (Mode.REDUCE_ONLY, "keep reduce cancel"),
        (Mode.NO_NEW, "reduce cancel"),
        (Mode.CANCEL_ALL, "reduce cancel"),
        (Mode.FLATTEN, "reduce cancel"),
        (Mode.HALTED, "cancel"),
    ],
)
def test_what_each_mode_lets_pass(mode: Mode, passes: str) -> None:
    found = modes(symbol__ACME=mode)
    let = {action for action in Action if not stopped(found, SCOPES, action)}
    assert let == {Action(each) for each in passes.split()}


def test_modes_are_ordered_from_loose_to_strict_and_a_stricter_one_lets_no_more_pass() -> None:
    order = sorted(Mode, key=lambda mode: mode.strictness)
    assert order == list(Mode)
    for loose, strict in itertools.pairwise(order):
        assert PASSES[strict] <= PASSES[loose]
    assert [mode for mode in Mode if mode.cancels] == [Mode.CANCEL_ALL, Mode.FLATTEN, Mode.HALTED]
    assert [mode for mode in Mode if mode.flattens] == [Mode.FLATTEN]


def test_the_strictest_of_an_orders_scopes_holds_and_is_named() -> None:
    found = modes(desk=Mode.REDUCE_ONLY, venue__XA=Mode.HALTED, venue__XB=Mode.FLATTEN)
    assert strictest(found, SCOPES) == (Mode.HALTED, "venue/XA")
    assert strictest(found, SCOPES[:4]) == (Mode.REDUCE_ONLY, "desk")
    assert strictest({}, SCOPES) == (Mode.ACTIVE, "")
    assert stopped(found, SCOPES, Action.REDUCE) == "venue XA is halted (drill, by ann): reset it first"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (change("desk", Mode.HALTED), ""),
        (change("desk", Mode.NO_NEW), ""),
        (change("desk", Mode.ACTIVE), "needs_reset"),
        (change("desk", Mode.ACTIVE, reset=True), ""),
        (change("desk", Mode.ACTIVE, reset=True, reason=" "), "no_reason"),
        (change("desk", Mode.ACTIVE, reset=True, by=""), "no_authority"),
        (change("desc", Mode.HALTED), "bad_scope"),
        (change("venue/", Mode.HALTED), "bad_scope"),
    ],
)
def test_a_mode_is_tightened_by_name_and_reason_and_loosened_by_a_reset_only(asked: ModeChange, code: str) -> None:
    refusal = refusal_of(modes(desk=Mode.NO_NEW), asked, anybody)
    assert (refusal.code if refusal else "") == code


def test_who_has_no_authority_changes_no_mode() -> None:
    refusal = refusal_of({}, change("desk", Mode.HALTED), lambda asked: asked.by == "bob")
    assert refusal is not None
    assert (refusal.code, refusal.reason) == ("no_authority", "ann may not change the mode of desk")


def test_a_reset_leaves_nothing_behind_and_modes_survive_a_restart() -> None:
    found = modes(desk=Mode.HALTED, symbol__ACME=Mode.NO_NEW)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Modes) == found
    take(found, change("desk", Mode.ACTIVE, reset=True), 8)
    assert list(found) == ["symbol/ACME"]
