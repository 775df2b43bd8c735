"""The checks that every order passes before it leaves, parents and children alike: a list one can read.

Each is a pure function of the order and the scene it is decided in, with one stable code. A missing fact is a denial.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from penstock.domain.instructions import PLAIN
from penstock.domain.order_rules import broken_rule
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND

if TYPE_CHECKING:
    from penstock.risk.asked import Asked
    from penstock.risk.risk_state import RiskState
    from penstock.risk.rules import Rules


class Code(StrEnum):
    """Why an order was stopped."""

    HALTED = "halted"
    MODE = "mode"
    BREAKER = "breaker"
    MARKET_CLOSED = "market_closed"
    EXPIRED = "expired"
    OFF_TICK = "off_tick"
    OFF_LOT = "off_lot"
    BELOW_MINIMUM = "below_minimum"
    NO_MARKET = "no_market"
    STALE_DATA = "stale_data"
    CROSSED_BOOK = "crossed_book"
    ORDER_VALUE = "order_value"
    ORDER_QUANTITY = "order_quantity"
    POSITION_VALUE = "position_value"
    POSITION_QUANTITY = "position_quantity"
    OVER_PARENT = "over_parent"
    NOT_WORKING = "not_working"
    BELOW_FILLED = "below_filled"
    TERMS = "terms"
    NO_LOCATE = "no_locate"
    SHORT_SALE = "short_sale_restriction"
    REDUCE_ONLY = "reduce_only"
    RESERVED = "reserved"
    PRICE_COLLAR = "price_collar"
    GROSS_EXPOSURE = "gross_exposure"
    NET_EXPOSURE = "net_exposure"
    VENUE_EXPOSURE = "venue_exposure"
    UNKNOWN_EXPOSURE = "unknown_exposure"
    CREDIT = "credit"
    DAILY_VALUE = "daily_value"
    DAILY_TRADES = "daily_trades"
    DAILY_LOSS = "daily_loss"
    OPEN_ORDERS = "open_orders"
    ORDER_RATE = "order_rate"
    MESSAGE_RATE = "message_rate"
    DUPLICATE = "duplicate"
    SELF_TRADE = "self_trade"
    RESTRICTED = "restricted"


OF_SIZE = frozenset({  # of what an order that only reduces its position is not asked
    Code.BELOW_MINIMUM, Code.ORDER_VALUE, Code.ORDER_QUANTITY, Code.POSITION_VALUE, Code.POSITION_QUANTITY,
})  # fmt: skip
OF_TOTALS = frozenset({
    Code.OPEN_ORDERS, Code.DAILY_TRADES, Code.DAILY_VALUE, Code.DAILY_LOSS, Code.GROSS_EXPOSURE, Code.NET_EXPOSURE,
    Code.VENUE_EXPOSURE, Code.UNKNOWN_EXPOSURE, Code.CREDIT,
})  # fmt: skip
TOO_LARGE = frozenset({Code.ORDER_QUANTITY, Code.ORDER_VALUE})
# what such an order may be denied for as long as nobody has looked whether it is one
NOT_OF_REDUCING = OF_SIZE | OF_TOTALS | {Code.MODE, Code.BREAKER, Code.RESTRICTED}


ONE = Decimal(1)
SELL_SHORT = Side.SELL_SHORT  # by name: looking up an enum's member takes longer than a check


class Market(msgspec.Struct, frozen=True, gc=False):
    """What the checks need to know of an order's quotes, found out once for all orders that see the same ones.

    `quoted`: there are any. `newest` is the time of the latest sound one (ns; None without any), `highest` a cautious
    price to value an order at: the highest ask, or bid, in sight.
    """

    quoted: bool
    newest: int | None
    highest: Decimal | None


def market_of(quotes: Iterable[Quote]) -> Market:
    seen = list(quotes)
    prices = [price for quote in seen for price in (quote.ask, quote.bid) if price is not None]
    newest = max((quote.ts for quote in seen if quote.is_sound), default=None)
    return Market(bool(seen), newest, max(prices, default=None))


class Scene(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the desk knows when an order is reviewed. Quantities in units, signed positions.

    `open_qty` is what already works or flies on the order's side of its symbol at its level (parents or children).
    `parent_room` is what a child's parent has neither filled nor working; None for a parent. `filled_qty` is what a
    replaced or amended order has filled already: it is in its quantity, and in the position too. `reducible` is what
    may be open on the order's side before the position passes zero, less what others have open; None where nothing on
    that side is reduce-only. `reduces_only` says that the order, or its parent, is. `best_bid` is that of all venues.
    `asked` is the order as the modes, the breakers and the limits on more than itself see it, which `risk` has; None
    where none of them can deny it.
    """

    now: int
    rules: "Rules"
    market: Market
    halted: str
    position: Decimal
    open_qty: Decimal
    parent_room: Decimal | None
    filled_qty: Decimal = Decimal(0)
    reducible: Decimal | None = None
    reduces_only: bool = False
    best_bid: Decimal | None = None
    asked: "Asked | None" = None
    risk: "RiskState | None" = None


