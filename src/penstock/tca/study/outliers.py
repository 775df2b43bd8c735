"""Orders that cost far more, or less, than the others, and what each one's peers paid.

An order is an outlier when its cost against arrival lies more than `outlier_score` robust deviations (1.4826 · median
absolute deviation) from the median. Its peers are the orders of the same quarter by size and the same side of the
median participation; where those are fewer than `peers_min`, of the same size alone.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from penstock.tca.study.settings import Settings
from penstock.tca.study.tape import Floats, Ints
from penstock.tca.study.weighed import sizes

ROBUST = 1.4826


@dataclass(frozen=True)
class Outlier:
    """An order, its cost, how many robust deviations it is away, and the part of its shortfall that is largest."""

    order: int
    cost_bps: float
    score: float


def outliers(orders: pl.DataFrame, settings: Settings) -> list[Outlier]:
    """The furthest first; none where half of the orders cost the same, or there are fewer than five."""
    cost = orders["arrival_bps"].to_numpy()
    known = np.flatnonzero(np.isfinite(cost))
    if len(known) < 5:
        return []
    middle = float(np.median(cost[known]))
    spread = ROBUST * float(np.median(np.abs(cost[known] - middle)))
    if spread == 0:
        return []
    score = (cost - middle) / spread
    far = known[np.abs(score[known]) > settings.outlier_score]
    return [Outlier(int(k), float(cost[k]), float(score[k])) for k in far[np.argsort(-np.abs(score[far]))]]


def peers(orders: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """By order: its peers' number and median cost, and the share of them that cost less (its percentile)."""
    cost = orders["arrival_bps"].to_numpy()
    size = np.array(sizes(orders))
    participation = orders["participation"].to_numpy()
    known = np.isfinite(participation)
    middle = np.median(participation[known]) if known.any() else np.nan
    busy = np.where(known, participation > middle, False)
    counts, medians, ranks = np.zeros(len(cost), np.int64), np.full(len(cost), np.nan), np.full(len(cost), np.nan)
    for label in dict.fromkeys(size.tolist()):
        alike = size == label
        for half in (True, False):
            mine = alike & (busy == half) & np.isfinite(cost)
            group = mine if mine.sum() > settings.peers_min else alike & np.isfinite(cost)
            _rank(cost, np.flatnonzero(mine), np.sort(cost[group]), counts, medians, ranks)
    return pl.DataFrame(
        {
            "order_id": orders["order_id"],
            "peers": counts,
            "peers_median_bps": pl.Series(medians, nan_to_null=True),
            "percentile": pl.Series(ranks, nan_to_null=True),
        }
    )


def _rank(cost: Floats, mine: Ints, group: Floats, counts: Ints, medians: Floats, ranks: Floats) -> None:
    if len(group) < 2 or not len(mine):
        return
    counts[mine] = len(group) - 1
    medians[mine] = np.median(group)
    ranks[mine] = np.searchsorted(group, cost[mine], "left") / (len(group) - 1)
