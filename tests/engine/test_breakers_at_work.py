"""Circuit breakers in the engine: each trips in the step that brings the measurement, and holds from there on."""

from typing import Any

import pytest
from small_desk import CALM_BREAKERS, START, D, SmallDesk, quote, sent, terms

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import OrderType, Side
from penstock.domain.time import MINUTE, SECOND
from penstock.domain.venue import Liquidity
from penstock.engine.engine import Engine, Step
from penstock.engine.venue_watch import ANSWER_TIMEOUT
from penstock.journal.replay import replay
from penstock.journal.snapshot import snapshot_of
from penstock.risk import Limits

PATIENT = Limits(slippage_abort_bps=D(10_000), consecutive_rejects_max=1000)


def only(name: str, **changes: Any) -> dict[str, Any]:
    """Breaker tables in which no other breaker ever trips."""
    return {"breaker": {each: table for each, table in CALM_BREAKERS["breaker"].items() if each != name} | changes}


def trips(step: Step) -> list[tuple[str, str, str]]:
    return [(each.breaker, each.scope, each.mode) for each in step.events if isinstance(each, ev.BreakerTripped)]


def resting(desk: SmallDesk, name: str, quantity: int = 100) -> None:
    desk.submit(terms(quantity, name, limit_price=D("9.50")))
    desk.accept(f"{name}-001")


@pytest.mark.parametrize(("price", "trips_at_third"), [("10.025", False), ("10.0251", True)])
def test_the_third_fill_that_costs_more_than_25_bps_stops_the_symbol(price: str, trips_at_third: bool) -> None:
    desk = SmallDesk(limits=PATIENT, scopes=only("slippage"))
    resting(desk, "P1")
    assert trips(desk.fill("P1-001", 1, price)) == []
    assert trips(desk.fill("P1-001", 1, price)) == []
    step = desk.fill("P1-001", 1, price)
    assert trips(step) == ([("slippage", "symbol/ACME", "no_new")] if trips_at_third else [])
    assert [type(event) for event in step.events][: 1 + trips_at_third] == [ev.ChildFilled, ev.BreakerTripped][
        : 1 + trips_at_third
    ]
    assert sent(step) == [], "no_new leaves what works"
    assert (sent(desk.submit(terms(1, "P2"))) == []) is trips_at_third
    if trips_at_third:
        assert desk.of(ev.OrderDenied)[-1].code == "breaker"
        assert desk.of(ev.BreakerTripped)[0].until == desk.now + MINUTE


@pytest.mark.parametrize(("after", "trips_at_second"), [("10.10", False), ("10.1001", True)])
def test_the_second_fill_that_moves_the_market_by_more_than_100_bps_cancels_the_symbol(
    after: str, trips_at_second: bool
) -> None:
    desk = SmallDesk(limits=PATIENT, scopes=only("stress"))
    resting(desk, "P1")
    mid = D(after)
    moved = quote(str(mid - D("0.01")), str(mid + D("0.01")))
    for number in (1, 2):
        step = desk.report(
            rep.Fill,
            "P1-001",
            exec_id=f"s{number}",
            last_qty=D(1),
            last_px=D(10),
            fee=D(0),
            liquidity=Liquidity.TAKER,
            traded_at=desk.now,
            after=moved,
        )
    assert trips(step) == ([("stress", "symbol/ACME", "cancel_all")] if trips_at_second else [])
    assert sent(step) == (["cancel P1-001"] if trips_at_second else [])
    assert "P1" in desk.engine.state.working, "a breaker cancels what works, and the parent goes on afterwards"


@pytest.mark.parametrize(("waits_ns", "trips_at_fifth"), [(SECOND, False), (SECOND + 1, True)])
def test_the_fifth_answer_that_takes_more_than_a_second_stops_the_venue(waits_ns: int, trips_at_fifth: bool) -> None:
    desk = SmallDesk(("XA", "XB"), limits=PATIENT, scopes=only("latency"))
    for number in range(5):
        desk.quote(venues_at(desk), XA=quote(), XB=quote())
        desk.submit(terms(1, f"P{number}", venues=("XA",), limit_price=D("9.50")))
        desk.now += waits_ns
        step = desk.accept(f"P{number}-001")
    assert trips(step) == ([("latency", "venue/XA", "no_new")] if trips_at_fifth else [])
    assert (sent(desk.submit(terms(1, "Q1", venues=("XA",)))) == []) is trips_at_fifth
    assert sent(desk.submit(terms(1, "Q2", venues=("XB",)))) == ["new Q2-001 1 @ 10.00"]


