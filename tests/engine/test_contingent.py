"""Stories of contingent orders: what a fill, a trigger or an end of one means for the others."""

from typing import Any

import pytest
from small_desk import D, SmallDesk, quote, sent, terms

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.contingency import Contingency
from penstock.domain.instructions import Instructions, OrderType
from penstock.domain.orders import OrderTerms, Side, State
from penstock.engine.engine import Engine
from penstock.engine.folds import apply
from penstock.engine.state import EngineState
from penstock.journal.replay import replay


def profit(order_id: str = "TP", quantity: int = 100, price: str = "10.20") -> OrderTerms:
    return terms(quantity, order_id, side=Side.SELL, limit_price=D(price))


def stop(order_id: str = "SL", quantity: int = 100, stop_px: str = "9.80") -> OrderTerms:
    asked = Instructions(stop_px=D(stop_px))
    return terms(quantity, order_id, side=Side.SELL, order_type=OrderType.STOP, limit_price=None, instructions=asked)


def grouped(kind: Contingency, *orders: OrderTerms, **changes: Any) -> SmallDesk:
    desk = SmallDesk(**changes)
    desk.give(cmd.SubmitGroup(ts=desk.now, group_id="G", contingency=kind, orders=orders))
    return desk


def bracket(quantity: int = 100) -> SmallDesk:
    """A desk whose entry E rests at 10.00, live."""
    desk = grouped(Contingency.BRACKET, terms(quantity, "E"), profit(quantity=quantity), stop(quantity=quantity))
    desk.accept("E-001")
    return desk


def test_a_fill_of_one_leg_takes_as_much_from_the_other() -> None:
    desk = grouped(Contingency.OCO, profit("A"), profit("B", price="10.30"))
    for child in ("A-001", "B-001"):
        desk.accept(child)
    assert sent(desk.fill("A-001", 40)) == ["replace B-001 60 @ 10.30"]
    desk.report(rep.Replaced, "B-001", quantity=D(60), limit_price=D("10.30"))
    assert sent(desk.fill("A-001", 60)) == ["cancel B-001"]
    desk.report(rep.Canceled, "B-001")
    assert (desk.order("A").ord_status, desk.order("B").ord_status) == ("filled", "canceled")
    assert desk.alerts == []


def test_two_legs_that_both_fill_are_booked_and_the_excess_is_alerted_once() -> None:
    desk = grouped(Contingency.OCO, profit("A"), profit("B", price="10.30"))
    for child in ("A-001", "B-001"):
        desk.accept(child)
    desk.fill("A-001", 100)
    desk.fill("B-001", 30)
    desk.report(rep.Canceled, "B-001")
    assert desk.engine.state.positions["ACME"].quantity == -130
    assert desk.alerts == ["group_overfill"]
    assert desk.of(ev.GroupDisturbed)[0].excess == 30


def test_a_leg_that_is_triggered_waits_until_the_other_has_nothing_open() -> None:
    desk = grouped(Contingency.OCO, profit(), stop())
    desk.accept("TP-001")
    assert sent(desk.quote(1, XA=quote("9.80", "9.82"))) == ["cancel TP-001"]
    desk.fill("TP-001", 30)  # it was faster than the cancel
    assert sent(desk.report(rep.Canceled, "TP-001")) == ["new SL-001 70 @ 9.70"]
    desk.accept("SL-001")
    desk.fill("SL-001", 70, "9.80")
    assert desk.engine.state.positions["ACME"].quantity == -100
    assert desk.engine.state.working == {}
    assert desk.alerts == []


def test_a_leg_that_is_cancelled_by_the_client_leaves_the_other_alone() -> None:
    desk = grouped(Contingency.OCO, profit("A"), profit("B", price="10.30"))
    for child in ("A-001", "B-001"):
        desk.accept(child)
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="A"))
    desk.report(rep.Canceled, "A-001")
    assert desk.order("B").state is State.LIVE


def test_an_order_that_waits_for_another_is_released_by_its_last_fill() -> None:
    desk = grouped(Contingency.OTO, terms(100, "E"), profit("A"))
    desk.accept("E-001")
    assert sent(desk.fill("E-001", 99)) == []
    assert sent(desk.fill("E-001", 1)) == ["new A-001 100 @ 10.20"]


def test_an_order_that_waits_for_one_that_is_cancelled_never_works() -> None:
    desk = grouped(Contingency.OTO, terms(100, "E"), profit("A"))
    desk.accept("E-001")
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="E"))
    desk.report(rep.Canceled, "E-001")
    assert "A" not in desk.engine.state.orders


def test_the_exits_of_a_bracket_grow_with_its_entry() -> None:
    desk = bracket()
    assert sent(desk.fill("E-001", 30)) == ["new TP-001 30 @ 10.20"]
    desk.accept("TP-001")
    assert sent(desk.fill("E-001", 70)) == ["new TP-002 70 @ 10.20"]


def test_an_exit_that_acts_ends_the_rest_of_the_entry() -> None:
    desk = bracket()
    desk.fill("E-001", 30)
    desk.accept("TP-001")
    assert sent(desk.fill("TP-001", 10, "10.20")) == ["cancel E-001"]
    desk.report(rep.Canceled, "E-001")
    assert [desk.order(leg).terms.quantity for leg in ("TP", "SL")] == [30, 30]
    desk.fill("TP-001", 20, "10.20")
    assert desk.engine.state.working == {}
    assert desk.engine.state.positions["ACME"].quantity == 0


