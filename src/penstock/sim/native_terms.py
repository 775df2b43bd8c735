"""An order's terms in a venue's own words: ticks and lots, and which of the book's kinds of order it is."""

from penstock.domain.instructions import OrderType, PegPrice, TimeInForce
from penstock.domain.instruments import AnyInstrument
from penstock.domain.orders import OrderTerms
from penstock.domain.venue import Abilities
from penstock.sim.book import NONE
from penstock.sim.native_orders import Auction, NativeOrder, Peg

TIFS = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)
PLAIN = Abilities(tifs=TIFS, min_qty=True)
EVERY_KIND = Abilities(
    order_types=(
        OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT, OrderType.ICEBERG, OrderType.PEG,
        OrderType.HIDDEN,
    ),
    tifs=TIFS,
    min_qty=True,
)  # fmt: skip
AUCTIONS = {TimeInForce.OPG: Auction.OPEN, TimeInForce.CLS: Auction.CLOSE}
PEGS = {PegPrice.PRIMARY: Peg.PRIMARY, PegPrice.MID: Peg.MID, PegPrice.MARKET: Peg.MARKET}


def native_order(terms: OrderTerms, instrument: AnyInstrument) -> NativeOrder:
    """What a book enters for an order that its venue is able to take."""
    asked, lots = terms.instructions, instrument.to_lots(terms.quantity)
    ticks = NONE if terms.limit_price is None else instrument.to_ticks(terms.limit_price)
    auction = AUCTIONS.get(terms.tif, Auction.NO)
    waits = terms.order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
    pegged = terms.order_type is OrderType.PEG
    least = 0 if asked.min_qty is None else instrument.to_lots(asked.min_qty)
    return NativeOrder(
        terms.side.sign,
        ticks,
        lots,
        immediate=terms.tif.is_immediate or (ticks == NONE and not pegged and auction is Auction.NO),
        post_only=terms.post_only,
        least=lots if terms.tif is TimeInForce.FOK else least,
        peak=instrument.to_lots(asked.display_qty)
        if asked.display_qty and terms.order_type is OrderType.ICEBERG
        else 0,
        hidden=terms.order_type is OrderType.HIDDEN,
        peg=PEGS[asked.peg or PegPrice.PRIMARY] if pegged else Peg.NO,
        offset=signed_ticks(terms, instrument) if pegged else 0,
        stop=instrument.to_ticks(asked.stop_px) if waits and asked.stop_px is not None else NONE,
        auction=auction,
    )


def signed_ticks(terms: OrderTerms, instrument: AnyInstrument) -> int:
    """A peg's offset in ticks; one between two ticks is rounded away from the market."""
    exact = terms.instructions.peg_offset / instrument.tick_size
    away = exact.to_integral_value(rounding="ROUND_FLOOR" if terms.side.is_buy else "ROUND_CEILING")
    return int(away)
