"""From what an algorithm wants to child orders at venues.

A maker rests at each venue's own near touch, split by what the venues trade; a taker sweeps the venues in the order
of their all-in price (price and taker fee), no more from each than it displays. What is already working at a good
place stays there: queue position is worth more than a perfect split.
"""

from collections.abc import Iterable
from decimal import Decimal

from penstock.algos.randomness import uniform
from penstock.algos.slicing import smallest_child
from penstock.algos.view import (
    AsIs,
    AtClose,
    Cross,
    Intent,
    Request,
    Rest,
    Stay,
    Take,
    View,
    Working,
    far_price,
    near_price,
)
from penstock.domain.instructions import PLAIN, Instructions, OrderType
from penstock.domain.instrument import Instrument
from penstock.domain.orders import Side, TimeInForce
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND
from penstock.domain.venue import VenueSpec
from penstock.routing.unlit import cross, request
from penstock.routing.wanted import Wanted

ZERO = Decimal(0)
NEAR_BPS = Decimal(1)  # a venue whose touch is within this of the best is as good a place to rest
DAY, GTC = TimeInForce.DAY, TimeInForce.GTC
MIN_REST, REST_VARIES = 3 * SECOND, 0.2  # a resting order is not moved before this (±20 %): no flicker, no pattern
LEAST_REST, MOST_REST = round(MIN_REST * (1 - REST_VARIES)), round(MIN_REST * (1 + REST_VARIES))


def route(intents: Iterable[Intent], view: View, specs: dict[str, VenueSpec]) -> tuple[Wanted, ...]:
    """The child orders that carry out `intents`; none where no venue may be traded on."""
    wanted: list[Wanted] = []
    for intent in intents:
        if isinstance(intent, Take):
            wanted += sweep(intent, view, specs)
        elif isinstance(intent, AsIs):
            wanted += as_it_is(intent, view)
        elif isinstance(intent, Cross):
            wanted += cross(intent, view, specs)
        elif isinstance(intent, Request):
            wanted.append(request(intent))
        elif isinstance(intent, AtClose):
            wanted += at_close(intent, view)
        elif isinstance(intent, Stay):
            wanted += keep(view.working)
        else:
            wanted += rest(intent, view)
    return tuple(wanted)


def price_of_one(intent: Intent, view: View) -> Decimal | None:
    """Where the one child that works should rest, if a single intent wants all of it to rest and nothing else.

    That is the usual answer, and this the quick way to it: the child stays, or is moved. None: `route` has to say.
    """
    (child,) = view.working
    plain = type(intent) is Rest and intent.price is None and len(view.venues) == 1
    if not plain or child.immediate or child.for_auction or child.instructions is not PLAIN:
        return None
    quote = view.venues.get(child.venue)
    assert isinstance(intent, Rest)
    if quote is None or child.leaves != intent.quantity:
        return None
    price = resting_price(intent, quote, view)
    return price if price is None or price == child.price else settled_price(child.venue, price, view)


def sweep(intent: Take, view: View, specs: dict[str, VenueSpec]) -> list[Wanted]:
    """Split a taking order over venues, best all-in price first, each for what it displays.

    An impatient order's remainder goes to the best venue, beyond what it displays, within the limit.
    """
    side, instrument = view.terms.side, view.instrument
    offers = []
    for name, quote in view.venues.items():
        price = far_price(quote, side)
        if price is None or worse(price, intent.limit, side):
            continue
        fee = specs[name].fees.taker_price_cost(instrument, price)
        size = quote.ask_qty if side.is_buy else quote.bid_qty
        offers.append((side.sign * price + fee, name, price, size))
    offers.sort()
    left, wanted = intent.quantity, {}
    for _, name, price, size in offers:
        take = min(left, instrument.round_quantity(size))
        if take < smallest_child(instrument, price):
            continue
        wanted[name] = take
        left -= take
    if offers and left > 0 and not intent.patient:
        best = offers[0][1]
        wanted[best] = wanted.get(best, ZERO) + left
    return [
        Wanted(venue=name, price=intent.limit, quantity=quantity, tif=TimeInForce.IOC)
        for name, quantity in wanted.items()
    ]


