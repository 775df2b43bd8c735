"""Sessions of real exchanges against what their own published hours say."""

import subprocess
import sys
from decimal import Decimal

import pytest

from penstock.domain.errors import BadInput
from penstock.domain.instruments import Equity, Perpetual
from penstock.domain.sessions import SessionTimes, current
from penstock.domain.time import DAY, HOUR, from_iso, to_iso
from penstock.market.calendars import calendar_of, sessions_between


def hours(calendar: str, first: str, last: str) -> list[str]:
    """Sessions between two UTC days, as `open - close`, with breaks in parentheses."""
    found = sessions_between(calendar, from_iso(f"{first}T00:00:00Z"), from_iso(f"{last}T00:00:00Z"))
    return [
        f"{to_iso(session.opens)[:16]} - {to_iso(session.closes)[11:16]}"
        + "".join(f" ({to_iso(start)[11:16]} - {to_iso(end)[11:16]})" for start, end in session.breaks)
        for session in found
    ]


@pytest.mark.parametrize(
    ("calendar", "first", "last", "expected"),
    [
        ("XNYS", "2025-08-18", "2025-08-19", ["2025-08-18T13:30 - 20:00"]),
        ("XNYS", "2025-07-03", "2025-07-05", ["2025-07-03T13:30 - 17:00"]),  # a half day, then Independence Day
        ("XNYS", "2025-01-02", "2025-01-03", ["2025-01-02T14:30 - 21:00"]),  # winter time
        ("XNYS", "2025-08-16", "2025-08-18", []),  # a weekend
        ("XLON", "2025-12-24", "2025-12-27", ["2025-12-24T08:00 - 12:30"]),
        ("XHKG", "2025-08-18", "2025-08-19", ["2025-08-18T01:30 - 08:00 (04:00 - 05:00)"]),
        ("24/7", "2025-08-16", "2025-08-18", ["2025-08-16T00:00 - 00:00", "2025-08-17T00:00 - 00:00"]),
    ],
)
def test_an_exchange_trades_when_it_says(calendar: str, first: str, last: str, expected: list[str]) -> None:
    assert hours(calendar, first, last) == expected


def test_an_unknown_calendar_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="did you mean XNYS"):
        sessions_between("XNYSE", 0, DAY)


def test_what_an_instrument_usually_follows() -> None:
    grid = {"tick_size": Decimal("0.1"), "lot_size": Decimal(1)}
    assert calendar_of(Perpetual(symbol="COIN-PERP", **grid)) == "24/7"
    assert calendar_of(Equity(symbol="ACME", **grid)) == "XNYS"


def test_a_market_at_lunch_trades_again_after_it() -> None:
    session = SessionTimes(0, 8 * HOUR, ((3 * HOUR, 4 * HOUR),))
    assert [session.trades_from(at * HOUR) // HOUR for at in (-1, 0, 3, 4, 9)] == [0, 0, 4, 4, 9]


def test_the_current_session_is_the_next_one_between_two() -> None:
    sessions = (SessionTimes(0, 1), SessionTimes(5, 6))
    assert [current(sessions, at).opens for at in (0, 1, 5, 9)] == [0, 5, 5, 5]


def test_no_calendar_is_loaded_before_one_is_asked_for() -> None:
    code = "import sys, penstock.app.session; sys.exit('exchange_calendars' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
