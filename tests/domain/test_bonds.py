"""Accrued interest: the textbook's two examples, coupon dates at month ends, and properties of any bond."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.day_count import DayCount, coupon_period, days_30_360
from penstock.domain.instruments import Bond
from penstock.domain.time import from_iso

D = Decimal
HULL = Bond(
    symbol="8% Sep",
    tick_size=D("0.01"),
    lot_size=D(1),
    maturity=date(2030, 9, 1),
    coupon=D(8),
    day_count=DayCount.ACT_ACT,
)


@pytest.mark.parametrize(
    ("rule", "accrued"),
    [(DayCount.ACT_ACT, Fraction(124, 184) * 4), (DayCount.THIRTY_360, Fraction(122, 180) * 4)],
)
def test_accrued_interest_is_the_textbooks(rule: DayCount, accrued: Fraction) -> None:
    """Hull, Options, Futures and Other Derivatives, day counts: 8 % paid on 1 March and 1 September, on 3 July.

    Actual/actual gives 124 of 184 days, 2.6957; 30/360 gives 122 of 180, 2.7111.
    """
    bond = msgspec.structs.replace(HULL, day_count=rule)
    assert abs(Fraction(bond.accrued_per_100(date(2025, 7, 3))) - accrued) <= Fraction(1, 10**17)


def test_a_buyer_pays_clean_price_and_accrued_interest_at_settlement() -> None:
    bond = msgspec.structs.replace(HULL, day_count=DayCount.THIRTY_360)
    assert bond.dirty_price(D(99), date(2025, 6, 1)) == D(101)
    assert bond.dirty_notional(D(50_000), D(99), date(2025, 6, 1)) == 50_500
    assert bond.accrued(D(50_000), from_iso("2025-05-30T15:00:00Z")) == D("1011.111111111111111")  # Friday → Monday
    assert bond.coupon_amount(D(50_000)) == 2000


# settlement days are weekdays: Thursday, Friday, Saturday, Sunday, Monday
@pytest.mark.parametrize(
    ("days", "settles"),
    [
        (0, ["2025-05-29", "2025-05-30", "2025-06-02", "2025-06-02", "2025-06-02"]),
        (1, ["2025-05-30", "2025-06-02", "2025-06-02", "2025-06-02", "2025-06-03"]),
        (2, ["2025-06-02", "2025-06-03", "2025-06-03", "2025-06-03", "2025-06-04"]),
    ],
)
def test_a_trade_settles_weekdays_later(days: int, settles: list[str]) -> None:
    bond = msgspec.structs.replace(HULL, settlement_days=days)
    traded = [from_iso(f"{date(2025, 5, 29) + timedelta(days=n)}T23:59:59Z") for n in range(5)]
    assert [bond.settlement_date(at).isoformat() for at in traded] == settles


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2025-01-15", "2025-02-15", 30),
        ("2025-01-31", "2025-02-28", 28),
        ("2025-01-30", "2025-03-31", 60),
        ("2025-01-15", "2025-03-31", 76),
        ("2024-02-29", "2025-02-28", 359),
    ],
)
def test_every_month_has_thirty_days(start: str, end: str, days: int) -> None:
    assert days_30_360(date.fromisoformat(start), date.fromisoformat(end)) == days


@pytest.mark.parametrize(
    ("maturity", "frequency", "day", "period"),
    [
        ("2030-09-01", 2, "2025-07-03", ("2025-03-01", "2025-09-01")),
        ("2030-09-01", 2, "2025-09-01", ("2025-09-01", "2026-03-01")),
        ("2030-08-31", 2, "2025-02-27", ("2024-08-31", "2025-02-28")),
        ("2030-08-31", 2, "2024-02-29", ("2024-02-29", "2024-08-31")),
        ("2031-02-28", 2, "2025-09-01", ("2025-08-31", "2026-02-28")),
        ("2030-08-30", 2, "2025-03-01", ("2025-02-28", "2025-08-30")),
        ("2026-01-15", 4, "2025-12-31", ("2025-10-15", "2026-01-15")),
        ("2026-01-15", 12, "2026-01-14", ("2025-12-15", "2026-01-15")),
        ("2026-01-15", 1, "2025-01-15", ("2025-01-15", "2026-01-15")),
    ],
)
def test_coupon_dates_are_counted_back_from_maturity(
    maturity: str, frequency: int, day: str, period: tuple[str, str]
) -> None:
    start, end = coupon_period(date.fromisoformat(maturity), frequency, date.fromisoformat(day))
    assert (start.isoformat(), end.isoformat()) == period


def test_interest_counts_from_the_issue_and_a_zero_or_matured_bond_has_none() -> None:
    young = msgspec.structs.replace(HULL, issued=date(2025, 6, 1))
    assert young.accrued_per_100(date(2025, 6, 1)) == 0
    assert young.accrued_per_100(date(2025, 5, 1)) == 0
    assert abs(young.accrued_per_100(date(2025, 7, 3)) - D(4) * 32 / 184) < D("1e-17")
    zero = msgspec.structs.replace(HULL, coupon=D(0), frequency=0)
    assert (zero.accrued_per_100(date(2025, 7, 3)), zero.coupon_amount(D(100))) == (0, 0)
    assert HULL.accrued_per_100(date(2030, 9, 1)) == 0


days = st.dates(date(2001, 1, 1), date(2060, 12, 31))


@given(days, days, st.sampled_from([1, 2, 4, 12]), st.sampled_from(DayCount))
def test_interest_grows_through_a_period_and_never_passes_a_coupon(
    maturity: date, day: date, frequency: int, rule: DayCount
) -> None:
    """30/360 may count up to three days more than a period where months are uneven."""
    bond = msgspec.structs.replace(HULL, maturity=maturity, frequency=frequency, day_count=rule)
    if day >= maturity:
        assert bond.accrued_per_100(day) == 0
        return
    start, end = coupon_period(maturity, frequency, day)
    assert start <= day < end
    assert bond.accrued_per_100(start) == 0
    tomorrow = min(day + timedelta(days=1), end - timedelta(days=1))
    most = D(8) / frequency + D(8) * 3 / 360
    assert 0 <= bond.accrued_per_100(day) <= bond.accrued_per_100(tomorrow) <= most


def test_a_bond_trades_until_the_day_it_matures() -> None:
    assert not HULL.is_expired(from_iso("2030-08-31T23:59:59Z"))
    assert HULL.is_expired(from_iso("2030-09-01T00:00:00Z"))
