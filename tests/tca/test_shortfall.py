"""Implementation shortfall: the published examples, each part on its own, and the promise that the parts add up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from journal_events import INVERSE, STOCK, filled, quote

from penstock.domain.instrument import Instrument
from penstock.domain.orders import Side
from penstock.tca.shortfall import PARTS, Shortfall, shortfall

D = Decimal

# (source, side, quantity, decision, arrival, filled, fill price, end, fees) -> (delay, trading, opportunity, bps)
PUBLISHED = [
    ("CFA Impulse Robotics", "buy 1000", "10.00 10.05", "700 @ 10.07", "10.08", "14", "35 14 24", "87.0"),
    ("Schwesser Megawidgets", "buy 1000", "50.00 50.05", "700 @ 50.07", "50.09", "23", "35 14 27", "19.8"),
    ("gaodun b03v1i", "buy 1000", "40.00 40.04", "700 @ 40.05", "40.08", "17", "28 7 24", "19.0"),
    ("Bloomberg Prep", "buy 4000", "16.24 16.24", "4000 @ 16.20", "16.28", "38.5", "0 -160 0", "-18.703818"),
    ("CFA 2000 Q28", "sell 50000", "43 41", "50000 @ 40.25", "38", "2500", "100000 37500 0", "651.162791"),
    ("CFA L3", "buy 100000", "30.0 30.1", "80000 @ 30.2", "30.5", "1600", "8000 8000 10000", "92.0"),
]


@pytest.mark.parametrize(
    ("name", "order", "prices", "fill", "end", "fees", "expected", "bps"), PUBLISHED, ids=lambda x: x
)
def test_published_examples_are_reproduced_to_the_last_digit(
    name: str, order: str, prices: str, fill: str, end: str, fees: str, expected: str, bps: str
) -> None:
    side, quantity = order.split()
    decision, arrival = prices.split()
    qty, price = fill.split(" @ ")
    costs = cost(side, quantity, decision, arrival, end, [filled(qty, price, fee=fees)])
    delay, trading, opportunity = map(D, expected.split())
    assert costs.delay == delay
    assert costs.spread + costs.temporary + costs.permanent + costs.timing == trading
    assert costs.opportunity == opportunity
    assert costs.fees == D(fees)
    assert costs.total == delay + trading + opportunity + D(fees)
    assert round(costs.bps(costs.total), 6) == D(bps)


def cost(
    side: str, quantity: str, decision: str, arrival: str, end: str, fills: list, instrument: Instrument = STOCK
) -> Shortfall:
    return shortfall(
        instrument=instrument,
        side=Side(side),
        quantity=D(quantity),
        decision=D(decision),
        arrival=D(arrival),
        end=D(end),
        fills=fills,
    )


def parts(costs: Shortfall) -> dict[str, Decimal]:
    return {name: amount for name, amount in costs.parts.items() if amount}


BOOK = quote("9.99", "10.01")


def test_a_taker_pays_half_the_spread_and_what_lies_beyond_the_touch() -> None:
    swept = [filled(60, "10.01", before=BOOK), filled(40, "10.02", before=BOOK)]
    assert parts(cost("buy", "100", "10", "10", "10", swept)) == {"spread": D("1.00"), "temporary": D("0.40")}


def test_a_seller_pays_the_same_the_other_way_round() -> None:
    swept = [filled(60, "9.99", before=BOOK), filled(40, "9.98", before=BOOK)]
    assert parts(cost("sell", "100", "10", "10", "10", swept)) == {"spread": D("1.00"), "temporary": D("0.40")}


def test_a_passive_fill_earns_the_half_spread() -> None:
    assert parts(cost("buy", "100", "10", "10", "10", [filled(100, "9.99", before=BOOK, maker=True)])) == {
        "spread": D("-1.00")
    }


def test_our_own_move_of_the_mid_is_charged_to_later_fills_and_not_to_the_one_that_made_it() -> None:
    moved = quote("10.01", "10.03")
    fills = [
        filled(100, "10.01", before=BOOK, after=moved, at=1),
        filled(100, "10.03", before=moved, after=quote("10.02", "10.04"), at=2),
    ]
    costs = cost("buy", "200", "10", "10", "10", fills)
    assert parts(costs) == {"spread": D("2.00"), "permanent": D("2.00")}


def test_a_sweep_of_many_fills_moves_the_mid_once() -> None:
    moved = quote("10.03", "10.05")
    sweep = [filled(10, f"10.0{n}", before=BOOK, after=moved, at=1) for n in (1, 2, 3)]
    then = filled(100, "10.05", before=moved, at=2)
    assert cost("buy", "130", "10", "10", "10", [*sweep, then]).permanent == D("4.00")


def test_a_move_that_the_market_takes_back_is_no_longer_ours() -> None:
    moved, half_back = quote("10.03", "10.05"), quote("10.01", "10.03")
    fills = [
        filled(100, "10.01", before=BOOK, after=moved, at=1),
        filled(100, "10.03", before=half_back, after=half_back, at=2),
        filled(100, "10.01", before=BOOK, after=BOOK, at=3),
        filled(100, "10.05", before=moved, at=4),
    ]
    costs = cost("buy", "400", "10", "10", "10", fills)
    assert costs.permanent == D("2.00"), "half of 4 cents is left for the second fill, nothing for the others"
    assert costs.timing == D("4.00"), "the rise before the last fill is the market's"


def test_a_move_on_one_venue_is_not_charged_on_another() -> None:
    fills = [
        filled(100, "10.01", before=BOOK, after=quote("10.03", "10.05"), at=1),
        filled(100, "10.01", before=BOOK, at=2, venue="XB"),
    ]
    assert cost("buy", "200", "10", "10", "10", fills).permanent == 0


def test_what_moves_at_a_passive_fill_is_the_aggressors_doing() -> None:
    fallen = quote("9.97", "9.99")
    fills = [
        filled(100, "9.99", before=BOOK, after=fallen, maker=True, at=1),
        filled(100, "9.97", before=fallen, maker=True, at=2),
    ]
    assert parts(cost("buy", "200", "10", "10", "10", fills)) == {"spread": D("-2.00"), "timing": D("-2.00")}


def test_without_a_quote_before_the_fill_everything_but_delay_is_timing_and_it_is_said() -> None:
    costs = cost("buy", "100", "10", "10.02", "10", [filled(100, "10.05")])
    assert parts(costs) == {"delay": D("2.00"), "timing": D("3.00")}
    assert costs.unquoted_fills == 1


def test_an_order_that_never_traded_costs_the_opportunity() -> None:
    assert parts(cost("sell", "100", "10", "9.9", "9.5", [])) == {"opportunity": D("50.0")}


prices = st.integers(900, 1100).map(lambda ticks: D(ticks) / 100)


@st.composite
def quotes(draw: st.DrawFn):
    bid = draw(prices)
    return draw(st.sampled_from([None, quote(str(bid), str(bid + D(draw(st.integers(1, 9))) / 100))]))


@st.composite
def executions(draw: st.DrawFn):
    return [
        filled(
            draw(st.integers(1, 500)),
            str(draw(prices)),
            at=draw(st.integers(0, 5)),
            before=draw(quotes()),
            after=draw(quotes()),
            maker=draw(st.booleans()),
            fee=str(D(draw(st.integers(-99, 999))) / 1000),
            venue=draw(st.sampled_from(["XA", "XB"])),
        )
        for _ in range(draw(st.integers(0, 12)))
    ]


@given(
    side=st.sampled_from(Side),
    unfilled=st.integers(0, 900),
    decision=prices,
    arrival=prices,
    end=prices,
    fills=executions(),
)
def test_the_parts_add_up_to_paper_minus_real_exactly(
    side: Side, unfilled: int, decision: Decimal, arrival: Decimal, end: Decimal, fills: list
) -> None:
    quantity = unfilled + sum(fill.last_qty for fill in fills)
    costs = cost(side, str(quantity), str(decision), str(arrival), str(end), fills)
    paper = side.sign * quantity * (end - decision)
    real = sum(side.sign * fill.last_qty * (end - fill.last_px) - fill.fee for fill in fills)
    assert sum(costs.parts.values()) == costs.total == paper - real


@given(
    side=st.sampled_from(Side),
    unfilled=st.integers(0, 900),
    decision=prices,
    arrival=prices,
    end=prices,
    fills=executions(),
)
def test_the_parts_of_an_inverse_contract_add_up_too(
    side: Side, unfilled: int, decision: Decimal, arrival: Decimal, end: Decimal, fills: list
) -> None:
    quantity = unfilled + sum(fill.last_qty for fill in fills)
    costs = cost(side, str(quantity), str(decision), str(arrival), str(end), fills, INVERSE)
    paper = side.sign * quantity * (end - decision)
    real = sum(side.sign * fill.last_qty * (end - fill.last_px) for fill in fills)
    expected = (paper - real) * 100 / decision + sum(fill.fee for fill in fills)
    assert sum(costs.parts.values()) == costs.total
    scale = sum(abs(amount) for amount in costs.parts.values())
    assert abs(costs.total - expected) <= scale * D("1e-12")
    assert list(costs.parts) == list(PARTS)
