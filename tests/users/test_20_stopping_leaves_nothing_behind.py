"""Everything is cancelled under load, with fills in flight: in the end nothing works; until then all of it is listed.

The signal, the deadline and the flattening are the live desk's: see `tests/app/test_live.py`.
"""

import pytest

from penstock.domain import commands as cmd
from penstock.domain.time import SECOND
from penstock.sim.faults.seeds import judge
from penstock.sim.faults.world import World


class Stopped(World):
    """A world that is told to stop when its steps are over, in whatever state and weather it is."""

    def clear_up(self) -> None:
        self.give(cmd.CancelAll(ts=self.clock, reason="stopping"))
        for _ in range(10):
            self.play(SECOND)
            ours = {name for children in self.engine.state.at_venue.values() for name in children}
            unproven = {name for ends in self.engine.watch.unproven.values() for name in ends}
            there = {name for venue in self.venues.values() for name in venue.open}
            assert there <= ours | unproven
        super().clear_up()


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_cancelling_all_under_load_ends_flat_of_orders_and_never_hides_one(first: int) -> None:
    for seed in range(first, first + 10):
        world = Stopped(seed, 40)
        failure = judge(world)
        assert failure is None, f"seed {seed}: {failure.sentence}"
        assert world.engine.state.working == {}
        assert not any(venue.open for venue in world.venues.values())
