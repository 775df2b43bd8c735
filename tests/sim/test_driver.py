"""Whole sessions on the generated market, short ones: same seed same record, durable first, and every way to end."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.events import AnyEvent
from penstock.domain.orders import ENDED, OrderTerms, OrderType, Side, State
from penstock.domain.time import MILLISECOND, MINUTE, SECOND
from penstock.engine.ports import Journal
from penstock.journal import ContinuedJournal, MemoryJournal, replay
from penstock.journal.codec import encode
from penstock.risk import Limits
from penstock.sim.driver import Simulation
from penstock.sim.exchange import Exchange
from penstock.sim.synthetic import synthetic_markets

D = Decimal
MINUTES = 3


def simulation(journal: Journal, seed: int = 7, limits: Limits | None = None, **more: Any) -> Simulation:
    """A session of three minutes on the synthetic market."""
    market = synthetic_markets(seed, minutes=MINUTES)
    listings: dict[str, tuple[str, ...]] = {}
    for book in market.books:
        listings[book.venue] = (*listings.get(book.venue, ()), book.instrument.symbol)
    opening = ev.SessionStarted(
        ts=market.start_ns,
        version="0",
        seed=seed,
        instruments=market.instruments,
        venues=market.venues,
        listings=listings,
        positions={},
        entry_prices={},
        limits=msgspec.to_builtins(limits or Limits()),
        market_start=market.start_ns,
        market_end=market.end_ns,
        profiles=market.profiles,
    )
    return Simulation(opening, Exchange(market.books, market.venues, market.start_ns), journal, **more)


def order(order_id: str = "P1", symbol: str = "ACME", quantity: str = "3000", **changes: Any) -> OrderTerms:
    given: dict[str, Any] = {"side": Side.BUY, "algorithm": "twap", "parameters": {"duration_minutes": 1}}
    return OrderTerms(order_id=order_id, symbol=symbol, quantity=D(quantity), **given | changes)


def far_away(order_id: str = "P1") -> OrderTerms:
    """A limit order that nothing will reach."""
    asked = {"order_type": OrderType.LIMIT, "limit_price": D(100), "algorithm": None, "parameters": {}}
    return order(order_id, **asked)


PARENTS = [
    (order(), None),
    (order("P2", "BTCUSDT-PERP", "2", side=Side.SELL, algorithm="vwap", parameters={"time_horizon": 1}), None),
]


def run(seed: int = 7) -> list[AnyEvent]:
    journal = MemoryJournal()
    session = simulation(journal, seed)
    session.submit(PARENTS)
    assert session.run() == "completed"
    return list(journal.events)


@pytest.fixture(scope="module")
def record() -> list[AnyEvent]:
    return run()


def kinds(events: Sequence[AnyEvent], kind: type[ev.Event]) -> list[Any]:
    return [each for event in events for each in ev.spelled_out(event) if type(each) is kind]


def test_a_session_runs_from_its_first_word_to_its_last(record: list[AnyEvent]) -> None:
    assert isinstance(record[0], ev.SessionStarted)
    last = record[-1]
    assert isinstance(last, ev.SessionEnded)
    assert last.status == "completed"
    state = replay(record)
    assert {order_id: state.orders[order_id].ord_status for order_id in ("P1", "P2")} == {
        "P1": "filled",
        "P2": "filled",
    }
    assert state.working == {}


def test_the_last_word_holds_the_hash_that_a_replay_comes_to(record: list[AnyEvent]) -> None:
    assert isinstance(record[-1], ev.SessionEnded)
    assert replay(record[:-1]).state_hash() == record[-1].state_hash


def test_the_same_seed_gives_the_same_record_and_another_seed_another(record: list[AnyEvent]) -> None:
    assert list(map(encode, run())) == list(map(encode, record))
    assert list(map(encode, run(8)))[1:] != list(map(encode, record))[1:]


def test_time_goes_forward_and_nothing_is_heard_before_it_could_be(record: list[AnyEvent]) -> None:
    assert [event.ts for event in record] == sorted(event.ts for event in record)
    venues = replay(record).venues
    sent = {event.terms.order_id: event for event in kinds(record, ev.ChildSubmitted)}
    for event in record:
        if isinstance(event, ev.ChildAccepted | ev.ChildFilled):
            venue = venues[sent[event.order_id].terms.venue]
            round_trip = venue.order_latency_ns + venue.report_latency_ns
            assert event.ts >= sent[event.order_id].ts + round_trip
        if isinstance(event, ev.ChildFilled):
            assert event.traded_at >= sent[event.order_id].ts + venues[event.venue].order_latency_ns
            assert event.ts >= event.traded_at + venues[event.venue].report_latency_ns


def test_nothing_fills_beyond_every_limit_that_was_asked_for(record: list[AnyEvent]) -> None:
    for fill in kinds(record, ev.ChildFilled):
        asked = [event.terms for event in [*kinds(record, ev.ChildSubmitted), *kinds(record, ev.ReplaceAsked)]]
        terms = [each for each in asked if each.order_id == fill.order_id]
        assert any(each.side.sign * (fill.last_px - each.limit_price) <= 0 for each in terms), fill


def test_an_order_that_nothing_reaches_expires_with_the_session() -> None:
    journal = MemoryJournal()
    session = simulation(journal)
    session.submit([(far_away(), None)])
    assert session.run() == "completed"
    state = session.engine.state
    assert state.orders["P1"].state is State.EXPIRED
    assert all(each.state is State.EXPIRED for each in state.orders.values())
    assert session.now >= session.end


def test_an_interrupt_cancels_what_works_and_says_so() -> None:
    journal = MemoryJournal()
    session = simulation(journal)
    session.submit([*PARENTS, (far_away("P3"), None)])
    for _ in range(20):
        session.step()
    began = session.now
    session.interrupt("interrupted by a test")
    assert session.run() == "interrupted"
    assert session.now - began < SECOND
    state = session.engine.state
    assert (state.ended, state.working) == ("interrupted", {})
    assert {state.orders[name].state for name in ("P1", "P2", "P3")} == {State.CANCELED}
    assert state.orders["P3"].reason == "interrupted by a test"
    assert all(order.state in ENDED or order.open_qty == 0 for order in state.orders.values())


def test_an_interrupt_before_anything_is_sent_ends_at_once() -> None:
    journal = MemoryJournal()
    session = simulation(journal)
    session.interrupt("never mind")
    assert session.run() == "interrupted"
    assert [type(event) for event in journal.events] == [ev.SessionStarted, ev.SessionEnded]


class FailingJournal(MemoryJournal):
    """Has room for so many batches, and then the disk is full."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self.room = batches

    def append(self, events: Sequence[AnyEvent]) -> None:
        if self.room == 0:
            raise OSError("disk full")
        self.room -= 1
        super().append(events)


