"""The risk limits in force. Money is in the instrument's currency; None means no such limit."""

from decimal import Decimal

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may leave, and when to stop.

    `order_*` bound one order sent to a venue, `parent_value_max` a whole parent, `position_*` what a symbol's position
    could become if everything open filled. A parent whose cumulative slippage (cost of its fills against the mid at
    which each was decided, over the parent's arrival value) passes `slippage_abort_bps` is stopped. A resting child
    without a fill is cancelled after `child_timeout_s`. `consecutive_rejects_max` rejects in a row halt the desk.
    `short_sale_restricted` names the symbols that may be sold short above the best bid only.
    """

    order_value_max: Decimal | None = Decimal(5_000_000)
    order_quantity_max: Decimal | None = None
    parent_value_max: Decimal | None = Decimal(100_000_000)
    position_value_max: Decimal | None = Decimal(250_000_000)
    position_quantity_max: Decimal | None = None
    stale_after_s: float = 30.0
    slippage_abort_bps: Decimal = Decimal(10)
    child_timeout_s: float = 60.0
    consecutive_rejects_max: int = 3
    short_sale_restricted: tuple[str, ...] = ()
