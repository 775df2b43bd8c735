"""Contracts on margin: futures and perpetuals, linear or inverse. A trade moves no principal, only gains and losses.

A linear contract is `multiplier` units of the underlying and gains in `currency`. An inverse one is worth `multiplier`
units of `currency` whatever its price; a holder's worth in the coin is −q·m/price, so a gain is q·m·(1/entry − 1/exit).
"""

from decimal import Decimal
from typing import ClassVar

from penstock.domain.instrument import ONE, AssetClass, Instrument
from penstock.domain.money import ratio

STATED_UNIT = Decimal("1e-9")


class Contract(Instrument, frozen=True, kw_only=True):
    """What futures and perpetuals have in common; quantities are in contracts.

    `base` is the underlying coin, in which an inverse contract settles; left out, it is read from the symbol.
    """

    margined: ClassVar[bool] = True

    multiplier: Decimal = ONE
    inverse: bool = False
    base: str = ""

    def check(self) -> None:
        super().check()
        self.require_positive("multiplier")
        self.require(self.base != self.currency, "base", "must differ from the currency it is priced in")

    @property
    def settlement_currency(self) -> str:
        if not self.inverse:
            return self.currency
        return self.base or self.symbol.partition(self.currency)[0] or self.symbol

    def notional(self, quantity: Decimal, price: Decimal) -> Decimal:
        return quantity * self.multiplier * (ONE if self.inverse else price)

    def move_value(self, quantity: Decimal, start: Decimal, end: Decimal, anchor: Decimal) -> Decimal:
        value = quantity * self.multiplier * (end - start)
        return value / anchor if self.inverse else value

    def value(self, quantity: Decimal, price: Decimal) -> Decimal:
        if not self.inverse:
            return quantity * self.multiplier * price
        return ratio(-quantity * self.multiplier, price)

    def price_of(self, quantity: Decimal, value: Decimal) -> Decimal:
        if not self.inverse:
            return super().price_of(quantity, value)
        return -quantity * self.multiplier / value

    def in_currency(self, amount: Decimal, price: Decimal) -> Decimal:
        """An amount of `settlement_currency` in `currency`; of a coin, to 9 decimals."""
        return (amount * price).quantize(STATED_UNIT) if self.inverse else amount


class Perpetual(Contract, frozen=True, kw_only=True, tag="perpetual"):
    """A future without an end, kept near its underlying by funding payments."""

    asset_class: ClassVar[AssetClass] = AssetClass.PERPETUAL


class Future(Contract, frozen=True, kw_only=True, tag="future"):
    """A dated future. `expiry` is its last trading instant (ns)."""

    asset_class: ClassVar[AssetClass] = AssetClass.FUTURE

    expiry: int

    def check(self) -> None:
        super().check()
        self.require(self.expiry > 0, "expiry", "must be a time after 1970, in nanoseconds")

    def is_expired(self, now: int) -> bool:
        return now >= self.expiry
