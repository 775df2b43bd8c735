"""Volume curves: only ever up, from nothing to everything, and the shapes that traders expect."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.instrument import AssetClass
from penstock.domain.time import DAY, HOUR, from_iso
from penstock.market.volume_curve import VolumeCurve, named_curve, weights_from_days

OPEN = from_iso("2025-08-18T13:30:00Z")
CLOSE = OPEN + 13 * HOUR // 2

weights = st.lists(st.floats(0, 1000), min_size=1, max_size=30).filter(lambda given: sum(given) > 1e-6)
moments = st.integers(OPEN - HOUR, CLOSE + HOUR)


@given(weights, st.booleans(), st.lists(moments, min_size=2, max_size=8), moments, moments)
def test_a_fraction_only_grows_and_stays_between_nothing_and_everything(
    given_weights: list[float], daily: bool, at: list[int], one: int, other: int
) -> None:
    start, end = min(one, other), max(one, other) + 1
    curve = VolumeCurve(given_weights, OPEN, CLOSE - OPEN, daily=daily)
    done = [curve.fraction(moment, start, end) for moment in sorted(at)]
    assert all(0.0 <= fraction <= 1.0 for fraction in done)
    assert all(after >= before - 1e-12 for before, after in pairwise(done))
    assert (curve.fraction(start, start, end), curve.fraction(end, start, end)) == (0.0, 1.0)


def test_a_bin_ends_with_its_weight_and_is_even_within() -> None:
    curve = VolumeCurve((6.0, 1.0, 3.0), OPEN, 30)
    done = [curve.fraction(OPEN + at, OPEN, OPEN + 30) for at in (0, 5, 10, 20, 25, 30)]
    assert done == pytest.approx([0, 0.3, 0.6, 0.7, 0.85, 1.0])


def test_a_window_in_which_nothing_is_expected_is_even() -> None:
    curve = VolumeCurve((1.0, 0.0, 1.0), OPEN, 30)
    assert curve.fraction(OPEN + 15, OPEN + 10, OPEN + 20) == 0.5


def test_a_daily_curve_goes_on_over_midnight() -> None:
    curve = VolumeCurve((1.0, 3.0), OPEN, DAY, daily=True)
    assert curve.cumulative(OPEN + DAY + DAY // 2) == 1.25
    assert curve.fraction(OPEN + DAY, OPEN + DAY // 2, OPEN + 3 * DAY // 2) == 0.75


@pytest.mark.parametrize(
    ("asset_class", "shape"),
    [(AssetClass.EQUITY, "equity"), (AssetClass.PERPETUAL, "crypto"), (AssetClass.SPOT, "crypto")],
)
def test_the_default_curve_suits_the_asset_class(asset_class: AssetClass, shape: str) -> None:
    default, named = (named_curve(name, asset_class, OPEN, CLOSE) for name in (None, shape))
    middle = (OPEN + CLOSE) // 2
    assert default.fraction(middle, OPEN, CLOSE) == named.fraction(middle, OPEN, CLOSE)


def test_the_equity_session_is_busy_at_both_ends_and_the_flat_one_is_not() -> None:
    def share(shape: str, first: float, last: float) -> float:
        curve = named_curve(shape, AssetClass.EQUITY, OPEN, CLOSE)
        opens, closes = (OPEN + round((CLOSE - OPEN) * part) for part in (first, last))
        return curve.fraction(closes, OPEN, CLOSE) - curve.fraction(opens, OPEN, CLOSE)

    assert share("equity", 0.0, 0.1) > 2 * share("equity", 0.45, 0.55)
    assert share("equity", 0.9, 1.0) > 2 * share("equity", 0.45, 0.55)
    assert share("flat", 0.0, 0.1) == pytest.approx(0.1)


def test_days_are_condensed_to_the_median_share_and_half_days_left_out() -> None:
    days = [[10, 20, 10], [100, 200, 100], [90, 5, 5], [7, 7]]
    assert weights_from_days(days) == pytest.approx((0.25, 0.5, 0.25))


@pytest.mark.parametrize("days", [[], [[]], [[0, 0]]])
def test_days_without_volume_make_no_curve(days: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="to make a curve from"):
        weights_from_days(days)
