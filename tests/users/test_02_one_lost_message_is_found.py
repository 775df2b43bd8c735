"""The stream is alive but one fill never comes: the standing look finds it, once."""

from scripted_world import ScriptedWorld

from penstock.domain import events as ev
from penstock.domain.time import SECOND
from penstock.engine.venue_watch import CHECK_INTERVAL, LOOK_INTERVAL


def test_exactly_one_dropped_fill_is_healed_from_a_look_once() -> None:
    world = ScriptedWorld()
    world.submit("P1")
    world.submit("P2")
    world.pass_time(1)
    world.fill("P1-001", 40)
    world.lose_reports()
    world.fill("P2-001", 10)
    world.pass_time(1)
    assert (world.order("P1").cum_qty, world.order("P2").cum_qty) == (0, 10)
    world.pass_time((LOOK_INTERVAL + CHECK_INTERVAL) / SECOND)
    assert (world.order("P1").cum_qty, world.order("P2").cum_qty) == (40, 10)
    world.pass_time(90)
    healed = [alert.text for alert in world.events_of(ev.AlertRaised) if alert.code == "healed"]
    assert healed == ["1 missing reports healed from a look at XA"]
    assert len(world.events_of(ev.ChildFilled)) == 2


def test_an_order_that_a_crash_kept_from_leaving_is_settled_within_ten_seconds() -> None:
    """The first look after the restart may be faster than the order; the others come as soon as they can tell."""
    world = ScriptedWorld()
    world.submit("P1")
    for link in world.links.values():
        link.out.clear()  # on record, and then the process was killed before it was sent
    world.crash()
    world.pass_time(10)
    assert [event.order_id for event in world.events_of(ev.ChildUnknown)] == ["P1-001"]
    assert "P1-001" not in world.xa.orders
    assert world.order("P1-001").is_over
    assert world.order("P1").is_open
