"""What others want to trade where nothing is displayed: seeded arrivals at a dark pool or a crossing network.

Buyers and sellers come independently (Poisson), each with a quantity (log-normal), perhaps a least execution, and a
time that they stay (exponential). Some know where the price will go and come on that side; some are probes, a few lots
that find out who waits.
"""

from collections.abc import Callable
from decimal import Decimal
from math import exp
from typing import Annotated, NamedTuple

import msgspec

from penstock.domain.instruments import AnyInstrument
from penstock.domain.time import SECOND
from penstock.sim.random_kernel import exponential, normal, stream, uniform

SIZE_SPREAD = 1.2  # standard deviation of log quantity: blocks are rare and large
MINUTE_S = 60.0

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Lean = Callable[[int], float]


def refuse_below(given: msgspec.Struct, least: int, name: str, *, strictly: bool = True) -> None:
    """Raise ValueError where a Decimal is too small."""
    value = getattr(given, name)
    if value is not None and (value < least or (strictly and value == least)):
        raise ValueError(f"{name} must be {'greater than' if strictly else 'at least'} {least}, got {value}")


class PoolProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a venue that shows nothing trades one symbol.

    `arrivals_per_minute` counts each side by itself; `mean_quantity` is in units, and a stay lasts `patience_s` on
    average. A `picky` share of the others wants no execution smaller than half of its quantity. An `informed` share
    comes on the side to which the price will move, where the market can say that; a `probing` share brings a few lots.
    `leakage` is the part of what is left of our order that the lit markets learn of when a probe has met it.
    """

    mean_quantity: Decimal
    arrivals_per_minute: Positive = 2.0
    patience_s: Positive = 60.0
    picky: Share = 0.2
    informed: Share = 0.1
    probing: Share = 0.1
    leakage: Share = 0.1

    def __post_init__(self) -> None:
        refuse_below(self, 0, "mean_quantity")


class Interest(NamedTuple):
    """One order of somebody else: it comes at `ts` and has gone at `until` (ns)."""

    ts: int
    sign: int
    lots: int
    least: int
    until: int
    probes: bool


class HiddenInterest:
    """The arrivals at one venue for one symbol, in order; each is drawn when the one before has come.

    `lean` says at a time which way the price will go, from −1 to 1; 0 where nobody can know.
    """

    def __init__(
        self, profile: PoolProfile, instrument: AnyInstrument, venue: str, seed: int, start_ns: int, lean: Lean
    ) -> None:
        self._profile, self._lean = profile, lean
        self._mean_lots = max(float(profile.mean_quantity / instrument.lot_size), 1.0)
        self._gap_ns = MINUTE_S * SECOND / (2 * profile.arrivals_per_minute)
        self._words = stream(seed, "hidden interest", venue, instrument.symbol)
        self.next_ts = start_ns
        self._schedule()

    def take(self) -> Interest:
        """The next arrival, at `next_ts`; the one after is scheduled."""
        words, profile, ts = self._words, self._profile, self.next_ts
        sign = 1 if uniform(words) < 0.5 else -1
        if uniform(words) < profile.informed:
            sign = 1 if uniform(words) < (1 + self._lean(ts)) / 2 else -1
        probes = uniform(words) < profile.probing
        size = self._mean_lots * exp(SIZE_SPREAD * normal(words) - SIZE_SPREAD * SIZE_SPREAD / 2)
        lots = max(round(self._mean_lots / 50 if probes else size), 1)
        least = lots // 2 if not probes and uniform(words) < profile.picky else 0
        stay = 1.0 if probes else profile.patience_s * exponential(words)
        self._schedule()
        return Interest(ts, sign, lots, least, ts + round(stay * SECOND), probes)

    def _schedule(self) -> None:
        self.next_ts += max(round(exponential(self._words) * self._gap_ns), 1)
