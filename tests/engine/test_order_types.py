"""A story for each order type, done here because the venue has market and limit orders only."""

from typing import Any

import pytest
from small_desk import D, SmallDesk, quote, sent, terms

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.domain.instructions import Instructions, OrderType, PegPrice, TimeInForce
from penstock.domain.orders import OrderTerms, Side, State
from penstock.domain.venue import Abilities
from penstock.engine.engine import Engine
from penstock.journal.replay import replay


def order(kind: OrderType, quantity: int = 100, *, limit: str | None = None, **asked: Any) -> OrderTerms:
    """A parent of a type; what is not a field of its terms is an instruction."""
    fields = {name: asked.pop(name) for name in list(asked) if name in OrderTerms.__struct_fields__}
    return terms(
        quantity,
        order_type=kind,
        limit_price=None if limit is None else D(limit),
        instructions=Instructions(**asked),
        **fields,
    )


def market(desk: SmallDesk, bid: str, ask: str, at: float, **more: Any) -> list[str]:
    """What the desk sends when the market moves there; a venue's volume grows only with a trade."""
    last = more.pop("last", None)
    moved = quote(bid, ask, **more)
    return sent(desk.quote(at, XA=moved if last is None else quote_with_last(moved, last)))


def quote_with_last(moved: Any, last: str) -> Any:
    return type(moved)(
        ts=moved.ts,
        bid=moved.bid,
        bid_qty=moved.bid_qty,
        ask=moved.ask,
        ask_qty=moved.ask_qty,
        volume=moved.volume,
        last=D(last),
    )


def test_a_stop_to_buy_waits_below_its_price_and_takes_once_the_ask_is_there() -> None:
    desk = SmallDesk()
    assert sent(desk.submit(order(OrderType.STOP, stop_px=D("10.05")))) == []
    assert market(desk, "10.02", "10.04", at=1) == []
    assert market(desk, "10.03", "10.05", at=2) == ["new P1-001 100 @ 10.16"]
    (triggered,) = desk.of(ev.OrderTriggered)
    assert (triggered.order_id, triggered.price) == ("P1", D("10.05"))


def test_a_stop_to_sell_acts_on_a_trade_through_its_price_though_the_bid_is_above() -> None:
    desk = SmallDesk()
    desk.submit(order(OrderType.STOP, side=Side.SELL, stop_px=D("9.95")))
    assert market(desk, "9.98", "10.00", at=1, last="9.95") == []  # an old trade: nothing has traded since
    assert market(desk, "9.98", "10.00", at=2, volume=10, last="9.95") == ["new P1-001 100 @ 9.88"]


def test_a_stop_that_the_market_has_passed_already_acts_at_once() -> None:
    assert sent(SmallDesk().submit(order(OrderType.STOP, stop_px=D("10.00")))) == ["new P1-001 100 @ 10.12"]


def test_a_stop_limit_rests_at_its_limit_once_triggered() -> None:
    desk = SmallDesk()
    desk.submit(order(OrderType.STOP_LIMIT, limit="10.03", stop_px=D("10.05")))
    assert market(desk, "10.04", "10.06", at=1) == ["new P1-001 100 @ 10.03"]
    desk.accept("P1-001")
    assert market(desk, "9.90", "9.92", at=2) == []  # what was triggered stays so


def test_an_if_touched_order_waits_for_the_market_to_come_to_it() -> None:
    desk = SmallDesk()
    desk.submit(order(OrderType.LIMIT_IF_TOUCHED, side=Side.SELL, limit="10.10", stop_px=D("10.08")))
    assert market(desk, "10.06", "10.07", at=1) == []
    assert market(desk, "10.08", "10.09", at=2) == ["new P1-001 100 @ 10.10"]


def test_a_market_if_touched_order_takes() -> None:
    desk = SmallDesk()
    desk.submit(order(OrderType.MARKET_IF_TOUCHED, stop_px=D("9.95")))
    assert market(desk, "9.93", "9.95", at=1) == ["new P1-001 100 @ 10.05"]


def test_a_trailing_stop_follows_the_best_price_and_never_turns_back() -> None:
    desk = SmallDesk()
    desk.submit(order(OrderType.TRAILING_STOP, side=Side.SELL, trail_amount=D("0.10")))
    assert market(desk, "10.10", "10.12", at=1) == []
    assert market(desk, "10.05", "10.07", at=2) == []
    assert market(desk, "10.01", "10.03", at=3) == []
    assert market(desk, "10.00", "10.02", at=4) == ["new P1-001 100 @ 9.90"]
    assert [moved.price for moved in desk.of(ev.TrailMoved)] == [D("9.99"), D("10.10")]


