"""A quote that walks at random, and prints at its touch: enough of a market to trade against, and no more."""

from decimal import Decimal
from random import Random

from penstock.domain.quote import Quote
from penstock.sim.market_profile import MarketProfile

MOVES = (-1, 0, 0, 0, 1)  # ticks a step, each as likely
PRINT_CHANCE = 0.5


class QuotedMarket:
    """One symbol's touch: the sizes displayed are taken once, and come anew with every step."""

    def __init__(self, profile: MarketProfile, random: Random) -> None:
        self.instrument = profile.instrument
        self._random = random
        tick = self.instrument.tick_size
        self._half_spread = max(round(profile.spread / tick / 2), 1)
        self._mid = round(profile.price / tick)
        self._size = max(profile.touch_quantity, self.instrument.lot_size)
        self.volume = self.turnover = Decimal(0)
        self.sizes = {1: self._size, -1: self._size}  # displayed to a buyer, to a seller

    def step(self) -> tuple[int, Decimal] | None:
        """Move the quote and show fresh sizes; perhaps somebody trades: (sign of who rested, quantity printed)."""
        self._mid += self._random.choice(MOVES)
        self.sizes = {1: self._size, -1: self._size}
        if self._random.random() >= PRINT_CHANCE:
            return None
        sign = self._random.choice((1, -1))
        quantity = max(self.instrument.round_quantity(self._size / 2), self.instrument.lot_size)
        self.count(quantity, self.price(-sign))
        return sign, quantity

    def price(self, sign: int) -> Decimal:
        """What a buyer (+1) pays, or a seller (−1) gets, at once."""
        return (self._mid + sign * self._half_spread) * self.instrument.tick_size

    def take(self, sign: int, wanted: Decimal) -> Decimal:
        """Trade up to `wanted` at that price; returns what was there."""
        taken = min(wanted, self.sizes[sign])
        self.sizes[sign] -= taken
        self.count(taken, self.price(sign))
        return taken

    def count(self, quantity: Decimal, price: Decimal) -> None:
        self.volume += quantity
        self.turnover += quantity * price

    def quote(self, now: int) -> Quote:
        return Quote(
            ts=now,
            bid=self.price(-1),
            bid_qty=self.sizes[-1],
            ask=self.price(1),
            ask_qty=self.sizes[1],
            volume=self.volume,
            turnover=self.turnover,
        )
