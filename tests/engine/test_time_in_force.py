"""A story for each time in force, over two sessions of one exchange: an hour each, with an hour between them."""

from typing import Any

import pytest
from small_desk import START, D, SmallDesk, quote, sent, terms

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.instructions import Instructions, OrderType, PegPrice, TimeInForce
from penstock.domain.orders import OrderTerms, State
from penstock.domain.sessions import SessionTimes
from penstock.domain.time import HOUR, MINUTE, SECOND
from penstock.domain.venue import Abilities

DAYS = (SessionTimes(START, START + HOUR), SessionTimes(START + 2 * HOUR, START + 3 * HOUR))
CLOSE, NEXT_OPEN, NEXT_CLOSE = 3600, 7200, 10800


def two_days(parent: OrderTerms, at: float = 0, **changes: Any) -> SmallDesk:
    """A desk whose parent P1 has just been submitted."""
    desk = SmallDesk(minutes=180, sessions=DAYS, **changes)
    desk.quote(at, XA=quote())
    desk.submit(parent, at)
    return desk


def test_a_day_order_ends_at_its_sessions_close() -> None:
    desk = two_days(terms())
    desk.accept("P1-001")
    assert sent(desk.wake(CLOSE)) == ["cancel P1-001"]
    desk.report(rep.Canceled, "P1-001")
    assert (desk.order().state, desk.order().reason) == (State.EXPIRED, "end of session")


def test_a_day_order_given_between_two_sessions_is_for_the_next() -> None:
    desk = two_days(terms(), at=CLOSE + 60)
    assert desk.effects == []
    desk.quote(NEXT_OPEN, XA=quote())
    assert sent(desk.wake(NEXT_OPEN)) == ["new P1-001 100 @ 10.00"]
    assert desk.engine.state.parents["P1"].end == START + NEXT_CLOSE * SECOND


def test_a_good_till_cancelled_order_works_again_in_the_next_session() -> None:
    desk = two_days(terms(tif=TimeInForce.GTC))
    desk.accept("P1-001")
    desk.fill("P1-001", 30)
    desk.wake(CLOSE)
    desk.give(cmd.CloseSession(ts=desk.now))
    desk.report(rep.Expired, "P1-001")
    assert desk.order().state is State.LIVE
    desk.quote(NEXT_OPEN, XA=quote())
    assert sent(desk.wake(NEXT_OPEN)) == ["new P1-002 70 @ 10.00"]


def test_a_good_till_date_order_ends_at_its_time_and_not_before() -> None:
    expires = START + NEXT_OPEN * SECOND + 30 * MINUTE
    desk = two_days(terms(tif=TimeInForce.GTD, instructions=Instructions(expire_time=expires)))
    assert desk.order("P1-001").terms.tif is TimeInForce.DAY  # the venue does not have GTD
    assert desk.of(ev.OrderReceived)[0].synthetic == ("GTD",)
    desk.accept("P1-001")
    desk.wake(CLOSE)
    desk.report(rep.Canceled, "P1-001")
    desk.quote(NEXT_OPEN, XA=quote())
    assert sent(desk.wake(NEXT_OPEN)) == ["new P1-002 100 @ 10.00"]
    desk.accept("P1-002")
    assert sent(desk.wake(NEXT_OPEN + 1800)) == ["cancel P1-002"]
    desk.report(rep.Canceled, "P1-002")
    assert (desk.order().state, desk.order().reason) == (State.EXPIRED, "expire_time reached")


def test_an_order_at_the_open_waits_for_it_and_is_over_a_minute_later() -> None:
    desk = two_days(terms(tif=TimeInForce.OPG, order_type=OrderType.MARKET, limit_price=None), at=CLOSE + 60)
    assert desk.effects == []
    desk.quote(NEXT_OPEN, XA=quote(size=60))
    assert sent(desk.wake(NEXT_OPEN)) == ["new P1-001 60 @ 10.04"]
    desk.accept("P1-001")
    desk.fill("P1-001", 60)
    desk.quote(NEXT_OPEN + 1, XA=quote("9.99", "10.02"))
    assert sent(desk.wake(NEXT_OPEN + 1)) == ["new P1-002 40 @ 10.05"]
    desk.report(rep.Canceled, "P1-002")
    desk.wake(NEXT_OPEN + 60)
    assert (desk.order().state, desk.order().reason) == (State.EXPIRED, "the open is over")


def test_an_order_at_the_open_after_the_last_open_is_over_at_once() -> None:
    desk = two_days(terms(tif=TimeInForce.OPG), at=NEXT_OPEN + 1)
    assert desk.order().reason == "the open is over"


