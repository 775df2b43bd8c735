"""Bonds: priced clean, per 100 of face; a buyer pays the interest accrued since the last coupon on top."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from penstock.domain.day_count import DayCount, accrued_of_coupon, coupon_period
from penstock.domain.instrument import ONE, ZERO, AssetClass, Instrument
from penstock.domain.money import MONEY_UNIT
from penstock.domain.time import SECOND

SATURDAY = 5


class Bond(Instrument, frozen=True, kw_only=True, tag="bond"):
    """A bond with a fixed coupon of `coupon` per cent a year, paid `frequency` times (1, 2, 4 or 12; 0 for a zero).

    One unit of quantity is `face` of face amount: with the default of 1, quantities are the face amount itself.
    Interest counts from `issued`, where known. Trades settle `settlement_days` weekdays after their day in UTC.
    """

    asset_class: ClassVar[AssetClass] = AssetClass.BOND

    maturity: date
    coupon: Decimal
    frequency: int = 2
    day_count: DayCount = DayCount.THIRTY_360
    face: Decimal = ONE
    issued: date | None = None
    settlement_days: int = 1

    def check(self) -> None:
        super().check()
        self.require_positive("face")
        self.require(self.frequency in (0, 1, 2, 4, 12), "frequency", "must be 0, 1, 2, 4 or 12 coupons a year")
        self.require(self.coupon.is_finite() and self.coupon >= 0, "coupon", "must not be negative")
        self.require(
            (self.frequency == 0) == (self.coupon == 0), "coupon", "must be zero if, and only if, none is paid"
        )
        self.require(self.issued is None or self.issued < self.maturity, "issued", "must lie before the maturity")
        self.require(self.settlement_days >= 0, "settlement_days", "must not be negative")

    @property
    def multiplier(self) -> Decimal:
        return self.face / 100

    def is_expired(self, now: int) -> bool:
        return datetime.fromtimestamp(now // SECOND, UTC).date() >= self.maturity

    def settlement_date(self, at: int) -> date:
        """When a trade at `at` (ns) settles: weekdays are counted, holidays are not known here."""
        day = datetime.fromtimestamp(at // SECOND, UTC).date()
        for _ in range(self.settlement_days):
            day = weekday_from(day + timedelta(days=1))
        return weekday_from(day)

    def accrued_per_100(self, settlement: date) -> Decimal:
        """Interest accrued on 100 of face, to 18 decimals."""
        if not self.frequency or settlement >= self.maturity:
            return ZERO
        period = coupon_period(self.maturity, self.frequency, settlement)
        start = period[0] if self.issued is None else min(max(self.issued, period[0]), settlement)
        interest = accrued_of_coupon(self.coupon, self.frequency, self.day_count, period, start, settlement)
        return interest.quantize(MONEY_UNIT)

    def accrued(self, quantity: Decimal, at: int) -> Decimal:
        return quantity * self.multiplier * self.accrued_per_100(self.settlement_date(at))

    def dirty_price(self, clean: Decimal, settlement: date) -> Decimal:
        """What 100 of face costs with the interest accrued."""
        return clean + self.accrued_per_100(settlement)

    def dirty_notional(self, quantity: Decimal, clean: Decimal, settlement: date) -> Decimal:
        """What a buyer pays: `notional` is the clean value."""
        return quantity * self.multiplier * self.dirty_price(clean, settlement)

    def coupon_amount(self, quantity: Decimal) -> Decimal:
        """One coupon on a holding."""
        return quantity * self.face * self.coupon / 100 / self.frequency if self.frequency else ZERO


def weekday_from(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= SATURDAY else day
