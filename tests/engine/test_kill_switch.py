"""The kill switch: a mode holds from its event on, by scope; what works is cancelled in the same step."""

import pytest
from small_desk import D, SmallDesk, quote, sent, terms

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import Side
from penstock.engine.engine import Engine, Step
from penstock.journal.codec import decode, encode
from penstock.journal.replay import replay


def set_mode(desk: SmallDesk, mode: str, scope: str = "desk", **more: object) -> Step:
    given = {"by": "ann", "reason": "drill"} | more
    return desk.give(cmd.SetMode(ts=desk.now, scope=scope, mode=mode, **given))


def two_working(venues: tuple[str, ...] = ("XA",), **more: object) -> SmallDesk:
    """P1 buys on XA, P2 buys for another account on the last venue; both rest."""
    desk = SmallDesk(venues, **more)
    desk.submit(terms(100, venues=("XA",), limit_price=D("9.50")))
    desk.submit(terms(100, "P2", venues=(venues[-1],), limit_price=D("9.50"), account="fund", algorithm=None))
    for name in ("P1-001", "P2-001"):
        desk.accept(name)
    return desk


@pytest.mark.parametrize("mode", ["cancel_all", "flatten", "halted"])
def test_everything_that_works_is_cancelled_in_the_step_of_the_command(mode: str) -> None:
    desk = two_working()
    step = set_mode(desk, mode)
    assert isinstance(step.events[0], ev.ModeChanged)
    assert sent(step) == ["cancel P1-001", "cancel P2-001"]
    assert sent(desk.submit(terms(10, "P3"))) == []
    assert desk.of(ev.OrderDenied)[-1].code == ("halted" if mode == "halted" else "mode")


@pytest.mark.parametrize("mode", ["reduce_only", "no_new"])
def test_a_milder_mode_leaves_what_works_and_lets_no_position_grow(mode: str) -> None:
    desk = two_working()
    assert sent(set_mode(desk, mode)) == []
    assert sent(desk.submit(terms(10, "P3"))) == []
    assert desk.of(ev.OrderDenied)[-1].code == "mode"
    desk.fill("P1-001", 100)
    assert sent(desk.submit(terms(100, "P4", side=Side.SELL, limit_price=D("9.99")))) == ["new P4-001 100 @ 9.99"]
    assert sent(desk.submit(terms(1, "P5", side=Side.SELL, limit_price=D("9.99")))) == [], "P4 closes all of it"


@pytest.mark.parametrize(
    ("scope", "cancelled"),
    [
        ("desk", ["cancel P1-001", "cancel P2-001"]),
        ("account/fund", ["cancel P2-001"]),
        ("account/other", []),
        ("symbol/ACME", ["cancel P1-001", "cancel P2-001"]),
        ("asset_class/equity", ["cancel P1-001", "cancel P2-001"]),
        ("venue/XA", ["cancel P1-001"]),
        ("venue/XB", ["cancel P2-001"]),
        ("user/bob", []),
    ],
)
def test_a_mode_is_for_its_scope_only(scope: str, cancelled: list[str]) -> None:
    assert sent(set_mode(two_working(("XA", "XB")), "cancel_all", scope)) == cancelled


def test_an_algorithm_and_a_user_are_scopes() -> None:
    desk = SmallDesk()
    for name, user in (("P1", "bob"), ("P2", "eve")):
        asked = terms(100, name, algorithm="twap", parameters={"num_slices": 1, "duration_minutes": 5.0})
        desk.submit(asked, user=user)
        desk.accept(f"{name}-001")
    assert sent(set_mode(desk, "cancel_all", "user/eve")) == ["cancel P2-001"]
    assert sent(set_mode(desk, "cancel_all", "strategy/twap")) == ["cancel P1-001"]
    assert desk.of(ev.OrderReceived)[0].user == "bob"


def test_a_child_on_its_way_is_cancelled_as_soon_as_it_is_acknowledged() -> None:
    for scope in ("desk", "venue/XA"):
        desk = SmallDesk()
        desk.submit(terms(100, limit_price=D("9.50")))
        assert sent(set_mode(desk, "cancel_all", scope)) == []
        assert sent(desk.accept("P1-001")) == ["cancel P1-001"], scope


def test_a_persons_mode_ends_the_parents_and_a_venues_mode_lets_them_go_on_elsewhere() -> None:
    desk = two_working(("XA", "XB"))
    set_mode(desk, "cancel_all", "venue/XB")
    desk.report(rep.Canceled, "P2-001", reason="asked")
    assert "P2" in desk.engine.state.working
    set_mode(desk, "cancel_all", "desk")
    desk.report(rep.Canceled, "P1-001", reason="asked")
    assert desk.engine.state.working == {}


