"""Following volume: worked VWAP figures, lots that lose nothing, and the dynamic schedule as a generalisation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.cost import volume_schedule as vs
from penstock.domain.errors import BadInput

VOLUME = [1200.0, 800.0, 500.0, 400.0, 700.0, 1400.0]
PRICE = [100.0, 100.1, 100.05, 99.95, 100.2, 100.3]
CURVE = [0.22, 0.16, 0.1, 0.09, 0.15, 0.28]
REVISED = [
    [0.22, 0.16, 0.1, 0.09, 0.15, 0.28],
    [0.0, 0.18, 0.1, 0.09, 0.14, 0.27],
    [0.0, 0.0, 0.11, 0.08, 0.15, 0.26],
    [0.0, 0.0, 0.0, 0.08, 0.16, 0.3],
    [0.0, 0.0, 0.0, 0.0, 0.15, 0.3],
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
]


def test_a_static_vwap_and_what_it_cost_against_the_market() -> None:
    schedule = vs.static_schedule(10_000, CURVE)
    assert schedule == pytest.approx([2200, 1600, 1000, 900, 1500, 2800])
    market = vs.average_price(VOLUME, PRICE)
    assert market == pytest.approx(100.129, rel=1e-14)
    average = vs.average_price(schedule, PRICE)
    assert average == pytest.approx(100.1305, rel=1e-14)
    assert vs.slippage_bps(average, market, 1) == pytest.approx(0.14980674929270754, rel=1e-9)
    assert vs.slippage_bps(average, market, -1) == pytest.approx(-0.14980674929270754, rel=1e-9)


def test_a_dynamic_vwap_follows_the_revised_curves() -> None:
    schedule = vs.dynamic_schedule(10_000, REVISED)
    assert schedule == pytest.approx([2200, 1800, 1100, 725.9259259259259, 1391.3580246913582, 2782.716049382716])
    average = vs.average_price(schedule, PRICE)
    assert average == pytest.approx(100.13117901234567, rel=1e-14)
    assert vs.slippage_bps(average, 100.129, 1) == pytest.approx(0.217620504116088, rel=1e-9)


@given(st.lists(st.floats(0.01, 10.0), min_size=1, max_size=30), st.floats(-1e6, 1e6))
def test_dynamic_is_static_while_the_curve_stays(curve: list[float], quantity: float) -> None:
    fixed = vs.dynamic_schedule(quantity, [curve] * len(curve))
    assert fixed == pytest.approx(vs.static_schedule(quantity, curve), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("own_included", "done"),
    [
        (
            True,
            [
                133.33333333333334,
                88.8888888888889,
                55.55555555555556,
                44.44444444444445,
                77.77777777777779,
                155.55555555555557,
            ],
        ),
        (False, [120.0, 80.0, 50.0, 40.0, 70.0, 140.0]),
    ],
)
def test_a_tenth_of_the_volume(own_included: bool, done: list[float]) -> None:
    assert vs.pov_schedule(VOLUME, 0.1, own_included=own_included) == pytest.approx(done)


def test_whole_lots() -> None:
    assert vs.even_slices(1000, 7).tolist() == [143, 143, 143, 142, 143, 143, 143]
    assert vs.even_slices(-1000, 7).tolist() == [-143, -143, -143, -142, -143, -143, -143]
    weights = [2211.0, 1608.0, 1005.0, 904.5, 1507.5, 2814.0]
    assert vs.largest_remainder(10_100, weights, 100).tolist() == [2200, 1600, 1000, 900, 1500, 2900]


def test_the_best_static_curve_is_the_mean_share() -> None:
    days = [[20.0, 30.0, 50.0], [2.5, 3.0, 4.5]]
    assert vs.mean_shares(days) == pytest.approx([0.225, 0.3, 0.475])


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=40),
    st.sampled_from([1.0, 100.0, 0.001, 0.1]),
)
def test_lots_lose_nothing_and_are_never_off_by_more_than_one(schedule: list[float], lot: float) -> None:
    whole = vs.in_lots(schedule, lot)
    assert abs(whole.sum() - sum(schedule)) <= lot * 0.5000001 + 1e-6
    assert (np.abs(np.cumsum(whole) - np.cumsum(schedule)) <= lot * 0.5000001 + 1e-6).all()


@given(st.integers(1, 10_000), st.lists(st.floats(0.001, 100), min_size=1, max_size=20), st.sampled_from([1.0, 100.0]))
def test_largest_remainders_add_up(lots: int, weights: list[float], lot: float) -> None:
    shared = vs.largest_remainder(lots * lot, weights, lot)
    assert shared.sum() == lots * lot
    assert (np.abs(shared / lot - lots * np.array(weights) / sum(weights)) < 1 + 1e-6).all()


@pytest.mark.parametrize(
    "broken",
    [
        lambda: vs.static_schedule(100, [0.0, 0.0]),
        lambda: vs.static_schedule(100, [1.0, -1.0]),
        lambda: vs.dynamic_schedule(100, [[1.0, 2.0]]),
        lambda: vs.pov_schedule([1.0], 1.0, own_included=True),
        lambda: vs.pov_schedule([-1.0], 0.1),
        lambda: vs.largest_remainder(150, [1.0], 100),
        lambda: vs.average_price([1.0], [1.0, 2.0]),
    ],
)
def test_what_cannot_be_scheduled_is_refused(broken: object) -> None:
    with pytest.raises(BadInput):
        broken()  # type: ignore[operator]
