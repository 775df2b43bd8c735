"""An order sent whole is one record and one event, and means the same as a parent and a child spelled out."""

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec
import pytest
from small_desk import CALM_BREAKERS, START, D, SmallDesk, quote, sent, terms
from unruly_venues import UnrulyVenues

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import OrderType, Side, TimeInForce
from penstock.domain.time import SECOND
from penstock.engine import engine as engine_module
from penstock.engine.engine import Engine
from penstock.engine.families import family_of
from penstock.engine.folds import apply
from penstock.engine.state import EngineState
from penstock.journal.codec import decode, encode
from penstock.journal.lean import fold_lines
from penstock.journal.replay import replay
from penstock.risk import Limits

LOOSE = Limits(slippage_abort_bps=D(1000), consecutive_rejects_max=50)


def test_a_simple_order_is_one_event_and_one_record_until_it_is_filled() -> None:
    desk = SmallDesk()
    step = desk.submit(terms(client_order_id="mine"))
    assert [type(event) for event in step.events] == [ev.OrderSentWhole, ev.MarketSampled]
    assert sent(step) == ["new P1-001 100 @ 10.00"]
    desk.accept("P1-001")
    state = desk.engine.state
    assert (list(state.wholes), list(state.working), list(state.at_venue["XA"])) == (["P1-001"], ["P1"], ["P1-001"])
    desk.fill("P1-001", 100)
    assert (list(state.wholes), list(state.working), list(state.closed)) == (["P1-001"], [], ["P1"])
    assert (desk.order().ord_status, desk.order("P1-001").ord_status, state.wholes) == ("filled", "filled", {})
    assert desk.engine.next_wake() is None


def test_whoever_reads_one_finds_a_parent_and_a_child() -> None:
    desk = SmallDesk()
    desk.submit(terms())
    state = desk.engine.state
    assert "P1" in state.orders
    assert "P1-001" in state.orders
    assert "P1" in state.parents
    assert "P1-001" not in state.parents
    assert "P1" not in state.children
    assert "P2" not in state.orders
    assert list(state.wholes) == ["P1-001"], "to ask whether there is one spells nothing out"
    family = family_of(state, "P1")
    assert family is not None
    assert list(family.children) == ["P1-001"]
    assert not state.wholes


@pytest.mark.parametrize("limit", [None, D("10.00")])
def test_both_words_of_one_event_fold_into_the_same_state(limit: Any) -> None:
    desk = SmallDesk()
    desk.submit(terms(limit_price=limit, order_type=OrderType.MARKET if limit is None else OrderType.LIMIT))
    (event,) = (event for event in desk.events if isinstance(event, ev.OrderSentWhole))
    assert decode(encode(event)) == event
    assert_same_words(desk.events)


def test_its_end_is_kept_without_a_reminder_of_its_own() -> None:
    desk = SmallDesk()
    for number in range(1, 4):
        desk.submit(terms(order_id=f"P{number}"))
        desk.accept(f"P{number}-001")
    assert desk.engine.worker.wakes.next() is None
    assert desk.engine.worker.ends.next() == START + 3600 * SECOND
    step = desk.wake(3600)
    assert [each for each in sent(step) if each != "look XA"] == ["cancel P1-001", "cancel P2-001", "cancel P3-001"]


def test_a_look_that_agrees_spells_nothing_out_and_one_that_does_not_heals() -> None:
    desk = SmallDesk()
    for number in (1, 2):
        desk.submit(terms(order_id=f"P{number}"))
        desk.accept(f"P{number}-001")
    desk.now += 60 * SECOND
    shown = tuple(
        rep.VenueOrder(
            order_id=f"P{number}-001",
            venue_order_id="V",
            symbol="ACME",
            side=Side.BUY,
            quantity=D(100),
            limit_price=D(10),
            cum_qty=D(0),
            cum_value=D(0),
            state=state,
        )
        for number, state in ((1, "open"), (2, "canceled"))
    )
    desk.give(rep.Picture(ts=desk.now, venue="XA", asked_at=desk.now - SECOND, orders=shown))
    assert list(desk.engine.state.wholes) == ["P1-001"]
    assert desk.order("P2-001").ord_status == "canceled"
    assert not desk.of(ev.ForeignOrderSeen)


