"""What can be traded: the one interface of every instrument, and the rules that most of them share.

Each instrument holds its own rules of quantity, price, value and P&L, and nobody else does. All of P&L follows from one
function: `value`, what a holding is worth at a price in the currency it settles in; a gain is a difference of two.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import ClassVar

import msgspec

from penstock.domain.errors import BadInput

ZERO = Decimal(0)
ONE = Decimal(1)


class AssetClass(StrEnum):
    EQUITY = "equity"
    SPOT = "spot"
    FX = "fx"
    FUTURE = "future"
    PERPETUAL = "perpetual"
    OPTION = "option"
    BOND = "bond"


class Instrument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="asset_class"):
    """One tradable thing, bought for its full value and linear in its price; `penstock.domain.instruments` has them.

    Prices and notionals are in `currency`. `min_quantity` and `min_notional` bound an order from below.

    Raises:
        BadInput: a definition that breaks a rule.
    """

    asset_class: ClassVar[AssetClass]
    margined: ClassVar[bool] = False  # True where a trade moves no principal, only gains and losses

    symbol: str
    tick_size: Decimal
    lot_size: Decimal
    currency: str = "USD"
    min_quantity: Decimal = ZERO
    min_notional: Decimal = ZERO

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Refuse a definition that cannot be traded on."""
        self.require(bool(self.symbol), "symbol", "must not be empty")
        self.require(bool(self.currency), "currency", "must not be empty")
        for field in ("tick_size", "lot_size"):
            self.require_positive(field)
        for field in ("min_quantity", "min_notional"):
            value = getattr(self, field)
            self.require(value.is_finite() and value >= 0, field, "must not be negative")

    def require(self, kept: bool, field: str, rule: str) -> None:
        """Refuse the definition, in the name of one field, unless its rule is kept."""
        if not kept:
            raise BadInput(f"instrument {self.symbol}", field, rule, getattr(self, field))

    def require_positive(self, field: str) -> None:
        value: Decimal = getattr(self, field)
        self.require(value.is_finite() and value > 0, field, "must be greater than zero")

    @property
    def multiplier(self) -> Decimal:
        """What one unit of quantity gains, in `currency`, when the price rises by one."""
        return ONE

    @property
    def inverse(self) -> bool:
        """Whether the contract is worth a fixed amount of `currency` and settles in the coin."""
        return False

    @property
    def asset(self) -> str:
        """What one receives when buying, if it can itself pay fees: a coin, a currency; empty otherwise."""
        return ""

    @property
    def settlement_currency(self) -> str:
        """The currency in which gains are paid and positions are valued."""
        return self.currency

    def is_expired(self, now: int) -> bool:
        """Whether trading in it has ended for good; what has no end never expires."""
        return False

    def on_tick(self, price: Decimal) -> bool:
        return price % self.tick_size == 0

    def on_lot(self, quantity: Decimal) -> bool:
        return quantity % self.lot_size == 0

    def to_ticks(self, price: Decimal) -> int:
        """Whole ticks of a price that lies on one (others are rounded half to even)."""
        return int((price / self.tick_size).to_integral_value(ROUND_HALF_EVEN))

    def to_lots(self, quantity: Decimal) -> int:
        """Whole lots in a quantity, rounded down."""
        return int(quantity / self.lot_size)

    def price(self, ticks: int) -> Decimal:
        return ticks * self.tick_size

    def quantity(self, lots: int) -> Decimal:
        return lots * self.lot_size

    def round_price(self, price: Decimal, *, up: bool) -> Decimal:
        """The nearest price on a tick, not below (`up`) or not above the one given."""
        whole = (price / self.tick_size).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)
        return whole * self.tick_size

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """The largest whole number of lots not above the quantity (towards zero)."""
        return int(quantity / self.lot_size) * self.lot_size

    def notional(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Value in `currency` of a quantity at a price."""
        return quantity * self.multiplier * price

    def quantity_for(self, notional: Decimal, price: Decimal) -> Decimal:
        """Whole lots whose value is nearest to `notional` from below."""
        return self.round_quantity(notional / self.notional(ONE, price))

    def move_value(self, quantity: Decimal, start: Decimal, end: Decimal, anchor: Decimal) -> Decimal:
        """What a price move from `start` to `end` is worth on `quantity`, in `currency`.

        Linear: q·m·(end − start). Inverse contracts divide by `anchor`, so that moves measured against one anchor
        (an arrival price, an average entry) add up exactly.
        """
        return quantity * self.multiplier * (end - start)

    def pnl(self, quantity: Decimal, entry: Decimal, exit_price: Decimal) -> Decimal:
        """Gain in `currency` of a signed quantity bought at `entry` and valued at `exit_price`."""
        return self.move_value(quantity, entry, exit_price, entry)

    def value(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What a signed holding is worth at a price, in `settlement_currency`: its gain is this, less what it cost."""
        return quantity * self.multiplier * price

    def price_of(self, quantity: Decimal, value: Decimal) -> Decimal:
        """The price at which a holding (not zero) is worth `value`: the average entry of what cost that much."""
        return value / (quantity * self.multiplier)

    def in_currency(self, amount: Decimal, price: Decimal) -> Decimal:
        """An amount of `settlement_currency`, stated in `currency` at the instrument's price."""
        return amount

    def fee_in_currency(self, fee: Decimal, fee_currency: str, price: Decimal) -> Decimal | None:
        """A fee stated in `currency`; None where it was taken in a third currency that this price says nothing of."""
        if fee_currency in ("", self.currency):
            return fee
        if fee_currency == self.asset:
            return fee * price
        return self.in_currency(fee, price) if fee_currency == self.settlement_currency else None

    def accrued(self, quantity: Decimal, at: int) -> Decimal:
        """Interest that a buyer pays on top of the price, for a trade at `at` (ns); only bonds have any."""
        return ZERO


class SymbolProfile(msgspec.Struct, frozen=True):
    """What is known of a symbol beforehand: average daily volume (units) and daily volatility (a fraction)."""

    adv: Decimal
    daily_volatility: float
