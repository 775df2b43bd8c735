"""A child order that should be working."""

from decimal import Decimal

import msgspec

from penstock.domain.instructions import PLAIN, Instructions, OrderType, TimeInForce


class Wanted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A child order that should be working: the same venue and price as one that works already keeps that one.

    `order_type` is None for the market or limit order that the price makes of it.
    """

    venue: str
    price: Decimal | None
    quantity: Decimal
    tif: TimeInForce
    post_only: bool = False
    order_type: OrderType | None = None
    instructions: Instructions = PLAIN
