"""An order as its limits see it, what they are compared with, and how one says no."""

from decimal import Decimal

import msgspec

from penstock.domain.instrument import Instrument
from penstock.domain.orders import OrderTerms
from penstock.risk.credit import Cash
from penstock.risk.duplicates import Recent
from penstock.risk.effective import Effective
from penstock.risk.exposure import Exposure
from penstock.risk.rates import Rates
from penstock.risk.self_trade import Resting


class Tally(msgspec.Struct, kw_only=True):
    """Everything that the limits are compared with: kept by folds, plain data. `cash` is by account."""

    exposure: Exposure = msgspec.field(default_factory=Exposure)
    cash: dict[str, Cash] = {}
    rates: Rates = {}
    recent: Recent = {}
    resting: Resting = {}


class Asked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order as the limits see it: `quantity` more open, worth `value` at its worst price (instrument's currency).

    `reference` is the mid that a collar is measured from. `reduces`: it does nothing but bring the position nearer to
    zero. `is_change`: an amendment or a replace, which is no new order.
    """

    now: int
    terms: OrderTerms
    instrument: Instrument
    effective: Effective
    quantity: Decimal
    value: Decimal
    reference: Decimal | None = None
    reduces: bool = False
    is_change: bool = False

    @property
    def scopes(self) -> tuple[str, ...]:
        """Whose modes and breakers hold for it: those of its scopes, its parent's and its own."""
        return (*self.effective.scopes, *own_scopes(self.terms))


def own_scopes(terms: OrderTerms) -> tuple[str, str]:
    """The scopes of a parent and of an order by themselves; a parent is its own."""
    return f"parent/{terms.parent_id or terms.order_id}", f"order/{terms.order_id}"


class Breach(msgspec.Struct, frozen=True):
    """The limit that an order would break: the code of its denial, and a sentence that says what to change."""

    code: str
    reason: str
