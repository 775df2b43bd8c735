"""What the engine sees: the quotes that inputs brought, and a parent's view for its algorithm.

Quotes are not state: they come with inputs, and what was decided on them is recorded in the events.
"""

from collections.abc import Container
from decimal import Decimal
from functools import cached_property

import msgspec

from penstock.algos.view import View, Working, best_far, best_near
from penstock.cost.pretrade import Prices, prices_of
from penstock.domain.instrument import Instrument
from penstock.domain.order_rules import AUCTIONS
from penstock.domain.orders import Order, OrderTerms, Side, TimeInForce
from penstock.domain.quote import Quote
from penstock.domain.venue import VenueSpec
from penstock.engine.contingent import room
from penstock.engine.lanes import Lane
from penstock.engine.pools import pools_of
from penstock.engine.reducing import cap_of_reduction
from penstock.engine.remembered import Child, Parent
from penstock.engine.standing import Seen, Standing
from penstock.engine.state import EngineState
from penstock.risk.checks import Market, market_of

ZERO = Decimal(0)
CLS = TimeInForce.CLS
BUY = Side.BUY

Quotes = dict[str, dict[str, Quote]]


class Tradable(msgspec.Struct, frozen=True):
    """The quotes that may be traded on, and the best bid and ask over them."""

    venues: dict[str, Quote]
    bid: Decimal | None
    ask: Decimal | None


class Sight:
    """One symbol's quotes on the venues that an order may use, and what follows from them, found out once.

    It is never changed: new quotes make a new one. `lanes` are those that orders have found in it so far.
    """

    def __init__(self, quotes: dict[str, Quote], instrument: Instrument, venues: dict[str, VenueSpec]) -> None:
        self.quotes = quotes
        self.listed = tuple(quotes.values())
        self.lanes: list[Lane] = []
        self._instrument, self._venues = instrument, venues

    @cached_property
    def market(self) -> Market:
        """What the risk checks need to know of it."""
        return market_of(self.listed)

    @cached_property
    def mid(self) -> Decimal | None:
        return consolidated_mid(self.quotes)

    @cached_property
    def prices(self) -> Prices | None:
        """What trading costs now, for the estimate."""
        return prices_of(self._instrument, self.quotes, self._venues)

    @cached_property
    def sound(self) -> Tradable:
        """The sound quotes, of whatever age."""
        return tradable_of({name: quote for name, quote in self.quotes.items() if quote.is_sound})

    @cached_property
    def oldest(self) -> int:
        """When the oldest sound quote was made (ns)."""
        return min((quote.ts for quote in self.sound.venues.values()), default=0)

    def tradable(self, now: int, stale_after: int, shut: Container[str]) -> Tradable:
        """What may be traded on: quotes that are sound and fresh (ages in ns), of venues that are not `shut`.

        All the sound ones if none is fresh, for risk to deny on record.
        """
        if not shut and now - self.oldest <= stale_after:
            return self.sound
        sound = {name: quote for name, quote in self.sound.venues.items() if name not in shut}
        fresh = {name: quote for name, quote in sound.items() if now - quote.ts <= stale_after}
        return tradable_of(fresh or sound)


def tradable_of(venues: dict[str, Quote]) -> Tradable:
    quotes = venues.values()
    return Tradable(venues, best_near(quotes, BUY), best_far(quotes, BUY))


def consolidated_mid(quotes: dict[str, Quote]) -> Decimal | None:
    """Half-way between the best bid and the best ask over the sound quotes."""
    sound = [quote for quote in quotes.values() if quote.is_sound]
    bids = [quote.bid for quote in sound if quote.bid is not None]
    asks = [quote.ask for quote in sound if quote.ask is not None]
    return (max(bids) + min(asks)) / 2 if bids and asks else None


def usable(quotes: dict[str, Quote], venues: tuple[str, ...]) -> dict[str, Quote]:
    """The quotes of the venues that an order may use (all when it names none)."""
    return {name: quote for name, quote in quotes.items() if not venues or name in venues}


