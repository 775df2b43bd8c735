"""Amounts are exact: sums and products keep every digit, and the few divisions are rounded to `MONEY_UNIT`.

What a division rounds away must be given to somebody: whoever splits an amount computes one part and subtracts it,
so that the parts add up again.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal

EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
MONEY_UNIT = Decimal("1e-18")


def ratio(amount: Decimal, divisor: Decimal) -> Decimal:
    """Amount / divisor, to 18 decimals."""
    return EXACT.quantize(EXACT.divide(amount, divisor), MONEY_UNIT)
