"""The answer to a cancel is swallowed: deadline and one look later the order is resolved, and no second cancel left."""

import pytest
from scripted_world import ScriptedWorld

from penstock.domain import commands as cmd
from penstock.domain.orders import Ask, State
from penstock.domain.time import SECOND
from penstock.engine.effects import SendCancel
from penstock.engine.venue_watch import ANSWER_TIMEOUT, CHECK_INTERVAL


@pytest.mark.parametrize("fill", [0, 30])
def test_a_cancel_whose_answer_never_came_is_resolved_by_a_look(fill: int) -> None:
    world = ScriptedWorld()
    world.submit("P1")
    world.pass_time(1)
    world.ask(cmd.CancelOrder, order_id="P1")
    if fill:
        world.fill("P1-001", fill)
    while world.xa.open:
        world.play(1_000_000)
    world.lose_reports()
    assert world.order("P1-001").pending() is Ask.CANCEL
    world.pass_time((ANSWER_TIMEOUT + CHECK_INTERVAL) / SECOND)
    child = world.order("P1-001")
    assert (child.state, child.cum_qty, world.order("P1").state) == (State.CANCELED, fill, State.CANCELED)
    assert len(world.sent_of(SendCancel)) == 1
