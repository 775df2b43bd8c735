"""A restart with fills that do not add up drops no working order; a second look finds nothing more to do.

That healing makes any two books equal, and once only, is a property in `tests/engine/test_venue_reconcile.py`.
"""

from scripted_world import ScriptedWorld

from penstock.engine.effects import Look
from penstock.engine.engine import Engine
from penstock.journal.replay import replay


def test_fourteen_working_orders_survive_a_restart_whose_fills_do_not_add_up() -> None:
    world = ScriptedWorld(lists_fills=False)
    for number in range(1, 15):
        world.submit(f"P{number}")
    world.pass_time(1)
    for number in range(1, 15):
        world.fill(f"P{number}-001", number)
        if number % 3:
            world.lose_reports()
    world.engine = Engine(replay(world.record))
    world.pass_time(15)
    assert len(world.engine.state.at_venue["XA"]) == len(world.xa.open) == 14
    assert world.books_are_equal()
    again = world.engine.handle(world.xa.picture(world.clock, world.clock, ()))
    assert again.events == []
    assert all(isinstance(effect, Look) for effect in again.effects)
