"""How exact figures become JSON numbers: the one place where they are rounded, and only to be shown."""

from decimal import Decimal

BPS_DIGITS = 6


def quantity(value: Decimal) -> int | float:
    """Whole quantities are JSON integers."""
    whole = int(value)
    return whole if whole == value else float(value)


def price(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def money(value: Decimal) -> float:
    return float(value)


def ratio(value: Decimal | None) -> float | None:
    """Basis points and fractions, to the millionth."""
    return None if value is None else round(float(value), BPS_DIGITS)
