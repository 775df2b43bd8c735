"""The engine's promises, kept against venues that do whatever venues do, over many seeds.

Whatever fills, refuses, answers late, tells twice or dies: children never add up to more than their parent, money is
counted once, the record gives the state back at every event, and every order comes to an end.
"""

from collections.abc import Iterator
from decimal import Decimal
from random import Random

import pytest
from small_desk import CALM_BREAKERS, START, D, SmallDesk, quote, terms
from unruly_venues import UnrulyVenues

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.orders import ENDED, OrderTerms, OrderType, Side, Strategy, TimeInForce
from penstock.domain.time import SECOND
from penstock.engine.engine import Engine
from penstock.engine.folds import apply
from penstock.engine.state import EngineState
from penstock.journal.codec import decode, encode
from penstock.journal.replay import replay
from penstock.risk import Limits

SEEDS = range(30)
STEPS = 150
LOOSE = Limits(slippage_abort_bps=Decimal(1000), consecutive_rejects_max=50)


class Life:
    """One seed's session: parents, a moving market, unruly venues, and an engine that may die at any step."""

    def __init__(self, seed: int, *, late_fills: bool, limits: Limits = LOOSE) -> None:
        self.random = Random(seed)
        self.desk = SmallDesk(("XA", "XB"), limits, scopes=CALM_BREAKERS)
        self.venues = UnrulyVenues(self.random, late_fills=late_fills)
        self.parents = 0
        self.mirror = EngineState()
        self._mirrored = 0

    def run(self) -> Iterator[None]:
        """Play the session; yields after every step, for whoever watches."""
        for number in range(STEPS):
            self.step(START + number * SECOND)
            yield
        self.desk.now += SECOND
        self.desk.give(cmd.CloseSession(ts=self.desk.now))
        while self.send() or self.venues.inbox or self.venues.outbox or self.venues.late:
            self.venues.close(self.desk.now)
            self.hear()
            yield

    def step(self, now: int) -> None:
        desk, random = self.desk, self.random
        middle = D(10) + D(random.randint(-8, 8)) / 100
        touch = quote(str(middle), str(middle + D(random.randint(1, 3)) / 100))
        seconds = (now - START) / SECOND
        if random.random() < 0.9:
            desk.quote(seconds, XA=touch, XB=touch)
        if random.random() < 0.05:
            self.submit()
        if random.random() < 0.02 and self.parents:
            desk.give(cmd.CancelOrder(ts=now, order_id=f"P{random.randint(1, self.parents)}"))
        if random.random() < 0.05 and self.parents:
            self.amend(f"P{random.randint(1, self.parents)}")
        if random.random() < 0.03:
            desk.engine = Engine(replay(desk.events))
        desk.wake(seconds)
        self.send()
        for _ in range(3):
            self.venues.act(desk.now)
        self.hear()

    def submit(self) -> None:
        random = self.random
        self.parents += 1
        self.desk.submit(random.choice(KINDS)(f"P{self.parents}", random))

    def amend(self, order_id: str) -> None:
        quantity = None if self.random.random() < 0.5 else D(self.random.randint(1, 400))
        if quantity is not None and self.random.random() < 0.5:  # about what is filled
            quantity = self.desk.order(order_id).cum_qty + self.random.randint(-20, 30)
        limit = None if quantity else D(10) + D(self.random.randint(-5, 5)) / 100
        self.desk.give(cmd.AmendOrder(ts=self.desk.now, order_id=order_id, quantity=quantity, limit_price=limit))

    def send(self) -> bool:
        effects, self.desk.effects = self.desk.effects, []
        self.venues.receive(effects)
        return bool(effects)

    def hear(self) -> None:
        for _ in range(3):
            report = self.venues.next_report()
            if report is not None:
                self.desk.give(report)
                self.send()

    def new_events(self) -> list[ev.AnyEvent]:
        fresh = self.desk.events[self._mirrored :]
        self._mirrored = len(self.desk.events)
        return fresh


def worked(name: str, random: Random) -> OrderTerms:
    minutes, algorithm = random.choice([0.5, 1, 2]), random.choice(["twap", "vwap"])
    horizon = {"duration_minutes": minutes} if algorithm == "twap" else {"time_horizon": minutes}
    return terms(
        random.randint(1, 300),
        name,
        order_type=OrderType.MARKET,
        limit_price=random.choice([None, D("10.02")]),
        algorithm=algorithm,
        parameters=horizon | {"num_slices": random.choice([1, 3, 7])},
        strategy=random.choice(list(Strategy)),
        side=random.choice([Side.BUY, Side.SELL]),
    )


def plain(name: str, random: Random) -> OrderTerms:
    return terms(
        random.randint(1, 300),
        name,
        side=random.choice([Side.BUY, Side.SELL]),
        limit_price=D(10) + D(random.randint(-5, 5)) / 100,
        tif=random.choice([TimeInForce.DAY, TimeInForce.IOC]),
    )