class Denial(msgspec.Struct, frozen=True):
    """A refusal: a machine-readable code, and a sentence that says what to change."""

    code: Code
    reason: str


Check = Callable[[OrderTerms, Scene], Denial | None]


def trading_allowed(order: OrderTerms, scene: Scene) -> Denial | None:
    if scene.halted:
        return Denial(Code.HALTED, f"trading is halted ({scene.halted}): reset the breaker first")
    return None


def well_formed(order: OrderTerms, scene: Scene) -> Denial | None:
    """What a parent asks for makes sense; a child's terms follow from its parent's."""
    if order.parent_id is not None:
        return None
    rule = broken_rule(order)
    if rule:
        return Denial(Code.TERMS, rule)
    expires = order.instructions.expire_time
    if expires is not None and expires <= scene.now:
        return Denial(Code.TERMS, "expire_time has passed: give one that is still to come")
    return None


def market_open(order: OrderTerms, scene: Scene) -> Denial | None:
    """The symbol's exchange has a session that goes on, or is still to come."""
    closes = scene.rules.closes
    if closes is not None and scene.now >= closes:
        return Denial(Code.MARKET_CLOSED, f"the market of {order.symbol} is closed, and no session of it is to come")
    return None


def not_expired(order: OrderTerms, scene: Scene) -> Denial | None:
    if scene.rules.instrument.is_expired(scene.now):
        return Denial(Code.EXPIRED, f"{order.symbol} has expired: trade one that has not")
    return None


def tick_and_lot(order: OrderTerms, scene: Scene) -> Denial | None:
    instrument, limit, quantity, asked = scene.rules.instrument, order.limit_price, order.quantity, order.instructions
    if limit is not None and (limit <= 0 or not instrument.on_tick(limit)):
        return Denial(Code.OFF_TICK, f"limit price {limit} is not a multiple of the tick {instrument.tick_size}")
    if quantity <= 0 or not instrument.on_lot(quantity):
        return Denial(Code.OFF_LOT, f"quantity {quantity} is not a positive multiple of the lot {instrument.lot_size}")
    if asked is PLAIN:
        return None
    for name, price in (("stop_px", asked.stop_px), ("peg_offset", asked.peg_offset)):
        if price is not None and not instrument.on_tick(price):
            return Denial(Code.OFF_TICK, f"{name} {price} is not a multiple of the tick {instrument.tick_size}")
    for name, size in (("display_qty", asked.display_qty), ("min_qty", asked.min_qty)):
        if size is not None and not instrument.on_lot(size):
            return Denial(Code.OFF_LOT, f"{name} {size} is not a multiple of the lot {instrument.lot_size}")
    return None


def minimum_size(order: OrderTerms, scene: Scene) -> Denial | None:
    instrument = scene.rules.instrument
    if order.quantity < instrument.min_quantity:
        return Denial(Code.BELOW_MINIMUM, f"quantity {order.quantity} is below the minimum {instrument.min_quantity}")
    if not instrument.min_notional:
        return None
    price = order.limit_price or scene.market.highest
    if price is not None and instrument.notional(order.quantity, price) < instrument.min_notional:
        value = instrument.notional(order.quantity, price)
        return Denial(Code.BELOW_MINIMUM, f"value {value:.2f} is below the minimum notional {instrument.min_notional}")
    return None


def fresh_quote(order: OrderTerms, scene: Scene) -> Denial | None:
    newest = scene.market.newest
    if newest is None:
        if not scene.market.quoted:
            return Denial(Code.NO_MARKET, f"no market data for {order.symbol}")
        return Denial(Code.CROSSED_BOOK, f"the book of {order.symbol} is empty on a side or crossed")
    age, most_s = scene.now - newest, scene.rules.limits.stale_after_s
    if age > most_s * SECOND:
        return Denial(Code.STALE_DATA, f"market data is {age / SECOND:.1f} s old, more than {most_s:g} s")
    return None


def order_value(order: OrderTerms, scene: Scene) -> Denial | None:
    limits = scene.rules.limits
    most = limits.parent_value_max if order.venue is None else limits.order_value_max
    if most is None or (price := worst_price(order, scene)) is None:
        return None
    value = scene.rules.instrument.notional(order.quantity, price)
    if value > most:
        return Denial(Code.ORDER_VALUE, f"order value {value:.2f} is above the limit {most}")
    return None


