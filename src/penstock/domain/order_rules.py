"""Which terms make an order: one row a rule, each with the sentence that refuses what breaks it.

These rules need no market and no instrument; ticks, lots, limits and positions are the risk checks' business. They are
for parents: what a child may ask for follows from its parent and its venue.
"""

from collections.abc import Callable
from functools import lru_cache

from penstock.domain.instructions import PLAIN, ZERO, OrderType, TimeInForce
from penstock.domain.orders import OrderTerms, Side

NEED_LIMIT = frozenset({
    OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED, OrderType.ICEBERG, OrderType.HIDDEN,
})  # fmt: skip
TAKES_NO_LIMIT = frozenset({OrderType.STOP, OrderType.TRAILING_STOP, OrderType.MARKET_IF_TOUCHED})
STOPS = frozenset({
    OrderType.STOP, OrderType.STOP_LIMIT, OrderType.MARKET_IF_TOUCHED, OrderType.LIMIT_IF_TOUCHED,
})  # fmt: skip
TRIGGERED = STOPS | {OrderType.TRAILING_STOP}
PLAIN_TYPES = frozenset({OrderType.MARKET, OrderType.LIMIT})
AUCTIONS = frozenset({TimeInForce.OPG, TimeInForce.CLS})
SHOWS_PART = frozenset({OrderType.ICEBERG, OrderType.PEG})

Broken = Callable[[OrderTerms], bool]


def named(terms: OrderTerms) -> bool:
    """Whether an algorithm works the order; `market` and `limit` are order types by another name."""
    return terms.algorithm not in (None, "market", "limit")


def trails(terms: OrderTerms) -> int:
    asked = terms.instructions
    return sum(distance is not None for distance in (asked.trail_amount, asked.trail_bps))


def not_positive(terms: OrderTerms) -> bool:
    asked = terms.instructions
    numbers = (asked.stop_px, asked.trail_amount, asked.trail_bps, asked.display_qty, asked.min_qty)
    return any(number is not None and not (number.is_finite() and number > 0) for number in numbers)


def beyond(terms: OrderTerms, field: str) -> bool:
    value = getattr(terms.instructions, field)
    return value is not None and value > terms.quantity


