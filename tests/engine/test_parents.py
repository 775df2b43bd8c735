"""Stories of parents: how they are worked, stopped and ended, and what stops them by itself."""

from decimal import Decimal

import pytest
from small_desk import START, D, SmallDesk, in_words, quote, sent, terms

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.orders import OrderTerms, OrderType, Side, State, TimeInForce
from penstock.domain.time import SECOND
from penstock.engine.engine import Engine
from penstock.journal.replay import replay
from penstock.risk import Limits


def working(quantity: int = 100, **changes: object) -> SmallDesk:
    """A desk whose parent P1 has one child, live at the venue."""
    desk = SmallDesk(**changes)
    desk.submit(terms(quantity))
    desk.accept("P1-001")
    return desk


def test_a_simple_order_is_a_parent_with_one_child() -> None:
    desk = SmallDesk()
    assert sent(desk.submit(terms(100))) == ["new P1-001 100 @ 10.00"]
    desk.accept("P1-001")
    desk.fill("P1-001", 40)
    desk.fill("P1-001", 60)
    assert desk.order().ord_status == "filled"
    assert desk.engine.state.working == {}
    assert desk.engine.state.positions["ACME"].quantity == 100


def test_the_same_client_order_id_is_worked_once() -> None:
    desk = SmallDesk()
    desk.submit(terms(100, client_order_id="mine"))
    assert desk.submit(terms(100, "P2", client_order_id="mine")) == ([], [])
    assert "P2" not in desk.engine.state.orders


def test_an_order_id_that_is_taken_raises_an_alert() -> None:
    desk = working()
    desk.submit(terms(70))
    assert desk.alerts == ["duplicate_order"]
    assert desk.order().terms.quantity == 100


def test_a_canceled_parent_ends_with_its_last_child() -> None:
    desk = working()
    assert sent(desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))) == ["cancel P1-001"]
    assert desk.order().ord_status == "pending_cancel"
    assert sent(desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))) == []
    desk.report(rep.Canceled, "P1-001")
    assert desk.order().state is State.CANCELED


def test_a_child_on_its_way_in_is_canceled_as_soon_as_it_is_live() -> None:
    desk = SmallDesk()
    desk.submit(terms(100))
    assert sent(desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))) == []
    assert sent(desk.accept("P1-001")) == ["cancel P1-001"]


def test_a_fill_of_a_parent_that_is_being_stopped_counts_and_it_still_ends() -> None:
    desk = working()
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))
    desk.fill("P1-001", 30)
    assert (desk.order().ord_status, desk.order().cum_qty) == ("pending_cancel", 30)
    desk.report(rep.Canceled, "P1-001")
    assert (desk.order().state, desk.order().cum_qty) == (State.CANCELED, 30)


def test_a_parent_that_fills_while_it_is_being_stopped_is_filled() -> None:
    desk = working()
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))
    desk.fill("P1-001", 100)
    desk.report(rep.CancelRefused, "P1-001", reason="too late")
    assert desk.order().ord_status == "filled"
    assert desk.order("P1-001").ord_status == "filled"


def test_canceling_what_is_over_or_unknown_is_refused_with_an_alert() -> None:
    desk = SmallDesk()
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="P9"))
    assert desk.alerts == ["cancel_refused"]


def test_a_report_on_an_unknown_order_raises_an_alert_that_keeps_it() -> None:
    desk = SmallDesk()
    desk.fill("WHO", 30)
    (alert,) = desk.of(ev.AlertRaised)
    assert (alert.severity, alert.code, alert.order_id) == ("critical", "unknown_report", "WHO")
    assert alert.report["last_qty"] == "30"
    assert "ACME" not in desk.engine.state.positions


def test_a_repeated_fill_is_no_event_at_all() -> None:
    desk = working()
    desk.fill("P1-001", 30, exec_id="e1")
    assert desk.fill("P1-001", 30, exec_id="e1") == ([], [])
    assert desk.order().cum_qty == 30


def test_a_late_fill_after_a_cancel_is_booked_and_what_replaced_it_shrinks() -> None:
    desk = working()
    desk.report(rep.Canceled, "P1-001", reason="by the venue")
    desk.accept("P1-002")
    step = desk.fill("P1-001", 30)
    assert desk.alerts == ["late_fill"]
    assert sent(step) == ["replace P1-002 70 @ 10.00"]


def test_a_parent_that_a_late_fill_completes_leaves_nothing_working() -> None:
    desk = working()
    desk.report(rep.Canceled, "P1-001", reason="by the venue")
    desk.accept("P1-002")
    assert sent(desk.fill("P1-001", 100)) == ["cancel P1-002"]
    desk.fill("P1-002", 20)
    assert "overfill" in desk.alerts
    desk.report(rep.Canceled, "P1-002")
    assert desk.engine.state.working == {}
    assert desk.order().ord_status == "filled"
    assert desk.engine.state.positions["ACME"].quantity == 120


