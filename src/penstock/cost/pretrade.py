"""What an order should cost, before it trades: half spread, impact and fees, and the same taken all at once."""

from decimal import Decimal

import msgspec

from penstock.cost.displayed_book import immediate_bps, merge_levels
from penstock.cost.square_root import square_root_bps
from penstock.domain.instrument import Instrument, SymbolProfile
from penstock.domain.orders import OrderTerms
from penstock.domain.quote import Depth, Quote
from penstock.domain.venue import VenueSpec

PASSIVE_SHARE = Decimal("0.5")  # of a worked order, a first guess until fills say otherwise
PLACES = Decimal("0.0001")


def estimate(
    terms: OrderTerms,
    instrument: Instrument,
    quotes: dict[str, Quote],
    depths: dict[str, Depth],
    venues: dict[str, VenueSpec],
    profile: SymbolProfile | None,
) -> dict[str, Decimal]:
    """Expected costs in bps against the arrival mid, by name; what cannot be known is left out.

    `half_spread_bps`, `fees_bps` and `impact_bps` (needs a profile) of working the order, their sum
    `expected_bps`, and `immediate_bps`: spread and depth of taking everything now, fees included.
    """
    prices = prices_of(instrument, quotes, venues)
    return {} if prices is None else foretell(terms, prices, depths, profile)


class Prices(msgspec.Struct, frozen=True):
    """What trading costs in a market as it stands, whatever the quantity: `costs` are in bps against the mid.

    `standing` is the whole estimate where neither depth nor profile is known; `sound` names the venues that show both
    sides of a book.
    """

    mid: Decimal
    costs: dict[str, Decimal]
    standing: dict[str, Decimal]
    taker_fees: Decimal
    sound: tuple[str, ...]


def prices_of(instrument: Instrument, quotes: dict[str, Quote], venues: dict[str, VenueSpec]) -> Prices | None:
    """What the market asks of everybody; None where no venue shows both sides."""
    sound = {name: quote for name, quote in quotes.items() if quote.is_sound}
    bids = [quote.bid for quote in sound.values() if quote.bid is not None]
    asks = [quote.ask for quote in sound.values() if quote.ask is not None]
    if not bids or not asks:
        return None
    best_bid, best_ask = max(bids), min(asks)
    mid = (best_bid + best_ask) / 2
    half_spread = max(best_ask - best_bid, Decimal(0)) / 2 / mid * 10_000
    notional = instrument.notional(Decimal(1), mid)
    fees = [venues[name].fees for name in sound]
    maker = min(fee.maker_bps + fee.maker_per_unit / notional * 10_000 for fee in fees)
    taker = min(fee.taker_bps + fee.taker_per_unit / notional * 10_000 for fee in fees)
    worked_fees = PASSIVE_SHARE * maker + (1 - PASSIVE_SHARE) * taker
    # what rests earns the half spread that what crosses pays, less adverse selection: count the crossing part
    crossed = half_spread * (1 - PASSIVE_SHARE)
    costs = {"half_spread_bps": crossed, "fees_bps": worked_fees}
    standing = rounded({**costs, "expected_bps": crossed + worked_fees})
    return Prices(mid, costs, standing, taker, tuple(sound))


def foretell(
    terms: OrderTerms, prices: Prices, depths: dict[str, Depth], profile: SymbolProfile | None
) -> dict[str, Decimal]:
    """As `estimate`, in a market that was looked at before."""
    if profile is None and not depths:
        return prices.standing
    costs = prices.costs.copy()
    if profile is not None:
        impact = square_root_bps(float(terms.quantity), float(profile.adv), profile.daily_volatility)
        costs["impact_bps"] = Decimal(repr(round(impact, 6)))
    costs["expected_bps"] = sum(costs.values(), Decimal(0))
    if depths:
        levels = merge_levels([depths[name] for name in prices.sound if name in depths], terms.side)
        now = immediate_bps(terms.quantity, terms.side, prices.mid, levels)
        if now is not None:
            costs["immediate_bps"] = now + prices.taker_fees
    return rounded(costs)


def rounded(costs: dict[str, Decimal]) -> dict[str, Decimal]:
    return {name: value.quantize(PLACES) for name, value in costs.items()}
