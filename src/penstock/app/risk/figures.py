"""How money reads in risk reports: grouped digits, a true minus sign, and short forms for headlines."""

from penstock.tca.html.wording import SYMBOLS, money

STEPS = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))


def full(value: float, currency: str) -> str:
    """To the unit: `−$1,250,300`."""
    return money(round(value), currency, 0)


def short(value: float, currency: str) -> str:
    """To three digits or so: `−$1.25m`."""
    size = abs(value)
    scale, suffix = next(((scale, suffix) for scale, suffix in STEPS if size >= scale * 0.9995), (1.0, ""))
    scaled = size / scale
    digits = 0 if not suffix or scaled >= 99.95 else 1 if scaled >= 9.995 else 2
    text = f"{scaled:,.{digits}f}{suffix}"
    sign = "−" if value < 0 and text.strip("0.") else ""
    return f"{sign}{SYMBOLS[currency]}{text}" if currency in SYMBOLS else f"{sign}{text} {currency}"


def share(fraction: float, digits: int = 1) -> str:
    """A signed part of a whole: `−12.4 %`."""
    text = f"{abs(fraction) * 100:,.{digits}f}"
    sign = "" if not text.strip("0.") else "−" if fraction < 0 else "+"
    return f"{sign}{text} %"
