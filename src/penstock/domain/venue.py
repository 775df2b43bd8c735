"""What a venue is, as data: its kind, its fees, how far away it is, and what it can do."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from penstock.domain.instructions import PLAIN, OrderType, TimeInForce
from penstock.domain.instrument import Instrument
from penstock.domain.orders import OrderTerms
from penstock.domain.time import MILLISECOND
from penstock.domain.venue_budget import Budget

ZERO = Decimal(0)


class VenueKind(StrEnum):
    EXCHANGE = "exchange"
    ECN = "ecn"
    DARK_POOL = "dark_pool"
    MARKET_MAKER = "market_maker"
    INTERNAL = "internal"
    CROSSING_NETWORK = "crossing_network"


UNLIT = frozenset({VenueKind.DARK_POOL, VenueKind.CROSSING_NETWORK, VenueKind.MARKET_MAKER})


class Liquidity(StrEnum):
    MAKER = "maker"
    TAKER = "taker"


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """What a fill costs: basis points of notional plus an amount per unit; negative is a rebate."""

    maker_bps: Decimal = ZERO
    taker_bps: Decimal = ZERO
    maker_per_unit: Decimal = ZERO
    taker_per_unit: Decimal = ZERO

    def fee(self, instrument: Instrument, quantity: Decimal, price: Decimal, liquidity: Liquidity) -> Decimal:
        """Amount in the instrument's currency, exact."""
        maker = liquidity is Liquidity.MAKER
        bps = self.maker_bps if maker else self.taker_bps
        per_unit = self.maker_per_unit if maker else self.taker_per_unit
        return instrument.notional(quantity, price) * bps / 10_000 + quantity * per_unit

    def taker_price_cost(self, instrument: Instrument, price: Decimal) -> Decimal:
        """The taker fee of one unit, as a price distance, so that venues compare on what they really cost."""
        unit = instrument.notional(Decimal(1), price)
        return self.fee(instrument, Decimal(1), price, Liquidity.TAKER) / unit * price


class Abilities(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a venue does by itself; what it lacks is done for it, and labelled synthetic.

    `replace`: a working order's price and quantity can be changed in place. `cancel_on_disconnect`: it cancels our
    orders once our connection has been lost for as long as we said; `cancel_all_after`: once it has not been told for
    as long as we said that we are alive.
    """

    order_types: tuple[OrderType, ...] = (OrderType.MARKET, OrderType.LIMIT)
    tifs: tuple[TimeInForce, ...] = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC)
    post_only: bool = True
    reduce_only: bool = False
    min_qty: bool = False
    replace: bool = True
    cancel_on_disconnect: bool = False
    cancel_all_after: bool = False

    def lacks(self, terms: OrderTerms) -> tuple[str, ...]:
        """What an order asks for that the venue does not have, in the order's own words."""
        asked = terms.instructions
        plain = asked is PLAIN and not terms.post_only and not terms.side.covers
        if plain and terms.order_type in self.order_types and terms.tif in self.tifs:
            return ()
        wants: dict[str, bool] = {
            terms.order_type.value: terms.order_type in self.order_types,
            terms.tif.value: terms.tif in self.tifs,
            "post_only": self.post_only or not terms.post_only,
            "reduce_only": self.reduce_only or not terms.reduces_only,
            "min_qty": self.min_qty or asked.min_qty is None,
        }
        return tuple(name for name, has in wants.items() if not has)


class VenueSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A venue as the engine and the simulator know it. Latencies are one way. `budgets` are kept all at once."""

    name: str
    kind: VenueKind = VenueKind.EXCHANGE
    fees: Fees = Fees()
    order_latency_ns: int = MILLISECOND
    report_latency_ns: int = MILLISECOND
    abilities: Abilities = Abilities()
    budgets: tuple[Budget, ...] = ()

    @property
    def is_lit(self) -> bool:
        """Whether it displays what may be traded there; elsewhere orders go only where an algorithm sends them."""
        return self.kind not in UNLIT
