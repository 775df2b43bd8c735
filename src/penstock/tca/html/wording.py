"""How figures read on the page: grouped digits, a true minus sign, as many decimals as the tick has."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from penstock.domain.instrument import Instrument
from penstock.domain.time import SECOND

Number = Decimal | float | int
NOTHING = "–"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def number(value: Number | None, digits: int = 0) -> str:
    """Grouped by thousands, `digits` decimals; a dash for None."""
    if value is None:
        return NOTHING
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = f"{exact:,f}"
    return text.replace("-", "−") if text.strip("-0.,") else text.removeprefix("-")


def quantity(value: Number | None) -> str:
    """All the decimals a quantity has, without trailing zeros."""
    if value is None:
        return NOTHING
    return f"{Decimal(str(value)).normalize():,f}".replace("-", "−")


def price(value: Decimal | None, instrument: Instrument, extra: int = 0) -> str:
    """With the decimals of the tick, and `extra` more for averages."""
    return number(value, decimals(instrument) + extra)


def decimals(instrument: Instrument) -> int:
    exponent = instrument.tick_size.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def signed(value: Number | None, digits: int = 2) -> str:
    """With its sign: `+1.25` is a cost, `−1.25` a gain."""
    text = number(value, digits)
    return f"+{text}" if value is not None and value > 0 and text.strip("0.,") else text


def percent(value: Number | None, digits: int = 0) -> str:
    return NOTHING if value is None else f"{number(value * 100, digits)} %"


def money(value: Number, currency: str, digits: int = 2) -> str:
    """`$1,250.00`, or the currency's code behind where it has no sign of its own."""
    text = number(value, digits)
    if currency not in SYMBOLS:
        return f"{text} {currency}"
    return f"−{SYMBOLS[currency]}{text[1:]}" if text.startswith("−") else SYMBOLS[currency] + text


def clock(ns: int, *, fine: bool = False) -> str:
    """Time of day in UTC, to the second, or to the millisecond."""
    seconds, rest = divmod(ns, SECOND)
    text = f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}"
    return f"{text}.{rest // 1_000_000:03d}" if fine else text


def day(ns: int) -> str:
    date = datetime.fromtimestamp(ns // SECOND, UTC)
    return f"{date.day} {date:%B %Y}"


def lasting(ns: int) -> str:
    """A duration as people say it: `42 s`, `12 min 5 s`, `3 h 20 min`."""
    seconds = round(ns / SECOND)
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def tone(bps: Number | None) -> str:
    """Whether a signed cost reads as one: `cost`, `gain`, or plain within a hundredth of a basis point."""
    rounded = 0.0 if bps is None else round(float(bps), 2)
    return "cost" if rounded > 0 else "gain" if rounded < 0 else ""
