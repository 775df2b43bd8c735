"""The optimal trajectories of the published example, to the last digit, and what must hold of any other."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.cost.almgren_chriss import LinearImpact, Trajectory, cost_of, frontier, optimal_trajectory
from penstock.cost.portfolio_schedule import optimal_portfolio, portfolio_frontier
from penstock.domain.errors import BadInput

PAPER = LinearImpact(volatility=0.95, eta=2.5e-6, gamma=2.5e-7, epsilon=0.0625)

# risk aversion, κ, x_1 … x_4, E, V, half-life, E + 1.645·√V
PUBLISHED = [
    (0.0, 0.0, (800000.0, 600000.0, 400000.0, 200000.0), 662500.0, 1083000000000.0, None, 2374254.5270235),
    (
        1e-6,
        0.60707616324706,
        (541955.55437392, 289854.21940994, 147897.48782172, 62141.801605766),
        911226.98630379,
        364128572058.14,
        1.6472397707914,
        1903782.1105065,
    ),
    (
        2e-6,
        0.84629713450126,
        (428598.84574702, 182932.81426177, 76295.721615462, 27643.377396906),
        1140715.1670498,
        201931287150.52,
        1.1816180856967,
        1879859.1801671,
    ),
    (
        -2e-7,
        0.27656151438053,
        (910056.43690843, 750948.58461181, 534768.6398847, 277946.27852635),
        717958.10427316,
        1584210709653.4,
        None,
        2788260.2357048,
    ),
]


def paper(risk_aversion: float, drift: float = 0.0) -> Trajectory:
    return optimal_trajectory(1e6, 5.0, 5, PAPER, risk_aversion, drift)


@pytest.mark.parametrize(("aversion", "kappa", "inner", "expected", "variance", "half_life", "at_risk"), PUBLISHED)
def test_the_papers_example(
    aversion: float,
    kappa: float,
    inner: tuple[float, ...],
    expected: float,
    variance: float,
    half_life: float | None,
    at_risk: float,
) -> None:
    """A million shares in five days, averse, neutral and loving."""
    found = paper(aversion)
    assert found.kappa == pytest.approx(kappa, rel=1e-12)
    assert found.holdings == pytest.approx([1e6, *inner, 0.0], rel=1e-12)
    assert found.trades.sum() == pytest.approx(1e6)
    assert found.expected == pytest.approx(expected, rel=1e-12)
    assert found.variance == pytest.approx(variance, rel=1e-12)
    assert found.reduced_eta == pytest.approx(2.375e-6)
    assert found.kappa_tilde_squared == pytest.approx(aversion * 0.9025 / 2.375e-6)
    assert found.half_life == (None if half_life is None else pytest.approx(half_life, rel=1e-12))
    assert found.value_at_risk() == pytest.approx(at_risk, rel=1e-11)
    assert found.objective == pytest.approx(expected + aversion * variance)


@pytest.mark.parametrize(
    ("aversion", "mean", "variance", "penalty", "half_life"),
    [
        (1e-9, 0.6625009036702958, 1.08119180097823, 0.663582095471274, 51.2989176042577),
        (3e-9, 0.6625081022502255, 1.077590804233101, 0.6657408746629248, 29.617443887954618),
        (5e-9, 0.6625224212451334, 1.0740102087798284, 0.6678924722890325, 22.941573387056177),
        (7e-9, 0.6625437800044618, 1.0704498554731339, 0.6700369289927737, 19.389168358237033),
        (9e-9, 0.6625720988200271, 1.066909586730323, 0.6721742851006, 17.099639201419237),
    ],
)
def test_its_frontier_near_risk_neutrality(
    aversion: float, mean: float, variance: float, penalty: float, half_life: float
) -> None:
    """Where acosh has no digits left: in millions and millions squared."""
    found = paper(aversion)
    assert found.expected / 1e6 == pytest.approx(mean, rel=1e-12)
    assert found.variance / 1e12 == pytest.approx(variance, rel=1e-12)
    assert found.objective / 1e6 == pytest.approx(penalty, rel=1e-12)
    assert found.half_life_continuous == pytest.approx(half_life, rel=1e-12)
    assert found.half_life == pytest.approx(half_life, rel=2e-4)


def test_a_drift_keeps_some_of_the_position_longer() -> None:
    found = paper(1e-6, drift=0.02)
    inner = (546342.28727165, 296084.11739075, 154127.38580254, 66528.534503498)
    assert found.holdings == pytest.approx([1e6, *inner, 0.0], rel=1e-12)


@pytest.mark.parametrize("aversion", [0.0, 1e-13, 1e-6, -1e-8])
def test_a_drift_is_optimal_at_every_risk_aversion(aversion: float) -> None:
    """No other trajectory near it is better."""
    found = paper(aversion, drift=0.02)
    for place in (1, 2, 4):
        for moved in (-100.0, 100.0):
            other = found.holdings.copy()
            other[place] += moved
            expected, variance = cost_of(other, 5.0, PAPER, 0.02)
            assert expected + aversion * variance > found.objective


def test_two_assets_hedge_each_other() -> None:
    """The riskier one is sold first, and a little short, as what is left of the other carries the same risk."""
    found = optimal_portfolio(
        [1e6, 1e6], 5.0, 5, [[0.9025, 0.57], [0.57, 4.0]], [2.5e-6, 1.25e-6], [2.5e-7, 1.25e-7], [0.0625] * 2, 1e-6
    )
    assert found.holdings[1:5] == pytest.approx(
        np.array(
            [
                [524687.81472337, 138962.92713138],
                [282108.10155314, -2138.3453853837],
                [146216.26408062, -15030.576770563],
                [62279.268533792, -8368.3126242047],
            ]
        ),
        rel=1e-10,
    )
    assert found.expected == pytest.approx(1964872.7831844, rel=1e-12)
    assert found.variance == pytest.approx(500854002975.39, rel=1e-12)


@pytest.mark.parametrize("aversion", [0.0, 1e-6])
def test_one_asset_is_a_portfolio_of_one(aversion: float) -> None:
    alone, together = (
        paper(aversion),
        optimal_portfolio([1e6], 5.0, 5, [[0.9025]], [2.5e-6], [2.5e-7], [0.0625], aversion),
    )
    assert together.holdings[:, 0] == pytest.approx(alone.holdings, rel=1e-10)
    assert (together.expected, together.variance) == pytest.approx((alone.expected, alone.variance), rel=1e-11)


def test_a_portfolio_with_cross_impact_is_at_its_minimum() -> None:
    """Forty correlated names, long and short, impact that is not even symmetric: every neighbour costs more."""
    draw = np.random.default_rng(3)
    names = 40
    held = draw.normal(0, 1e5, names)
    loadings = draw.normal(0, 0.5, (names, 5))
    covariance = loadings @ loadings.T + np.diag(draw.uniform(0.2, 1.0, names))
    temporary = np.diag(draw.uniform(1e-6, 4e-6, names)) + 1e-8 * draw.random((names, names))
    permanent = 1e-8 * draw.random((names, names))
    arguments = (4.0, 8, covariance, temporary, permanent)
    found = optimal_portfolio(held, *arguments, risk_aversion=1e-5)
    step, lasting, twist = 0.5, (permanent + permanent.T) / 2, (permanent - permanent.T) / 2
    reduced = (temporary + temporary.T) / 2 - step / 2 * lasting

    def objective(path: np.ndarray) -> float:
        traded = -np.diff(path, axis=0)
        expected = held @ lasting @ held / 2 + sum(
            n @ reduced @ n / step + x @ twist @ n for n, x in zip(traded, path[1:], strict=True)
        )
        return float(expected + 1e-5 * step * sum(x @ covariance @ x for x in path[1:]))

    assert objective(found.holdings) == pytest.approx(found.objective, rel=1e-10)
    for _ in range(20):
        other = found.holdings.copy()
        other[1:-1] += draw.normal(0, 500, other[1:-1].shape)
        assert objective(other) > found.objective


def test_a_frontier_costs_more_the_less_risk_it_takes() -> None:
    ways = frontier(1e6, 5.0, 20, PAPER, np.geomspace(1e-8, 1e-4, 12))
    assert (np.diff([each.expected for each in ways]) > 0).all()
    assert (np.diff([each.variance for each in ways]) < 0).all()
    many = portfolio_frontier([1e6, -2e5], 5.0, 10, [[0.9, 0.5], [0.5, 4.0]], [2.5e-6] * 2, risk_aversions=[0, 1e-6])
    assert many[0].variance > many[1].variance


@pytest.mark.parametrize("quantity", [-1e6, 0.0, 1.0])
@pytest.mark.parametrize("aversion", [0.0, 1e-6])
def test_any_quantity_of_either_sign_has_the_same_shape(quantity: float, aversion: float) -> None:
    found = optimal_trajectory(quantity, 5.0, 5, PAPER, aversion)
    assert found.holdings == pytest.approx(paper(aversion).holdings * quantity / 1e6)
    assert found.expected >= 0


def test_one_step_trades_everything_and_no_time_is_infinitely_dear() -> None:
    once = optimal_trajectory(1000.0, 1.0, 1, PAPER, 1e-6)
    assert once.holdings.tolist() == [1000.0, 0.0]
    assert once.variance == 0
    never = optimal_trajectory(1000.0, 0.0, 5, PAPER, 1e-6)
    assert never.trades.tolist() == [1000.0]
    assert never.expected == float("inf")


def test_an_extreme_aversion_trades_nearly_everything_at_once() -> None:
    found = optimal_trajectory(1e6, 5.0, 50, PAPER, 1e6)
    assert np.isfinite(found.holdings).all()
    assert found.holdings[1] < 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"steps": 0}, "steps"),
        ({"horizon": -1.0}, "horizon"),
        ({"quantity": float("nan")}, "quantity"),
        ({"risk_aversion": -1e-5}, "risk_aversion"),
        ({"impact": LinearImpact(volatility=1, eta=1e-7, gamma=2.5e-7)}, "steps"),
    ],
)
def test_what_has_no_optimum_is_refused_by_name(change: dict[str, object], field: str) -> None:
    asked: dict[str, object] = {"quantity": 1e6, "horizon": 5.0, "steps": 5, "impact": PAPER}
    with pytest.raises(BadInput) as refusal:
        optimal_trajectory(**(asked | change))  # type: ignore[arg-type]
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"covariance": [[1.0, 2.0], [2.0, 1.0]]}, "covariance"),
        ({"covariance": [[1.0, 0.5], [0.1, 1.0]]}, "covariance"),
        ({"temporary": [1e-6]}, "temporary"),
        ({"temporary": [1e-6, 0.0]}, "steps"),
        ({"epsilon": [0.1]}, "epsilon"),
        ({"risk_aversion": -1.0}, "risk_aversion"),
    ],
)
def test_a_portfolio_that_cannot_be_is_refused_by_name(change: dict[str, object], field: str) -> None:
    asked: dict[str, object] = {
        "quantities": [1.0, 2.0], "horizon": 1.0, "steps": 2, "covariance": [1.0, 1.0], "temporary": [1.0, 1.0],
    }  # fmt: skip
    with pytest.raises(BadInput) as refusal:
        optimal_portfolio(**(asked | change))  # type: ignore[arg-type]
    assert refusal.value.field == field


@given(st.floats(1e-9, 1e-4), st.integers(2, 40), st.floats(0.1, 20.0), st.floats(0.01, 5.0), st.floats(1e-7, 1e-4))
def test_the_closed_form_is_the_quadratic_programs_solution(
    aversion: float, steps: int, horizon: float, volatility: float, eta: float
) -> None:
    """Derived two ways: sinh against elimination."""
    alone = optimal_trajectory(1.0, horizon, steps, LinearImpact(volatility=volatility, eta=eta), aversion)
    together = optimal_portfolio([1.0], horizon, steps, [[volatility**2]], [eta], risk_aversion=aversion)
    assert together.holdings[:, 0] == pytest.approx(alone.holdings, rel=1e-6, abs=1e-9)
    assert alone.deviation == pytest.approx(sqrt(together.variance), rel=1e-6, abs=1e-12)
