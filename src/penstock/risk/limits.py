"""Every limit there is, and what it bounds. Money is in the instrument's currency for one order, else in the desk's.

None means no such limit. The same set may be given to every scope (`penstock.risk.limit_book`); of those that bound one
order the tightest wins, while a total (exposure, loss, volume, rate) is bounded in each scope by itself.
"""

from decimal import Decimal
from enum import StrEnum

import msgspec


class Bounds(StrEnum):
    """What a limit is compared with, which says how limits of several scopes go together."""

    ORDER = "one order"  # the tightest over all scopes of the order
    POSITION = "one symbol's position"  # an account's, user's, strategy's, venue's own; else that of all accounts
    TOTAL = "the scope's total"  # each scope has a total of its own


class Rule(msgspec.Struct, frozen=True):
    """A limit's meaning in one sentence, and the code of the denial that it causes (empty where it denies nothing)."""

    bounds: Bounds
    unit: str
    code: str
    meaning: str
    desk_only: bool = False


class LimitSet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The limits of one scope. What is None (or empty) is not limited there; `RULES` says what each of them bounds."""

    order_value_max: Decimal | None = None
    order_quantity_max: Decimal | None = None
    parent_value_max: Decimal | None = None
    position_value_max: Decimal | None = None
    position_quantity_max: Decimal | None = None
    gross_exposure_max: Decimal | None = None
    net_exposure_max: Decimal | None = None
    venue_exposure_max: Decimal | None = None
    credit_max: Decimal | None = None
    daily_value_max: Decimal | None = None
    daily_trades_max: int | None = None
    daily_loss_max: Decimal | None = None
    open_orders_max: int | None = None
    order_rate_max: int | None = None
    message_rate_max: int | None = None
    rate_window_s: float | None = None
    price_collar_bps: Decimal | None = None
    duplicate_within_ms: int | None = None
    prevent_self_trade: bool | None = None
    restricted: tuple[str, ...] = ()
    short_sale_restricted: tuple[str, ...] = ()
    stale_after_s: float | None = None
    slippage_abort_bps: Decimal | None = None
    child_timeout_s: float | None = None
    consecutive_rejects_max: int | None = None
    warn_at: float | None = None


class Limits(LimitSet, frozen=True, kw_only=True, omit_defaults=False, forbid_unknown_fields=True):
    """The desk's limits, with their defaults.

    `order_*` bound one order sent to a venue, `parent_value_max` a whole parent, `position_*` what a symbol's position
    could become if everything open filled. A parent whose cumulative slippage (cost of its fills against the mid at
    which each was decided, over the parent's arrival value) passes `slippage_abort_bps` is stopped. A resting child
    without a fill is cancelled after `child_timeout_s`. `consecutive_rejects_max` rejects in a row halt the desk.
    `short_sale_restricted` names the symbols that may be sold short above the best bid only.
    """

    order_value_max: Decimal | None = Decimal(5_000_000)
    parent_value_max: Decimal | None = Decimal(100_000_000)
    position_value_max: Decimal | None = Decimal(250_000_000)
    rate_window_s: float = 60.0
    prevent_self_trade: bool = True
    stale_after_s: float = 30.0
    slippage_abort_bps: Decimal = Decimal(10)
    child_timeout_s: float = 60.0
    consecutive_rejects_max: int = 3
    warn_at: float = 0.8


ORDER, POSITION, TOTAL = Bounds.ORDER, Bounds.POSITION, Bounds.TOTAL

RULES: dict[str, Rule] = {
    "order_value_max": Rule(ORDER, "money", "order_value", "The most that one order sent to a venue may be worth."),
    "order_quantity_max": Rule(ORDER, "units", "order_quantity", "The largest order sent to a venue."),
    "parent_value_max": Rule(ORDER, "money", "order_value", "The most that a whole parent may be worth."),
    "position_value_max": Rule(
        POSITION, "money", "position_value", "A symbol's position if everything open on a side filled."
    ),
    "position_quantity_max": Rule(POSITION, "units", "position_quantity", "The same, in units."),
    "gross_exposure_max": Rule(
        TOTAL, "money", "gross_exposure", "Σ over symbols of the larger side of each position with its open orders."
    ),
    "net_exposure_max": Rule(
        TOTAL, "money", "net_exposure", "Longs less shorts, whichever open orders fill to make it largest."
    ),
    "venue_exposure_max": Rule(
        ORDER, "money", "venue_exposure", "Gross exposure at any one venue, the counterparty: held and open there."
    ),
    "credit_max": Rule(ORDER, "money", "credit", "Cash that an account may use beyond what has settled; 0: none."),
    "daily_value_max": Rule(TOTAL, "money", "daily_value", "Value traded in a trading day, with what is open."),
    "daily_trades_max": Rule(TOTAL, "orders", "daily_trades", "Orders that traded in a trading day, or still may."),
    "daily_loss_max": Rule(
        TOTAL, "money", "daily_loss", "Loss of a trading day, realised and not, that stops all but reducing orders."
    ),
    "open_orders_max": Rule(TOTAL, "orders", "open_orders", "Parents working at the same time."),
    "order_rate_max": Rule(TOTAL, "orders", "order_rate", "Parents taken within any `rate_window_s`."),
    "message_rate_max": Rule(
        TOTAL, "messages", "message_rate", "Orders and replaces sent to venues within any `rate_window_s`."
    ),
    "rate_window_s": Rule(TOTAL, "s", "", "The span of the two rates; the scope's own, else the desk's."),
    "price_collar_bps": Rule(
        ORDER, "bps", "price_collar", "How much dearer than the reference price (the mid) a limit price may be."
    ),
    "duplicate_within_ms": Rule(
        ORDER, "ms", "duplicate", "A parent like another (symbol, side, quantity, price, account) so soon is refused."
    ),
    "prevent_self_trade": Rule(ORDER, "on/off", "self_trade", "No order may meet another of ours at its venue."),
    "restricted": Rule(ORDER, "symbols", "restricted", "Symbols in which positions may be reduced only."),
    "short_sale_restricted": Rule(
        ORDER, "symbols", "short_sale_restriction", "Symbols sold short above the best bid only."
    ),
    "stale_after_s": Rule(ORDER, "s", "stale_data", "The oldest market data that an order may be decided on."),
    "slippage_abort_bps": Rule(ORDER, "bps", "", "Cumulative slippage beyond which a parent is stopped."),
    "child_timeout_s": Rule(ORDER, "s", "", "How long a resting child may be without a fill before it is cancelled."),
    "consecutive_rejects_max": Rule(ORDER, "orders", "", "Rejects in a row that halt the desk.", desk_only=True),
    "warn_at": Rule(ORDER, "fraction", "", "Use of a limit, as a fraction of it, from which on an alert is raised."),
}
