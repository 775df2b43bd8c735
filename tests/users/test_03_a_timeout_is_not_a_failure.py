"""The server takes an order and then hangs: there is one order there, and ours goes from unknown to live."""

from scripted_world import ScriptedWorld

from penstock.domain import events as ev
from penstock.domain.orders import State
from penstock.engine.effects import SendNew


def test_an_order_whose_answer_timed_out_is_asked_about_and_never_sent_again() -> None:
    world = ScriptedWorld(no_answer=1.0)
    world.submit("P1")
    world.play(21_000_000)
    world.lose_reports()
    world.pass_time(1)
    child = world.order("P1-001")
    assert (child.state, child.unknown, child.open_qty) == (State.PENDING_NEW, True, 100)
    world.pass_time(20)
    assert (child.state, child.unknown, child.open_qty) == (State.LIVE, False, 100)
    assert list(world.xa.orders) == ["P1-001"]
    assert len(world.sent_of(SendNew)) == 1
    told = [type(event) for event in world.record if isinstance(event, ev.ChildUnknown | ev.ChildAccepted)]
    assert told == [ev.ChildUnknown, ev.ChildAccepted]