@pytest.mark.parametrize("batches", [1, 2, 5, 20])
def test_nothing_leaves_that_is_not_on_record(batches: int) -> None:
    journal = FailingJournal(batches)
    session = simulation(journal)
    out: list[str] = []
    carry_out = session.exchange.carry_out

    def watched(effects: Any) -> None:
        effects = list(effects)
        on_record = {event.terms.order_id for event in kinds(journal.events, ev.ChildSubmitted)}
        new = {effect.approved.terms.order_id for effect in effects if hasattr(effect, "approved")}
        assert new <= on_record
        out.extend(new)
        carry_out(effects)

    session.exchange.carry_out = watched  # type: ignore[method-assign]

    def play() -> None:
        session.submit(PARENTS)
        session.run()

    with pytest.raises(OSError, match="disk full"):
        play()
    assert bool(out) is (batches > 1)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_a_run_that_died_is_taken_up_and_ends_as_if_nothing_had_happened(record: list[AnyEvent], share: float) -> None:
    died = record[: int(len(record) * share) + 1]
    journal = MemoryJournal()
    journal.append(died)
    session = simulation(ContinuedJournal(died, journal))
    session.submit(PARENTS)
    assert session.run() == "completed"
    assert list(map(encode, journal.events)) == list(map(encode, record))


def test_commands_may_be_given_while_it_runs() -> None:
    journal = MemoryJournal()
    session = simulation(journal)
    session.submit([(far_away(), None), (order("P2", quantity="100"), None)])
    session.step()
    session.give(cmd.CancelOrder(ts=session.now, order_id="P1", reason="changed my mind"))
    assert session.run() == "completed"
    assert session.engine.state.orders["P1"].state is State.CANCELED
    assert session.engine.state.orders["P2"].ord_status == "filled"
    assert session.now < session.end


def test_a_session_ends_when_nothing_is_left_to_do() -> None:
    session = simulation(MemoryJournal())
    session.submit([(order(quantity="100", algorithm="market", parameters={}), None)])
    began = session.now
    assert session.run() == "completed"
    assert session.now - began < 100 * MILLISECOND


def test_an_order_for_longer_than_the_session_is_done_within_it() -> None:
    session = simulation(MemoryJournal())
    session.submit([(order(parameters={"duration_minutes": 60}), None)])
    assert session.run() == "completed"
    assert session.engine.state.orders["P1"].ord_status == "filled"
    assert session.end - 2 * SECOND <= session.engine.state.parents["P1"].end < session.end
    assert session.now <= session.end < session.now + MINUTE


def test_a_session_that_archives_brings_back_what_is_asked_about() -> None:
    journal = MemoryJournal()
    session = simulation(journal, closed_orders_max=0, past=journal)
    first = order(quantity="10", algorithm="market", parameters={}, client_order_id="mine")
    session.submit([(first, None), PARENTS[1]])
    while "P1" in session.engine.state.orders and session.step():
        pass
    assert "P1-001" not in session.engine.state.orders
    session.submit([(msgspec.structs.replace(first, order_id="P3"), None)])
    assert session.engine.state.client_ids == {"mine": "P1"}
    assert session.engine.state.orders["P1"].cum_qty == 10
    led_to = [type(event) for event in session.latest]
    taken = ev.OrderReceived in led_to or ev.OrderSentWhole in led_to
    assert (ev.RecallAsked in led_to, ev.OrderRecalled in led_to, taken) == (True, True, False)
    session.finish()
    ended = journal.events[-1]
    assert isinstance(ended, ev.SessionEnded)
    assert ended.quotes.keys() == {"ACME", "BTCUSDT-PERP"}
    assert replay(journal.events).state_hash() == session.engine.state.state_hash()