def at_market(name: str, random: Random) -> OrderTerms:
    side, tif = random.choice([Side.BUY, Side.SELL]), random.choice([TimeInForce.DAY, TimeInForce.IOC])
    return terms(random.randint(1, 1500), name, side=side, tif=tif, order_type=OrderType.MARKET, limit_price=None)


KINDS = (worked, worked, plain, at_market)


@pytest.mark.parametrize("seed", SEEDS)
def test_children_never_add_up_to_more_than_their_parent(seed: int) -> None:
    """But for fills that a venue tells after it told the order's end: those nobody can foresee."""
    life = Life(seed, late_fills=False)
    for _ in life.run():
        state = life.desk.engine.state
        for order_id, parent in state.parents.items():
            order = state.orders[order_id]
            flying = sum((state.orders[child].open_qty for child in parent.open_children), D(0))
            assert order.cum_qty + flying <= order.terms.quantity, order_id
    assert "overfill" not in life.desk.alerts


@pytest.mark.parametrize("seed", SEEDS)
def test_every_fill_is_counted_once_everywhere(seed: int) -> None:
    life = Life(seed, late_fills=True)
    for _ in life.run():
        pass
    state = life.desk.engine.state
    by_parent: dict[str, Decimal] = {}
    for order in state.orders.values():
        if order.terms.parent_id is not None:
            by_parent[order.terms.parent_id] = by_parent.get(order.terms.parent_id, D(0)) + order.cum_qty
    for order_id in state.parents:
        assert state.orders[order_id].cum_qty == by_parent.get(order_id, D(0)), order_id
    fills = life.desk.of(ev.ChildFilled)
    assert len({(fill.venue, fill.exec_id) for fill in fills}) == len(fills)
    position = state.positions.get("ACME")
    assert (position.quantity if position else D(0)) == life.venues.executed
    spent = [state.orders[fill.order_id].terms.side.sign * fill.last_qty * fill.last_px + fill.fee for fill in fills]
    assert state.cash.get("USD", D(0)) == -sum(spent, D(0))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_order_comes_to_an_end_and_nothing_is_left_at_a_venue(seed: int) -> None:
    life = Life(seed, late_fills=True)
    for _ in life.run():
        pass
    state = life.desk.engine.state
    assert state.working == {}
    assert life.venues.open == {}
    for order in state.orders.values():
        over = order.state in ENDED or (order.ord_status == "filled" and order.open_qty == 0)
        assert over, order
    assert not any(totals.any for totals in state.open_qty.values())
    assert all(parent.open_children == () for parent in state.parents.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_parent_that_is_over_or_stopped_has_asked_for_the_end_of_every_child(seed: int) -> None:
    life = Life(seed, late_fills=True)
    for _ in life.run():
        state = life.desk.engine.state
        for order_id, parent in state.parents.items():
            if parent.stopped or not state.orders[order_id].is_open:
                children = [state.orders[child] for child in parent.open_children]
                kept = [child for child in children if child.terms.tif is not TimeInForce.IOC]
                may_be_asked = [child for child in kept if state.children[child.terms.order_id].asks_from <= state.ts]
                assert not any(child.is_settled for child in may_be_asked), order_id


@pytest.mark.parametrize("seed", SEEDS)
def test_the_record_gives_the_live_state_back_at_every_event(seed: int) -> None:
    life = Life(seed, late_fills=True)
    for _ in life.run():
        for event in life.new_events():
            apply(life.mirror, decode(encode(event)))
        assert life.mirror.state_hash() == life.desk.engine.state.state_hash()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_leaves_after_the_desk_halts(seed: int) -> None:
    life = Life(seed, late_fills=True, limits=Limits(consecutive_rejects_max=2, slippage_abort_bps=Decimal(1000)))
    for _ in life.run():
        events = life.desk.events
        halts = (n for n, event in enumerate(events) if isinstance(event, ev.BreakerTripped) and event.mode == "halted")
        halted = next(halts, len(events))
        assert not any(isinstance(event, ev.ChildSubmitted | ev.ReplaceAsked) for event in events[halted:])


def test_the_seeds_reach_the_races_they_are_meant_to_reach() -> None:
    reached: dict[str, int] = {}
    for seed in SEEDS:
        life = Life(seed, late_fills=True)
        for _ in life.run():
            pass
        for event in life.desk.events:
            name = event.code if isinstance(event, ev.AlertRaised) else type(event).__name__
            reached[name] = reached.get(name, 0) + 1
    for name in (
        *("ChildRejected", "CancelDenied", "ReplaceDenied", "ChildReplaced", "ChildExpired", "OrderAmended"),
        "AmendmentWaits",
        *("late_fill", "cancel_refused", "below_filled"),
    ):
        assert reached.get(name, 0) > 5, (name, reached)