def as_it_is(intent: AsIs, view: View) -> list[Wanted]:
    """The order itself, with all its instructions; a market order gets the worst price that it may have."""
    terms = view.terms
    if intent.venue not in view.venues and all(pool.venue != intent.venue for pool in view.pools):
        return keep(view.working)
    kind = OrderType.LIMIT if terms.order_type is OrderType.MARKET else terms.order_type
    return [
        Wanted(
            venue=intent.venue,
            price=intent.limit,
            quantity=intent.quantity,
            tif=terms.tif,
            post_only=terms.post_only,
            order_type=kind,
            instructions=terms.instructions,
        )
    ]


def at_close(intent: AtClose, view: View) -> list[Wanted]:
    """One order for the closing auction of the venue that trades most; what waits for another's stays there."""
    waiting = [child.venue for child in view.working if child.for_auction]
    return [
        Wanted(venue=venue, price=intent.limit, quantity=intent.quantity, tif=TimeInForce.CLS)
        for venue in (waiting or view.closing_auctions)[:1]
    ]


def rest(intent: Rest, view: View) -> list[Wanted]:
    """Split a resting order over the venues whose near touch is as good as the best."""
    near: dict[str, Decimal] = {}
    for name, quote in view.venues.items():
        price = resting_price(intent, quote, view)
        if price is not None:
            near[name] = price
    if not near:
        return keep(view.working)
    best = (max if view.terms.side.is_buy else min)(near.values())
    if len(near) > 1:
        near = {name: price for name, price in near.items() if abs(price - best) * 10_000 <= NEAR_BPS * best}
    if len(near) == 1:
        (name,) = near
        shares = {name: on_one(intent.quantity, name, view, best)}
    else:
        shares = spread(intent.quantity, {name: view.venues[name].volume for name in near}, view, best)
    return [at_rest(intent, name, quantity, near[name], view) for name, quantity in shares.items()]


def at_rest(intent: Rest, venue: str, quantity: Decimal, price: Decimal, view: View) -> Wanted:
    """A resting order on one venue. An order's own price is not a touch to follow: it is moved to at once."""
    terms, follows = view.terms, intent.price is None
    if follows and view.working:
        price = settled_price(venue, price, view)
    tif = GTC if terms.tif is GTC else DAY
    return Wanted(venue=venue, price=price, quantity=quantity, tif=tif, post_only=follows or terms.post_only)


def on_one(quantity: Decimal, venue: str, view: View, price: Decimal) -> Decimal:
    """What is to rest on the one venue that there is: beside what rests there already, whole lots."""
    there = ZERO
    for child in view.working:
        if child.venue == venue and not child.immediate:
            there += child.leaves
    more = quantity - there
    return there + in_whole(more, view.instrument, price) if more > ZERO else quantity


def in_whole(quantity: Decimal, instrument: Instrument, price: Decimal) -> Decimal:
    """What of a quantity is whole lots; all of it where these would be less than the smallest child."""
    whole = instrument.round_quantity(quantity)
    return whole if whole >= smallest_child(instrument, price) else quantity


def spread(quantity: Decimal, weights: dict[str, Decimal], view: View, price: Decimal) -> dict[str, Decimal]:
    """Split a quantity over venues by weight, but leave what rests where it rests.

    Neither a fill on one venue nor a shift of the weights takes an order out of its queue on another.
    """
    if not view.working:
        return allocate(quantity, weights, view.instrument, price)
    resting = dict.fromkeys(weights, ZERO)
    for child in view.working:
        if child.venue in resting and not child.immediate:
            resting[child.venue] += child.leaves
    shares = allocate(quantity, weights, view.instrument, price)
    ahead = {name: resting[name] - shares.get(name, ZERO) for name in weights}
    more = quantity - sum(resting.values(), ZERO)
    if more > 0:
        behind = {name: -gap for name, gap in ahead.items() if gap < 0}
        for name, part in allocate(more, behind, view.instrument, price).items():
            resting[name] += part
    for name in sorted(weights, key=lambda name: (-ahead[name], name)):
        less = min(max(-more, ZERO), max(ahead[name], ZERO))
        resting[name] -= less
        more += less
    return {name: part for name, part in resting.items() if part > 0}