def test_an_order_at_the_close_acts_in_the_sessions_last_minute() -> None:
    desk = two_days(terms(tif=TimeInForce.CLS, limit_price=D("10.02")))
    assert desk.effects == []
    desk.quote(CLOSE - 60, XA=quote())
    assert sent(desk.wake(CLOSE - 60)) == ["new P1-001 100 @ 10.02"]
    desk.report(rep.Canceled, "P1-001")
    desk.wake(CLOSE)
    assert desk.order().state is State.EXPIRED


@pytest.mark.parametrize("tif", [TimeInForce.OPG, TimeInForce.CLS])
def test_a_venue_with_auctions_gets_the_order_long_before(tif: TimeInForce) -> None:
    desk = two_days(terms(tif=tif), at=CLOSE + 60, abilities=Abilities(tifs=tuple(TimeInForce)))
    assert desk.order("P1-001").terms.tif is tif


def test_an_immediate_order_is_over_with_its_one_try() -> None:
    desk = two_days(terms(tif=TimeInForce.IOC, limit_price=D("10.01")))
    desk.accept("P1-001")
    desk.fill("P1-001", 40, "10.01")
    desk.report(rep.Canceled, "P1-001")
    assert (desk.order().state, desk.order().cum_qty) == (State.EXPIRED, D(40))


def test_a_stop_that_never_triggered_ends_with_its_day() -> None:
    desk = two_days(terms(order_type=OrderType.STOP, limit_price=None, instructions=Instructions(stop_px=D(11))))
    desk.wake(CLOSE)
    assert desk.order().state is State.EXPIRED
    assert desk.effects == []


def test_a_stop_watches_on_in_the_next_session_if_it_is_good_till_cancelled() -> None:
    asked = Instructions(stop_px=D("10.50"))
    desk = two_days(terms(order_type=OrderType.STOP, limit_price=None, tif=TimeInForce.GTC, instructions=asked))
    desk.quote(CLOSE + 60, XA=quote("11.00", "11.01"))
    desk.wake(CLOSE + 60)
    assert desk.of(ev.OrderTriggered) == []  # the exchange is closed: nothing that is shown counts
    desk.quote(NEXT_OPEN, XA=quote("10.59", "10.60"))
    desk.wake(NEXT_OPEN)
    assert desk.of(ev.OrderTriggered)[0].price == D("10.60")


def test_a_day_order_can_be_amended_to_live_on() -> None:
    desk = two_days(terms())
    desk.accept("P1-001")
    desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", tif=TimeInForce.GTC))
    desk.wake(CLOSE)
    desk.report(rep.Canceled, "P1-001")
    assert desk.order().state is State.LIVE


def test_an_algorithms_parameters_can_be_amended() -> None:
    desk = two_days(terms(600, algorithm="twap", parameters={"duration_minutes": 30.0, "num_slices": 6}))
    desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", parameters={"duration_minutes": 10.0, "num_slices": 6}))
    assert desk.engine.state.parents["P1"].end == START + 10 * MINUTE


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tif": TimeInForce.IOC}, "a working order cannot become IOC: cancel it and send another"),
        ({"tif": TimeInForce.GTD}, "GTD needs expire_time"),
        (
            {"tif": TimeInForce.GTD, "instructions": Instructions(expire_time=START)},
            "expire_time has passed: give one that is still to come",
        ),
        ({"parameters": {"x": 1}}, "a limit order has no algorithm whose parameters could change"),
        (
            {"instructions": Instructions(stop_px=D(9))},
            "a limit order has no stop_px: use a stop or an if-touched order",
        ),
        (
            {"instructions": Instructions(reduce_only=True)},
            "reduce_only cannot be amended: cancel the order and send another",
        ),
    ],
)
def test_an_amendment_that_cannot_be_is_refused_with_a_sentence(change: dict[str, Any], sentence: str) -> None:
    desk = two_days(terms())
    desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", **change))
    (alert,) = desk.of(ev.AlertRaised)
    assert alert.text == sentence
    assert desk.of(ev.OrderAmended) == []


def test_a_parameter_that_is_unknown_is_refused_with_its_name() -> None:
    desk = two_days(terms(600, algorithm="twap"))
    desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", parameters={"slices": 3}))
    assert "unknown parameter 'slices' of twap" in desk.of(ev.AlertRaised)[0].text


def test_nothing_works_through_a_lunch_break() -> None:
    lunch = (START + 20 * MINUTE, START + 30 * MINUTE)
    desk = SmallDesk(sessions=(SessionTimes(START, START + HOUR, (lunch,)),))
    desk.submit(terms(order_type=OrderType.PEG, limit_price=None, instructions=Instructions(peg=PegPrice.PRIMARY)))
    desk.accept("P1-001")
    desk.quote(1200, XA=quote())
    assert sent(desk.wake(1200)) == ["cancel P1-001"]
    desk.report(rep.Canceled, "P1-001")
    desk.quote(1800, XA=quote())
    assert sent(desk.wake(1800))[0] == "new P1-002 100 @ 9.99"
