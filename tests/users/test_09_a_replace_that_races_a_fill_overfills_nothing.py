"""Random fills during replaces, over seeds: never more filled than was in effect, every leg accounted for."""

import pytest

from penstock.domain import events as ev
from penstock.sim.faults.seeds import judge
from penstock.sim.faults.weather import ARRIVES_WITHIN, Weather
from penstock.sim.faults.world import World

RACY = Weather(order_delay_ns=ARRIVES_WITHIN, report_delay_ns=ARRIVES_WITHIN, fill_per_step=0.9, cancel_refused=0.1)


@pytest.mark.parametrize("first", range(0, 30, 10))
def test_fills_during_replaces_never_add_up_to_more_than_was_asked_for(first: int) -> None:
    raced = 0
    for seed in range(first, first + 10):
        world = World(seed, weather=RACY)
        failure = judge(world)
        assert failure is None, failure.sentence
        asked: set[str] = set()
        for event in world.record:
            if isinstance(event, ev.ReplaceAsked):
                asked.add(event.order_id)
            elif isinstance(event, ev.ChildReplaced | ev.ReplaceDenied):
                asked.discard(event.order_id)
            elif isinstance(event, ev.ChildFilled):
                raced += event.order_id in asked
        for venue in world.venues.values():
            assert all(held.cum_qty <= held.most for held in venue.orders.values())
    assert raced >= 5
