"""The kill switch acts by scope and by degree, at once, whatever is under way and whichever venue is down."""

from decimal import Decimal
from time import process_time

import pytest

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import OrderTerms, OrderType, Side
from penstock.domain.time import SECOND
from penstock.engine.effects import SendCancel, SendNew, SendReplace
from penstock.sim.faults.clients import SYMBOL
from penstock.sim.faults.seeds import judge
from penstock.sim.faults.world import World


class Killed(World):
    """A world whose desk is halted when its steps are over, in whatever state and weather, and one venue cut off."""

    def clear_up(self) -> None:
        self.links["XB"].cut(self.now, 5 * SECOND)
        self.give(cmd.SetMode(ts=self.clock, scope="desk", mode="halted", by="ann", reason="kill switch"))
        self._commit()
        self.killed_at = len(self.record)
        for _ in range(10):
            self.play(SECOND)
            self.trade()
        super().clear_up()


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_no_submit_leaves_after_the_halts_sequence_number_and_everything_ends(first: int) -> None:
    for seed in range(first, first + 10):
        world = Killed(seed, 40)
        world.clients.manager = None  # nobody resets it
        failure = judge(world)
        assert failure is None, f"seed {seed}: {failure.sentence}"
        halted = next(n for n, event in enumerate(world.record, 1) if is_kill(event))
        late = [effect for seq, effect in world.sent if seq > halted and isinstance(effect, SendNew | SendReplace)]
        before = [each for event in world.record[:halted] for each in ev.spelled_out(event)]
        after = [each for event in world.record[halted:] for each in ev.spelled_out(event)]
        submitted = {event.terms.order_id for event in before if isinstance(event, ev.ChildSubmitted)}
        assert all(effect.approved.terms.order_id in submitted for effect in late)
        assert not any(isinstance(event, ev.ChildSubmitted | ev.ReplaceAsked) for event in after)
        assert world.engine.state.working == {}


def is_kill(event: ev.AnyEvent) -> bool:
    return isinstance(event, ev.ModeChanged) and event.reason == "kill switch"


def test_a_thousand_working_orders_are_cancelled_in_one_step_within_a_tenth_of_a_second() -> None:
    world = World(0, 0)
    world.engine.state.venue_status.clear()
    world.trade()
    desk = world.engine
    for number in range(1000):
        terms = plain_buy(f"K{number}")
        for effect in desk.handle(cmd.SubmitOrder(ts=world.clock, terms=terms)).effects:
            assert isinstance(effect, SendNew)
            desk.handle(accepted(effect, world.clock))
    began = process_time()
    step = desk.handle(cmd.SetMode(ts=world.clock, scope="desk", mode="cancel_all", by="ann", reason="drill"))
    took = process_time() - began
    assert sum(isinstance(effect, SendCancel) for effect in step.effects) == 1000
    assert took < 0.1


def plain_buy(name: str) -> OrderTerms:
    return OrderTerms(
        order_id=name,
        symbol=SYMBOL,
        side=Side.BUY,
        quantity=Decimal(1),
        order_type=OrderType.LIMIT,
        limit_price=Decimal("9.00"),
        venues=("XA",),
    )


def accepted(effect: SendNew, now: int) -> rep.Accepted:
    terms = effect.approved.terms
    return rep.Accepted(ts=now, venue=terms.venue or "", order_id=terms.order_id, venue_order_id="V")
