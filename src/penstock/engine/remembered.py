"""What the engine remembers of a parent and of a child beside their orders."""

from decimal import Decimal

import msgspec

from penstock.domain.orders import OrderTerms
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND

ZERO = Decimal(0)
REFUSED_PAUSE = 5 * SECOND


class Parent(msgspec.Struct, kw_only=True, gc=False):
    """What the engine remembers of a parent beside its order. `volume_at_start` is each venue's traded volume then."""

    arrival_price: Decimal
    start: int
    end: int
    volume_at_start: dict[str, Decimal]
    children: int = 0
    open_children: tuple[str, ...] = ()
    slippage_cost: Decimal = ZERO
    fills: list[tuple[int, Decimal]] | None = None  # when, and how much was filled in all; None before the first
    taken_at: int = 0
    stopped: str = ""
    expires: bool = False
    denied: str = ""  # why risk stopped the last child, until one passes again
    native: str = ""  # the venue that does all of the order by itself
    triggered: bool = False
    extreme: Decimal | None = None  # the best price that a trailing stop has seen
    amending: OrderTerms | None = None  # what it becomes once no child can fill more than that, and its end then
    amending_end: int | None = None


class Child(msgspec.Struct, kw_only=True, gc=False):
    """What the engine remembers of a child: when it, or its present price, was decided, and in what market.

    `asked_at` is when we last asked anything of its venue, `changed_at` when anything last became of it, `refused_at`
    when the venue last refused what we asked. `executions` are the keys of those that were ever booked on it.
    """

    sent_at: int
    quote: Quote
    asked_at: int = 0
    changed_at: int = 0
    refused_at: int = 0
    executions: list[str] | None = None  # None before the first

    @property
    def asks_from(self) -> int:
        """From when on it may be asked for anything: not at once after a refusal, which often tells of a lost fill."""
        return self.refused_at + REFUSED_PAUSE if self.refused_at else 0