def test_the_stop_of_a_bracket_sells_what_the_entry_bought_and_no_more() -> None:
    desk = bracket()
    desk.fill("E-001", 60)
    desk.accept("TP-001")
    assert sent(desk.quote(1, XA=quote("9.79", "9.81"))) == ["cancel E-001", "cancel TP-001"]
    desk.fill("E-001", 10)  # faster than its cancel
    desk.report(rep.Canceled, "E-001")
    desk.report(rep.Canceled, "TP-001")
    desk.wake(3)
    assert sum(child.open_qty for child in children(desk, "SL")) == 70
    for child in children(desk, "SL"):
        desk.fill(child.terms.order_id, int(child.open_qty), "9.79")
    assert desk.engine.state.positions["ACME"].quantity == 0
    assert desk.engine.state.working == {}


def test_an_exit_that_is_out_for_more_than_its_entry_came_to_gives_way_first() -> None:
    desk = bracket()
    desk.fill("E-001", 60, exec_id="e1")
    desk.accept("TP-001")
    desk.fill("E-001", 40, exec_id="e2")
    desk.accept("TP-002")
    desk.fill("TP-001", 10, "10.20")
    busted = desk.report(rep.Busted, "E-001", exec_id="e2", reason="clearly erroneous")
    assert sent(busted) == ["cancel E-001", "cancel TP-002"]
    desk.report(rep.Canceled, "E-001")
    assert [(event.order_id, event.terms.quantity) for event in desk.of(ev.AmendmentWaits)] == [("TP", 60)]
    assert desk.order("SL").terms.quantity == 60  # nothing of it is out
    assert desk.order("TP").terms.quantity == 100
    desk.fill("TP-002", 40, "10.20")  # faster than what it was asked
    desk.fill("TP-001", 30, "10.20")
    for child in list(desk.engine.state.parents["TP"].open_children):
        desk.report(rep.Canceled, child)
    assert desk.order("TP").cum_qty == 80 <= desk.order("TP").terms.quantity
    assert desk.engine.state.working == {}
    assert "group_overfill" in desk.alerts
    assert "overfill" not in desk.alerts


def children(desk: SmallDesk, parent: str) -> list[Any]:
    return [desk.order(child) for child in desk.engine.state.parents[parent].open_children]


def test_an_entry_that_fills_after_its_exits_are_gone_is_alerted_as_unprotected() -> None:
    desk = bracket()
    desk.fill("E-001", 40)
    desk.accept("TP-001")
    for leg in ("TP", "SL"):
        desk.give(cmd.CancelOrder(ts=desk.now, order_id=leg))
    desk.report(rep.Canceled, "TP-001")
    assert desk.alerts == ["unprotected"]
    assert desk.of(ev.GroupDisturbed)[0].excess == -40


def test_a_group_is_taken_whole_or_not_at_all() -> None:
    desk = grouped(Contingency.BRACKET, terms(100, "E"), profit(quantity=50), stop())
    denied = desk.of(ev.OrderDenied)
    assert [event.terms.order_id for event in denied] == ["E", "TP", "SL"]
    assert denied[0].reason == "the orders of a bracket have the same quantity"
    assert desk.effects == []


def test_the_same_group_again_changes_nothing() -> None:
    desk = bracket()
    step = desk.give(
        cmd.SubmitGroup(ts=desk.now, group_id="G", contingency=Contingency.OCO, orders=(profit("X"), profit("Y")))
    )
    assert step == ([], [])


@pytest.mark.parametrize("crash_after", range(6))
def test_a_bracket_goes_on_after_a_crash_at_any_step(crash_after: int) -> None:
    desk = bracket()
    steps = [
        lambda: desk.fill("E-001", 30),
        lambda: desk.accept("TP-001"),
        lambda: desk.fill("E-001", 70),
        lambda: desk.accept("TP-002"),
        lambda: desk.fill("TP-001", 30, "10.20"),
        lambda: desk.fill("TP-002", 70, "10.20"),
    ]
    for number, step in enumerate(steps):
        step()
        if number == crash_after:
            desk.engine = Engine(replay(desk.events))
            desk.quote(number, XA=quote())
            desk.wake(number)
    assert desk.engine.state.working == {}
    assert desk.engine.state.positions["ACME"].quantity == 0
    mirror = EngineState()
    for event in desk.events:
        apply(mirror, event)
    assert mirror.state_hash() == desk.engine.state.state_hash()


def test_an_order_cannot_take_the_place_of_a_leg_that_waits() -> None:
    desk = bracket()
    desk.give(cmd.SubmitOrder(ts=desk.now, terms=terms(500, "SL", side=Side.BUY)))
    assert desk.alerts == ["duplicate_order"]
    assert sorted(sent(desk.fill("E-001", 100))) == ["new TP-001 100 @ 10.20"]
    assert desk.engine.state.orders["SL"].terms == stop()


def test_a_group_costs_other_orders_nothing() -> None:
    desk = bracket()
    desk.submit(terms(100, "P1"))
    desk.submit(terms(100, "P2"))
    assert list(desk.engine.state.wholes) == ["P1-001", "P2-001"]  # kept in the short form, as without a group
