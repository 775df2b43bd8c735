"""Killed at a hundred random instants, a run sends the children of the one that was never interrupted."""

from random import Random

from scripted_world import ScriptedWorld

from penstock.domain.orders import OrderType
from penstock.engine.effects import SendNew

SECONDS = 65
KILLS = 100


def run(killed_at: int | None) -> ScriptedWorld:
    """A TWAP of six slices whose every child fills within a second; the engine may be killed in one of its instants."""
    world = ScriptedWorld()
    parameters = {"duration_minutes": 1, "num_slices": 6}
    world.submit("P1", 600, order_type=OrderType.MARKET, limit_price=None, algorithm="twap", parameters=parameters)
    for instant in range(SECONDS * 10):
        if instant == killed_at:
            world.crash()
        world.pass_time(0.1)
        if instant % 10 == 9:
            for order_id, held in list(world.xa.open.items()):
                world.fill(order_id, held.left)
    return world


def children_of(world: ScriptedWorld) -> list[tuple[str, str]]:
    orders = [effect.approved.terms for effect in world.sent_of(SendNew) if isinstance(effect, SendNew)]
    return [(terms.order_id, f"{terms.side} {terms.quantity} @ {terms.limit_price}") for terms in orders]


def test_a_run_killed_at_any_of_a_hundred_instants_sends_the_same_children() -> None:
    expected = children_of(run(None))
    assert len(expected) >= 6
    random = Random(16)
    for instant in random.sample(range(SECONDS * 10), KILLS):
        world = run(instant)
        assert world.crashes == 1
        assert children_of(world) == expected, instant
        assert (world.order("P1").cum_qty, world.xa.open) == (600, {})