def venues_at(desk: SmallDesk) -> float:
    return (desk.now - START) / SECOND


def test_a_cancel_that_is_answered_late_is_slow_too() -> None:
    desk = SmallDesk(limits=PATIENT, scopes=only("latency", latency={"breaches": 1}))
    resting(desk, "P1")
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))
    desk.now += SECOND + 1
    assert trips(desk.report(rep.Canceled, "P1-001", reason="asked")) == [("latency", "venue/XA", "no_new")]


def test_the_fifth_reject_among_more_than_a_tenth_of_the_answers_stops_the_venue() -> None:
    desk = SmallDesk(limits=PATIENT, scopes=only("reject_rate"))
    for number in range(9):
        resting(desk, f"P{number}")
    desk.submit(terms(1, "R", limit_price=D("9.50")))
    first = desk.report(rep.Refused, "R-001", reason="no")  # 1 of 10 answers: not above 10 %
    seen = [trips(first)]
    seen += [trips(desk.report(rep.Refused, f"R-00{number}", reason="no")) for number in (2, 3, 4, 5, 6)]
    assert seen == [[], [], [], [], [], [("reject_rate", "venue/XA", "no_new")]]


def test_three_new_orders_that_nobody_answers_halt_the_desk() -> None:
    desk = SmallDesk(limits=Limits(), scopes=only("consecutive"))
    for number in range(3):
        desk.submit(terms(1, f"P{number}", limit_price=D("9.50")))
    desk.engine.next_wake()
    desk.quote(ANSWER_TIMEOUT // SECOND, XA=quote())
    step = desk.wake(2 * ANSWER_TIMEOUT // SECOND)
    assert [each[0] for each in trips(step)] == ["consecutive"]
    assert desk.engine.state.halted == "3 rejects or time-outs in a row"


def test_orders_whose_connection_is_lost_before_they_are_late_are_no_time_outs() -> None:
    desk = SmallDesk()
    for number in range(3):
        desk.submit(terms(1, f"P{number}", limit_price=D("9.50")))
    for number in range(3):
        desk.report(rep.NoAnswer, f"P{number}-001", reason="connection lost")
    assert desk.of(ev.BreakerTripped) == []


def halted() -> SmallDesk:
    desk = SmallDesk(scopes=only("consecutive"))
    desk.submit(terms(100))
    for number in (1, 2, 3):
        desk.report(rep.Refused, f"P1-00{number}", reason="no")
    return desk


def reset(desk: SmallDesk, **changes: str) -> Step:
    given = {"breaker": "consecutive", "scope": "desk", "by": "ann", "reason": "the venue is fixed"} | changes
    return desk.give(cmd.ResetBreaker(ts=desk.now, **given))


def test_a_person_closes_a_breaker_with_a_reason_and_the_parents_go_on() -> None:
    desk = halted()
    for changes, code in (
        ({"by": ""}, "no_authority"),
        ({"reason": " "}, "no_reason"),
        ({"breaker": "latency"}, "not_open"),
    ):
        reset(desk, **changes)
        assert desk.of(ev.RiskRefused)[-1].code == code
        assert desk.engine.state.halted
    assert sent(reset(desk)) == ["new P1-004 100 @ 10.00"]
    assert desk.engine.state.halted == ""


def test_a_halt_outlasts_a_restart() -> None:
    desk = halted()
    state = replay(desk.events)
    assert state.halted == "3 rejects or time-outs in a row"
    assert state.state_hash() == desk.engine.state.state_hash()


def test_after_its_cool_down_three_probes_pass_and_good_ones_close_the_breaker() -> None:
    desk = SmallDesk(limits=PATIENT, scopes=only("slippage"))
    resting(desk, "P1")
    for _ in range(3):
        desk.fill("P1-001", 1, "10.50")
    assert sent(desk.submit(terms(1, "P2"), 59)) == []
    desk.quote(61, XA=quote())
    for name in ("P3", "P4", "P5"):
        assert sent(desk.submit(terms(10, name))) == [f"new {name}-001 10 @ 10.00"]
    assert sent(desk.submit(terms(10, "P6"))) == [], "three are under way"
    for name in ("P3", "P4", "P5"):
        desk.accept(f"{name}-001")
        desk.fill(f"{name}-001", 1)
    assert desk.engine.state.risk.circuits.tripped == {}
    assert sent(desk.submit(terms(10, "P7"))) == ["new P7-001 10 @ 10.00"]


def test_a_bad_probe_opens_it_again_for_twice_as_long() -> None:
    desk = SmallDesk(limits=PATIENT, scopes=only("slippage"))
    resting(desk, "P1")
    for _ in range(3):
        desk.fill("P1-001", 1, "10.50")
    desk.quote(61, XA=quote())
    step = desk.fill("P1-001", 1, "10.50")
    assert trips(step) == [("slippage", "symbol/ACME", "no_new")]
    assert desk.of(ev.BreakerTripped)[-1].until == desk.now + 2 * MINUTE


def test_what_only_reduces_a_position_passes_an_open_breaker() -> None:
    desk = SmallDesk(limits=PATIENT, scopes=only("slippage"))
    resting(desk, "P1")
    for _ in range(3):
        desk.fill("P1-001", 1, "10.50")
    assert snapshot_of(desk.engine.state, b"").state().state_hash() == desk.engine.state.state_hash()
    asked = terms(3, "P2", side=Side.SELL, limit_price=D("9.99"))
    assert sent(desk.submit(asked)) == ["new P2-001 3 @ 9.99"]


def test_a_breaker_of_a_parent_is_forgotten_with_it() -> None:
    tables = only("slippage", slippage={"scope": "parent", "breaches": 1})
    desk = SmallDesk(limits=PATIENT, scopes=tables)
    resting(desk, "P1")
    step = desk.fill("P1-001", 1, "10.50")
    assert trips(step) == [("slippage", "parent/P1", "no_new")]
    assert sent(desk.submit(terms(1, "P2"))) == ["new P2-001 1 @ 10.00"]
    desk.fill("P1-001", 99)
    assert desk.engine.state.risk.circuits.by_scope == {}


def test_parents_that_a_breaker_holds_back_wait_for_its_end_and_then_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = SmallDesk(limits=PATIENT, scopes=only("slippage"))
    for number in range(1, 21):
        desk.submit(terms(2, f"P{number}", limit_price=None, order_type=OrderType.MARKET))
        desk.accept(f"P{number}-001")
    for number in range(1, 4):
        desk.fill(f"P{number}-001", 1, "10.05")
    (trip,) = desk.of(ev.BreakerTripped)
    for number in range(1, 21):
        desk.report(rep.Canceled, f"P{number}-001", reason="the rest of an immediate order")
    asked: list[str] = []
    decide = desk.engine.worker.decide
    monkeypatch.setattr(desk.engine.worker, "decide", lambda order_id: (asked.append(order_id), decide(order_id)))
    for second in range(1, 62):
        desk.quote(second, XA=quote())
        desk.wake(second)
        if desk.now < trip.until:
            assert len(asked) <= 40, "at most once each to find out, and once more after its first pause"
    held = {event.terms.parent_id for event in desk.of(ev.OrderDenied) if event.code == "breaker"}
    assert held == {f"P{number}" for number in range(1, 21)}
    assert desk.of(ev.ChildSubmitted)[-1].ts >= trip.until
    assert len({event.terms.parent_id for event in desk.of(ev.ChildSubmitted) if event.ts >= trip.until}) >= 1


def test_orders_that_a_dead_desk_had_under_way_are_no_time_outs_of_its_successor() -> None:
    desk = SmallDesk()
    for number in range(4):
        desk.submit(terms(1, f"P{number}", limit_price=D("9.50")))
    desk.engine = Engine(replay(desk.events))
    desk.now += 20 * SECOND
    desk.give(rep.VenueStatus(ts=desk.now, venue="XA", up=False, reason="not looked at yet"))
    desk.give(rep.VenueStatus(ts=desk.now, venue="XA", up=True))
    desk.wake(30)
    taken = [
        rep.VenueOrder(
            order_id=f"P{number}-001",
            venue_order_id="V",
            symbol="ACME",
            side=Side.BUY,
            quantity=D(1),
            limit_price=D("9.50"),
            cum_qty=D(0),
            cum_value=D(0),
            state="open",
        )
        for number in range(4)
    ]
    desk.give(rep.Picture(ts=desk.now, venue="XA", asked_at=desk.now - SECOND, orders=tuple(taken)))
    assert desk.of(ev.BreakerTripped) == []
    assert not desk.engine.state.venue_status
    assert {desk.order(f"P{number}-001").ord_status for number in range(4)} == {"new"}
