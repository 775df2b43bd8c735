"""What it costs to get out of everything within a horizon, against what prices may do meanwhile.

Each name is sold or bought back evenly over the horizon: so much a day costs half the spread and the square-root
impact of a day's part, c·σ·√(Q/h/ADV). Meanwhile what is left moves with the market: at a constant rate its variance is
∫ σ_p²·(1 − t/h)² dt = σ_p²·h/3, the minimum-impact strategy of Almgren and Chriss, "Optimal execution of portfolio
transactions" (2000).
"""

from collections.abc import Mapping, Sequence
from math import sqrt

from penstock.app.risk.stress_report import Horizon
from penstock.cost.square_root import square_root_bps
from penstock.risk.scenario import Scenario
from penstock.risk.stress import BPS, Market

HORIZONS_DAYS = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0)


def horizons(
    positions: Mapping[str, float], markets: Mapping[str, Market], stressed: Scenario, sigma: float | None
) -> Sequence[Horizon]:
    """The cost of each horizon in bps of gross, today and in the market of a scenario (its prices aside).

    `sigma` is the standard deviation of the portfolio's value in a day; None where it is not known.
    """
    gross = sum(abs(units) * markets[symbol].price for symbol, units in positions.items())
    calm = Scenario(name="today")
    if not gross:
        return ()
    return tuple(
        Horizon(
            days=days,
            cost_bps=_cost(positions, markets, calm, days) / gross * BPS,
            stressed_bps=_cost(positions, markets, stressed, days) / gross * BPS,
            risk_bps=None if sigma is None else sigma * sqrt(days / 3) / gross * BPS,
        )
        for days in HORIZONS_DAYS
    )


def _cost(positions: Mapping[str, float], markets: Mapping[str, Market], scenario: Scenario, days: float) -> float:
    total = 0.0
    for symbol, units in positions.items():
        market = markets[symbol]
        a_day = abs(units) / days
        impact = square_root_bps(a_day, market.adv * scenario.liquidity, market.volatility * scenario.volatility)
        total += abs(units) * market.price * (impact + market.spread_bps * scenario.spread / 2) / BPS
    return total
