"""What an order should cost: the square-root law, the displayed book walked by hand, and the estimate's sum."""

from decimal import Decimal
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.cost.displayed_book import immediate_bps, merge_levels
from penstock.cost.pretrade import estimate
from penstock.cost.square_root import square_root_bps
from penstock.domain.instrument import SymbolProfile
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Depth, Quote
from penstock.domain.time import MINUTE
from penstock.domain.venue import Fees, VenueSpec
from penstock.sim.synthetic import ACME

D = Decimal
ASKS = [(D("100.01"), D(100)), (D("100.02"), D(300)), (D("100.05"), D(600))]
DEPTH = Depth(bids=((D("99.99"), D(100)), (D("99.97"), D(500))), asks=tuple(ASKS))


@pytest.mark.parametrize(
    ("share", "volatility", "coefficient", "bps"),
    [(0.01, 0.02, 1.0, 20.0), (0.04, 0.02, 1.0, 40.0), (0.01, 0.01, 0.7, 7.0), (1.0, 0.02, 0.5, 100.0)],
)
def test_the_square_root_law(share: float, volatility: float, coefficient: float, bps: float) -> None:
    """C · σ · √(Q/ADV): four times the size costs twice as much."""
    assert square_root_bps(share * 1e6, 1e6, volatility, coefficient) == pytest.approx(bps)


@pytest.mark.parametrize(
    ("quantity", "bps"),
    [(100, "1"), (400, "1.75"), (1000, "3.7")],  # (100·1 + 300·2 + 600·5) / 1000
)
def test_the_displayed_book_is_walked_exactly(quantity: int, bps: str) -> None:
    assert immediate_bps(D(quantity), Side.BUY, D(100), ASKS) == D(bps)


def test_beyond_the_book_the_price_goes_on_by_the_square_root() -> None:
    """4,000 against 1,000 displayed up to 5 bps: the last share pays 10, the 3,000 beyond 7.5 on average."""
    cost = immediate_bps(D(4000), Side.BUY, D(100), ASKS)
    assert cost is not None
    assert float(cost) == pytest.approx((1000 * 3.7 + 3000 * (5 + 5 * sqrt(4)) / 2) / 4000)


def test_nothing_displayed_is_not_known() -> None:
    assert immediate_bps(D(1), Side.BUY, D(100), []) is None


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_more_never_costs_less_a_unit(one: int, other: int) -> None:
    few, many = (immediate_bps(D(size), Side.BUY, D(100), ASKS) for size in sorted((one, other)))
    assert few is not None
    assert many is not None
    assert few <= many + D("1e-9")


@pytest.mark.parametrize(
    ("side", "prices"),
    [(Side.BUY, ["100.01", "100.02", "100.03", "100.05"]), (Side.SELL, ["99.99", "99.98", "99.97", "99.96"])],
)
def test_venues_are_merged_best_price_first(side: Side, prices: list[str]) -> None:
    other = Depth(bids=((D("99.98"), D(1)), (D("99.96"), D(1))), asks=((D("100.03"), D(1)),))
    assert [price for price, _ in merge_levels([DEPTH, other], side)] == [D(price) for price in prices]


def estimated(profile: SymbolProfile | None, depths: dict[str, Depth]) -> dict[str, Decimal]:
    quote = Quote(ts=0, bid=D("99.99"), bid_qty=D(100), ask=D("100.01"), ask_qty=D(100))
    terms = OrderTerms(order_id="P", symbol="ACME", side=Side.BUY, quantity=D(400))
    venue = VenueSpec(name="XA", fees=Fees(maker_bps=D(1), taker_bps=D(3)))
    return estimate(terms, ACME.instrument, {"XA": quote}, depths, {"XA": venue}, profile)


