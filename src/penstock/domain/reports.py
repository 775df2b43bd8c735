"""What venues tell us about our orders. `order_id` is the client order id that we gave."""

from decimal import Decimal

import msgspec

from penstock.domain.quote import Depth, Quote
from penstock.domain.venue import Liquidity


class VenueReport(msgspec.Struct, frozen=True, kw_only=True):
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


class Replaced(VenueReport, frozen=True, kw_only=True):
    quantity: Decimal
    limit_price: Decimal


class ReplaceRefused(VenueReport, frozen=True, kw_only=True):
    reason: str
