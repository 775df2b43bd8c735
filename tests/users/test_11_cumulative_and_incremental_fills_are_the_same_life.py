"""The same life told fill by fill, and by totals only: the same ledger, and fills that sum to what is filled."""

from decimal import Decimal

from scripted_world import ScriptedWorld

from penstock.domain import events as ev


def life(*, by_totals: bool) -> ScriptedWorld:
    world = ScriptedWorld(lists_fills=not by_totals)
    world.submit("P1")
    world.submit("P2", 50)
    world.pass_time(1)
    for order_id, quantity in (("P1-001", 30), ("P2-001", 50), ("P1-001", 5), ("P1-001", 65)):
        world.fill(order_id, quantity)
        if by_totals:
            world.lose_reports()
        world.pass_time(45)
    return world


def test_a_venue_that_tells_totals_gives_the_same_ledger_as_one_that_tells_fills() -> None:
    told, totals = life(by_totals=False), life(by_totals=True)
    for order_id in ("P1", "P1-001", "P2", "P2-001"):
        one, other = told.order(order_id), totals.order(order_id)
        assert (one.cum_qty, one.cum_value, one.ord_status) == (other.cum_qty, other.cum_value, other.ord_status)
    books = [world.engine.state.positions["ACME"] for world in (told, totals)]
    assert (books[0].quantity, books[0].cost) == (books[1].quantity, books[1].cost) == (150, Decimal("1492.50"))
    for world in (told, totals):
        fills = [fill for fill in world.events_of(ev.ChildFilled) if fill.order_id == "P1-001"]
        assert sum(fill.last_qty for fill in fills) == world.order("P1-001").cum_qty
