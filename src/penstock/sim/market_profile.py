"""What a generated market is like, in the terms in which a trader knows one."""

from decimal import Decimal

import msgspec

from penstock.domain.errors import BadInput
from penstock.domain.instrument import AssetClass, SymbolProfile
from penstock.domain.instruments import AnyInstrument

EQUITY_SESSION_S = 390 * 60
CRYPTO_DAY_S = 24 * 60 * 60


class MarketProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One symbol and how it trades; quantities are in the instrument's units, prices in its currency.

    `adv` is the volume of a day on all venues together (a session for an equity, 24 hours otherwise) and
    `daily_volatility` the standard deviation of that day's log return. `spread` is the mean quoted spread and
    `touch_quantity` the mean quantity at the best price of one venue. Rates are per second and venue, at the
    day's average pace. `impact` is the coefficient of the square-root law, `permanent_share` the part of it that
    does not decay, `impact_memory_s` how fast the rest does. `correlation` is that with what all symbols share.

    Raises:
        BadInput: a number that no market can have.
    """

    instrument: AnyInstrument
    price: Decimal
    adv: Decimal
    daily_volatility: float
    spread: Decimal
    touch_quantity: Decimal
    trades_per_second: float = 1.5
    quotes_per_second: float = 20.0
    impact: float = 0.7
    permanent_share: float = 0.4
    impact_memory_s: float = 300.0
    correlation: float = 0.0

    def __post_init__(self) -> None:
        for name in ("price", "adv", "daily_volatility", "touch_quantity", "trades_per_second", "quotes_per_second"):
            if not getattr(self, name) > 0:
                self._refuse(name, "must be greater than 0")
        if self.spread < self.instrument.tick_size:
            self._refuse("spread", f"must be at least the tick size {self.instrument.tick_size}")
        if self.touch_quantity < self.instrument.lot_size:
            self._refuse("touch_quantity", f"must be at least the lot size {self.instrument.lot_size}")
        if not 0 <= self.permanent_share <= 1:
            self._refuse("permanent_share", "must lie between 0 and 1")
        if not -1 <= self.correlation <= 1:
            self._refuse("correlation", "must lie between -1 and 1")
        if self.impact < 0 or self.impact_memory_s <= 0:
            self._refuse("impact", "impact must not be negative and its memory must be longer than 0 s")

    def _refuse(self, field: str, rule: str) -> None:
        raise BadInput(f"market profile {self.instrument.symbol}", field, rule, str(getattr(self, field)))

    @property
    def trades_all_day(self) -> bool:
        return self.instrument.asset_class is not AssetClass.EQUITY

    @property
    def day_s(self) -> int:
        """Trading seconds of the day that `adv` and `daily_volatility` are about."""
        return CRYPTO_DAY_S if self.trades_all_day else EQUITY_SESSION_S

    @property
    def price_ticks(self) -> float:
        return float(self.price / self.instrument.tick_size)

    @property
    def spread_ticks(self) -> float:
        return float(self.spread / self.instrument.tick_size)

    @property
    def adv_lots(self) -> float:
        return float(self.adv / self.instrument.lot_size)

    @property
    def touch_lots(self) -> float:
        return float(self.touch_quantity / self.instrument.lot_size)

    @property
    def known(self) -> SymbolProfile:
        """What a trader's own models are told of it."""
        return SymbolProfile(self.adv, self.daily_volatility)
