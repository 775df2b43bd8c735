"""One order type for parents and children: a child has a `parent_id` and a `venue`. The names are FIX's."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from penstock.domain.instructions import PLAIN, Instructions, OrderType, TimeInForce

__all__ = [
    "CHILD_ENDINGS", "ENDED", "FIRST_CHILD", "Ask", "Order", "OrderTerms", "OrderType", "Request", "Side", "State",
    "Strategy", "TimeInForce",
]  # fmt: skip

ZERO = Decimal(0)
CHILD_ENDINGS = tuple(f"-{number:03d}" for number in range(1000))  # of the ids of a parent's children, by number
FIRST_CHILD = CHILD_ENDINGS[1]


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"
    SELL_SHORT = "sell_short"  # of shares that are borrowed: they must have been located
    BUY_TO_COVER = "buy_to_cover"  # buys back what was sold short, and never more

    is_buy: bool
    sign: int
    covers: bool

    def __init__(self, value: str) -> None:
        """All are looked up for every price. `sign` is +1 for a buy: a signed price difference is always a cost."""
        self.is_buy = value.startswith("buy")
        self.sign = 1 if self.is_buy else -1
        self.covers = value == "buy_to_cover"

    @property
    def direction(self) -> "Side":
        """Buy or sell, whatever is bought or sold."""
        return Side.BUY if self.is_buy else Side.SELL


class Strategy(StrEnum):
    """How early and how far a slice moves from maker to taker."""

    PASSIVE = "passive"
    NEUTRAL = "neutral"
    AGGRESSIVE = "aggressive"
    ADAPTIVE = "adaptive"


class State(StrEnum):
    """Where an order stands. Partial and full fill are numbers (`cum_qty`), pending changes are `requests`."""

    PENDING_NEW = "pending_new"
    LIVE = "live"
    STOPPED = "stopped"  # FIX: the venue guarantees a price, but has not traded yet
    SUSPENDED = "suspended"
    DONE_FOR_DAY = "done_for_day"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


LIVE, DONE_FOR_DAY = State.LIVE, State.DONE_FOR_DAY  # by name: looking up an enum's member takes longer than a test
ENDED = frozenset({State.CANCELED, State.EXPIRED, State.REJECTED})


class OrderTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
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
    instructions: Instructions = PLAIN

    @property
    def reduces_only(self) -> bool:
        """Whether it may bring a position towards zero and never beyond."""
        return self.side.covers or self.instructions.reduce_only


class Ask(StrEnum):
    """What may be asked of a working order."""

    CANCEL = "cancel"
    REPLACE = "replace"


class Request(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A cancel or replace that has been asked for and not answered. `request_id` is FIX's ClOrdID of the request.

    `terms` is what a replace asks for; `acknowledged` says that the other side called it pending.
    """

    request_id: str
    ask: Ask
    asked_at: int
    terms: OrderTerms | None = None
    acknowledged: bool = False


class Order(msgspec.Struct, kw_only=True, gc=False):
    """An order's life. Only the engine's `apply` writes to it.

    `open_qty` is what can still fill: what the venue may hold, and so what counts as exposure. `ids` are the request
    ids of the replaces that took effect, oldest first; `day_cum_qty` is what filled since the order was last restated.
    An order is `unknown` while nobody can say whether the venue has it: it counts as if it had.
    """

    terms: OrderTerms
    created_at: int
    state: State = State.PENDING_NEW
    cum_qty: Decimal = ZERO
    cum_value: Decimal = ZERO  # Σ last_qty · last_px
    fees: Decimal = ZERO
    day: int = 0
    day_cum_qty: Decimal = ZERO
    live_at: int | None = None
    ended_at: int | None = None
    requests: tuple[Request, ...] = ()
    ids: tuple[str, ...] = ()
    unknown: bool = False
    reason: str = ""

    @property
    def is_over(self) -> bool:
        """Ended for good, or until tomorrow for an order that lives for the day."""
        state = self.state
        return state in ENDED or (state is DONE_FOR_DAY and self.terms.tif is TimeInForce.DAY)

    @property
    def leaves_qty(self) -> Decimal:
        """FIX LeavesQty: zero once the order is over."""
        if self.state is not LIVE and self.is_over:
            return ZERO
        left = self.terms.quantity - self.cum_qty
        return left if left > ZERO else ZERO

    @property
    def open_qty(self) -> Decimal:
        """The most that may still fill, counting larger replacements that are on their way."""
        quantity = self.terms.quantity
        if self.state is not LIVE and self.is_over:
            return ZERO
        for request in self.requests:
            if request.terms is not None:
                quantity = max(quantity, request.terms.quantity)
        filled = self.cum_qty
        if not filled:
            return quantity
        return quantity - filled if quantity > filled else ZERO

    @property
    def is_open(self) -> bool:
        return self.open_qty > ZERO

    @property
    def is_settled(self) -> bool:
        """Live at its venue with nothing asked: the only order that may be changed."""
        return self.state is State.LIVE and not self.requests and not self.unknown

    @property
    def latest(self) -> OrderTerms:
        """The terms that were asked for last, whether they took effect yet or not."""
        for request in reversed(self.requests):
            if request.terms is not None:
                return request.terms
        return self.terms

    @property
    def last_id(self) -> str:
        """FIX ClOrdID by which the order is known now: its own, or that of the last replace that took effect."""
        return self.ids[-1] if self.ids else self.terms.order_id

    @property
    def avg_px(self) -> Decimal | None:
        return self.cum_value / self.cum_qty if self.cum_qty else None

    def pending(self, *, acknowledged: bool = False) -> Ask | None:
        """What is asked of the order and not answered; a cancel takes precedence.

        With `acknowledged`, only what the other side has called pending.
        """
        asks = {request.ask for request in self.requests if request.acknowledged or not acknowledged}
        return Ask.CANCEL if Ask.CANCEL in asks else next(iter(asks), None)

    @property
    def ord_status(self) -> str:
        """What to call the order: FIX OrdStatus, with every change that we asked for shown as pending."""
        pending = self.pending()
        return self._standing() if pending is None or self.state in ENDED else f"pending_{pending}"

    @property
    def fix_status(self) -> str:
        """FIX OrdStatus by its order of precedence: a change is pending once it is acknowledged."""
        pending = self.pending(acknowledged=True)
        return self._standing() if pending is None or self.state in ENDED else f"pending_{pending}"

    def _standing(self) -> str:
        if self.state in ENDED or self.state is State.DONE_FOR_DAY:
            return self.state.value
        if self.cum_qty >= self.terms.quantity:
            return "filled"
        if self.state in (State.STOPPED, State.SUSPENDED):
            return self.state.value
        if self.cum_qty > 0:
            return "partially_filled"
        return "new" if self.state is State.LIVE else self.state.value
