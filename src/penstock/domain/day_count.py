"""How a bond market counts days: what part of a year, or of a coupon period, has passed between two dates.

Sources: ISDA 2006 Definitions 4.16(f) for 30/360 (bond basis); ICMA rule 251 for ACT/ACT, as US Treasuries use it.
"""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from enum import StrEnum


class DayCount(StrEnum):
    THIRTY_360 = "30/360"
    ACT_ACT = "act/act"


def days_30_360(start: date, end: date) -> int:
    """Days between two dates when every month has thirty."""
    first = min(start.day, 30)
    last = 30 if end.day == 31 and first == 30 else end.day
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first


def months_before(day: date, months: int, *, month_end: bool) -> date:
    """The same day some months earlier; at the month's end where it would lie beyond, or always if `month_end`."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    length = monthrange(year, month + 1)[1]
    return date(year, month + 1, length if month_end else min(day.day, length))


def coupon_period(maturity: date, frequency: int, settlement: date) -> tuple[date, date]:
    """The coupon dates around a settlement date (the first not after it), counted back from maturity.

    A bond that matures at a month's end pays at month ends.
    """
    month_end = maturity.day == monthrange(maturity.year, maturity.month)[1]
    step = 12 // frequency
    whole_years = max(maturity.year - settlement.year - 1, 0)
    count = whole_years * frequency
    end = months_before(maturity, count * step, month_end=month_end)
    while (start := months_before(maturity, (count + 1) * step, month_end=month_end)) > settlement:
        count, end = count + 1, start
    return start, end


def accrued_of_coupon(
    rate: Decimal, frequency: int, rule: DayCount, period: tuple[date, date], start: date, to: date
) -> Decimal:
    """Interest from `start` to `to`, both within a coupon period, in the unit of `rate` (a year's interest)."""
    if rule is DayCount.THIRTY_360:
        return rate * days_30_360(start, to) / 360
    return rate * (to - start).days / (frequency * (period[1] - period[0]).days)
