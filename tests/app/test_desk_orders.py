"""What a program may ask of a desk, on the generated market: every type of order, groups, amendments, refusals."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from penstock import Desk
from penstock.domain import events as ev
from penstock.domain.errors import BadInput
from penstock.domain.orders import ENDED, Order, State
from penstock.domain.time import MINUTE, to_iso

D = Decimal
SEED = 3  # ACME opens at 184.99 to 185.01 on NYX and BATX


@pytest.fixture
def desk() -> Desk:
    return Desk.open("synthetic", seed=SEED)


def finish(desk: Desk, order_id: str) -> Order:
    asyncio.run(desk.wait(order_id))
    return desk.order(order_id)


def expiring(desk: Desk, minutes: int = 5) -> dict[str, Any]:
    """Good for so many minutes: what never triggers then does not take the whole day to say so."""
    return {"tif": "GTD", "expire_time": to_iso(desk.now + minutes * MINUTE)}


@pytest.mark.parametrize(
    ("asked", "synthetic"),
    [
        ({"order_type": "stop", "stop_px": "185.03"}, ["stop", "GTD"]),
        ({"order_type": "stop_limit", "stop_px": "185.03", "limit_price": "185.10"}, ["stop_limit", "GTD"]),
        ({"order_type": "trailing_stop", "trail_amount": "0.05"}, ["trailing_stop", "GTD"]),
        ({"order_type": "trailing_stop", "trail_bps": 2}, ["trailing_stop", "GTD"]),
        ({"order_type": "market_if_touched", "stop_px": "184.97"}, ["market_if_touched", "GTD"]),
        (
            {"order_type": "limit_if_touched", "stop_px": "184.99", "limit_price": "185.00"},
            ["limit_if_touched", "GTD"],
        ),
        ({"order_type": "iceberg", "limit_price": "185.00", "display_qty": 100}, ["iceberg", "GTD"]),
        ({"order_type": "peg", "peg": "primary"}, ["peg", "GTD"]),
        ({"order_type": "peg", "peg": "mid", "limit_price": "185.05"}, ["peg", "GTD"]),
        ({"order_type": "hidden", "limit_price": "185.00"}, ["hidden", "GTD"]),
    ],
)
def test_every_type_lives_a_whole_life_on_a_market(desk: Desk, asked: dict[str, Any], synthetic: list[str]) -> None:
    order = finish(desk, desk.submit("ACME", "buy", 400, **asked, **expiring(desk)))
    assert order.state in ENDED or order.cum_qty == 400
    report = desk.report(order.terms.order_id)
    (parent,) = report["details"]["parents"]
    assert parent["order_type"] == asked["order_type"]
    assert (parent["tif"], parent["synthetic"]) == ("GTD", synthetic)
    assert parent["algorithm"] == asked["order_type"]


def test_a_stop_fills_beyond_its_price_and_not_before(desk: Desk) -> None:
    asked = {"order_type": "stop", "stop_px": "185.04"} | expiring(desk, 30)
    order = finish(desk, desk.submit("ACME", "buy", 300, **asked))
    (triggered,) = [event for event in desk.events if isinstance(event, ev.OrderTriggered)]
    assert triggered.price >= D("185.04")
    assert order.cum_qty == 300
    fills = [event for event in desk.events if isinstance(event, ev.ChildFilled)]
    assert all(fill.traded_at >= triggered.ts for fill in fills)


def test_an_iceberg_never_shows_more_than_it_should(desk: Desk) -> None:
    asked = {"order_type": "iceberg", "limit_price": "185.00", "display_qty": 150} | expiring(desk, 60)
    order = finish(desk, desk.submit("ACME", "buy", 2000, **asked))
    children = [event.terms for event in desk.events if isinstance(event, ev.ChildSubmitted)]
    assert order.cum_qty > 300
    assert max(child.quantity for child in children) <= 150


@pytest.mark.parametrize(
    "asked",
    [
        {"order_type": "stop", "stop_px": "185.04"},
        {"order_type": "stop_limit", "stop_px": "185.04", "limit_price": "185.10"},
        {"order_type": "iceberg", "limit_price": "185.00", "display_qty": 150},
        {"order_type": "peg", "peg": "primary"},
        {"order_type": "peg", "peg": "mid", "limit_price": "185.05"},
        {"order_type": "hidden", "limit_price": "185.00"},
    ],
    ids=lambda asked: "-".join(asked.values() if "peg" in asked else [asked["order_type"]])[:12],
)
def test_a_venue_that_has_a_type_gets_the_order_as_it_is(desk: Desk, asked: dict[str, Any]) -> None:
    order = finish(desk, desk.submit("ACME", "buy", 400, **asked))
    (received,) = [event for event in desk.events if isinstance(event, ev.OrderReceived)]
    (child,) = [event.terms for event in desk.events if isinstance(event, ev.ChildSubmitted)]
    assert (received.native, received.synthetic) == (child.venue, ())
    assert (child.order_type, child.instructions) == (order.terms.order_type, order.terms.instructions)
    assert order.cum_qty == 400


def test_a_stop_at_a_venue_waits_there_for_its_price(desk: Desk) -> None:
    finish(desk, desk.submit("ACME", "buy", 300, order_type="stop", stop_px="185.04"))
    (accepted,) = [event for event in desk.events if isinstance(event, ev.ChildAccepted)]
    fills = [event for event in desk.events if isinstance(event, ev.ChildFilled)]
    assert fills[0].traded_at > accepted.ts
    assert min(fill.last_px for fill in fills) >= D("185.04")


@pytest.mark.parametrize("limit", ["185.01", "185.02", "185.05"])
@pytest.mark.parametrize("quantity", [200, 900, 1500, 2500, 6000])
def test_a_fill_or_kill_order_fills_all_or_nothing(desk: Desk, quantity: int, limit: str) -> None:
    order = finish(desk, desk.submit("ACME", "buy", quantity, limit_price=limit, tif="FOK"))
    assert order.cum_qty in (0, quantity)
    (received,) = [event for event in desk.events if isinstance(event, ev.OrderReceived)]
    assert (received.native in ("NYX", "BATX"), received.synthetic) == (True, ())


def test_fill_or_kill_orders_of_both_kinds_were_seen() -> None:
    filled = []
    for quantity in (200, 6000):
        desk = Desk.open("synthetic", seed=SEED)
        filled.append(finish(desk, desk.submit("ACME", "buy", quantity, limit_price="185.02", tif="FOK")).cum_qty)
    assert filled == [200, 0]


def test_a_minimum_quantity_is_met_by_the_venue_or_nothing_fills(desk: Desk) -> None:
    order = finish(desk, desk.submit("ACME", "buy", 5000, limit_price="185.01", tif="IOC", min_qty=5000))
    assert (order.state, order.cum_qty) == (State.EXPIRED, 0)
    order = finish(desk, desk.submit("ACME", "buy", 5000, limit_price="185.01", tif="IOC", min_qty=100))
    assert order.cum_qty >= 100


def test_a_bracket_ends_flat(desk: Desk) -> None:
    ids = desk.submit_bracket("ACME", "buy", 300, take_profit="185.08", stop_loss="184.92")
    assert ids == ["P001", "P002", "P003"]
    finish(desk, ids[0])
    exits = [finish(desk, leg) for leg in ids[1:]]
    assert sum(leg.cum_qty for leg in exits) == 300
    assert desk.positions["ACME"].quantity == 0


def test_the_legs_of_an_oco_fill_one_quantity(desk: Desk) -> None:
    legs = desk.submit_oco(
        "ACME",
        "sell",
        300,
        {"limit_price": "185.06", "order_type": "limit"},
        {"order_type": "stop", "stop_px": "184.94"},
    )
    orders = [finish(desk, leg) for leg in legs]
    assert sum(order.cum_qty for order in orders) == 300


def test_an_order_that_waits_for_another_says_so(desk: Desk) -> None:
    first, second = desk.submit_oto(
        {"symbol": "ACME", "side": "buy", "quantity": 100, "limit_price": "184.00", "order_type": "limit"},
        {"symbol": "GLOBEX", "side": "sell", "quantity": 100},
    )
    assert desk.order(first).state is State.LIVE
    with pytest.raises(BadInput, match="waits for the first order of its group"):
        desk.order(second)


def test_a_time_in_force_can_be_amended(desk: Desk) -> None:
    order_id = desk.submit("ACME", "buy", 100, order_type="limit", limit_price="180.00")
    desk.amend(order_id, tif="GTD", expire_time=to_iso(desk.now + MINUTE))
    order = finish(desk, order_id)
    assert (order.state, order.reason) == (State.EXPIRED, "expire_time reached")
    assert desk.now < desk.events[0].ts + 3 * MINUTE


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"order_type": "stop"}, "a stop order needs stop_px"),
        ({"order_type": "iceberg", "limit_price": 185, "display_qty": 900}, "display_qty is more than the quantity"),
        ({"order_type": "stopp"}, "must be one of market, limit, stop"),
        ({"tif": "GTX"}, "must be one of DAY, GTC"),
        ({"stop_price": 3}, "stop_price: is no field of an order; an order may have: stop_px"),
        ({"order_type": "peg", "peg": "middle"}, "must be one of primary, mid, market"),
        ({"tif": "GTD", "expire_time": "tomorrow"}, "must be ISO-8601 with a zone"),
        ({"order_type": "stop", "stop_px": "185.001"}, "stop_px 185.001 is not a multiple of the tick 0.01"),
        ({"reduce_only": "yes"}, "must be true or false"),
        ({"reduce_only": True}, "there is no position in ACME that this side would reduce"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(desk: Desk, asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        desk.submit("ACME", "buy", 100, **asked)


def test_a_short_sale_is_refused_without_a_locate(desk: Desk) -> None:
    with pytest.raises(BadInput, match="borrow them first and set located"):
        desk.submit("ACME", "sell_short", 100)
    assert finish(desk, desk.submit("ACME", "sell_short", 100, located=True)).cum_qty == 100
    assert finish(desk, desk.submit("ACME", "buy_to_cover", 150)).cum_qty == 100


@pytest.mark.parametrize(
    ("calendars", "sentence"),
    [
        ({"ACME": "XNYSE"}, "did you mean XNYS"),
        ({"NOBODY": "XNYS"}, "is not in this market"),
        ({"ACME": "XTKS"}, "is closed as long as this market's data lasts"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(calendars: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        Desk.open("synthetic", calendars=calendars)


def test_an_exchange_that_closes_early_ends_the_day_orders() -> None:
    """The market's data goes on for hours; London closes at 15:30 UTC in August."""
    desk = Desk.open("synthetic", seed=SEED, calendars={"ACME": "XLON"})
    order = finish(desk, desk.submit("ACME", "buy", 100, order_type="limit", limit_price="150.00"))
    assert (order.state, order.reason) == (State.EXPIRED, "end of session")
    assert to_iso(desk.now)[11:16] == "15:30"
