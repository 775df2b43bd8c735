"""What an order asks for beyond its side, quantity, limit and time in force, by FIX's names.

Most orders ask for none of it and share one empty `Instructions`. Which of them an order type needs, and which do not
go together, is written in `penstock.domain.order_rules`.
"""

from decimal import Decimal
from enum import StrEnum

import msgspec

ZERO = Decimal(0)


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"
    MARKET_IF_TOUCHED = "market_if_touched"
    LIMIT_IF_TOUCHED = "limit_if_touched"
    ICEBERG = "iceberg"
    PEG = "peg"
    HIDDEN = "hidden"


class TimeInForce(StrEnum):
    """How long an order lives. The day is the instrument's exchange session."""

    DAY = "DAY"
    GTC = "GTC"  # until cancelled, over as many sessions as it takes
    IOC = "IOC"  # at once, what is left is cancelled
    FOK = "FOK"  # at once and completely, or not at all
    GTD = "GTD"  # until `expire_time`
    OPG = "OPG"  # at the open
    CLS = "CLS"  # at the close

    is_immediate: bool

    def __init__(self, value: str) -> None:
        """`is_immediate`: nothing of the order may rest. It is looked up for every child of every look."""
        self.is_immediate = value in ("IOC", "FOK")


class PegPrice(StrEnum):
    """What a pegged order follows (FIX PegPriceType)."""

    PRIMARY = "primary"  # the touch of its own side
    MID = "mid"
    MARKET = "market"  # the touch of the other side


class Instructions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Parameters of order types, and conditions on how an order may fill. Prices and quantities in the order's units.

    `trail_amount` (a price difference) or `trail_bps` is the distance of a trailing stop. `peg_offset` is added to the
    price that is followed. `min_qty` is the least that the first execution must give. `expire_time` is in ns.
    `located`: the shares to sell short have been found.
    """

    stop_px: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_bps: Decimal | None = None
    display_qty: Decimal | None = None
    peg: PegPrice | None = None
    peg_offset: Decimal = ZERO
    min_qty: Decimal | None = None
    expire_time: int | None = None
    reduce_only: bool = False
    located: bool = False


PLAIN = Instructions()