def test_a_child_on_its_way_when_its_parent_fills_is_canceled_when_it_arrives() -> None:
    desk = working()
    desk.report(rep.Canceled, "P1-001", reason="by the venue")
    desk.fill("P1-001", 100)
    assert sent(desk.accept("P1-002")) == ["cancel P1-002"]
    desk.report(rep.Canceled, "P1-002")
    assert desk.engine.state.working == {}
    assert desk.engine.state.parents["P1"].open_children == ()


def test_the_end_of_the_session_expires_what_works() -> None:
    desk = working()
    desk.give(cmd.CloseSession(ts=desk.now))
    desk.report(rep.Expired, "P1-001")
    assert desk.order().state is State.EXPIRED
    assert desk.order("P1-001").state is State.EXPIRED


def test_an_amended_quantity_is_worked_in_place() -> None:
    desk = working()
    assert sent(desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", limit_price=D("9.98")))) == [
        "replace P1-001 100 @ 9.98"
    ]
    desk.report(rep.Replaced, "P1-001", quantity=D(100), limit_price=D("9.98"))
    assert sent(desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", quantity=D(130)))) == ["new P1-002 30 @ 9.98"]


@pytest.mark.parametrize("quantity", [39, 0, -1])
def test_an_amendment_below_what_is_filled_is_refused(quantity: int) -> None:
    desk = working()
    desk.fill("P1-001", 40)
    desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", quantity=D(quantity)))
    assert desk.alerts == ["below_filled"]
    assert desk.order().terms.quantity == 100


def shrinking(quantity: int) -> SmallDesk:
    """P1 of 100 has 40 filled and the rest working, and has just been asked to be smaller."""
    desk = working()
    desk.fill("P1-001", 40)
    step = desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", quantity=D(quantity)))
    assert isinstance(step.events[0], ev.AmendmentWaits)
    assert desk.order().terms.quantity == 100, "it is not smaller before its child is"
    return desk


def test_a_resting_order_that_is_made_smaller_shrinks_at_its_venue_first() -> None:
    desk = shrinking(60)
    assert sent_last(desk) == "replace P1-001 60 @ 10.00"
    desk.report(rep.Replaced, "P1-001", quantity=D(60), limit_price=D("10.00"))
    assert desk.order().terms.quantity == 60
    assert desk.of(ev.OrderAmended)[-1].terms.quantity == 60
    desk.fill("P1-001", 20)
    assert desk.order().ord_status == "filled"
    assert replay(desk.events).state_hash() == desk.engine.state.state_hash()


def test_what_fills_before_it_could_be_made_smaller_stays_filled() -> None:
    desk = shrinking(60)
    desk.fill("P1-001", 45)
    desk.report(rep.ReplaceRefused, "P1-001", reason="too late to replace", request_id=last_request(desk))
    assert desk.order().terms.quantity == 100, "15 may still fill"
    desk.report(rep.Canceled, "P1-001", reason="asked")
    assert (desk.order().terms.quantity, desk.order().cum_qty, desk.order().ord_status) == (85, 85, "filled")


def test_an_order_made_as_small_as_its_fills_is_done_once_its_child_is_gone() -> None:
    desk = shrinking(40)
    assert sent_last(desk) == "cancel P1-001"
    desk.report(rep.Canceled, "P1-001", reason="asked")
    assert (desk.order().terms.quantity, desk.order().ord_status) == (40, "filled")
    assert desk.engine.state.working == {}


def test_a_second_amendment_takes_the_place_of_one_that_waits_and_a_cancel_ends_it() -> None:
    desk = shrinking(60)
    desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", quantity=D(70)))
    assert desk.engine.state.parents["P1"].amending.quantity == 70  # type: ignore[union-attr]
    desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1", reason="no more"))
    desk.report(rep.ReplaceRefused, "P1-001", reason="no", request_id=last_request(desk))
    desk.report(rep.Canceled, "P1-001", reason="asked")
    assert (desk.order().terms.quantity, desk.order().ord_status) == (100, "canceled")


def test_a_desk_that_died_while_an_order_was_being_made_smaller_goes_on_with_it() -> None:
    desk = shrinking(60)
    desk.engine = Engine(replay(desk.events))
    desk.quote(1, XA=quote())
    desk.report(rep.Replaced, "P1-001", quantity=D(60), limit_price=D("10.00"))
    assert desk.order().terms.quantity == 60


def sent_last(desk: SmallDesk) -> str:
    return in_words(desk.effects[-1])


def last_request(desk: SmallDesk) -> str:
    return [event.request_id for event in desk.of(ev.ReplaceAsked)][-1]


def test_slippage_beyond_the_limit_stops_the_parent_in_the_same_step() -> None:
    desk = working(limits=Limits(slippage_abort_bps=Decimal(10)))
    desk.fill("P1-001", 50, "10.02")  # half of the order at 20 bps: 10 bps, a hair more on its price
    assert "slippage_abort" in desk.alerts
    assert desk.order().ord_status == "pending_cancel"
    assert desk.effects[-1].order_id == "P1-001"


def test_slippage_at_the_limit_goes_on() -> None:
    desk = working(limits=Limits(slippage_abort_bps=Decimal(10)))
    desk.fill("P1-001", 49, "10.02")
    assert desk.alerts == []
    assert desk.order().state is State.LIVE


def twap(desk: SmallDesk, quantity: int = 1000, **parameters: object) -> None:
    given = {"duration_minutes": 50, "num_slices": 5} | parameters
    desk.submit(terms(quantity, order_type=OrderType.MARKET, limit_price=None, algorithm="twap", parameters=given))


def test_a_resting_child_without_a_fill_is_canceled_after_its_time_out() -> None:
    desk = SmallDesk()
    twap(desk)
    desk.accept("P1-001")
    for second in range(1, 60):
        desk.quote(second, XA=quote())
        assert sent(desk.wake(second)) == []
    desk.quote(60, XA=quote())
    assert sent(desk.wake(60)) == ["cancel P1-001"]
    assert desk.of(ev.CancelAsked)[0].reason == "unfilled time-out"


def test_the_engine_asks_to_be_woken_for_a_time_out() -> None:
    desk = SmallDesk()
    twap(desk)
    desk.accept("P1-001")
    while desk.of(ev.CancelAsked) == []:
        wake = desk.engine.next_wake()
        assert wake is not None
        seconds = (wake - START) / SECOND
        assert seconds <= 60
        desk.quote(seconds, XA=quote())
        desk.wake(seconds)
    assert desk.of(ev.CancelAsked)[0].ts == START + 60 * SECOND


def test_a_child_with_a_fill_does_not_time_out() -> None:
    desk = SmallDesk()
    twap(desk)
    desk.accept("P1-001")
    desk.fill("P1-001", 1, "9.99")
    desk.quote(61, XA=quote())
    assert sent(desk.wake(61)) == []


def test_a_limit_order_rests_longer_than_the_time_out() -> None:
    desk = working()
    desk.quote(300, XA=quote())
    assert sent(desk.wake(300)) == []


def test_the_third_reject_in_a_row_halts_in_the_same_step() -> None:
    desk = SmallDesk()
    desk.submit(terms(100))
    desk.submit(terms(100, "P2"))
    desk.accept("P2-001")
    assert sent(desk.report(rep.Refused, "P1-001", reason="no")) == ["new P1-002 100 @ 10.00"]
    assert sent(desk.report(rep.Refused, "P1-002", reason="no")) == ["new P1-003 100 @ 10.00"]
    step = desk.report(rep.Refused, "P1-003", reason="no")
    assert [type(event) for event in step.events][:2] == [ev.ChildRejected, ev.BreakerTripped]
    assert sent(step) == ["cancel P2-001"]


def test_nothing_is_sent_after_a_halt() -> None:
    desk = SmallDesk()
    desk.submit(terms(100))
    for number in (1, 2, 3):
        desk.report(rep.Refused, f"P1-00{number}", reason="no")
    before = len(desk.effects)
    for second in range(1, 100):
        desk.quote(second, XA=quote())
        desk.wake(second)
    desk.submit(terms(100, "P2"), 100)
    assert desk.effects[before:] == []
    assert desk.of(ev.OrderDenied)[-1].code == "halted"


@pytest.mark.parametrize("reset", ["accept", "fill"])
def test_an_accept_in_between_starts_the_count_of_rejects_anew(reset: str) -> None:
    desk = SmallDesk()
    desk.submit(terms(100))
    desk.submit(terms(100, "P2"))
    desk.report(rep.Refused, "P1-001", reason="no")
    desk.report(rep.Refused, "P1-002", reason="no")
    desk.accept("P2-001") if reset == "accept" else desk.fill("P2-001", 10)
    desk.report(rep.Refused, "P1-003", reason="no")
    desk.report(rep.Refused, "P1-004", reason="no")
    assert desk.of(ev.BreakerTripped) == []
    desk.report(rep.Refused, "P1-005", reason="no")
    assert len(desk.of(ev.BreakerTripped)) == 1


def test_stale_data_is_denied_on_record_once_and_trading_resumes_with_the_data() -> None:
    desk = working()
    desk.now += 40 * SECOND
    desk.report(rep.Canceled, "P1-001", reason="by the venue")
    for second in range(41, 60):
        assert sent(desk.wake(second)) == []
    assert [denied.code for denied in desk.of(ev.OrderDenied)] == ["stale_data"]
    desk.quote(60, XA=quote())
    wake = desk.engine.next_wake()
    assert wake is not None
    assert wake <= desk.now + SECOND
    assert sent(desk.wake(61)) == ["new P1-002 100 @ 10.00"]


def test_a_venue_with_stale_data_is_left_out_while_another_is_fresh() -> None:
    desk = SmallDesk(venues=("XA", "XB"))
    desk.quote(40, XB=quote())
    desk.submit(terms(100), 40)
    assert [(child.terms.venue, child.terms.quantity) for child in desk.of(ev.ChildSubmitted)] == [("XB", 100)]
    assert desk.of(ev.OrderDenied) == []


def immediate(quantity: int, price: str | None, **changes: object) -> OrderTerms:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    limit = None if price is None else D(price)
    return terms(quantity, order_type=kind, limit_price=limit, tif=TimeInForce.IOC, **changes)


def test_an_immediate_order_that_nothing_matches_is_over_at_once() -> None:
    desk = SmallDesk()
    assert sent(desk.submit(immediate(100, "10.00"))) == []
    desk.quote(2, XA=quote("9.90", "9.95"))
    assert sent(desk.wake(2)) == []
    assert desk.order().state is State.EXPIRED


@pytest.mark.parametrize("price", [None, "10.05"])
def test_an_immediate_order_tries_once(price: str | None) -> None:
    desk = SmallDesk(venues=("XA", "XB"))
    desk.submit(immediate(800, price))
    assert len(desk.of(ev.ChildSubmitted)) == 2
    desk.fill("P1-001", 200, "10.01")
    assert sent(desk.report(rep.Canceled, "P1-001", reason="immediate remainder")) == []
    desk.report(rep.Canceled, "P1-002", reason="immediate remainder")
    assert (desk.order().state, desk.order().cum_qty) == (State.EXPIRED, 200)


def test_a_sweep_is_not_repeated_before_the_book_can_refill() -> None:
    desk = SmallDesk(venues=("XA", "XB"))
    desk.submit(terms(800, order_type=OrderType.MARKET, limit_price=None))
    desk.fill("P1-001", 200, "10.01")
    assert sent(desk.report(rep.Canceled, "P1-001", reason="immediate remainder")) == []
    assert sent(desk.report(rep.Canceled, "P1-002", reason="immediate remainder")) == []
    desk.quote(1, XA=quote(), XB=quote())
    assert sum(D(words.split()[2]) for words in sent(desk.wake(1))) == 600


def test_a_restarted_engine_goes_on_before_it_has_seen_the_market() -> None:
    desk = working()
    desk.engine = Engine(replay(desk.events))
    wake = desk.engine.next_wake()
    assert wake is not None
    assert wake <= desk.now
    assert sent(desk.wake(20)) == ["look XA"]
    desk.quote(21, XA=quote())
    assert sent(desk.wake(21)) == []
    assert sent(desk.give(cmd.CancelOrder(ts=desk.now, order_id="P1"))) == ["cancel P1-001"]


def test_a_restarted_engine_refuses_what_the_first_one_would() -> None:
    desk = working()
    desk.fill("P1-001", 30, exec_id="e1")
    desk.engine = Engine(replay(desk.events))
    desk.quote(1, XA=quote())
    assert desk.fill("P1-001", 30, exec_id="e1").events == []
    desk.submit(terms(100))
    assert desk.alerts == ["duplicate_order"]


def test_a_replacement_counts_only_what_it_adds_to_the_position() -> None:
    desk = working(limits=Limits(position_quantity_max=Decimal(100)))
    desk.fill("P1-001", 60)
    step = desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", limit_price=D("9.98")))
    assert sent(step) == ["replace P1-001 100 @ 9.98"]
    assert desk.of(ev.OrderDenied) == []


def test_an_inherited_position_without_an_entry_price_can_be_traded() -> None:
    desk = SmallDesk(positions={"ACME": D(100)})
    desk.submit(terms(30, side=Side.SELL))
    desk.fill("P1-001", 30, "10.02")
    position = desk.engine.state.positions["ACME"]
    assert (position.quantity, position.realized) == (70, 0)


def test_the_markets_state_goes_on_record_while_a_parent_works_and_not_afterwards() -> None:
    desk = working()
    for second in range(1, 40):
        desk.quote(second, XA=quote())
    times = [sample.ts for sample in desk.of(ev.MarketSampled)]
    assert times == [START + 12 * SECOND * n for n in range(4)]  # an hour in 300 parts
    desk.fill("P1-001", 100)
    desk.quote(90, XA=quote())
    assert len(desk.of(ev.MarketSampled)) == 4
