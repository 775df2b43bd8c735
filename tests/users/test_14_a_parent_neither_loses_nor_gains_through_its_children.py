"""Rejects, expiries, cancels and fills that come after them: a parent keeps its quantity, and all of it stays due."""

import pytest
from scripted_world import ScriptedWorld

from penstock.domain import reports as rep
from penstock.sim.faults.seeds import judge
from penstock.sim.faults.weather import Weather
from penstock.sim.faults.world import World

UNRULY = Weather(refuse=0.2, end_per_step=0.2, report_late=0.3, report_lost=0.05, fill_per_step=0.9)


@pytest.mark.parametrize("first", range(0, 20, 10))
def test_no_quantity_is_lost_or_gained_over_seeds(first: int) -> None:
    for seed in range(first, first + 10):
        failure = judge(World(seed, weather=UNRULY))
        assert failure is None, failure.sentence


@pytest.mark.parametrize("end", [rep.Canceled, rep.Expired])
def test_what_a_child_left_unfilled_is_sent_again(end: type[rep.VenueReport]) -> None:
    world = ScriptedWorld()
    world.submit("P1")
    world.pass_time(1)
    world.fill("P1-001", 40)
    world.pass_time(1)
    world.give(end(ts=world.clock, venue="XA", order_id="P1-001"))
    assert world.order("P1-002").terms.quantity == 60
