"""The optimal execution of correlated positions together: a hedge is sold last, and lent risk is bought back early.

With x_k the vector held after step k, n_k the vector traded in it, C the covariance of prices per unit of time (money²
per unit²), Γ the permanent and H the temporary impact matrix, S and A their symmetric and antisymmetric parts:

    E = ½ XᵀΓ_S X + εᵀΣ|n_k| + Σ n_kᵀ (H_S − τΓ_S/2) n_k/τ + Σ x_kᵀ Γ_A n_k
    V = Σ τ x_kᵀ C x_k

E + λV is quadratic; its first-order conditions are block-tridiagonal and solved by elimination. The constant spread
εΣ|n| is charged, but not optimised, as in the paper: it only matters where a position overshoots zero. Almgren and
Chriss, "Optimal execution of portfolio transactions", Journal of Risk 3 (2000), appendix A.
"""

from math import sqrt

import msgspec
import numpy as np

from penstock.cost.arguments import Floats, count, finite, positive, vector
from penstock.domain.errors import BadInput

MODEL = "portfolio schedule"


class PortfolioTrajectory(msgspec.Struct, frozen=True, kw_only=True):
    """`holdings` (N+1 × assets) at `times` (N+1), the `trades` (N × assets) between them, E and V of all together."""

    times: Floats
    holdings: Floats
    trades: Floats
    expected: float
    variance: float
    risk_aversion: float

    @property
    def deviation(self) -> float:
        return sqrt(self.variance)

    @property
    def objective(self) -> float:
        """U = E + λV."""
        return self.expected + self.risk_aversion * self.variance


def optimal_portfolio(
    quantities: object,
    horizon: float,
    steps: int,
    covariance: object,
    temporary: object,
    permanent: object | None = None,
    epsilon: object | None = None,
    risk_aversion: float = 0.0,
) -> PortfolioTrajectory:
    """The trajectories that make E + λV least. Quantities are signed holdings to be brought to zero.

    `covariance`, `temporary` (H) and `permanent` (Γ, none if left out) are square matrices, or vectors where assets do
    not move each other, in the order of `quantities`. `epsilon` is a price by asset.

    Raises:
        BadInput: sizes that do not match, a covariance that has a negative direction, a step so coarse that
            H_S − τΓ_S/2 is not positive definite, a risk aversion below zero.
    """
    held = vector(MODEL, "quantities", quantities)
    assets = len(held)
    positive(MODEL, horizon=horizon)
    count(MODEL, steps=steps)
    finite(MODEL, risk_aversion=risk_aversion)
    if risk_aversion < 0:
        raise BadInput(MODEL, "risk_aversion", "must not be negative", risk_aversion)
    spread = np.zeros(assets) if epsilon is None else vector(MODEL, "epsilon", epsilon)
    if len(spread) != assets or (spread < 0).any():
        raise BadInput(MODEL, "epsilon", f"must be {assets} prices, none negative", spread.tolist())
    risk = _matrix("covariance", covariance, assets)
    slope = np.zeros((assets, assets)) if permanent is None else _matrix("permanent", permanent, assets)
    pace = _matrix("temporary", temporary, assets)
    if not np.allclose(risk, risk.T, rtol=1e-8, atol=1e-12 * max(float(np.abs(risk).max()), 1e-300)):
        raise BadInput(MODEL, "covariance", "must be symmetric")
    if np.linalg.eigvalsh(risk)[0] < -1e-9 * max(float(np.trace(risk)), 1e-300):
        raise BadInput(MODEL, "covariance", "must not have a direction of negative variance")
    step = horizon / steps
    lasting, twist = (slope + slope.T) / 2, (slope - slope.T) / 2
    reduced = (pace + pace.T) / 2 - step * lasting / 2
    if np.linalg.eigvalsh(reduced)[0] <= 0:
        rule = "leave H − τΓ/2 with a direction that costs nothing to trade: take more steps, or a smaller permanent"
        raise BadInput(MODEL, "steps", rule, steps)
    path = np.zeros((steps + 1, assets))
    path[0] = held
    _eliminate(path, 2 * step * risk_aversion * risk + 4 / step * reduced, -2 / step * reduced + twist)
    traded = -np.diff(path, axis=0)
    expected = (
        held @ lasting @ held / 2
        + spread @ np.abs(traded).sum(axis=0)
        + np.einsum("ki,ij,kj->", traded, reduced, traded) / step
        + np.einsum("ki,ij,kj->", path[1:], twist, traded)
    )
    variance = step * np.einsum("ki,ij,kj->", path[1:], risk, path[1:])
    return PortfolioTrajectory(
        times=np.linspace(0.0, horizon, steps + 1), holdings=path, trades=traded,
        expected=float(expected), variance=float(variance), risk_aversion=risk_aversion,
    )  # fmt: skip


def portfolio_frontier(
    quantities: object,
    horizon: float,
    steps: int,
    covariance: object,
    temporary: object,
    permanent: object | None = None,
    epsilon: object | None = None,
    risk_aversions: object = (),
) -> list[PortfolioTrajectory]:
    """The optimum of each risk aversion, in the order given."""
    return [
        optimal_portfolio(quantities, horizon, steps, covariance, temporary, permanent, epsilon, float(each))
        for each in vector(MODEL, "risk_aversions", risk_aversions)
    ]


def _matrix(name: str, values: object, assets: int) -> Floats:
    """A square matrix; a vector is its diagonal."""
    try:
        made = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(MODEL, name, "must be a matrix of numbers") from None
    if made.shape == (assets,):
        made = np.diag(made)
    if made.shape != (assets, assets):
        raise BadInput(MODEL, name, f"must be {assets} × {assets}, as there are so many quantities", made.shape)
    if not np.isfinite(made).all():
        raise BadInput(MODEL, name, "must hold finite numbers only")
    return made


def _eliminate(path: Floats, middle: Floats, before: Floats) -> None:
    """Fill the holdings between the first and the last: before·x_{k−1} + middle·x_k + beforeᵀ·x_{k+1} = 0.

    What is left after the last step is zero, so each holding is a matrix times the one before it, found backwards.
    """
    steps, assets = len(path) - 1, path.shape[1]
    carry: list[Floats] = [np.zeros((assets, assets))]
    for _ in range(steps - 1):
        carry.append(np.asarray(np.linalg.solve(middle + before.T @ carry[-1], -before), dtype=np.float64))
    for k in range(1, steps):
        path[k] = carry[steps - k] @ path[k - 1]
