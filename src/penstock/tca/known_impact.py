"""A market that reacts to us in a known way, to try an analysis on: what was put in must be found again.

The mid wanders at random; an order that trades a share x of the market's volume moves it by γ·x for good, evenly
while it works, and pays η·x on top of half the spread, in bps of the price. What it did for good stays; what it paid
for haste leaves no trace. After Almgren, Thum, Hauptmann and Li (2005), with both laws linear.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from penstock.domain.time import HOUR, MINUTE, SECOND
from penstock.tca.study.tape import HeldMarket, Ints, Quotes, Trades

START = 1_755_475_200_000_000_000  # 2025-08-18T00:00:00Z
FILLS_PER_ORDER = 20
WORKED_S, SPACING_S = 600, 1200
STEP_S = 5
HALF_SPREAD_BPS = 1.0
NOISE_BPS = 0.6  # of the mid, each step
PRICE = 100.0
SYMBOL = "ACME"


@dataclass(frozen=True)
class KnownImpact:
    """Fills, orders and tape, and the truth in bps at participation 1."""

    fills: pl.DataFrame
    orders: pl.DataFrame
    tape: HeldMarket
    permanent_bps: float
    temporary_bps: float


def known_impact(*, orders: int, seed: int, permanent_bps: float = 60.0, temporary_bps: float = 40.0) -> KnownImpact:
    """Orders of random side and 2 to 30 % of the market's volume, one after another, with pauses."""
    rng = np.random.default_rng(seed)
    steps = orders * SPACING_S // STEP_S + HOUR // SECOND // STEP_S
    ts = START + HOUR + np.arange(steps) * STEP_S * SECOND
    arrival = START + HOUR + 10 * MINUTE + np.arange(orders) * SPACING_S * SECOND
    side, share = rng.choice(np.array([-1, 1]), orders), rng.uniform(0.02, 0.3, orders)
    push = np.zeros(steps)
    for k in range(orders):
        inside = (ts > arrival[k]) & (ts <= arrival[k] + WORKED_S * SECOND)
        push[inside] += side[k] * share[k] * permanent_bps / inside.sum()
    log_mid = np.log(PRICE) + np.cumsum(rng.normal(0, NOISE_BPS, steps) + push) / 10_000
    mid = np.exp(log_mid)
    half = mid * HALF_SPREAD_BPS / 10_000
    volume = rng.integers(80, 121, steps).astype(np.float64)
    tape = HeldMarket({SYMBOL: Quotes(ts, mid - half, mid + half)}, {SYMBOL: Trades(ts + SECOND, mid, volume)})

    at_s = arrival[:, None] + (np.arange(FILLS_PER_ORDER) + 0.5) * WORKED_S / FILLS_PER_ORDER * SECOND
    at: Ints = at_s.astype(np.int64).ravel() + 1  # just after a step of the mid
    order = np.repeat(np.arange(orders), FILLS_PER_ORDER)
    place = np.searchsorted(ts, at) - 1
    haste = mid[place] * temporary_bps * share[order] / 10_000
    price = mid[place] + side[order] * (half[place] + haste)
    traded = np.array([volume[(ts >= t) & (ts < t + WORKED_S * SECOND)].sum() for t in arrival])
    quantity = share * traded
    names = [f"K{n}" for n in range(orders)]
    fills = pl.DataFrame(
        {
            "fill_id": [f"F{n}" for n in range(len(at))],
            "order_id": [names[n] for n in order],
            "symbol": [SYMBOL] * len(at),
            "side": side[order],
            "ts": at,
            "price": price,
            "quantity": quantity[order] / FILLS_PER_ORDER,
            "liquidity": ["taker"] * len(at),
        }
    )
    asked = pl.DataFrame(
        {
            "order_id": names,
            "symbol": [SYMBOL] * orders,
            "side": side,
            "quantity": quantity,
            "arrival_ts": arrival,
            "end_ts": arrival + WORKED_S * SECOND,
        }
    )
    return KnownImpact(fills, asked, tape, permanent_bps, temporary_bps)
