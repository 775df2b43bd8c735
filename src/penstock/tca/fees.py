"""Fees as a cost of trading: stated in the instrument's currency where the fill's own price says how.

A fee in a third currency (a venue's token) cannot be stated so: it stands apart, in its currency, and is never a zero.
"""

from collections.abc import Iterable
from decimal import Decimal

from penstock.domain.events import ChildFilled
from penstock.domain.instrument import Instrument

ZERO = Decimal(0)


def fees_of(instrument: Instrument, fills: Iterable[ChildFilled]) -> Decimal:
    """What the fills' fees cost in the instrument's currency, rebates negative."""
    stated = (instrument.fee_in_currency(fill.fee, fill.fee_currency, fill.last_px) for fill in fills)
    return sum((fee for fee in stated if fee is not None), ZERO)


def fees_apart(instrument: Instrument, fills: Iterable[ChildFilled]) -> dict[str, Decimal]:
    """The fees that `fees_of` cannot state, by their currency."""
    apart: dict[str, Decimal] = {}
    for fill in fills:
        if instrument.fee_in_currency(fill.fee, fill.fee_currency, fill.last_px) is None:
            apart[fill.fee_currency] = apart.get(fill.fee_currency, ZERO) + fill.fee
    return dict(sorted(apart.items()))
