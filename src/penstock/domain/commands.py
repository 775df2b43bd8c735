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
    `depth` is what each venue displays now, for the pre-trade estimate. `user` is whose limits hold for it, too.
    """

    terms: OrderTerms
    decision_price: Decimal | None = None
    depth: dict[str, Depth] = {}
    user: str = ""


class SubmitGroup(Command, frozen=True, kw_only=True):
    """Work orders that depend on each other, all or none: an OCO's legs, or first the order that the others wait for.

    A bracket is its entry, take-profit and stop-loss. Submitting the same `group_id` again changes nothing.
    """

    group_id: str
    contingency: Contingency
    orders: tuple[OrderTerms, ...]
    user: str = ""


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


class RiskCommand(Command, frozen=True, kw_only=True):
    """Somebody changes what risk allows: `by` whom and for what `reason` is never empty, and stays on record.

    A scope is `desk` or `kind/name`: `account/x`, `user/x`, `strategy/x` (an algorithm), `symbol/x`, `asset_class/x`,
    `sector/x`, `venue/x`. What cannot be done is one `RiskRefused`, and what was in force stays.
    """

    by: str
    reason: str


class ChangeLimit(RiskCommand, frozen=True, kw_only=True):
    """One limit of one scope is to be `value`, as a limits file would say it; "none" lifts it."""

    scope: str
    name: str
    value: Any


class SetMode(RiskCommand, frozen=True, kw_only=True):
    """What a scope may still do: `active`, `reduce_only`, `no_new`, `cancel_all`, `flatten` or `halted`.

    Only with `reset` may it be looser than the one it has.
    """

    scope: str
    mode: str
    reset: bool = False


class ResetBreaker(RiskCommand, frozen=True, kw_only=True):
    """Close a circuit breaker that is open in a scope."""

    breaker: str
    scope: str


class ScaleLimits(RiskCommand, frozen=True, kw_only=True):
    """Limits on size and exposure of a scope count times `scale`, in (0, 1], of what was set; 1 restores them."""

    scope: str
    scale: float


class PauseSymbol(RiskCommand, frozen=True, kw_only=True):
    """Nothing new in a symbol; positions in it may be reduced. `SetMode` ends it."""

    symbol: str


class AcknowledgeAlert(RiskCommand, frozen=True, kw_only=True):
    """Somebody has seen an alert, which is known by its code, what it is about and its words; `reason` may be empty."""

    code: str
    about: str
    text: str


class TellRate(Command, frozen=True, kw_only=True):
    """What one unit of a currency is worth in the desk's base currency."""

    currency: str
    rate: Decimal


class TellCash(Command, frozen=True, kw_only=True):
    """An account's settled cash in the desk's base currency, as its bank or broker says."""

    account: str
    settled: Decimal


class MarketUpdate(Command, frozen=True, kw_only=True):
    """What the market looks like now, by symbol and venue; what is not named has not changed."""

    quotes: dict[str, dict[str, Quote]]
