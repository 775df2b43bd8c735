"""How much may be lost in a day: value at risk and expected shortfall, from covariances or from history itself.

`holdings` are money by symbol, long positive; returns are simple daily returns (days × symbols, oldest first). Losses
are positive. Formulas: Jorion, *Value at Risk* (3rd ed.), ch. 5 and 7; EWMA: RiskMetrics Technical Document (1996);
expected shortfall of a sample: Acerbi and Tasche, "On the coherence of expected shortfall" (2002), eq. 4.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor, sqrt
from statistics import NormalDist
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from penstock.domain.errors import BadInput

Floats: TypeAlias = NDArray[np.float64]
RISKMETRICS_DECAY = 0.94
NORMAL = NormalDist()


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """Losses in money at one confidence; `components`, each symbol's part, add up to `var` (parametric only)."""

    confidence: float
    var: float
    expected_shortfall: float
    components: dict[str, float] = {}


class History(msgspec.Struct, frozen=True):
    """Daily returns of symbols over the same days: one column for each, oldest first; nan where a day is missing."""

    symbols: tuple[str, ...]
    returns: Floats

    def of(self, symbols: Sequence[str], days_min: int = 2) -> Floats:
        """The columns of these symbols, over the days that all of them have.

        Raises:
            BadInput: symbols that have no history, or less than `days_min` days in common, by name.
        """
        column = {symbol: place for place, symbol in enumerate(self.symbols)}
        days = {
            symbol: int(np.isfinite(self.returns[:, column[symbol]]).sum()) for symbol in symbols if symbol in column
        }
        short = sorted(symbol for symbol in symbols if days.get(symbol, 0) < days_min)
        if short:
            raise BadInput("returns", "", f"there are not {days_min} days of history of {', '.join(short)}")
        chosen = self.returns[:, [column[symbol] for symbol in symbols]]
        complete = chosen[np.isfinite(chosen).all(axis=1)]
        if len(complete) < days_min:
            raise BadInput(
                "returns", "", f"{', '.join(symbols)} have fewer than {days_min} days in common", len(complete)
            )
        return complete


def covariance(returns: Floats, decay: float | None = None) -> Floats:
    """The daily covariance matrix: the sample's, or with `decay` λ the EWMA (1−λ)·Σ λ^k·r·r' with zero mean.

    The weights of a finite history are scaled to add up to one.
    """
    if decay is None:
        return np.atleast_2d(np.asarray(np.cov(returns, rowvar=False, ddof=1), dtype=np.float64))
    weights = decay ** np.arange(len(returns) - 1, -1, -1, dtype=np.float64)
    weighted: Floats = (returns * (weights / weights.sum())[:, None]).T @ returns
    return weighted


def parametric(
    holdings: Mapping[str, float], matrix: Floats, confidence: float = 0.99, horizon_days: float = 1.0
) -> Risk:
    """VaR = z·σ_p·√h and ES = σ_p·φ(z)/(1−c)·√h of normal returns with mean zero; `matrix` in the holdings' order.

    A symbol's component is w·(Σw)/σ_p·z·√h (Euler's allocation).
    """
    _check(confidence)
    weights = np.array(list(holdings.values()), dtype=np.float64)
    spread = matrix @ weights
    sigma = sqrt(max(float(weights @ spread), 0.0))
    z, root = NORMAL.inv_cdf(confidence), sqrt(horizon_days)
    parts = weights * spread / sigma * z * root if sigma else np.zeros_like(weights)
    return Risk(
        confidence=confidence,
        var=z * sigma * root,
        expected_shortfall=sigma * NORMAL.pdf(z) / (1 - confidence) * root,
        components={symbol: float(part) for symbol, part in zip(holdings, parts, strict=True)},
    )


def historical(holdings: Mapping[str, float], returns: Floats, confidence: float = 0.99) -> Risk:
    """One day's VaR and ES if one of the recorded days came again, each as likely; columns in the holdings' order.

    VaR is the ⌈n·c⌉-th smallest loss, the lower quantile of the sample. ES is the mean of the worst n·(1−c) losses, of
    which the last counts in part.
    """
    _check(confidence)
    losses = np.sort(-(returns @ np.array(list(holdings.values()), dtype=np.float64)))
    days = len(losses)
    at = max(ceil(round(days * confidence, 9)), 1) - 1
    tail = round(days * (1 - confidence), 9)
    whole = floor(tail)
    worst = float(losses[days - whole :].sum())
    if tail > whole:
        worst += (tail - whole) * float(losses[days - whole - 1])
    return Risk(confidence=confidence, var=float(losses[at]), expected_shortfall=worst / tail)


def _check(confidence: float) -> None:
    if not 0.5 < confidence < 1:
        raise BadInput("risk", "confidence", "must lie between 0.5 and 1, such as 0.99", confidence)
