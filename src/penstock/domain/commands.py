"""What clients ask of the engine. Every command carries the time at which it reached us."""

from decimal import Decimal
from typing import Any

import msgspec

from penstock.domain.accounts import MAIN
from penstock.domain.contingency import Contingency
from penstock.domain.instructions import Instructions, TimeInForce
from penstock.domain.orders import OrderTerms
from penstock.domain.quote import Depth, Quote


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    ts: int


class SubmitOrder(Command, frozen=True, kw_only=True):
    """Work this parent order. Submitting the same `client_order_id` again changes nothing.

    `decision_price` is the price at which the client decided, if known; the arrival price is taken otherwise.
    `depth` is what each venue displays now, for the pre-trade estimate.
    """

    terms: OrderTerms
    decision_price: Decimal | None = None
    depth: dict[str, Depth] = {}


class SubmitGroup(Command, frozen=True, kw_only=True):
    """Work orders that depend on each other, all or none: an OCO's legs, or first the order that the others wait for.

    A bracket is its entry, take-profit and stop-loss. Submitting the same `group_id` again changes nothing.
    """

    group_id: str
    contingency: Contingency
    orders: tuple[OrderTerms, ...]


class AmendOrder(Command, frozen=True, kw_only=True):
    """Change a parent's terms; what is None stays. `parameters` are all of the algorithm's, not only the new ones."""

    order_id: str
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    tif: TimeInForce | None = None
    parameters: dict[str, Any] | None = None
    instructions: Instructions | None = None


class CancelOrder(Command, frozen=True, kw_only=True):
    order_id: str
    reason: str = "asked by client"


class CancelAll(Command, frozen=True, kw_only=True):
    """Stop every parent and cancel what works; new orders stay possible."""

    reason: str


class BookFunding(Command, frozen=True, kw_only=True):
    """A holding paid (+) or cost (−) money by itself: see `FundingPaid`. Repeating a `payment_id` changes nothing."""

    symbol: str
    payment_id: str
    amount: Decimal
    account: str = MAIN
    currency: str = ""


class CloseSession(Command, frozen=True, kw_only=True):
    """The market's session is over: what still works expires."""


class Wake(Command, frozen=True, kw_only=True):
    """Time has come to `ts`: ask the algorithms that wanted to be asked."""


class EndSession(Command, frozen=True, kw_only=True):
    """Write the session's last word: `completed` or `interrupted`."""

    status: str


class MarketUpdate(Command, frozen=True, kw_only=True):
    """What the market looks like now, by symbol and venue; what is not named has not changed."""

    quotes: dict[str, dict[str, Quote]]
