"""The optimal execution of one position under linear impact, in discrete time: Almgren and Chriss.

X units are to be liquidated in N steps of τ = T/N; x_j are left after step j and n_j = x_{j−1} − x_j are traded in it.
Trading n in a step moves the price for good by γ·n and costs ε·|n| + (η/τ)·n² on top. With η̃ = η − γτ/2,

    E = γX²/2 + ε·Σ|n_j| + (η̃/τ)·Σ n_j² − α·Σ τ·x_j
    V = σ² · Σ τ·x_j²

and E + λV is least on x_j = sinh(κ(T − t_j))/sinh(κT) · X with 2(cosh κτ − 1)/τ² = λσ²/η̃. A risk lover (λ < 0) has cos
and sin in place of cosh and sinh. A drift α of the price adds [1 − (sinh κ(T − t) + sinh κt)/sinh κT] · α/(2λσ²).

X is a holding to be sold, so that a short one that is bought back is negative. Time is in any unit, the same in all.
Almgren and Chriss, "Optimal execution of portfolio transactions", Journal of Risk 3 (2000), eqs. 4–5, 13–20, 29–31.
"""

from math import acos, asin, asinh, inf, isfinite, sqrt
from statistics import NormalDist

import msgspec
import numpy as np

from penstock.cost.arguments import Floats, count, finite, not_negative, positive, vector
from penstock.domain.errors import BadInput

MODEL = "almgren-chriss"
OVERFLOWS = 700.0  # beyond it sinh is infinite; x is then e^(−κt) to the last digit
VAR95 = NormalDist().inv_cdf(0.95)


class LinearImpact(msgspec.Struct, frozen=True, kw_only=True):
    """`volatility` in price per √time, `eta` in price·time per unit, `gamma` in price per unit, `epsilon` in price.

    Raises:
        BadInput: `eta` not positive, another below zero.
    """

    volatility: float
    eta: float
    gamma: float = 0.0
    epsilon: float = 0.0

    def __post_init__(self) -> None:
        positive(MODEL, eta=self.eta)
        not_negative(MODEL, volatility=self.volatility, gamma=self.gamma, epsilon=self.epsilon)

    def eta_tilde(self, step: float) -> float:
        """η̃ = η − γτ/2, which must stay positive: a coarse step would earn from its own permanent impact.

        Raises:
            BadInput: it does not.
        """
        reduced = self.eta - self.gamma * step / 2
        if reduced <= 0:
            rule = f"leaves η − γτ/2 at {reduced:g}, not above zero: take more steps, or a smaller gamma"
            raise BadInput(MODEL, "steps", rule)
        return reduced


class Trajectory(msgspec.Struct, frozen=True, kw_only=True):
    """`holdings` (N+1) at `times` (N+1), the `trades` (N) between them, and what they cost in money and money².

    `kappa` is per unit of time; of a risk lover it is the imaginary part, and there is no half-life, as without risk
    aversion. `kappa_tilde_squared` is λσ²/η̃, `reduced_eta` η̃.
    """

    times: Floats
    holdings: Floats
    trades: Floats
    expected: float
    variance: float
    risk_aversion: float = 0.0
    kappa: float = 0.0
    kappa_tilde_squared: float = 0.0
    reduced_eta: float = 0.0

    @property
    def deviation(self) -> float:
        """√V, in money."""
        return sqrt(self.variance)

    @property
    def objective(self) -> float:
        """U = E + λV."""
        return self.expected + self.risk_aversion * self.variance

    @property
    def half_life(self) -> float | None:
        """1/κ: the time in which the position falls to 1/e, were there no horizon."""
        return 1 / self.kappa if self.kappa_tilde_squared > 0 else None

    @property
    def half_life_continuous(self) -> float | None:
        """1/κ̃ = √(η̃/(λσ²)): the same in the limit of ever smaller steps."""
        return 1 / sqrt(self.kappa_tilde_squared) if self.kappa_tilde_squared > 0 else None

    def value_at_risk(self, z: float = VAR95) -> float:
        """E + z·√V: the cost that is not exceeded with the probability that belongs to `z`."""
        return self.expected + z * self.deviation


