"""Things bought for their full price and owned: shares, coins and currencies."""

from decimal import Decimal
from typing import ClassVar

from penstock.domain.instrument import AssetClass, Instrument

STANDARD_LOT = Decimal(100_000)


class Owned(Instrument, frozen=True, kw_only=True):
    """One unit gains one when the price rises by one."""

    def notional(self, quantity: Decimal, price: Decimal) -> Decimal:
        return quantity * price

    def value(self, quantity: Decimal, price: Decimal) -> Decimal:
        return quantity * price


class Equity(Owned, frozen=True, kw_only=True, tag="equity"):
    """A share; quantities are in shares, prices per share."""

    asset_class: ClassVar[AssetClass] = AssetClass.EQUITY


class Spot(Owned, frozen=True, kw_only=True, tag="spot"):
    """A coin bought for another: quantities are in `base`, prices in `currency` for one of it.

    The holding of the coin is the position itself. `base` may be left out; then no fee can be taken in it.
    """

    asset_class: ClassVar[AssetClass] = AssetClass.SPOT

    base: str = ""

    def check(self) -> None:
        super().check()
        self.require(self.base != self.currency, "base", "must differ from the currency it is priced in")

    @property
    def asset(self) -> str:
        return self.base


class FxPair(Owned, frozen=True, kw_only=True, tag="fx"):
    """A currency pair, `base` priced in `currency` (the quote currency); quantities are in units of `base`.

    `pip_size` is the market's unit of price moves, a whole number of ticks: 0.0001, or 0.01 against the yen.
    """

    asset_class: ClassVar[AssetClass] = AssetClass.FX

    base: str
    pip_size: Decimal
    standard_lot: Decimal = STANDARD_LOT

    def check(self) -> None:
        super().check()
        self.require(bool(self.base), "base", "must not be empty")
        self.require(self.base != self.currency, "base", "must differ from the currency it is priced in")
        self.require_positive("pip_size")
        self.require(
            self.pip_size % self.tick_size == 0, "pip_size", f"must be a multiple of the tick {self.tick_size}"
        )
        self.require_positive("standard_lot")

    @property
    def asset(self) -> str:
        return self.base

    def pips(self, start: Decimal, end: Decimal) -> Decimal:
        """A price move in pips."""
        return (end - start) / self.pip_size

    def pip_value(self, quantity: Decimal) -> Decimal:
        """What one pip is worth on a quantity, in `currency`."""
        return quantity * self.pip_size

    def standard_lots(self, quantity: Decimal) -> Decimal:
        """A quantity in the market's contracts: 100,000 of `base` unless the pair says otherwise."""
        return quantity / self.standard_lot