def keep(working: tuple[Working, ...]) -> list[Wanted]:
    """Without a market to decide on, what rests stays; children at one place are wanted as one."""
    places: dict[tuple[str, Decimal | None, Instructions, bool], Decimal] = {}
    for child in working:
        if not child.immediate:
            place = (child.venue, child.price, child.instructions, child.for_auction)
            places[place] = places.get(place, ZERO) + child.leaves
    return [
        Wanted(
            venue=venue,
            price=price,
            quantity=leaves,
            tif=TimeInForce.CLS if for_auction else DAY,
            post_only=not for_auction,
            instructions=instructions,
        )
        for (venue, price, instructions, for_auction), leaves in places.items()
    ]


def resting_price(intent: Rest, quote: Quote, view: View) -> Decimal | None:
    """Where to rest on one venue: the order's own price, or inside its near touch but never through its far one."""
    if intent.price is not None:
        return intent.price
    side, limit = view.terms.side, view.terms.limit_price
    near, far = near_price(quote, side), far_price(quote, side)
    if near is None or far is None:
        return None
    price = near
    if intent.improve:
        inside = near + side.sign * intent.improve * view.instrument.tick_size
        price = inside if side.sign * (far - inside) > 0 else near
    if limit is not None and worse(price, limit, side):
        return limit
    return price


def settled_price(venue: str, price: Decimal, view: View) -> Decimal:
    """The price of the child that rests there already, if it is too young to be moved.

    Not beyond the order's limit, and not where the market has come to meet it: another order there would not rest.
    """
    for child in view.working:
        if child.venue != venue or child.immediate or child.price is None or child.price == price:
            continue
        if not rests_still(view.now - child.sent_at, view.key, child.order_id):
            continue
        side = view.terms.side
        far = far_price(view.venues[venue], side)
        met = far is not None and side.sign * (far - child.price) <= 0
        if not met and not worse(child.price, view.terms.limit_price, side):
            return child.price
    return price


def rests_still(age: int, key: str, order_id: str) -> bool:
    """Whether a child that has rested for so long (ns) is too young to be moved."""
    if not LEAST_REST <= age < MOST_REST:
        return age < LEAST_REST
    return age < MIN_REST * (1 + REST_VARIES * uniform(key, order_id, 0))


def allocate(
    quantity: Decimal, weights: dict[str, Decimal], instrument: Instrument, price: Decimal
) -> dict[str, Decimal]:
    """Split a quantity by weight into whole lots, largest remainder first; no part below the smallest child."""
    if len(weights) == 1:
        (name,) = weights
        return {name: in_whole(quantity, instrument, price)}
    least = smallest_child(instrument, price)
    names = sorted(weights, key=lambda name: (-weights[name], name))
    most = int(quantity / least) if least else len(names)
    names = names[: max(most, 1)]
    total = sum((weights[name] for name in names), ZERO)
    lots = instrument.to_lots(quantity)
    even = Decimal(1) / len(names)
    exact = {name: lots * (weights[name] / total if total else even) for name in names}
    floor = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(names, key=lambda name: floor[name] - exact[name])
    for name in by_remainder[: lots - sum(floor.values())]:
        floor[name] += 1
    parts = {name: instrument.quantity(share) for name, share in floor.items()}
    small = sum((part for part in parts.values() if part < least), ZERO)
    kept = {name: part for name, part in parts.items() if part >= least}
    if not kept:
        return {names[0]: quantity}
    kept[names[0]] = kept.get(names[0], ZERO) + small
    return kept


def worse(price: Decimal, limit: Decimal | None, side: Side) -> bool:
    """Whether a price is beyond the limit for this side."""
    return limit is not None and side.sign * (price - limit) > 0