def optimal_trajectory(
    quantity: float,
    horizon: float,
    steps: int,
    impact: LinearImpact,
    risk_aversion: float = 0.0,
    drift: float = 0.0,
) -> Trajectory:
    """The trajectory that makes E + λV least; `risk_aversion` λ in 1/money, `drift` α in price per unit of time.

    Without a horizon everything is traded at once, which the linear law calls infinitely dear.

    Raises:
        BadInput: a step so coarse that η̃ is not positive; a love of risk for which waiting always pays; a horizon
        below
            zero or a number of steps below one.
    """
    finite(MODEL, quantity=quantity, risk_aversion=risk_aversion, drift=drift)
    not_negative(MODEL, horizon=horizon)
    count(MODEL, steps=steps)
    if horizon == 0:
        held = np.array([quantity, 0.0])
        dear = inf if quantity else 0.0
        return Trajectory(
            times=np.zeros(2), holdings=held, trades=held[:1], expected=dear, variance=0.0, risk_aversion=risk_aversion
        )
    step = horizon / steps
    reduced = impact.eta_tilde(step)
    times = np.linspace(0.0, horizon, steps + 1)
    square = risk_aversion * impact.volatility**2 / reduced
    kappa = rate_of_decay(square, step)
    if square < 0 and kappa * horizon >= np.pi:
        most = np.pi / horizon
        least = -2 * reduced * (1 - np.cos(most * step)) / (step * impact.volatility) ** 2
        rule = f"loves risk so much that waiting always pays: it must stay above {least:g} over this horizon"
        raise BadInput(MODEL, "risk_aversion", rule, risk_aversion)
    held = quantity * shape(times, horizon, kappa, loves=square < 0)
    if drift:
        held = held + _pull(times, horizon, kappa, square, drift, reduced)
    held[0], held[-1] = quantity, 0.0
    expected, variance = cost_of(held, horizon, impact, drift)
    return Trajectory(
        times=times, holdings=held, trades=-np.diff(held), expected=expected, variance=variance,
        risk_aversion=risk_aversion, kappa=kappa, kappa_tilde_squared=square, reduced_eta=reduced,
    )  # fmt: skip


def rate_of_decay(square: float, step: float) -> float:
    """κ from κ̃² = λσ²/η̃: acosh(1 + τ²κ̃²/2)/τ, without the loss of digits that this form has near zero.

    For κ̃² < 0 the imaginary part of it.
    """
    half = sqrt(abs(square)) * step / 2
    if square >= 0:
        return 2 * asinh(half) / step
    return 2 * asin(half) / step if half <= 1 else acos(-1.0) / step


def shape(times: Floats, horizon: float, kappa: float, *, loves: bool = False) -> Floats:
    """The share of a position that is left at `times`: from 1 at zero to 0 at the horizon."""
    left: Floats = horizon - times
    if kappa * horizon < 1e-9:
        share: Floats = left / horizon
    elif loves:
        share = np.sin(kappa * left) / np.sin(kappa * horizon)
    elif kappa * horizon > OVERFLOWS:
        share = np.exp(-kappa * times) * (times < horizon)
    else:
        share = np.sinh(kappa * left) / np.sinh(kappa * horizon)
    return share


def cost_of(holdings: Floats, horizon: float, impact: LinearImpact, drift: float = 0.0) -> tuple[float, float]:
    """E and V of any trajectory of equal steps, optimal or not: `holdings` from what is held to what stays (0).

    Raises:
        BadInput: fewer than two holdings, a horizon that is not positive, a step too coarse.
    """
    held = vector(MODEL, "holdings", holdings, least=2)
    positive(MODEL, horizon=horizon)
    step = horizon / (len(held) - 1)
    traded = -np.diff(held)
    whole = held[0] - held[-1]
    expected = (
        impact.gamma * whole**2 / 2
        + impact.epsilon * float(np.abs(traded).sum())
        + impact.eta_tilde(step) / step * float(traded @ traded)
        - drift * step * float(held[1:].sum())
    )
    return float(expected), impact.volatility**2 * step * float(held[1:] @ held[1:])


def frontier(
    quantity: float, horizon: float, steps: int, impact: LinearImpact, risk_aversions: object, drift: float = 0.0
) -> list[Trajectory]:
    """The efficient frontier: the optimum of each risk aversion, in the order given.

    Raises:
        BadInput: as `optimal_trajectory`.
    """
    wanted = vector(MODEL, "risk_aversions", risk_aversions)
    return [optimal_trajectory(quantity, horizon, steps, impact, float(each), drift) for each in wanted]


def _pull(times: Floats, horizon: float, kappa: float, square: float, drift: float, reduced: float) -> Floats:
    """What a drift adds to the holdings. Without risk aversion it is the limit, a parabola."""
    if kappa * horizon < 1e-4:
        return drift / (4 * reduced) * times * (horizon - times)
    loves = square < 0
    both = shape(times, horizon, kappa, loves=loves) + shape(horizon - times, horizon, kappa, loves=loves)
    rests_at = drift / (2 * square * reduced)
    assert isfinite(rests_at)
    return (1 - both) * rests_at