def order_quantity(order: OrderTerms, scene: Scene) -> Denial | None:
    most = scene.rules.limits.order_quantity_max
    if most is not None and order.venue is not None and order.quantity > most:
        return Denial(Code.ORDER_QUANTITY, f"order quantity {order.quantity} is above the limit {most}")
    return None


def too_large(order: OrderTerms, scene: Scene) -> Denial | None:
    """Why an order is too large by itself to be sent to its venue, if it is."""
    return order_quantity(order, scene) or order_value(order, scene)


def largest(order: OrderTerms, scene: Scene) -> Decimal:
    """How much of an order that is too large would not be."""
    limits, most = scene.rules.limits, order.quantity
    if limits.order_quantity_max is not None:
        most = min(most, limits.order_quantity_max)
    price = worst_price(order, scene)
    if limits.order_value_max is not None and price is not None:
        most = min(most, limits.order_value_max / scene.rules.instrument.notional(ONE, price))
    return most


def position_with_open_orders(order: OrderTerms, scene: Scene) -> Denial | None:
    """What the position becomes if everything open on this side fills; reducing a position is always allowed."""
    limits = scene.rules.limits
    if limits.position_quantity_max is None and limits.position_value_max is None:
        return None
    added = scene.open_qty + order.quantity - scene.filled_qty
    after = scene.position + added if order.side.is_buy else scene.position - added
    if abs(after) <= abs(scene.position):
        return None
    if limits.position_quantity_max is not None and abs(after) > limits.position_quantity_max:
        most = limits.position_quantity_max
        return Denial(Code.POSITION_QUANTITY, f"position with open orders would be {after}, beyond the limit {most}")
    price = scene.market.highest
    if limits.position_value_max is not None and price is not None:
        value = scene.rules.instrument.notional(abs(after), price)
        if value > limits.position_value_max:
            most = limits.position_value_max
            return Denial(Code.POSITION_VALUE, f"position value with open orders would be {value:.2f}, beyond {most}")
    return None


def short_sale(order: OrderTerms, scene: Scene) -> Denial | None:
    """Shares sold short have been located; under a restriction they are sold above the best bid only (Reg SHO 201)."""
    if order.side is not SELL_SHORT:
        return None
    if order.parent_id is None and not order.instructions.located:
        return Denial(Code.NO_LOCATE, f"no shares of {order.symbol} are located: borrow them first and set located")
    if order.parent_id is None or order.symbol not in scene.rules.limits.short_sale_restricted:
        return None
    if scene.best_bid is None or order.limit_price is None or order.limit_price <= scene.best_bid:
        return Denial(
            Code.SHORT_SALE,
            f"{order.symbol} is under a short-sale restriction: sell it short above the best bid {scene.best_bid} only",
        )
    return None


def reduces_position(order: OrderTerms, scene: Scene) -> Denial | None:
    """A reduce-only order never takes a position through zero, whatever else fills first."""
    if scene.reducible is None:
        return None
    if order.parent_id is None:
        if scene.reducible > 0:
            return None
        return Denial(Code.REDUCE_ONLY, f"there is no position in {order.symbol} that this side would reduce")
    if order.quantity - scene.filled_qty <= scene.reducible:
        return None
    if scene.reduces_only:
        return Denial(Code.REDUCE_ONLY, f"only {scene.reducible} of the position can still be reduced")
    return Denial(Code.RESERVED, "the position is being closed by a reduce-only order: waiting until it gives way")


def within_parent(order: OrderTerms, scene: Scene) -> Denial | None:
    """Children never add up to more than their parent, whatever races happen."""
    if scene.parent_room is not None and order.quantity > scene.parent_room:
        return Denial(
            Code.OVER_PARENT, f"quantity {order.quantity} is more than the parent has left, {scene.parent_room}"
        )
    return None


def worst_price(order: OrderTerms, scene: Scene) -> Decimal | None:
    """The highest price at which an order may trade: a buy's limit; a sell's limit bounds it from below only."""
    limit, reference = order.limit_price, scene.market.highest
    if limit is None or (not order.side.is_buy and reference is not None and reference > limit):
        return reference
    return limit


CHECKS: tuple[Check, ...] = (
    trading_allowed,
    well_formed,
    market_open,
    not_expired,
    tick_and_lot,
    fresh_quote,
    minimum_size,
    order_quantity,
    order_value,
    position_with_open_orders,
    short_sale,
    reduces_position,
    within_parent,
)

# Those that ask more of a child than of a parent with the same side, price and quantity and nothing else working.
OF_PRICES: tuple[Check, ...] = (tick_and_lot, minimum_size)
OF_CHILDREN: tuple[Check, ...] = (order_quantity, order_value, short_sale)
