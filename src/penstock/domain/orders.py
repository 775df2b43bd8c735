"""One order type for parents and children: a child has a `parent_id` and a `venue`. The names are FIX's."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

ZERO = Decimal(0)


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, −1 for a sell: a positive signed price difference is then always a cost."""
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"


class TimeInForce(StrEnum):
    DAY = "DAY"
    GTC = "GTC"
    IOC = "IOC"


class Strategy(StrEnum):
    """How early and how far a slice moves from maker to taker."""

    PASSIVE = "passive"
    NEUTRAL = "neutral"
    AGGRESSIVE = "aggressive"
    ADAPTIVE = "adaptive"


class State(StrEnum):
    """Where an order stands. Partial and full fill are numbers (`cum_qty`), not states."""

    PENDING_NEW = "pending_new"
    LIVE = "live"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


ENDED = frozenset({State.CANCELED, State.EXPIRED, State.REJECTED})


class OrderTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was asked for. `order_id` is ours and goes to the venue as the client order id.

    A parent names an `algorithm` with its `parameters` (by the names of the specification) and may restrict `venues`.
    """

    order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    order_type: OrderType = OrderType.MARKET
    limit_price: Decimal | None = None
    tif: TimeInForce = TimeInForce.DAY
    post_only: bool = False
    account: str = "main"
    client_order_id: str | None = None
    parent_id: str | None = None
    venue: str | None = None
    slice_no: int = 0
    algorithm: str | None = None
    parameters: dict[str, Any] = {}
    strategy: Strategy = Strategy.NEUTRAL
    urgency: float = 0.5
    venues: tuple[str, ...] = ()


class Order(msgspec.Struct, kw_only=True):
    """An order's life. Only the engine's `apply` writes to it.

    `open_qty` is what can still fill: what the venue may hold, and so what counts as exposure.
    """

    terms: OrderTerms
    created_at: int
    state: State = State.PENDING_NEW
    cum_qty: Decimal = ZERO
    cum_value: Decimal = ZERO  # Σ last_qty · last_px
    fees: Decimal = ZERO
    live_at: int | None = None
    ended_at: int | None = None
    replacing: OrderTerms | None = None  # the terms asked for while PENDING_REPLACE
    reason: str = ""

    @property
    def leaves_qty(self) -> Decimal:
        """FIX LeavesQty: zero once the order has ended."""
        return ZERO if self.state in ENDED else max(self.terms.quantity - self.cum_qty, ZERO)

    @property
    def open_qty(self) -> Decimal:
        """The most that may still fill, counting a larger replacement that is on its way."""
        if self.state in ENDED:
            return ZERO
        quantity = self.terms.quantity
        if self.replacing is not None:
            quantity = max(quantity, self.replacing.quantity)
        return max(quantity - self.cum_qty, ZERO)

    @property
    def is_open(self) -> bool:
        return self.open_qty > 0

    @property
    def avg_px(self) -> Decimal | None:
        return self.cum_value / self.cum_qty if self.cum_qty else None

    @property
    def ord_status(self) -> str:
        """FIX OrdStatus, derived from state and quantities (pending states take precedence)."""
        if self.state is not State.LIVE:
            return self.state.value
        if self.cum_qty == 0:
            return "new"
        return "filled" if self.cum_qty >= self.terms.quantity else "partially_filled"