def test_a_trail_in_basis_points_is_on_record_only_when_it_moves_the_stop_by_a_tick() -> None:
    desk = SmallDesk()
    desk.submit(order(OrderType.TRAILING_STOP, trail_bps=D(500)))
    for number, ask in enumerate(("10.00", "9.99", "9.98"), start=1):
        market(desk, "9.90", ask, at=number)
    assert [moved.price for moved in desk.of(ev.TrailMoved)] == [D("10.01"), D("10.00"), D("9.99"), D("9.98")]
    desk = SmallDesk()
    desk.submit(order(OrderType.TRAILING_STOP, trail_bps=D(50), side=Side.SELL))
    market(desk, "10.00", "10.02", at=1)  # 9.99 - 0.5 % and 10.00 - 0.5 %: 9.94 and 9.95
    assert len(desk.of(ev.TrailMoved)) == 2


def test_what_a_trailing_stop_has_seen_survives_a_crash() -> None:
    desk = SmallDesk()
    desk.submit(order(OrderType.TRAILING_STOP, side=Side.SELL, trail_amount=D("0.10")))
    market(desk, "10.50", "10.52", at=1)
    desk.engine = Engine(replay(desk.events))
    market(desk, "10.40", "10.42", at=2)
    assert sent(desk.wake(2))[0] == "new P1-001 100 @ 10.29"


def test_an_iceberg_shows_a_part_and_refills_it() -> None:
    desk = SmallDesk()
    first = sent(desk.submit(order(OrderType.ICEBERG, 100, limit="10.00", display_qty=D(20))))
    shown = desk.order("P1-001").open_qty
    assert first == [f"new P1-001 {shown} @ 10.00"]
    assert D(16) <= shown <= D(20)
    desk.accept("P1-001")
    desk.fill("P1-001", int(shown))
    assert D(16) <= desk.order("P1-002").open_qty <= D(20)
    assert desk.order().leaves_qty == 100 - shown


def test_a_primary_peg_follows_its_own_touch_up_to_its_limit() -> None:
    desk = SmallDesk()
    assert sent(desk.submit(order(OrderType.PEG, limit="10.02", peg=PegPrice.PRIMARY))) == ["new P1-001 100 @ 9.99"]
    desk.accept("P1-001")
    desk.quote(1, XA=quote("10.01", "10.03"))
    assert sent(desk.wake(2)) == ["replace P1-001 100 @ 10.01"]
    desk.report(rep.Replaced, "P1-001", quantity=D(100), limit_price=D("10.01"))
    desk.quote(3, XA=quote("10.05", "10.07"))
    assert sent(desk.wake(4)) == ["replace P1-001 100 @ 10.02"]


@pytest.mark.parametrize(
    ("peg", "side", "offset", "bid", "ask", "price"),
    [
        (PegPrice.MID, Side.BUY, "0", "9.99", "10.02", "10.00"),
        (PegPrice.MID, Side.SELL, "0", "9.99", "10.02", "10.01"),
        (PegPrice.MID, Side.BUY, "0.05", "9.99", "10.01", "10.00"),  # never reaches the far touch
        (PegPrice.MARKET, Side.BUY, "-0.01", "9.99", "10.03", "10.02"),
        (PegPrice.MARKET, Side.BUY, "0", "9.99", "10.03", "10.03"),
        (PegPrice.PRIMARY, Side.SELL, "0.02", "9.99", "10.03", "10.05"),
    ],
)
def test_where_a_peg_rests(peg: PegPrice, side: Side, offset: str, bid: str, ask: str, price: str) -> None:
    desk = SmallDesk()
    desk.quote(XA=quote(bid, ask))
    asked = order(OrderType.PEG, side=side, peg=peg, peg_offset=D(offset))
    assert sent(desk.submit(asked)) == [f"new P1-001 100 @ {price}"]


def test_an_aggressive_peg_does_not_chase_itself() -> None:
    desk = SmallDesk()
    desk.quote(XA=quote("9.99", "10.05"))
    desk.submit(order(OrderType.PEG, peg=PegPrice.PRIMARY, peg_offset=D("0.01")))
    desk.accept("P1-001")
    desk.quote(1, XA=quote("10.00", "10.05", 100))  # the best bid is our own order
    assert sent(desk.wake(2)) == []


def test_a_hidden_order_shows_nothing_and_takes_what_comes_within_its_limit() -> None:
    desk = SmallDesk()
    assert sent(desk.submit(order(OrderType.HIDDEN, 800, limit="10.00"))) == []
    assert market(desk, "9.98", "10.00", at=1) == ["new P1-001 500 @ 10.00"]
    assert desk.order("P1-001").terms.tif is TimeInForce.IOC


