"""What each fill was worth at the moment it happened, and what it turned out to be worth afterwards.

With side s, price p, the mid m before the fill and m_h a horizon h later, in basis points of m, positive a cost:

    quoted spread       (ask − bid)
    effective spread    2 s (p − m)
    mark-out at h       s (p − m_h)
    realised spread     2 × the mark-out at the chosen horizon
    impact              2 s (m_h − m)  =  effective − realised
    adverse selection   s (m − m_h)      what the mid took from the position that the fill made
    price improvement   s (touch − p)    what a taker got better than the touch
"""

import numpy as np
import polars as pl

from penstock.tca.study.settings import Settings, horizon_name
from penstock.tca.study.tape import Floats, Ints

BPS = 10_000.0


def fill_costs(
    sign: Ints,
    price: Floats,
    bid: Floats,
    ask: Floats,
    maker: Ints,
    marks: dict[float, Floats],
    settings: Settings,
) -> dict[str, Floats]:
    """Columns by name, aligned to the fills; NaN where a quote is not known."""
    mid = (bid + ask) / 2
    per_mid = BPS / mid
    signed = sign * per_mid
    away = signed * (price - mid)
    touch = np.where(sign > 0, ask, bid)
    columns = {
        "mid": mid,
        "quoted_bps": (ask - bid) * per_mid,
        "effective_bps": 2 * away,
        "improvement_bps": np.where(maker == 1, np.nan, signed * (touch - price)),
    }
    for horizon, after in marks.items():
        columns[f"markout_{horizon_name(horizon)}"] = signed * (price - after)
    realised = columns[f"markout_{settings.realised}"]
    columns["realised_bps"] = 2 * realised
    columns["impact_bps"] = columns["effective_bps"] - columns["realised_bps"]
    columns["adverse_bps"] = realised - away
    return columns


def inferred_maker(liquidity: pl.Series, sign: Ints, price: Floats, bid: Floats, ask: Floats) -> Ints:
    """1 for a maker: as stated, and where nothing is stated, a fill at its own side's touch or better."""
    stated = liquidity.str.to_lowercase()
    with np.errstate(invalid="ignore"):
        rested = np.where(sign > 0, price <= bid, price >= ask)
    words = stated.to_numpy()
    if (stated == "").all():
        return rested.astype(np.int64)
    return np.where(words == "maker", 1, np.where(words == "taker", 0, rested)).astype(np.int64)
