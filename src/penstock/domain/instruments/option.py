"""Options: the premium is paid when bought; at expiry the right is worth what strike and underlying say."""

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from penstock.domain.instrument import ONE, ZERO, AssetClass, Instrument


class Right(StrEnum):
    CALL = "call"
    PUT = "put"


class Option(Instrument, frozen=True, kw_only=True, tag="option"):
    """A call or put; quantities are in contracts of `multiplier` units, prices are the premium of one unit.

    The notional that limits and costs are counted in is the premium's value, what an order can spend;
    `exercise_value` and `underlying_notional` tell how large the right is. `expiry` is its last instant (ns).
    """

    asset_class: ClassVar[AssetClass] = AssetClass.OPTION

    right: Right
    strike: Decimal
    expiry: int
    multiplier: Decimal = ONE
    underlying: str = ""

    def check(self) -> None:
        super().check()
        self.require_positive("strike")
        self.require_positive("multiplier")
        self.require(self.expiry > 0, "expiry", "must be a time after 1970, in nanoseconds")

    def is_expired(self, now: int) -> bool:
        return now >= self.expiry

    def exercise_value(self, quantity: Decimal) -> Decimal:
        """What is paid, or received, for the underlying when the right is used: q·m·strike."""
        return quantity * self.multiplier * self.strike

    def underlying_notional(self, quantity: Decimal, underlying_price: Decimal) -> Decimal:
        """The underlying that the contracts speak for, at its price: q·m·S."""
        return quantity * self.multiplier * underlying_price

    def intrinsic(self, underlying_price: Decimal) -> Decimal:
        """The premium that the right is worth if used now, and so the closing price of a position at expiry."""
        gain = underlying_price - self.strike
        return max(gain if self.right is Right.CALL else -gain, ZERO)
