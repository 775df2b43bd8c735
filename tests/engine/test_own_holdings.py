"""A venue, a user or a strategy is flattened by what its own orders hold, as far as the account holds it."""

import pytest
from small_desk import D, SmallDesk, quote, sent, terms

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import Side
from penstock.engine.engine import Engine, Step
from penstock.engine.families import family_of
from penstock.engine.own_holdings import holdings_of
from penstock.engine.recall import Recalled
from penstock.journal.replay import replay


def flatten(desk: SmallDesk, scope: str) -> Step:
    return desk.give(cmd.SetMode(ts=desk.now, scope=scope, mode="flatten", by="ann", reason="drill"))


def traded() -> SmallDesk:
    """Ann buys 100 on XA by a limit order; Bob buys 40 on XB by no named algorithm, and sells 10 of them on XA."""
    desk = SmallDesk(("XA", "XB"))
    for number, (user, venue, side, quantity, algorithm) in enumerate(
        [
            ("ann", "XA", Side.BUY, 100, "limit"),
            ("bob", "XB", Side.BUY, 40, None),
            ("bob", "XA", Side.SELL, 10, None),
        ],
        1,
    ):
        price = D("10.00") if side is Side.BUY else D("10.05")
        order = terms(
            quantity, f"P{number}", side=side, venues=(venue,), algorithm=algorithm, limit_price=price, account="main"
        )
        desk.submit(order, user=user)
        desk.accept(f"P{number}-001")
        desk.fill(f"P{number}-001", quantity)
    return desk


@pytest.mark.parametrize(
    ("scope", "closes"),
    [
        ("user/ann", "100"),
        ("user/bob", "30"),
        ("user/eve", ""),
        ("strategy/limit", "100"),
        ("venue/XA", "90"),
        ("venue/XB", "40"),
    ],
)
@pytest.mark.parametrize("archives", [False, True])
def test_each_closes_what_its_own_orders_hold(scope: str, closes: str, archives: bool) -> None:
    desk = traded()
    if archives:
        desk.engine = Engine(desk.engine.state, closed_orders_max=0)
        desk.wake(1)
        assert len(desk.engine.state.orders) == 0
        desk.quote(2, XA=quote(), XB=quote())
    step = flatten(desk, scope)
    assert sent(step) == ([f"new flat{step_number(step)}.main.ACME-001 {closes} @ 9.89"] if closes else [])
    assert replay(desk.events).state_hash() == desk.engine.state.state_hash()


def test_what_closed_a_holding_counts_as_its_own_so_that_it_is_closed_once() -> None:
    desk = traded()
    closing = flatten(desk, "user/ann").effects[0]
    child = closing.approved.terms.order_id  # type: ignore[union-attr]
    desk.accept(child)
    desk.fill(child, 100)
    assert holdings_of(desk.engine.state, "user/ann") == {"ACME": {}}
    assert holdings_of(desk.engine.state, "user/bob") == {"ACME": {"main": D(30)}}
    desk.engine = Engine(desk.engine.state, closed_orders_max=0)
    desk.wake(1)
    assert holdings_of(desk.engine.state, "user/ann") == {"ACME": {}}
    desk.give(cmd.SetMode(ts=desk.now, scope="user/ann", mode="active", by="ann", reason="over", reset=True))
    assert sent(flatten(desk, "user/ann")) == []


def test_a_bust_of_an_archived_fill_is_taken_out_of_the_holding() -> None:
    desk = traded()
    family = family_of(desk.engine.state, "P2")
    desk.engine = Engine(desk.engine.state, closed_orders_max=0)
    desk.wake(1)
    assert holdings_of(desk.engine.state, "user/bob") == {"ACME": {"main": D(30)}}
    desk.give(rep.Busted(ts=desk.now, venue="XB", order_id="P2-001", exec_id="e2"))
    desk.give(Recalled(ts=desk.now, order_id="P2", family=family))
    assert desk.of(ev.FillBusted)
    assert holdings_of(desk.engine.state, "user/bob") == {"ACME": {"main": D(-10)}}
    assert replay(desk.events).state_hash() == desk.engine.state.state_hash()


def test_an_account_that_holds_less_is_closed_no_further_than_flat() -> None:
    desk = traded()
    desk.submit(terms(80, "P4", side=Side.SELL, venues=("XA",), algorithm=None, limit_price=D("10.05")), user="eve")
    desk.accept("P4-001")
    desk.fill("P4-001", 80)
    assert desk.engine.state.ledger.net["ACME"] == D(50)
    (effect,) = flatten(desk, "user/ann").effects
    assert effect.approved.terms.quantity == D(50)  # type: ignore[union-attr]


def test_a_venue_waits_for_its_own_cancels_and_closes_there() -> None:
    desk = traded()
    desk.submit(terms(10, "P4", venues=("XB",), limit_price=D("9.50")))
    desk.accept("P4-001")
    assert sent(flatten(desk, "venue/XB")) == ["cancel P4-001"]
    step = desk.report(rep.Canceled, "P4-001", reason="asked")
    (effect,) = [each for each in step.effects if "flat" in str(each.approved.terms.order_id)]  # type: ignore[union-attr]
    assert (effect.approved.terms.venue, effect.approved.terms.quantity) == ("XB", D(40))  # type: ignore[union-attr]


def step_number(step: Step) -> int:
    """What the ids of the orders begin with that close what the step's mode flattens."""
    (effect,) = step.effects
    return int(effect.approved.terms.order_id.partition(".")[0].removeprefix("flat"))  # type: ignore[union-attr]
