"""The market as one decision sees it: a venue's touch, and how much has traded so far."""

from decimal import Decimal

import msgspec

TWO = Decimal(2)
Level = tuple[Decimal, Decimal]  # price, quantity


class Quote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The touch of one symbol on one venue at `ts` (ns), the time of the venue's last market event.

    `volume` and `turnover` (Σ price·quantity) count every print since the market's start, our own once.
    A side with nothing on it is None with quantity 0. `last` is the price of the last trade, where the venue tells it.
    """

    ts: int
    bid: Decimal | None = None
    bid_qty: Decimal = Decimal(0)
    ask: Decimal | None = None
    ask_qty: Decimal = Decimal(0)
    volume: Decimal = Decimal(0)
    turnover: Decimal = Decimal(0)
    last: Decimal | None = None

    @property
    def mid(self) -> Decimal | None:
        """Half-way between bid and ask; None unless both sides are there."""
        if self.bid is None or self.ask is None:
            return None
        return (self.bid + self.ask) / TWO

    @property
    def is_sound(self) -> bool:
        """Both sides there and not crossed: a book one may trade on."""
        return self.bid is not None and self.ask is not None and self.bid < self.ask


class Depth(msgspec.Struct, frozen=True, gc=False):
    """The best few levels of both sides, best first."""

    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()
