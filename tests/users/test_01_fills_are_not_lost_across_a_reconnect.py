"""The link is cut for five seconds while twenty orders fill: one look later our books are the venue's."""

from scripted_world import ScriptedWorld

from penstock.domain import events as ev
from penstock.domain.time import SECOND
from penstock.engine.effects import Look, SendNew


def test_one_look_after_a_reconnect_every_order_and_the_ledger_equal_the_venues() -> None:
    world = ScriptedWorld()
    for number in range(1, 21):
        world.submit(f"P{number}", 100)
    world.pass_time(1)
    assert len(world.xa.open) == 20
    world.links["XA"].cut(world.now, 5 * SECOND)
    world.pass_time(1)
    looks, news = len(world.sent_of(Look)), len(world.sent_of(SendNew))
    for number in range(1, 21):
        world.fill(f"P{number}-001", 100 if number % 2 else 30)
    world.submit("P21")
    world.pass_time(4)
    assert world.engine.state.positions == {}
    world.pass_time(2)
    statuses = [event.status for event in world.events_of(ev.VenueStatusChanged)]
    assert statuses == ["down", "reconciling", "up"]
    assert len(world.sent_of(Look)) == looks + 1
    assert world.books_are_equal()
    assert world.engine.state.positions["ACME"].quantity == 10 * 100 + 10 * 30
    truth = -sum(held.cum_value + held.cum_qty / 1000 for held in world.xa.orders.values())
    assert world.engine.state.cash["USD"] == truth
    up_at = world.events_of(ev.VenueStatusChanged)[-1].ts
    assert [event.ts for event in world.events_of(ev.ChildSubmitted)][news:] == [up_at]
