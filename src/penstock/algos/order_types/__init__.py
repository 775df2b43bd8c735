"""What each order type does where its venue does not: a condition it waits for, and what it does then.

A condition may stand before any algorithm, so that a stop can start a TWAP. A venue that has the type itself gets the
order as it is.
"""

from collections.abc import Callable

from penstock.algos.named import Algorithm, Limit, Market
from penstock.algos.order_types import at_once, if_touched, stop, trailing_stop
from penstock.algos.order_types.auction import AtAuction
from penstock.algos.order_types.hidden import Hidden
from penstock.algos.order_types.iceberg import Iceberg
from penstock.algos.order_types.native import Native
from penstock.algos.order_types.peg import Pegged
from penstock.algos.view import Plan, View
from penstock.domain.instructions import PLAIN, OrderType, TimeInForce
from penstock.domain.order_rules import AUCTIONS, PLAIN_TYPES, named
from penstock.domain.orders import OrderTerms

CONDITIONS: dict[OrderType, Callable[[View], Plan]] = {
    OrderType.STOP: stop.wait,
    OrderType.STOP_LIMIT: stop.wait,
    OrderType.TRAILING_STOP: trailing_stop.wait,
    OrderType.MARKET_IF_TOUCHED: if_touched.wait,
    OrderType.LIMIT_IF_TOUCHED: if_touched.wait,
}
BODIES: dict[OrderType, Algorithm] = {
    OrderType.MARKET: Market(),
    OrderType.LIMIT: Limit(),
    OrderType.STOP: Market(),
    OrderType.STOP_LIMIT: Limit(),
    OrderType.TRAILING_STOP: Market(),
    OrderType.MARKET_IF_TOUCHED: Market(),
    OrderType.LIMIT_IF_TOUCHED: Limit(),
    OrderType.ICEBERG: Iceberg(),
    OrderType.PEG: Pegged(),
    OrderType.HIDDEN: Hidden(),
}
ALIASES: dict[str, Algorithm] = {kind.value: BODIES[kind] for kind in PLAIN_TYPES}  # named as an algorithm
FOK, MARKET, LIMIT = TimeInForce.FOK, OrderType.MARKET, OrderType.LIMIT
ENDINGS = {
    TimeInForce.GTD: "expire_time reached",
    TimeInForce.GTC: "no further session is known",
    TimeInForce.OPG: "the open is over",
}


def body_of(terms: OrderTerms, native: str) -> Algorithm:
    """What works an order that names no algorithm; `native` is the venue that does all of it by itself."""
    if native:
        return Native(venue=native)
    if terms.tif in AUCTIONS:
        return AtAuction()
    if (terms.tif is FOK or terms.instructions is not PLAIN) and at_once.needed(terms):
        return at_once.AtOnce()
    if terms.order_type in PLAIN_TYPES and terms.algorithm is not None:
        return ALIASES[terms.algorithm]
    return BODIES[terms.order_type]


def plan_for(view: View, algorithm: Algorithm, native: str = "") -> Plan:
    """What an order wants now: nothing before its window and its condition, then what its algorithm wants."""
    kind, now = view.terms.order_type, view.now
    waits = kind is not MARKET and kind is not LIMIT and kind in CONDITIONS and not view.triggered and not native
    if now >= view.end and (waits or not named(view.terms)):
        return Plan((), view.end, over=ENDINGS.get(view.terms.tif, "end of session"))
    if now < view.start:
        return Plan((), view.start)
    return CONDITIONS[kind](view) if waits else algorithm.plan(view)
