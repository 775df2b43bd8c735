"""What is estimated of a symbol's market from its samples, as data: what was decided on it goes on record with it."""

import msgspec


class Estimates(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A market as it has been of late, over all its venues. `penstock.market.estimates` has the formulas.

    `ts` (ns) and `mid` are those of the latest sample; there were `samples` of them in `elapsed` seconds.
    Variances are of the mid's log returns, per second; means are of the mid; `spread` is relative (1e-4 is a basis
    point) and `spread_now` the latest; `imbalance` in [-1, 1], positive with more on the bid; `depth` (units) is the
    mean of what both touches show; `volume` (units) had traded in all at the latest sample, at `volume_rate` a second.
    """

    ts: int
    mid: float
    samples: int = 1
    elapsed: float = 0.0
    variance: float = 0.0
    variance_fast: float = 0.0
    mean: float = 0.0
    mean_fast: float = 0.0
    spread: float = 0.0
    spread_now: float = 0.0
    imbalance: float = 0.0
    depth: float = 0.0
    volume: float = 0.0
    volume_rate: float = 0.0
