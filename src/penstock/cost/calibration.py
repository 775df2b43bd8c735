"""Impact models fitted to one's own fills, with intervals that say how far to trust the fit.

Each execution is a size x (Q/ADV), a daily volatility σ, a share T of a day's volume while it was worked, and what it
cost in bps against arrival. In units of volatility, y = cost/(σ·10⁴):

    square root    y = c·√x
    power law      y = a·(x/T)^β                     the temporary part of the impact template
    linear         y = p·x + t·x/T                   permanent and temporary

are fitted by least squares, weighted by 1/T: what the price does by itself while an order is worked has variance T/3,
and is nearly all of the noise. Intervals are percentiles of a bootstrap over executions (Efron and Tibshirani, *An
Introduction to the Bootstrap*, 1993, ch. 13), seeded, so that a fit can be repeated.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec
import numpy as np

from penstock.cost.arguments import BPS, Floats, count
from penstock.cost.impact_template import DEFAULT, ImpactTemplate
from penstock.domain.errors import BadInput

MODEL = "calibration"
SAMPLES = 1000
EXECUTIONS_MIN = 10
POWERS = np.linspace(0.05, 1.5, 146)


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """One order that was traded: `quantity` and `adv` in units, `volume_share` T, `cost_bps` without spread and fees.

    Raises:
        BadInput: a number that no execution has.
    """

    quantity: float
    adv: float
    daily_volatility: float
    volume_share: float
    cost_bps: float

    def __post_init__(self) -> None:
        for name in ("adv", "daily_volatility", "volume_share"):
            if not 0 < getattr(self, name) < float("inf"):
                raise BadInput("execution", name, "must be greater than zero", getattr(self, name))
        if not 0 < abs(self.quantity) < float("inf"):
            raise BadInput("execution", "quantity", "must not be zero", self.quantity)
        if not abs(self.cost_bps) < float("inf"):
            raise BadInput("execution", "cost_bps", "must be a finite number", self.cost_bps)


class Fitted(msgspec.Struct, frozen=True):
    """A coefficient with its interval."""

    value: float
    low: float
    high: float
    standard_error: float

    def holds(self, value: float) -> bool:
        """Whether a value lies within the interval."""
        return self.low <= value <= self.high


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """A fitted model. `r_squared` is of the weighted costs; `residual_bps` the weighted residual for a whole day."""

    model: str
    coefficients: dict[str, Fitted]
    executions: int
    confidence: float
    seed: int
    r_squared: float
    residual: float

    def __getitem__(self, name: str) -> Fitted:
        return self.coefficients[name]


# Of regressors by execution, responses and weights (bootstrap sample × execution): coefficients (sample × name).
Solver = Callable[[Floats, Floats, Floats, Floats], Floats]
NAMES = {"square_root": ("c",), "power_law": ("a", "beta"), "linear": ("permanent", "temporary")}


def calibrate(
    executions: Iterable[Execution],
    model: str = "square_root",
    *,
    confidence: float = 0.95,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Fit:
    """Fit `square_root`, `power_law` or `linear`.

    Raises:
        BadInput: an unknown model, fewer than ten executions, or executions that are too alike to tell the coefficients
            of the model apart.
    """
    if model not in NAMES:
        raise BadInput(MODEL, "model", f"must be one of {', '.join(NAMES)}", model)
    if not 0 < confidence < 1:
        raise BadInput(MODEL, "confidence", "must lie between 0 and 1", confidence)
    count(MODEL, samples=samples)
    given = list(executions)
    if len(given) < EXECUTIONS_MIN:
        raise BadInput(MODEL, "executions", f"must be at least {EXECUTIONS_MIN} to fit anything", len(given))
    x = np.array([abs(each.quantity) / each.adv for each in given])
    share = np.array([each.volume_share for each in given])
    y = np.array([each.cost_bps / each.daily_volatility / BPS for each in given])
    weight = 1 / share
    draw = np.random.default_rng(seed)
    times = draw.multinomial(len(given), np.full(len(given), 1 / len(given)), size=samples)
    solve = SOLVERS[model]
    value = solve(x, share, y, weight[None, :])[0]
    spread = solve(x, share, y, weight * times)
    if not np.isfinite(value).all() or not np.isfinite(spread).all():
        raise BadInput(MODEL, "executions", f"are too alike to fit a {model} model: vary size and pace")
    tail = (1 - confidence) / 2
    low, high = np.quantile(spread, [tail, 1 - tail], axis=0)
    foretold = PREDICTORS[model](x, share, value)
    left, mean = float(weight @ (y - foretold) ** 2), float(weight @ y / weight.sum())
    return Fit(
        model=model,
        coefficients={
            name: Fitted(*(float(each) for each in figures))
            for name, *figures in zip(NAMES[model], value, low, high, spread.std(axis=0), strict=True)
        },
        executions=len(given),
        confidence=confidence,
        seed=seed,
        r_squared=1 - left / max(float(weight @ (y - mean) ** 2), 1e-300),
        residual=float(np.sqrt(left / len(given))),
    )


def template_from(fit: Fit, base: ImpactTemplate = DEFAULT) -> ImpactTemplate:
    """The impact template with the fitted coefficients in place of its own; what a model says nothing of stays.

    `square_root` becomes a permanent part of power ½, as it does not depend on pace. `error` stays: residuals are
    mostly the price's own moves.
    """
    unit = base.reference_volatility * BPS
    if fit.model == "power_law":
        changed: dict[str, float] = {"alpha": fit["a"].value * unit, "beta": fit["beta"].value, "gamma": 0.0}
    elif fit.model == "linear":
        changed = {
            "alpha": max(fit["temporary"].value, 0.0) * unit,
            "beta": 1.0,
            "gamma": max(fit["permanent"].value, 0.0) * unit,
            "delta": 1.0,
        }
    else:
        changed = {"alpha": 0.0, "gamma": max(fit["c"].value, 0.0) * unit, "delta": 0.5}
    return msgspec.structs.replace(base, **changed)


def _square_root(x: Floats, share: Floats, y: Floats, weights: Floats) -> Floats:
    root = np.sqrt(x)
    made: Floats = ((weights @ (y * root)) / (weights @ x))[:, None]
    return made


def _power_law(x: Floats, share: Floats, y: Floats, weights: Floats) -> Floats:
    """The best β on a grid, moved to the vertex of the parabola through its neighbours; then the best a."""
    logs = np.log(x / share)
    regressors = np.exp(POWERS[None, :] * logs[:, None])
    cross, square = weights @ (y[:, None] * regressors), weights @ regressors**2
    gain = np.where(cross > 0, cross**2 / square, 0.0)
    if np.ptp(logs) < 1e-6:
        return np.full((len(weights), 2), np.nan)
    best = np.clip(gain.argmax(axis=1), 1, len(POWERS) - 2)
    rows = np.arange(len(weights))
    below, at, above = gain[rows, best - 1], gain[rows, best], gain[rows, best + 1]
    bend = below - 2 * at + above
    moved = np.where(np.abs(bend) > 0, 0.5 * (below - above) / np.where(bend == 0, 1.0, bend), 0.0)
    power = POWERS[best] + np.clip(moved, -1.0, 1.0) * (POWERS[1] - POWERS[0])
    regressor = np.exp(power[:, None] * logs[None, :])
    scale = (weights * y * regressor).sum(axis=1) / (weights * regressor**2).sum(axis=1)
    return np.column_stack([scale, power])


def _linear(x: Floats, share: Floats, y: Floats, weights: Floats) -> Floats:
    size, pace = x, x / share
    ss, sp, pp = weights @ (size * size), weights @ (size * pace), weights @ (pace * pace)
    sy, py = weights @ (size * y), weights @ (pace * y)
    whole = ss * pp - sp * sp
    whole = np.where(whole > 1e-12 * ss * pp, whole, np.nan)
    return np.column_stack([(pp * sy - sp * py) / whole, (ss * py - sp * sy) / whole])


SOLVERS: Mapping[str, Solver] = {"square_root": _square_root, "power_law": _power_law, "linear": _linear}
PREDICTORS: Mapping[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "square_root": lambda x, share, value: np.asarray(value[0] * np.sqrt(x)),
    "power_law": lambda x, share, value: np.asarray(value[0] * (x / share) ** value[1]),
    "linear": lambda x, share, value: np.asarray(value[0] * x + value[1] * x / share),
}
