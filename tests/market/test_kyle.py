"""Kyle's equilibrium against the published one, and the estimator of λ against a market whose λ is known."""

import numpy as np
import pytest

from penstock.domain.errors import BadInput
from penstock.market.indicators.kyle import kyle_equilibrium
from penstock.market.indicators.price_impact import kyle_lambda

# auctions: impacts, intensities, variances, worths, for a variance and a noise of 1
SEQUENTIAL = {
    1: ([0.5], [1.0], [1.0, 0.5], [0.5, 0.0]),
    2: (
        [0.6528824617540467, 0.588226772439888],
        [0.9434424920604636, 1.700024628005506],
        [1.0, 0.6920214716300955, 0.34601073581504777],
        [0.5299740092350601, 0.4250061570013765, 0.0],
    ),
    4: (
        [0.7647970318255849, 0.756757857804225, 0.7372075317918826, 0.6642010353276688],
        [0.9302565028954873, 1.18707295994242, 1.6710547035314243, 3.0111365288874388],
        [1.0, 0.8221356469372711, 0.6374990277269329, 0.44116301533034724, 0.22058150766517362],
        [0.5374861647768282, 0.5123292044129433, 0.4693532294414058, 0.3763920661109299, 0.0],
    ),
}


@pytest.mark.parametrize("auctions", SEQUENTIAL)
def test_auction_by_auction_as_published(auctions: int) -> None:
    for found, expected in zip(kyle_equilibrium(auctions, 1, 1), SEQUENTIAL[auctions], strict=True):
        assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("variance", "noise", "intensity", "impact", "left", "profit"),
    [(1.0, 1.0, 1.0, 0.5, 0.5, 0.5), (4.0, 2.0, 1.0, 0.5, 2.0, 2.0), (0.25, 1000.0, 2000.0, 0.00025, 0.125, 250.0)],
)
def test_a_single_auction_as_published(
    variance: float, noise: float, intensity: float, impact: float, left: float, profit: float
) -> None:
    found = kyle_equilibrium(1, variance, noise)
    assert (*found.impact, *found.intensity, found.variance[1]) == pytest.approx((impact, intensity, left), rel=1e-12)
    assert found.worth[0] * variance == pytest.approx(profit, rel=1e-12), "what the insider expects: α of Σ"


def test_ten_auctions_tell_steadily_more() -> None:
    found = kyle_equilibrium(10, 1, 1)
    assert found.impact[0] == pytest.approx(0.8653190655124586, rel=1e-12)
    assert found.intensity[-1] == pytest.approx(6.7435757738573425, rel=1e-12)
    assert list(found.variance) == sorted(found.variance, reverse=True)


def test_the_estimated_impact_of_such_a_market_is_its_own() -> None:
    found, random = kyle_equilibrium(1, 4.0, 2.0), np.random.default_rng(7)
    surprise = 2.0 * random.standard_normal(100_000)
    flow = found.intensity[0] * surprise + 2.0 * random.standard_normal(100_000)
    change = found.impact[0] * flow + 0.1 * random.standard_normal(100_000)
    assert kyle_lambda(change, flow).slope == pytest.approx(found.impact[0], rel=5e-3)


@pytest.mark.parametrize("numbers", [(0, 1, 1), (1, 0, 1), (1, 1, -1)])
def test_numbers_must_be_above_zero(numbers: tuple[int, float, float]) -> None:
    with pytest.raises(BadInput, match="must be above zero"):
        kyle_equilibrium(*numbers)