def view_of(
    state: EngineState, order: Order, parent: Parent, standing: Standing, sight: Sight, now: int, stale_after: int
) -> View:
    """A parent as its algorithm sees it."""
    terms = order.terms
    others = -order.cum_qty
    for name, quote in sight.quotes.items():
        others += quote.volume - parent.volume_at_start.get(name, ZERO)
    market, algorithm = sight.tradable(now, stale_after, state.venue_status), standing.algorithm
    near, far = (market.bid, market.ask) if terms.side.is_buy else (market.ask, market.bid)
    return View(  # in the order of its fields: by their names it takes seven times as long
        standing.key,
        now,
        terms,
        standing.instrument,
        parent.start,
        parent.end,
        standing.session,
        parent.arrival_price,
        order.cum_qty,
        working_now(state, parent, standing, now) if parent.open_children else (),
        market.venues,
        near,
        far,
        others if others > ZERO else ZERO,
        parent.taken_at,
        parent.fills or (),
        parent.triggered,
        parent.extreme,
        cap_of(state, order, parent) if standing.is_bounded or parent.amending else None,
        state.estimates.get(terms.symbol),
        held(state, terms) if algorithm.sees_position else ZERO,
        pools_of(state, order, sight.quotes) if algorithm.sees_pools else (),
        closing_auctions(state, sight.quotes) if algorithm.sees_auctions else (),
        standing.memo,
    )


def closing_auctions(state: EngineState, quotes: dict[str, Quote]) -> tuple[str, ...]:
    """The venues that can be reached and hold one, where most is traded first."""
    able = [name for name in quotes if CLS in state.venues[name].abilities.tifs and name not in state.venue_status]
    return tuple(sorted(able, key=lambda name: (-quotes[name].volume, name)))


def held(state: EngineState, terms: OrderTerms) -> Decimal:
    """What an order's account holds of its symbol, signed (units)."""
    book = state.ledger.books.get(terms.symbol, {}).get(terms.account)
    return ZERO if book is None else book.position.quantity


def cap_of(state: EngineState, order: Order, parent: Parent) -> Decimal | None:
    """The most that may still fill of a parent because of the position it reduces, its group, or how it is amended."""
    waiting = None if parent.amending is None else max(parent.amending.quantity - order.cum_qty, ZERO)
    caps = (cap_of_reduction(state, order.terms), room(state, order), waiting)
    return min((cap for cap in caps if cap is not None), default=None)


def working_now(state: EngineState, parent: Parent, standing: Standing, now: int) -> tuple[Working, ...]:
    """The open children as the algorithm sees them. While all just rest they are looked at once, not at every look."""
    if standing.children is parent.open_children and not state.venue_status:
        for seen in standing.seen:
            if not seen.holds:
                break
        else:
            return standing.working
    orders, children = state.orders, state.children
    working = tuple([working_of(state, orders[child_id], now) for child_id in parent.open_children])
    if all(child.settled for child in working):
        standing.children, standing.working = parent.open_children, working
        standing.seen = tuple([seen_of(orders[child_id], children[child_id]) for child_id in parent.open_children])
    else:
        standing.children = ()
    return working


def seen_of(order: Order, child: Child) -> Seen:
    return Seen(order, child, order.terms, order.cum_qty, child.sent_at)


def working_of(state: EngineState, order: Order, now: int) -> Working:
    """An open child as the algorithm sees it, with the queue that stood ahead of it when it was decided.

    One at a venue that cannot be reached, or just refused, is not settled: it is left alone, and counted.
    """
    terms, child = order.latest, state.children[order.terms.order_id]
    assert terms.venue is not None
    quote, limit = child.quote, terms.limit_price
    if terms.side.is_buy:
        near, ahead = quote.bid, quote.bid_qty
        improves = near is not None and limit is not None and limit > near
    else:
        near, ahead = quote.ask, quote.ask_qty
        improves = near is not None and limit is not None and limit < near
    return Working(
        order_id=terms.order_id,
        venue=terms.venue,
        price=limit,
        leaves=order.open_qty,
        immediate=terms.tif.is_immediate,
        settled=order.is_settled and terms.venue not in state.venue_status and now >= child.asks_from,
        sent_at=child.sent_at,
        mid=quote.mid or ZERO,
        ahead=ZERO if improves else ahead,
        volume=quote.volume,
        instructions=terms.instructions,
        for_auction=terms.tif in AUCTIONS,
    )
