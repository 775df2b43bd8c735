"""An order's state is never None, and an answer that holds only an id proves only that the order was accepted."""

from typing import get_type_hints

from scripted_world import ScriptedWorld

from penstock.domain import reports as rep
from penstock.domain.orders import Order, State


def test_the_state_and_the_numbers_of_an_order_have_no_none_in_their_types() -> None:
    hints = get_type_hints(Order)
    assert hints["state"] is State
    assert all(type(None) not in getattr(hints[name], "__args__", ()) for name in ("cum_qty", "cum_value", "unknown"))
    assert get_type_hints(rep.VenueOrder)["state"] is str


def test_an_answer_with_an_id_and_nothing_else_means_accepted_and_no_more() -> None:
    world = ScriptedWorld(order_lost=1.0)
    world.submit("P1")
    world.give(rep.Accepted(ts=world.clock, venue="XA", order_id="P1-001", venue_order_id="77"))
    child = world.order("P1-001")
    assert (child.state, child.ord_status, child.cum_qty, child.avg_px) == (State.LIVE, "new", 0, None)
