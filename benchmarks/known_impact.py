"""`python -m benchmarks.known_impact [SEEDS] [ORDERS]`: how often an analysis finds the impact put into a market.

An interval of 95 % should hold the truth in about 95 of 100 seeds, and the mean of the estimates be the truth itself.
"""

import sys

import numpy as np

from penstock.tca.known_impact import known_impact
from penstock.tca.study import Settings, study
from penstock.tca.study.impact_fit import impact_fit


def main(seeds: int = 100, orders: int = 500) -> None:
    """Print, for permanent and temporary impact: truth, mean estimate with its error, width, and how often it held."""
    found: dict[str, list[tuple[float, float, float, float]]] = {"permanent": [], "temporary": []}
    for seed in range(seeds):
        market = known_impact(orders=orders, seed=seed)
        fit = impact_fit(study(market.fills, market.orders, market.tape, settings=Settings()))
        assert fit is not None
        for name, truth in (("permanent", market.permanent_bps), ("temporary", market.temporary_bps)):
            each = getattr(fit, name)
            found[name].append((truth, each.mean, each.low, each.high))
    for name, rows in found.items():
        truth, mean, low, high = np.array(rows).T
        held = int(((low <= truth) & (truth <= high)).sum())
        error = mean.std() / np.sqrt(len(mean))
        print(
            f"{name:<10} put in {truth[0]:.1f} bps, found {mean.mean():.2f} ± {error:.2f} bps over {seeds} seeds;"
            f" intervals {np.mean(high - low):.1f} bps wide hold it {held} of {seeds} times"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
