"""The market as a pre-trade analysis sees it: what it costs to trade now, how much trades in a day, and when."""

from functools import lru_cache
from itertools import accumulate

import msgspec

from penstock.cost.arguments import not_negative, positive
from penstock.domain.errors import BadInput

MODEL = "market"
Ladder = tuple[tuple[float, float], ...]  # price, quantity; best first

EQUITY_MINUTES = 390.0
ALL_DAY_MINUTES = 1440.0


@lru_cache(maxsize=256)
def sums_of(curve: tuple[float, ...]) -> tuple[float, ...]:
    """What has traded by the end of each part, from nothing."""
    return (0.0, *accumulate(curve))


class MarketState(msgspec.Struct, frozen=True, kw_only=True):
    """One symbol now. Prices in its currency, quantities in its units, `adv` units a day, volatilities by day.

    `daily_volatility` is today's, `usual_volatility` the long run's where they differ. `trend_bps` is what the price
    is expected to move in a day, up positive. Fees are in bps, negative for a rebate. `curve` are the volumes of equal
    parts of a day, of which `elapsed` is over, and `minutes_left` how long orders may still be worked (None: days on
    end).

    Raises:
        BadInput: a number that no market has, or a curve without volume.
    """

    symbol: str
    price: float
    spread_bps: float
    adv: float
    daily_volatility: float
    usual_volatility: float | None = None
    trend_bps: float = 0.0
    maker_bps: float = 0.0
    taker_bps: float = 0.0
    bids: Ladder = ()
    asks: Ladder = ()
    curve: tuple[float, ...] = (1.0,)
    elapsed: float = 0.0
    day_minutes: float = EQUITY_MINUTES
    minutes_left: float | None = None
    currency: str = "USD"
    value_of_unit: float = 1.0  # contracts: money by unit and price
    lot: float = 1.0
    lit_only: bool = False  # no dark pools or crossing networks for it
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        positive(MODEL, price=self.price, adv=self.adv, day_minutes=self.day_minutes, lot=self.lot)
        positive(MODEL, value_of_unit=self.value_of_unit)
        not_negative(MODEL, spread_bps=self.spread_bps, daily_volatility=self.daily_volatility)
        if self.usual_volatility is not None:
            not_negative(MODEL, usual_volatility=self.usual_volatility)
        if not self.curve or min(self.curve) < 0 or sum(self.curve) <= 0:
            raise BadInput(MODEL, "curve", "must have no negative weight, and some volume", self.curve)
        if not 0 <= self.elapsed < 1:
            raise BadInput(MODEL, "elapsed", "must lie in [0, 1)", self.elapsed)
        if self.minutes_left is not None:
            positive(MODEL, minutes_left=self.minutes_left)

    def value(self, quantity: float) -> float:
        """What a quantity is worth at the price, in `currency`."""
        return quantity * self.price * self.value_of_unit

    def volume_share(self, minutes: float, start: float = 0.0) -> float:
        """The share of a day's volume expected in `minutes` from `start` minutes after now; over 1 for several days."""
        begin = self.elapsed + start / self.day_minutes
        return self._reached(begin + minutes / self.day_minutes) - self._reached(begin)

    def minutes_for(self, volume_share: float) -> float:
        """How many minutes from now until this share of a day's volume has traded; at least a second."""
        low, high = 0.0, self.day_minutes * (volume_share * len(self.curve) + 2)
        while self.volume_share(high) < volume_share:
            high *= 2
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.volume_share(middle) < volume_share else (low, middle)
        return max(high, 1 / 60)

    def _reached(self, days: float) -> float:
        whole, rest = divmod(days, 1.0)
        sums = sums_of(self.curve)
        place = rest * len(self.curve)
        bin_ = min(int(place), len(self.curve) - 1)
        return float(whole + (sums[bin_] + (place - bin_) * self.curve[bin_]) / sums[-1])