RULES: tuple[tuple[Broken, str], ...] = (
    (
        lambda terms: terms.limit_price is None and not named(terms) and terms.order_type in NEED_LIMIT,
        "a {type} order needs limit_price",
    ),
    (
        lambda terms: terms.limit_price is not None and not named(terms) and terms.order_type in TAKES_NO_LIMIT,
        "a {type} order trades at the market: leave limit_price out, or use the type that has a limit",
    ),
    (
        lambda terms: terms.instructions.stop_px is None and terms.order_type in STOPS,
        "a {type} order needs stop_px, the price at which it acts",
    ),
    (
        lambda terms: terms.instructions.stop_px is not None and terms.order_type not in STOPS,
        "a {type} order has no stop_px: use a stop or an if-touched order",
    ),
    (
        lambda terms: terms.order_type is OrderType.TRAILING_STOP and trails(terms) != 1,
        "a trailing stop needs exactly one of trail_amount and trail_bps",
    ),
    (
        lambda terms: terms.order_type is not OrderType.TRAILING_STOP and trails(terms) > 0,
        "a {type} order does not trail: trail_amount and trail_bps are for a trailing stop",
    ),
    (
        lambda terms: (terms.instructions.trail_bps or ZERO) >= 10_000,
        "trail_bps must be below 10000: a stop at no price never acts",
    ),
    (
        lambda terms: terms.order_type is OrderType.ICEBERG and terms.instructions.display_qty is None,
        "an iceberg order needs display_qty, the most that may be shown",
    ),
    (
        lambda terms: terms.instructions.display_qty is not None and terms.order_type not in SHOWS_PART,
        "a {type} order has no display_qty: use an iceberg or a peg",
    ),
    (lambda terms: beyond(terms, "display_qty"), "display_qty is more than the quantity: nothing would be hidden"),
    (
        lambda terms: terms.order_type is OrderType.PEG and terms.instructions.peg is None,
        "a peg order needs peg: primary, mid or market",
    ),
    (
        lambda terms: (
            terms.order_type is not OrderType.PEG
            and (terms.instructions.peg is not None or terms.instructions.peg_offset != 0)
        ),
        "a {type} order follows nothing: peg and peg_offset are for a peg order",
    ),
    (not_positive, "stop_px, trail_amount, trail_bps, display_qty and min_qty must be greater than zero"),
    (lambda terms: not terms.instructions.peg_offset.is_finite(), "peg_offset must be a finite number"),
    (
        lambda terms: (
            terms.instructions.min_qty is not None
            and (terms.tif is not TimeInForce.IOC or terms.order_type not in PLAIN_TYPES or named(terms))
        ),
        "min_qty is for a market or limit order that trades at once: use IOC",
    ),
    (lambda terms: beyond(terms, "min_qty"), "min_qty is more than the quantity: it could never be met"),
    (
        lambda terms: terms.tif is TimeInForce.FOK and (terms.order_type not in PLAIN_TYPES or named(terms)),
        "FOK fills at once or not at all, so it is for a market or limit order only",
    ),
    (
        lambda terms: terms.tif is TimeInForce.IOC and terms.order_type in SHOWS_PART | {OrderType.HIDDEN},
        "a {type} order waits for others to come, and IOC waits for nobody: use DAY, GTC or GTD",
    ),
    (
        lambda terms: terms.tif in AUCTIONS and (terms.order_type not in PLAIN_TYPES or named(terms)),
        "an auction takes market and limit orders only: {type} cannot be {tif}",
    ),
    (
        lambda terms: (
            terms.post_only
            and (
                terms.tif.is_immediate or terms.tif in AUCTIONS or terms.order_type not in NEED_LIMIT | {OrderType.PEG}
            )
        ),
        "post-only is for an order that rests at a limit or a peg: a {type} {tif} order does not",
    ),
    (
        lambda terms: terms.post_only and terms.order_type is OrderType.HIDDEN,
        "a hidden order may have to take what it meets, so it cannot be post-only",
    ),
    (
        lambda terms: terms.tif is TimeInForce.GTD and terms.instructions.expire_time is None,
        "GTD needs expire_time",
    ),
    (
        lambda terms: terms.tif is not TimeInForce.GTD and terms.instructions.expire_time is not None,
        "expire_time is for GTD: a {tif} order ends by itself",
    ),
    (
        lambda terms: named(terms) and terms.order_type not in PLAIN_TYPES | TRIGGERED,
        "name an algorithm or the order type {type}, not both",
    ),
    (
        lambda terms: terms.instructions.located and terms.side is not Side.SELL_SHORT,
        "located is for a short sale: this side borrows nothing",
    ),
    (
        lambda terms: terms.instructions.reduce_only and terms.side is Side.SELL_SHORT,
        "a short sale opens a position: it cannot be reduce-only",
    ),
)


def broken_rule(terms: OrderTerms) -> str:
    """The sentence of the first rule that a parent's terms break; empty if they keep them all."""
    if terms.instructions is not PLAIN:
        return first_broken(terms)
    limited = terms.limit_price is not None
    return broken_by_plain(terms.order_type, terms.tif, terms.side, terms.algorithm, limited, terms.post_only)


@lru_cache(maxsize=1024)
def broken_by_plain(
    order_type: OrderType, tif: TimeInForce, side: Side, algorithm: str | None, limited: bool, post_only: bool
) -> str:
    """As `broken_rule`, of an order without instructions: no rule reads more of such a one than this."""
    return first_broken(
        OrderTerms(
            order_id="",
            symbol="",
            side=side,
            quantity=ZERO,
            order_type=order_type,
            limit_price=ZERO if limited else None,
            tif=tif,
            post_only=post_only,
            algorithm=algorithm,
        )
    )


def first_broken(terms: OrderTerms) -> str:
    for broken, sentence in RULES:
        if broken(terms):
            return sentence.format(type=terms.order_type.value, tif=terms.tif.value)
    return ""
