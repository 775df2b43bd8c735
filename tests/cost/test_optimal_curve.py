"""Implementation shortfall's schedule: the published optimum in continuous time, and the same curve asked for again."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.cost.almgren_chriss import LinearImpact, optimal_trajectory
from penstock.cost.impact_template import ImpactTemplate
from penstock.cost.optimal_curve import (
    BEND_MAX,
    OptimalCurve,
    bend_of_first_rate,
    dearness,
    done,
    first_rate,
    shortfall_bend,
    spread,
    steepest,
    waiting,
)
from penstock.cost.schedule_cost import temporary_bps, timing_risk_bps, worst_pace
from penstock.domain.errors import BadInput

T = 3_600_000_000_000
bends = st.floats(0.0, 20.0)


def test_no_bend_is_even_and_every_curve_ends_at_everything() -> None:
    assert OptimalCurve(0, T, 0.0)(T // 4) == 0.25
    bent = OptimalCurve(0, T, 3.0)
    assert [bent(at) for at in (-1, 0, T, T + 1)] == [0.0, 0.0, 1.0, 1.0]
    assert bent(T // 2) == pytest.approx(0.78746, abs=1e-5)
    assert OptimalCurve(5, 5, 3.0)(5) == 1.0


def test_it_is_the_limit_of_almgren_and_chrisss_trajectory() -> None:
    impact = LinearImpact(volatility=0.95, eta=2.5e-6)
    kappa = sqrt(1e-6 * 0.95**2 / 2.5e-6)
    found = optimal_trajectory(1.0, 5.0, 2000, impact, 1e-6)
    curve = [1 - done(kappa * 5, each / 5) for each in found.times]
    assert found.holdings == pytest.approx(curve, abs=1e-6)


@given(bends, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_what_is_left_later_is_the_rest_of_the_same_curve(bend: float, asked: float, later: float) -> None:
    """Asked again at some time, it wants what it wanted before, of what is left."""
    curve = OptimalCurve(0, T, bend)
    now = int(asked * T)
    rest = curve.rest(now)
    at = now + int(later * (T - now))
    assert 1 - curve(at) == pytest.approx((1 - curve(now)) * (1 - rest(at)), abs=1e-6)


def test_a_more_volatile_or_a_busier_market_is_traded_faster() -> None:
    curve = OptimalCurve(0, T, 2.0)
    assert curve.rest(0, volatility=4.0).bend == pytest.approx(4.0)
    assert curve.rest(0, volume=2.0).bend == pytest.approx(2.0 * 2**0.3)
    assert curve.rest(T // 2).bend == pytest.approx(1.0)


def test_a_clock_bends_it_over_expected_volume() -> None:
    curve = OptimalCurve(0, T, 2.0, clock=lambda at: (at / T) ** 2)
    assert curve(T // 2) == pytest.approx(done(2.0, 0.25))


@given(bends)
def test_its_cost_and_its_risk_are_those_of_the_slices(bend: float) -> None:
    """The closed forms against many small slices."""
    template = ImpactTemplate(alpha=100.0, beta=0.6, gamma=0.0)
    slices = 4000
    progress = np.array([done(bend, float(each)) for each in np.linspace(0, 1, slices + 1)])
    shares = np.full(slices, 0.5 / slices)
    even = 100.0 * (0.1 / 0.5) ** 0.6
    assert temporary_bps(progress, shares, 0.1, template) == pytest.approx(even * dearness(bend, 0.6), rel=1e-3)
    assert timing_risk_bps(progress, shares, 0.02) == pytest.approx(200 * sqrt(0.5) * spread(bend), rel=1e-3)
    assert worst_pace(progress, shares, 0.1) == pytest.approx(0.2 * first_rate(bend), rel=1e-2)
    assert (1 - progress).mean() == pytest.approx(waiting(bend), abs=1e-3)


@pytest.mark.parametrize("urgency", [0.1, 0.5, 1.0])
def test_the_bend_makes_cost_and_risk_least(urgency: float) -> None:
    template = ImpactTemplate()
    size, share, volatility = 0.02, 0.3, 0.02

    def objective(bend: float) -> float:
        cost = template.temporary_bps(size, share, template.scale(volatility)) * dearness(bend, template.beta)
        return cost + 2 * urgency * volatility * 1e4 * sqrt(share) * spread(bend)

    found = shortfall_bend(size * 1e6, 1e6, volatility, share, urgency)
    assert 0 < found < BEND_MAX
    assert objective(found) <= min(objective(found * 0.9), objective(found * 1.1))


def test_the_bend_follows_its_limits() -> None:
    asked = (20_000.0, 1e6, 0.02, 0.3)
    free = shortfall_bend(*asked, 0.5)
    assert shortfall_bend(*asked, 0.0) == 0.0
    assert shortfall_bend(*asked, 1.0) > free > shortfall_bend(*asked, 0.1) > 0
    assert shortfall_bend(*asked, 0.5, risk_weight=2.0) == pytest.approx(shortfall_bend(*asked, 1.0))
    assert shortfall_bend(-20_000.0, *asked[1:], 0.5) == free
    capped = shortfall_bend(*asked, 0.5, participation_max=0.2)
    assert first_rate(capped) * 0.02 / 0.3 == pytest.approx(0.2, rel=1e-6)
    even = ImpactTemplate().temporary_bps(0.02, 0.3)
    tolerant = shortfall_bend(*asked, 0.5, tolerance_bps=1.2 * even)
    assert dearness(tolerant, 0.6) == pytest.approx(1.2, rel=1e-6)
    assert shortfall_bend(*asked, 0.5, tolerance_bps=0.5 * even) == 0.0
    assert shortfall_bend(20_000.0, 1e6, 0.0, 0.3, 0.5) == 0.0
    assert bend_of_first_rate(0.5) == 0.0
    assert steepest(1e9, 0.6) == BEND_MAX


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((1.0, 1e6, 0.02, 0.3, 1.5), "urgency"),
        ((1.0, 0.0, 0.02, 0.3, 0.5), "adv"),
        ((1.0, 1.0, 0.02, 0.0, 0.5), "volume_share"),
    ],
)
def test_what_has_no_schedule_is_refused(arguments: tuple[float, ...], field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        shortfall_bend(*arguments)  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_slices_that_do_not_match_are_refused() -> None:
    with pytest.raises(BadInput, match="one more than the 2 slices"):
        temporary_bps([0.0, 1.0], [0.1, 0.1], 0.1, ImpactTemplate())
    with pytest.raises(BadInput, match="wherever something is to be traded"):
        temporary_bps([0.0, 1.0], [0.0], 0.1, ImpactTemplate())


@given(bends, bends)
def test_the_more_bent_the_dearer_and_the_safer(one: float, other: float) -> None:
    few, many = sorted((one, other))
    assert dearness(few, 0.6) <= dearness(many, 0.6) + 1e-9
    assert spread(few) >= spread(many) - 1e-9