def test_a_post_only_order_that_would_cross_ends_instead() -> None:
    desk = SmallDesk()
    desk.submit(terms(limit_price=D("10.01"), post_only=True))
    assert (desk.order().state, desk.order().reason) == (State.EXPIRED, "post-only would cross")


def test_a_post_only_order_rests_as_such() -> None:
    desk = SmallDesk()
    desk.submit(terms(limit_price=D("10.00"), post_only=True))
    assert desk.order("P1-001").terms.post_only


def test_a_stop_can_start_an_algorithm() -> None:
    desk = SmallDesk()
    asked = order(
        OrderType.STOP, 600, stop_px=D("10.05"), algorithm="twap", parameters={"duration_minutes": 10, "num_slices": 6}
    )
    desk.submit(asked)
    market(desk, "10.04", "10.06", at=60)
    (triggered,) = desk.of(ev.OrderTriggered)
    assert (triggered.end - triggered.start) == 600 * 10**9
    assert desk.order("P1-001").open_qty < 200


@pytest.mark.parametrize(
    "asked",
    [
        order(OrderType.STOP, stop_px=D("10.05")),
        order(OrderType.TRAILING_STOP, trail_amount=D("0.10")),
        order(OrderType.ICEBERG, limit="10.00", display_qty=D(20)),
        order(OrderType.PEG, peg=PegPrice.MID),
        order(OrderType.HIDDEN, limit="10.00"),
    ],
    ids=lambda asked: asked.order_type.value,
)
def test_a_venue_that_has_a_type_gets_the_order_as_it_is(asked: OrderTerms) -> None:
    desk = SmallDesk(("XA",), abilities=Abilities(order_types=tuple(OrderType)))
    desk.submit(asked)
    child = desk.order("P1-001").terms
    assert (child.order_type, child.instructions, child.quantity) == (asked.order_type, asked.instructions, D(100))
    (received,) = desk.of(ev.OrderReceived)
    assert (received.native, received.synthetic) == ("XA", ())
    desk.accept("P1-001")
    assert sent(desk.wake(5)) == []


def test_what_is_done_here_is_labelled() -> None:
    desk = SmallDesk()
    desk.submit(order(OrderType.STOP, stop_px=D("10.05"), reduce_only=False))
    (received,) = desk.of(ev.OrderReceived)
    assert (received.native, received.synthetic) == ("", ("stop",))


def test_a_venue_without_replace_gets_a_cancel_and_then_a_new_order() -> None:
    desk = SmallDesk(("XA",), abilities=Abilities(replace=False))
    desk.submit(terms())
    desk.accept("P1-001")
    step = desk.give(cmd.AmendOrder(ts=desk.now, order_id="P1", limit_price=D("9.98")))
    assert sent(step) == ["cancel P1-001"]
    assert sent(desk.report(rep.Canceled, "P1-001")) == ["new P1-002 100 @ 9.98"]


def test_a_fill_or_kill_order_is_not_sent_where_too_little_is_displayed() -> None:
    desk = SmallDesk()
    desk.submit(terms(501, limit_price=D("10.01"), tif=TimeInForce.FOK))
    assert desk.order().reason == "less than 501 is displayed within the limit"
    assert desk.effects == []


def test_a_synthetic_fill_or_kill_order_that_lost_a_race_says_so() -> None:
    desk = SmallDesk()
    assert sent(desk.submit(terms(500, limit_price=D("10.01"), tif=TimeInForce.FOK))) == ["new P1-001 500 @ 10.01"]
    desk.accept("P1-001")
    desk.fill("P1-001", 300, "10.01")
    desk.report(rep.Canceled, "P1-001")
    assert desk.order().state is State.EXPIRED
    assert desk.alerts == ["partial_fok"]


def test_a_minimum_quantity_must_be_displayed() -> None:
    desk = SmallDesk()
    asked = Instructions(min_qty=D(400))
    desk.submit(terms(1000, limit_price=D("10.01"), tif=TimeInForce.IOC, instructions=asked))
    assert desk.order("P1-001").terms.quantity == D(500)  # all that is displayed, and at least 400
    desk = SmallDesk()
    desk.submit(terms(1000, limit_price=D("10.00"), tif=TimeInForce.IOC, instructions=asked))
    assert desk.effects == []


def test_a_venue_that_fills_or_kills_gets_the_order_itself() -> None:
    desk = SmallDesk(("XA",), abilities=Abilities(tifs=tuple(TimeInForce)))
    desk.submit(terms(900, limit_price=D("10.01"), tif=TimeInForce.FOK))
    assert desk.order("P1-001").terms.tif is TimeInForce.FOK