def test_only_a_reset_loosens_a_mode_and_it_says_who_and_why() -> None:
    desk = SmallDesk()
    set_mode(desk, "halted")
    refused = [
        ({"mode": "no_new"}, "needs_reset", "desk is halted: only a reset makes it no_new"),
        ({"mode": "active", "reset": True, "by": " "}, "no_authority", "a mode is changed by somebody: say by whom"),
        (
            {"mode": "active", "reset": True, "reason": ""},
            "no_reason",
            "the mode of desk is not changed without a reason",
        ),
        ({"mode": "stopped"}, "bad_mode", "mode: must be one of active, reduce_only, no_new, cancel_all, flatten"),
        ({"mode": "halted", "scope": "dask"}, "bad_scope", "did you mean desk?"),
        ({"mode": "halted", "scope": "venue/XX"}, "bad_scope", "there is no venue XX: known are XA"),
        ({"mode": "halted", "scope": "symbol/ACNE"}, "bad_scope", "no market trades ACNE"),
    ]
    for given, code, sentence in refused:
        set_mode(desk, **given)  # type: ignore[arg-type]
        refusal = desk.of(ev.RiskRefused)[-1]
        assert (refusal.code, sentence in refusal.refusal) == (code, True), refusal
        assert desk.engine.state.halted == "drill"
    set_mode(desk, "active", reset=True)
    assert desk.engine.state.halted == ""
    assert sent(desk.submit(terms(10))) == ["new P1-001 10 @ 10.00"]


def test_flatten_closes_positions_once_every_cancel_is_confirmed() -> None:
    desk = two_working()
    desk.fill("P1-001", 40)
    desk.fill("P2-001", 30)
    assert sent(set_mode(desk, "flatten")) == ["cancel P1-001", "cancel P2-001"]
    assert sent(desk.report(rep.Canceled, "P1-001", reason="asked")) == []
    desk.fill("P2-001", 5)
    step = desk.report(rep.Canceled, "P2-001", reason="asked")
    assert sent(step) == ["new flat9.main.ACME-001 40 @ 9.89", "new flat9.fund.ACME-001 35 @ 9.89"]
    assert desk.of(ev.PositionsClosing)[-1].order_ids == ("flat9.main.ACME", "flat9.fund.ACME")
    desk.fill("flat9.main.ACME-001", 40)
    desk.fill("flat9.fund.ACME-001", 35)
    assert not any(desk.engine.state.ledger.net.values())
    assert desk.engine.state.working == {}


def test_a_desk_that_died_before_it_could_close_its_positions_closes_them_once() -> None:
    desk = two_working()
    desk.fill("P1-001", 40)
    set_mode(desk, "flatten")
    desk.report(rep.Canceled, "P1-001", reason="asked")
    state = replay(decode(encode(event)) for event in desk.events)
    assert state.state_hash() == desk.engine.state.state_hash()
    desk.engine = Engine(state)
    assert sent(desk.report(rep.Canceled, "P2-001", reason="asked")) == [], "there is no market in sight yet"
    step = desk.quote(1, XA=quote())
    assert sent(step) == ["new flat8.main.ACME-001 40 @ 9.89"]
    assert sent(desk.quote(2, XA=quote())) == []


def test_a_short_position_is_bought_back() -> None:
    desk = SmallDesk(positions={"ACME": D(-7)})
    assert [effect.approved.terms.side for effect in set_mode(desk, "flatten").effects] == [Side.BUY]


def test_a_paused_symbol_takes_nothing_new() -> None:
    desk = two_working()
    assert sent(desk.give(cmd.PauseSymbol(ts=desk.now, symbol="ACME", by="ann", reason="news"))) == []
    desk.submit(terms(10, "P3"))
    assert desk.of(ev.OrderDenied)[-1].reason == "symbol ACME is no_new (news, by ann): reset it first"
    desk.give(cmd.PauseSymbol(ts=desk.now, symbol="ACNE", by="ann", reason="news"))
    assert desk.of(ev.RiskRefused)[-1].refusal == "no market trades ACNE"


def test_an_order_that_is_resized_under_no_new_may_become_smaller_and_not_larger() -> None:
    desk = two_working()
    set_mode(desk, "reduce_only")
    assert sent(desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", quantity=D(120)))) == []
    assert desk.alerts[-1] == "mode"
    assert sent(desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", limit_price=D("9.40")))) != []
