"""What venues tell us about our orders. `order_id` is the client order id that we gave."""

from decimal import Decimal
from typing import TypedDict

import msgspec

from penstock.domain.orders import Side
from penstock.domain.quote import Depth, Quote
from penstock.domain.venue import Liquidity


class Heading(TypedDict):
    """What every report begins with."""

    ts: int
    venue: str
    order_id: str


class VenueReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    ts: int
    venue: str
    order_id: str


class Accepted(VenueReport, frozen=True, kw_only=True):
    venue_order_id: str


class Refused(VenueReport, frozen=True, kw_only=True):
    """The venue rejected the new order."""

    reason: str


class Fill(VenueReport, frozen=True, kw_only=True):
    """One execution. (venue, exec_id) is its identity. `before` and `after` are the venue's touch around it.

    `fee` is in `fee_currency`; empty, in the instrument's currency. A rebate is negative.
    """

    exec_id: str
    last_qty: Decimal
    last_px: Decimal
    fee: Decimal
    liquidity: Liquidity
    traded_at: int
    before: Quote | None = None
    after: Quote | None = None
    depth: Depth | None = None
    fee_currency: str = ""


class Canceled(VenueReport, frozen=True, kw_only=True):
    """The rest of the order is gone: asked for, or by the venue itself (an IOC's remainder, post-only)."""

    reason: str = ""


class Expired(VenueReport, frozen=True, kw_only=True):
    reason: str = "end of day"


class CancelRefused(VenueReport, frozen=True, kw_only=True):
    reason: str
    request_id: str = ""


class Replaced(VenueReport, frozen=True, kw_only=True):
    """New terms are in effect. Without a `request_id` it answers the oldest replace, or is the venue's own doing."""

    quantity: Decimal
    limit_price: Decimal | None
    request_id: str = ""


class ReplaceRefused(VenueReport, frozen=True, kw_only=True):
    reason: str
    request_id: str = ""


class CancelPending(VenueReport, frozen=True, kw_only=True):
    """The venue has our cancel and will answer it."""

    request_id: str = ""


class ReplacePending(VenueReport, frozen=True, kw_only=True):
    request_id: str = ""


class Guaranteed(VenueReport, frozen=True, kw_only=True):
    """A price is guaranteed, the trade is still to come (FIX: stopped)."""


class Suspended(VenueReport, frozen=True, kw_only=True):
    reason: str = ""


class DoneForDay(VenueReport, frozen=True, kw_only=True):
    """Nothing more today; a GTC order is restated tomorrow."""


class Restated(VenueReport, frozen=True, kw_only=True):
    """The venue renewed, resumed or changed the order by itself; `cum_qty` None leaves what is filled as it is."""

    quantity: Decimal
    limit_price: Decimal | None
    cum_qty: Decimal | None = None
    reason: str = ""


class Busted(VenueReport, frozen=True, kw_only=True):
    """The execution `exec_id` is taken back."""

    exec_id: str
    reason: str = ""


class Corrected(VenueReport, frozen=True, kw_only=True):
    """The execution `exec_id` becomes `new_exec_id`, with these numbers."""

    exec_id: str
    new_exec_id: str
    last_qty: Decimal
    last_px: Decimal
    fee: Decimal
    fee_currency: str = ""


class NoAnswer(VenueReport, frozen=True, kw_only=True):
    """A call to the venue failed in a way that does not say whether it arrived. It is never made again."""

    reason: str


class VenueStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A venue's connection was lost (`up` False) or is back (True): then it is looked at before anything is sent."""

    ts: int
    venue: str
    up: bool
    reason: str = ""


class VenueOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as its venue shows it. `state` is `open`, `filled`, `canceled`, `expired` or `rejected`.

    `order_id` is the client order id, empty for an order that has none; `cum_value` is Σ quantity · price.
    """

    order_id: str
    venue_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal | None
    cum_qty: Decimal
    cum_value: Decimal
    state: str


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue shows when it is looked at: asked for at `asked_at`, here at `ts`.

    `complete` says that every order of ours which is open there is among `orders`. `fills` may be empty where a venue
    only tells totals.
    """

    ts: int
    venue: str
    asked_at: int
    orders: tuple[VenueOrder, ...]
    fills: tuple[Fill, ...] = ()
    complete: bool = True
