"""A venue is gone for ten minutes with fifty working orders: they stay, as unknown, they count, and they settle."""

from scripted_world import ScriptedWorld

from penstock.domain.time import MINUTE


def test_fifty_orders_at_a_dead_venue_stay_in_the_book_and_in_the_exposure() -> None:
    world = ScriptedWorld()
    for number in range(1, 51):
        world.submit(f"P{number}", 10)
    world.pass_time(1)
    exposure = dict(world.engine.state.open_qty)
    world.links["XA"].cut(world.now, 10 * MINUTE)
    world.pass_time(1)
    for number in range(1, 26):
        world.fill(f"P{number}-001", 10)
    world.pass_time(10)
    for _ in range(57):
        world.pass_time(10)
        assert all(world.order(f"P{number}-001").unknown for number in range(1, 51))
        assert len(world.engine.state.at_venue["XA"]) == 50
        assert world.engine.state.open_qty == exposure
        assert world.engine.state.venue_status == {"XA": "down"}
    world.pass_time(30)
    assert world.books_are_equal()
    assert len(world.engine.state.at_venue["XA"]) == 25
    assert not any(world.order(f"P{number}-001").unknown for number in range(1, 51))
