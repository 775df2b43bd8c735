"""Acknowledgement, fill, end and a late answer to the submit, in every order: the same book, and no phantom."""

from itertools import permutations

from scripted_world import D, ScriptedWorld

from penstock.domain import reports as rep
from penstock.domain.orders import State
from penstock.domain.venue import Liquidity


def reports(world: ScriptedWorld) -> list[rep.VenueReport]:
    heading: rep.Heading = {"ts": world.clock, "venue": "XA", "order_id": "P1-001"}
    fill = rep.Fill(
        **heading,
        exec_id="e1",
        last_qty=D(40),
        last_px=D("9.95"),
        fee=D(0),
        liquidity=Liquidity.MAKER,
        traded_at=world.clock,
    )
    stream, answer = rep.Accepted(**heading, venue_order_id="7"), rep.Accepted(**heading, venue_order_id="7")
    return [stream, fill, rep.Canceled(**heading), answer]


def test_all_orders_of_arrival_end_equal() -> None:
    for arrival in permutations(range(4)):
        world = ScriptedWorld(order_lost=1.0)
        world.submit("P1")
        told = reports(world)
        for number in arrival:
            world.give(told[number])
        child, state = world.order("P1-001"), world.engine.state
        assert (child.state, child.cum_qty, child.open_qty) == (State.CANCELED, 40, 0), arrival
        assert (state.positions["ACME"].quantity, state.cash["USD"]) == (40, D("-398.00")), arrival
        assert "P1-001" not in state.at_venue["XA"], arrival
