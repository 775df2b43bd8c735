"""The pre-trade analysis: what must hold of every one, and what it advises in markets where the answer is plain."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.cost.analysis import PreTrade, analyse
from penstock.cost.basket import basket_of, joint_schedule
from penstock.cost.candidates import Order, worked
from penstock.cost.impact_template import DEFAULT
from penstock.cost.liquidity import liquidity_of
from penstock.cost.market_state import MarketState
from penstock.cost.strategy_template import venue_allocation
from penstock.domain.errors import BadInput
from penstock.market.volume_curve import EQUITY

BOOK = ((99.99, 400.0), (99.97, 800.0)), ((100.01, 500.0), (100.03, 500.0))
MARKET = MarketState(
    symbol="ACME", price=100.0, spread_bps=2.0, adv=1e6, daily_volatility=0.02, maker_bps=-0.2, taker_bps=0.3,
    bids=BOOK[0], asks=BOOK[1], curve=EQUITY,
)  # fmt: skip


def order(quantity: float, **changed: object) -> Order:
    return Order(**({"symbol": "ACME", "sign": 1, "quantity": quantity, "horizon_minutes": 390.0} | changed))  # type: ignore[arg-type]


def analysed(quantity: float, market: MarketState = MARKET, **changed: object) -> PreTrade:
    return analyse(order(quantity, **changed), market)


def test_liquidity_is_what_the_book_shows() -> None:
    found = liquidity_of(MARKET, 1, 750.0)
    assert (found.touch_quantity, found.displayed, found.displayed_in_all) == (
        500.0,
        {"5": 1000, "10": 1000, "25": 1000},
        1000,
    )
    assert found.times_touch == 1.5
    assert found.imbalance == pytest.approx(-100 / 900)
    assert found.immediate_bps == pytest.approx((500 * 1 + 250 * 3) / 750)
    assert found.days_at_a_tenth == pytest.approx(0.0075)
    deep = liquidity_of(MARKET, -1, 10_000.0)
    assert deep.beyond_the_book == 8800
    assert deep.immediate_bps == pytest.approx((400 * 1 + 800 * 3 + 8800 * (1 + 0.7 * 200 * 0.1)) / 10_000)


def test_what_the_book_holds_is_taken_at_once_by_who_is_in_a_hurry_and_worked_by_who_is_not() -> None:
    assert analysed(400, urgency=0.9).chosen.algorithm == "market"
    assert analysed(400, urgency=0.0).chosen.algorithm in ("vwap", "twap")
    assert "not" not in analysed(400, urgency=0.9).recommendation.reason


def test_the_more_urgent_the_dearer_and_the_safer() -> None:
    chosen = [analysed(20_000, urgency=urgency).chosen for urgency in (0.0, 0.1, 0.3, 0.6, 1.0)]
    costs, risks = [way.expected_bps for way in chosen], [way.timing_risk_bps for way in chosen]
    assert costs == sorted(costs)
    assert risks == sorted(risks, reverse=True)


def test_what_cannot_be_done_in_time_is_said_with_what_would_do() -> None:
    found = analysed(400_000, horizon_minutes=195.0)
    [warning] = found.recommendation.warnings
    assert "more than the 25% allowed: give it" in warning
    assert not analysed(400_000, horizon_minutes=1950.0).recommendation.warnings


def test_an_order_beyond_every_model_is_warned_of_and_charged_no_more_than_the_law() -> None:
    found = analysed(5e6, horizon_minutes=60.0)
    assert "5.0 days' volume: impact was fitted to far smaller ones" in found.recommendation.warnings[1]
    assert found.impact.total_bps == pytest.approx(0.7 * 200 * 5**0.5)


def test_a_price_that_moves_away_makes_haste_cheap() -> None:
    patient = analysed(20_000, urgency=0.0)
    chased = analysed(20_000, msgspec.structs.replace(MARKET, trend_bps=300.0), urgency=0.0)
    assert chased.chosen.horizon_minutes < patient.chosen.horizon_minutes
    assert (
        analysed(20_000, msgspec.structs.replace(MARKET, trend_bps=300.0), urgency=0.0, sign=-1).chosen.expected_bps < 0
    )


@settings(max_examples=15, deadline=None)
@given(
    st.floats(1.0, 2e6),
    st.floats(0.0, 1.0),
    st.sampled_from([1, -1]),
    st.floats(0.001, 0.1),
    st.floats(0.01, 1.0),
    st.floats(0.5, 3000.0),
)
def test_what_holds_of_every_analysis(
    quantity: float, urgency: float, sign: int, volatility: float, most: float, minutes: float
) -> None:
    market = msgspec.structs.replace(MARKET, daily_volatility=volatility)
    found = analysed(quantity, market, urgency=urgency, sign=sign, participation_max=most, horizon_minutes=minutes)
    chosen = found.chosen
    assert chosen in found.ways
    for way in found.ways:
        parts = way.spread_bps + way.temporary_bps + way.permanent_bps + way.momentum_bps + way.fees_bps
        assert way.expected_bps == pytest.approx(parts)
        assert way.interval.low <= way.expected_bps <= way.interval.high
        assert way.done[0] == 0.0
        assert way.done[-1] == pytest.approx(1.0)
        assert list(way.done) == sorted(way.done)
        assert way.horizon_minutes <= minutes * (1 + 1e-9) or way.algorithm == "market"
    costs, risks = [each.expected_bps for each in found.frontier], [each.timing_risk_bps for each in found.frontier]
    assert costs == sorted(costs)
    assert risks == sorted(risks, reverse=True)
    assert sum(found.strategy.venues.values()) == pytest.approx(1.0)
    assert sum(found.strategy.time.values()) == pytest.approx(1.0)
    assert found.impact.total_bps == pytest.approx(chosen.temporary_bps + chosen.permanent_bps, abs=1e-6)
    assert 0 < found.strategy.clips.lit <= quantity
    abort = next(each for each in found.aborts if each.name == "slippage")
    assert abort.value >= chosen.expected_bps


def test_a_worked_order_never_costs_more_impact_than_the_square_root_law() -> None:
    rushed, calm = (worked(order(900), MARKET, DEFAULT, "twap", minutes) for minutes in (0.5, 120.0))
    assert rushed.temporary_bps + rushed.permanent_bps == pytest.approx(0.7 * 200 * 0.03)
    assert calm.temporary_bps + calm.permanent_bps < 0.7 * 200 * 0.03


@pytest.mark.parametrize(
    ("size", "urgency", "venues"),
    [
        (0.005, 0.5, (0.10, 0.90, 0.00)),
        (0.03, 0.5, (0.20, 0.75, 0.05)),
        (0.5, 0.5, (0.30, 0.50, 0.20)),
        (0.5, 0.8, (0.15, 0.85, 0.00)),
    ],
)
def test_the_larger_an_order_the_less_of_it_shows(size: float, urgency: float, venues: tuple[float, ...]) -> None:
    assert tuple(venue_allocation(size, urgency).values()) == pytest.approx(venues)
    assert venue_allocation(size, urgency, lit_only=True) == {"dark": 0.0, "lit": 1.0, "crossing": 0.0}


def test_a_market_knows_when_its_volume_comes() -> None:
    morning = MARKET.volume_share(30)
    assert morning == pytest.approx(EQUITY[0] / sum(EQUITY))
    assert MARKET.volume_share(390) == pytest.approx(1.0)
    assert MARKET.volume_share(390 * 3 + 30) == pytest.approx(3 + morning)
    assert MARKET.minutes_for(morning) == pytest.approx(30.0, rel=1e-6)
    noon = msgspec.structs.replace(MARKET, elapsed=0.5)
    assert noon.volume_share(30) < morning
    assert noon.volume_share(390) == pytest.approx(1.0)


def test_a_hedged_basket_risks_less_and_a_hedge_is_kept_longer() -> None:
    other = msgspec.structs.replace(MARKET, symbol="GLOBEX", daily_volatility=0.03)
    both = [analysed(30_000, urgency=0.2), analysed(20_000, other, symbol="GLOBEX", sign=-1, urgency=0.2)]
    hedged, alone, doubled = (basket_of(both, correlation) for correlation in (0.9, 0.0, -0.9))
    assert hedged.risk < alone.risk < doubled.risk
    assert alone.risk == pytest.approx(alone.risk_if_alone)
    assert hedged.expected == alone.expected
    assert (hedged.value, hedged.net_value) == pytest.approx((5e6, 1e6))
    joint = joint_schedule(both, 390.0, 0.2, 0.9)
    by_itself = joint_schedule(both, 390.0, 0.2, 0.0)
    middle = len(joint.done) // 2
    assert joint.done[middle][0] < by_itself.done[middle][0]
    assert joint.done[0] == (0.0, 0.0)
    assert joint.done[-1] == (1.0, 1.0)
    objective = joint.temporary + joint.risk_aversion * joint.risk**2
    assert objective <= joint.temporary_alone + joint.risk_aversion * joint.risk_alone**2


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda: order(0), "quantity: must be greater than zero"),
        (lambda: order(1, sign=2), "sign: must be"),
        (lambda: order(1, urgency=1.1), "urgency: must lie between 0 and 1"),
        (lambda: order(1, participation_max=0), "participation_max: must lie in"),
        (lambda: msgspec.structs.replace(MARKET, adv=0), "adv: must be greater than zero"),
        (lambda: msgspec.structs.replace(MARKET, curve=(0.0,)), "curve: must have"),
        (lambda: msgspec.structs.replace(MARKET, elapsed=1.0), "elapsed: must lie in"),
        (lambda: basket_of([analysed(10), analysed(10)], -1.1), "correlation: must lie between -1 and 1 for 2 orders"),
        (
            lambda: basket_of([analysed(10), analysed(10, msgspec.structs.replace(MARKET, currency="EUR"))]),
            "must be one for all orders, not EUR, USD",
        ),
    ],
)
def test_what_cannot_be_is_refused(broken: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        broken()  # type: ignore[operator]
