"""The square-root law: impact grows with the square root of the order, and hardly depends on how long it takes.

    I = Y · σ · √(Q / V)

σ is the daily volatility and V the daily volume, Y of order one. Tóth et al., "Anomalous price impact and the critical
nature of liquidity in financial markets", Physical Review X 1 (2011), eq. 1; Y by market: Bouchaud, Bonart, Donier and
Gould, *Trades, Quotes and Prices* (2018), ch. 12.
"""

from math import sqrt

SQUARE_ROOT_COEFFICIENT = 0.7
BPS = 1e4


def square_root_bps(
    quantity: float, adv: float, daily_volatility: float, coefficient: float = SQUARE_ROOT_COEFFICIENT
) -> float:
    """Impact in bps of trading `quantity` (its sign does not matter) where `adv` trades in a day (same unit)."""
    return coefficient * daily_volatility * sqrt(abs(quantity) / adv) * BPS


def inverse_square_root(bps: float, adv: float, daily_volatility: float, coefficient: float = 0.7) -> float:
    """The quantity whose impact is `bps`: what may be traded within an impact tolerance."""
    return adv * (bps / BPS / (coefficient * daily_volatility)) ** 2
