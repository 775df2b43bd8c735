"""Over a thousand crashes no id is issued twice, and no message of a venue belongs to two orders."""

from penstock.engine.effects import SendCancel, SendNew, SendReplace
from penstock.sim.faults.seeds import judge
from penstock.sim.faults.weather import Weather
from penstock.sim.faults.world import World

WEATHER = Weather(crash_per_step=0.9, order_repeated=0.1, report_repeated=0.2, report_late=0.1)
SEEDS = 9


def test_no_id_is_issued_twice_over_a_thousand_crashes() -> None:
    crashes = 0
    for seed in range(SEEDS):
        world = World(seed, weather=WEATHER)
        failure = judge(world)
        assert failure is None, failure.sentence
        crashes += world.crashes
        orders = [effect.approved.terms.order_id for _, effect in world.sent if isinstance(effect, SendNew)]
        requests = [effect.request_id for _, effect in world.sent if isinstance(effect, SendCancel | SendReplace)]
        assert len({*orders, *requests}) == len(orders) + len(requests)
    assert crashes >= 1000