def test_an_estimate_is_the_sum_of_its_parts() -> None:
    costs = estimated(SymbolProfile(adv=D(40_000), daily_volatility=0.02), {"XA": DEPTH})
    assert costs == {
        "half_spread_bps": D("0.5"),  # half of it crosses
        "fees_bps": D(2),
        "impact_bps": D(14),  # 0.7 · 2 % · √0.01
        "expected_bps": D("16.5"),
        "immediate_bps": D("4.75"),  # 1.75 of depth and 3 of fee
    }


def test_what_is_not_known_is_left_out_of_an_estimate() -> None:
    assert set(estimated(None, {})) == {"half_spread_bps", "fees_bps", "expected_bps"}


OPEN, CLOSE = 0, 390 * MINUTE
PROFILE = SymbolProfile(adv=D(40_000), daily_volatility=0.02)


def worked(algorithm: str, window: tuple[int, int], **parameters: object) -> dict[str, Decimal]:
    quote = Quote(ts=0, bid=D("99.99"), bid_qty=D(100), ask=D("100.01"), ask_qty=D(100))
    terms = OrderTerms(
        order_id="P", symbol="ACME", side=Side.BUY, quantity=D(400), algorithm=algorithm, parameters=parameters
    )
    venue = VenueSpec(name="XA", fees=Fees(maker_bps=D(1), taker_bps=D(3)))
    asked = (terms, ACME.instrument, {"XA": quote}, {"XA": DEPTH}, {"XA": venue}, PROFILE)
    return estimate(*asked, (*window, OPEN, CLOSE))


def test_an_order_worked_over_a_window_is_priced_at_its_pace_with_an_interval() -> None:
    """1 % of a day's volume over the whole day: 28.4·0.01^0.6 passing, 118.08·0.01 lasting, σ·√(1/3) of risk."""
    costs = worked("twap", (OPEN, CLOSE))
    assert float(costs["temporary_bps"]) == pytest.approx(28.4 * 0.01**0.6, abs=1e-4)
    assert float(costs["permanent_bps"]) == pytest.approx(1.1808, abs=1e-4)
    assert costs["impact_bps"] == pytest.approx(costs["temporary_bps"] + costs["permanent_bps"], abs=D("0.0002"))
    assert float(costs["timing_risk_bps"]) == pytest.approx(200 / sqrt(3), abs=1e-4)
    wide = 1.6448536 * sqrt(200**2 / 3 + (0.5 * float(costs["impact_bps"])) ** 2)
    assert float(costs["high_bps"] - costs["expected_bps"]) == pytest.approx(wide, abs=1e-3)
    assert float(costs["expected_bps"] - costs["low_bps"]) == pytest.approx(wide, abs=1e-3)
    assert costs["immediate_bps"] == D("4.75")


def test_an_hour_costs_more_than_the_day_and_a_busy_one_less_than_a_quiet_one() -> None:
    hour = 60 * MINUTE
    day, first, noon = (
        worked("twap", window)["temporary_bps"] for window in ((OPEN, CLOSE), (OPEN, hour), (3 * hour, 4 * hour))
    )
    assert noon > first > day


def test_following_volume_ends_when_its_share_is_done() -> None:
    """A fifth of the volume: the order is 1 % of a day's, and takes a twentieth of it."""
    costs = worked("vwap", (OPEN, CLOSE), participation_rate=0.2)
    assert float(costs["temporary_bps"]) == pytest.approx(28.4 * 0.2**0.6, abs=1e-4)
    assert float(costs["timing_risk_bps"]) == pytest.approx(200 * sqrt(0.05 / 3), abs=1e-4)


def test_haste_costs_no_more_than_the_square_root_law() -> None:
    assert float(worked("twap", (OPEN, MINUTE))["impact_bps"]) == pytest.approx(0.7 * 200 * 0.1, abs=1e-4)


@pytest.mark.parametrize("algorithm", ["market", "limit"])
def test_an_order_that_no_algorithm_works_has_no_pace(algorithm: str) -> None:
    assert "timing_risk_bps" not in worked(algorithm, (OPEN, CLOSE))
