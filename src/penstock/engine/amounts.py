"""Amounts by currency: each is added in its own currency, exactly, and never across."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext

from penstock.domain.money import EXACT

ZERO = Decimal(0)


def add(total: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    """Count an amount, in the caller's context; nothing leaves no entry."""
    if amount:
        total[currency] = total.get(currency, ZERO) + amount


def add_all(total: dict[str, Decimal], amounts: Iterable[Mapping[str, Decimal]]) -> None:
    """Count every amount of every table."""
    with localcontext(EXACT):
        for each in amounts:
            for currency, amount in each.items():
                add(total, currency, amount)