class Simple:
    """One seed's session of simple orders at one unruly venue, and an engine that may die at any step."""

    def __init__(self, seed: int, *, spells: bool) -> None:
        self.random, self.spells = Random(seed), spells
        limits = LOOSE if seed % 3 else msgspec.structs.replace(LOOSE, duplicate_within_ms=1, order_rate_max=1000)
        scopes = CALM_BREAKERS if seed % 5 else {**CALM_BREAKERS, "gross_exposure_max": "1000000"}
        self.desk = SmallDesk(("XA",), limits, scopes=scopes)
        self.venues = UnrulyVenues(self.random, late_fills=bool(seed % 2))
        self.parents = 0
        self.packed = 0

    def run(self) -> Iterator[SmallDesk]:
        for number in range(120):
            self.step(START + number * SECOND)
            yield self.desk

    def step(self, now: int) -> None:
        desk, random = self.desk, self.random
        middle = D(10) + D(random.randint(-4, 4)) / 100
        if random.random() < 0.5:
            desk.quote((now - START) / SECOND, XA=quote(str(middle), str(middle + D("0.02"))))
        if random.random() < 0.5:
            self.submit()
        if random.random() < 0.05 and self.parents:
            self.give(cmd.CancelOrder(ts=now, order_id=f"P{random.randint(1, self.parents)}"))
        if random.random() < 0.05 and self.parents:
            quantity = D(random.randint(1, 400))
            self.give(cmd.AmendOrder(ts=now, order_id=f"P{random.randint(1, self.parents)}", quantity=quantity))
        if random.random() < 0.03:
            desk.engine = Engine(replay(desk.events))
        if random.random() < 0.02:
            mode, reset = random.choice([("reduce_only", False), ("active", True), ("active", True)])
            self.give(cmd.SetMode(ts=now, scope="symbol/ACME", mode=mode, reset=reset, by="ann", reason="a drill"))
        self.give(cmd.Wake(ts=now))
        for _ in range(3):
            self.venues.act(desk.now)
            report = self.venues.next_report()
            if report is not None:
                self.give(report)

    def give(self, item: Any) -> None:
        if self.spells:
            self.desk.engine.state.spell()
        self.desk.give(item)
        effects, self.desk.effects = self.desk.effects, []
        self.venues.receive(effects)
        self.packed += len(self.desk.engine.state.wholes)

    def submit(self) -> None:
        random = self.random
        self.parents += 1
        at_market = random.random() < 0.3
        asked = terms(
            random.randint(1, 300),
            f"P{self.parents}",
            side=random.choice([Side.BUY, Side.SELL]),
            order_type=OrderType.MARKET if at_market else OrderType.LIMIT,
            limit_price=None if at_market else D(10) + D(random.randint(-5, 5)) / 100,
            tif=random.choice([TimeInForce.DAY, TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC]),
        )
        self.give(cmd.SubmitOrder(ts=self.desk.now, terms=asked, user=random.choice(["", "", "bob"])))


@pytest.mark.parametrize("seed", range(12))
def test_packed_and_spelled_out_orders_live_the_same_life(seed: int) -> None:
    packed, spelled = Simple(seed, spells=False), Simple(seed, spells=True)
    lean = EngineState()
    for one, other in zip(packed.run(), spelled.run(), strict=True):
        assert one.events == other.events
        assert one.engine.next_wake() == other.engine.next_wake()
        fold_lines(lean, b"\n".join(encode(event) for event in one.events[lean.seq :]))
        assert one.engine.state.state_hash() == other.engine.state.state_hash() == lean.state_hash()
    assert packed.venues.filled == spelled.venues.filled
    assert packed.packed > spelled.packed or not seed % 5
    assert_same_words(packed.desk.events)


@pytest.mark.parametrize("seed", range(6))
def test_a_lane_leads_where_an_order_would_have_gone_without_it(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    by_lane = Simple(seed, spells=False)
    list(by_lane.run())
    monkeypatch.setattr(engine_module, "lane_of", lambda *_: None)
    looked_at = Simple(seed, spells=False)
    list(looked_at.run())
    assert by_lane.desk.events == looked_at.desk.events


def assert_same_words(events: list[ev.AnyEvent]) -> None:
    """The events in the words of a parent and a child fold into the same state, but for their number."""
    state, spelled = EngineState(), EngineState()
    for event in events:
        apply(state, event)
        for each in ev.spelled_out(event):
            apply(spelled, each)
        flattening = spelled.risk.flattening
        spelled.seq = state.seq
        assert flattening == state.risk.flattening
        assert spelled.state_hash() == state.state_hash(), event
