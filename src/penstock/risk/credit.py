"""What an account's purchases use beyond its settled cash. What is sold pays for nothing until it has settled.

Purchases use cash when their orders are taken (reserved, at worst), sales give it on the settlement day. Contracts on
margin use none. Amounts in the base currency, at the exchange rate of their day.
"""

from decimal import Decimal

import msgspec

from penstock.risk.exposure import ZERO, Total


class Cash(msgspec.Struct, kw_only=True):
    """An account's cash: `settled`, less what was paid since (so it may be below zero); `due` by its settlement day."""

    settled: Decimal = ZERO
    due: dict[int, Decimal] = {}


NO_CASH = Cash()


def paid(cash: Cash, amount: Decimal) -> None:
    """A purchase or a fee was paid; it counts at once."""
    cash.settled -= amount


def sold(cash: Cash, amount: Decimal, settles_on: int) -> None:
    """The proceeds of a sale are there from the day `settles_on` on (days in any unit that grows)."""
    cash.due[settles_on] = cash.due.get(settles_on, ZERO) + amount


def settled(cash: Cash, day: int) -> None:
    """A day began: what settles on it or before it is cash."""
    for due in [each for each in cash.due if each <= day]:
        cash.settled += cash.due.pop(due)


def credit_used(cash: Cash, total: Total) -> Decimal:
    """What the account uses beyond its settled cash if every open purchase fills; zero if nothing."""
    return max(ZERO, total.buys - cash.settled)


def credit_after(cash: Cash, total: Total, buys: Decimal) -> Decimal:
    """The same with purchases of `buys` more."""
    return max(ZERO, total.buys + buys - cash.settled)
