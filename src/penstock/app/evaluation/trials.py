"""What is tried: parents drawn from a market, and what became of each under each algorithm.

Every parent is traded twice, once as a buy and once as a sell: what the market did meanwhile costs the one what it
gives the other, so their mean is what trading cost, and far fewer parents tell two algorithms apart (antithetic pairs).
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import msgspec

from penstock.domain.errors import BadInput
from penstock.domain.time import MINUTE

BASELINE, REFERENCE = "market", "twap"  # what savings are measured against, and the plainest algorithm


class Contender(msgspec.Struct, frozen=True):
    """An algorithm as it takes part: its label, its name and its parameters."""

    label: str
    algorithm: str
    parameters: dict[str, Any] = {}
    strategy: str = "neutral"


class Draw(msgspec.Struct, frozen=True):
    """One parent: `size` is its share of what the market trades in its window, `start` ns after the market's."""

    number: int
    market: tuple[str, ...]
    seed: int
    symbol: str
    size: float
    start: int
    minutes: float


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A parent under one algorithm; costs in bps of its arrival value, means over its buy and its sell.

    `cost` is the whole implementation shortfall: what was not filled is valued at the end of its life, fees are in it.
    `benchmark` is the cost against the algorithm's own benchmark, one number for each side; `vwap` that
    against the market's volume-weighted price; `costs` are the two costs.
    """

    number: int
    label: str
    size: float
    cost: float
    costs: tuple[float, float]
    benchmark: tuple[float, float]
    vwap: tuple[float, float]
    filled: float
    passive: float
    participation: float
    children: int


def draws(
    market: Sequence[str],
    symbols: Sequence[str],
    sizes: Sequence[float],
    minutes: float,
    count: int,
    seed: int,
    span: int,
    *,
    fresh: bool,
) -> Iterator[Draw]:
    """`count` parents, sizes and symbols in turn, starts at random within the market's `span` (ns).

    A generated market is a `fresh` one for each parent. The same seed draws the same parents.

    Raises:
        BadInput: a window longer than the market.
    """
    latest = span - round(minutes * MINUTE) - 2 * MINUTE
    if latest < 0:
        raise BadInput("--minutes", "", f"must fit into the market, which lasts {span / MINUTE:.0f} minutes", minutes)
    rng = Random(seed)
    for number in range(count):
        # symbols change only when all sizes had their turn, so that each size meets each symbol
        symbol = symbols[number // len(sizes) % len(symbols)]
        start = rng.randrange(min(MINUTE, latest), latest + 1) if latest > MINUTE else latest
        yield Draw(
            number, tuple(market), seed + number if fresh else seed, symbol, sizes[number % len(sizes)], start, minutes
        )
