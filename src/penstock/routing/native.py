"""Which venue can do all of an order by itself, and what is done here where none can.

Market and limit orders for the day, until cancelled or at once are what every order is worked with: they are routed,
not handed over. Anything beyond that goes to a venue as it is, if one of the order's venues has every part of it; all
parts are done here otherwise, and labelled synthetic.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import product

from penstock.algos.view import far_price
from penstock.domain.instructions import OrderType, TimeInForce
from penstock.domain.order_rules import named
from penstock.domain.orders import OrderTerms
from penstock.domain.quote import Quote
from penstock.domain.venue import Abilities, VenueSpec

WORKED_WITH = Abilities()


def everywhere(specs: Iterable[VenueSpec]) -> frozenset[tuple[OrderType, TimeInForce]]:
    """The order types and times in force that all venues have that display, of those that orders are worked with."""
    abilities = [WORKED_WITH, *(spec.abilities for spec in specs if spec.is_lit)]
    kinds = product(WORKED_WITH.order_types, WORKED_WITH.tifs)
    return frozenset(
        (kind, tif) for kind, tif in kinds if all(kind in able.order_types and tif in able.tifs for able in abilities)
    )


def native_venue(terms: OrderTerms, quotes: Mapping[str, Quote], specs: Mapping[str, VenueSpec]) -> str:
    """The venue that gets an order as it is; empty where the order is worked from here.

    One that may fill at once goes where most is displayed within its limit, any other where most is traded. A venue
    without a display gets one only if the order names it.
    """
    if named(terms) or not WORKED_WITH.lacks(terms):
        return ""
    asked = [name for name in sorted(quotes) if specs[name].is_lit or name in terms.venues]
    able = [name for name in asked if not specs[name].abilities.lacks(terms)]
    if terms.tif.is_immediate:
        return max(able, key=lambda name: displayed(terms, quotes[name]), default="")
    return max(able, key=lambda name: quotes[name].volume, default="")


def displayed(terms: OrderTerms, quote: Quote) -> Decimal:
    """What a venue shows at its far touch, if that is within the order's limit."""
    far, limit = far_price(quote, terms.side), terms.limit_price
    if far is None or (limit is not None and terms.side.sign * (far - limit) > 0):
        return Decimal(0)
    return quote.ask_qty if terms.side.is_buy else quote.bid_qty


def synthetic(terms: OrderTerms, quotes: Mapping[str, Quote], specs: Mapping[str, VenueSpec]) -> tuple[str, ...]:
    """What of an order is done here because a venue that it may use does not have it."""
    lacking = WORKED_WITH.lacks(terms)
    for name in quotes:
        lacking += specs[name].abilities.lacks(terms)
    return tuple(dict.fromkeys(lacking)) if lacking else ()
