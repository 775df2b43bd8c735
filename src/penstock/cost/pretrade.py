"""What an order should cost, before it trades: half spread, impact and fees, and the same taken all at once.

It goes on the order's record, so that what came can be held against it. An order that an algorithm works over a window
is priced by the impact template at the pace of the window, with the interval of `penstock.cost.interval`; any other by
the square-root law.
"""

from decimal import Decimal
from math import hypot, sqrt

import msgspec

from penstock.cost.displayed_book import immediate_bps, merge_levels
from penstock.cost.impact_template import DEFAULT
from penstock.cost.interval import CONFIDENCE, z_of
from penstock.cost.square_root import square_root_bps
from penstock.domain.instrument import AssetClass, Instrument, SymbolProfile
from penstock.domain.orders import OrderTerms
from penstock.domain.quote import Depth, Quote
from penstock.domain.time import MINUTE
from penstock.domain.venue import VenueSpec
from penstock.market.volume_curve import named_curve

PASSIVE_SHARE = Decimal("0.5")  # of a worked order, a first guess until fills say otherwise
PLACES = Decimal("0.0001")
EQUITY_DAY = 390 * MINUTE
AT_ONCE_KEPT = 1_000
AT_ONCE = frozenset({None, "market", "limit"})
Z = z_of(CONFIDENCE)
Window = tuple[int, int, int, int]  # an order's start and end, its session's start and end (ns)


def estimate(
    terms: OrderTerms,
    instrument: Instrument,
    quotes: dict[str, Quote],
    depths: dict[str, Depth],
    venues: dict[str, VenueSpec],
    profile: SymbolProfile | None,
    window: Window | None = None,
) -> dict[str, Decimal]:
    """Expected costs in bps against the arrival mid, by name; what cannot be known is left out.

    `half_spread_bps`, `fees_bps` and `impact_bps` (needs a profile) of working the order, their sum `expected_bps`, and
    `immediate_bps`: spread and depth of taking everything now, fees included. Worked over a `window` also
    `temporary_bps` and `permanent_bps`, the parts of the impact, `timing_risk_bps`, one standard deviation of what the
    price does meanwhile, and `low_bps` and `high_bps`, between which nine in ten such orders end.
    """
    prices = prices_of(instrument, quotes, venues)
    return {} if prices is None else foretell(terms, prices, depths, profile, window)


class Prices(msgspec.Struct, frozen=True):
    """What trading costs in a market as it stands, whatever the quantity: `costs` are in bps against the mid.

    `standing` is the whole estimate where neither depth nor profile is known; `sound` names the venues that show both
    sides of a book. `at_once` keeps the estimates of orders that are not worked over a window, by their quantity.
    """

    mid: Decimal
    costs: dict[str, Decimal]
    standing: dict[str, Decimal]
    taker_fees: Decimal
    sound: tuple[str, ...]
    asset_class: AssetClass
    at_once: dict[Decimal, dict[str, Decimal]] = {}


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
    return Prices(mid, costs, standing, taker, tuple(sound), instrument.asset_class)


def foretell(
    terms: OrderTerms,
    prices: Prices,
    depths: dict[str, Depth],
    profile: SymbolProfile | None,
    window: Window | None = None,
) -> dict[str, Decimal]:
    """As `estimate`, in a market that was looked at before."""
    if profile is None and not depths:
        return prices.standing
    if depths or not is_at_once(terms, window):
        return foretold(terms, prices, depths, profile, window)
    known = prices.at_once.get(terms.quantity)
    if known is None:
        if len(prices.at_once) >= AT_ONCE_KEPT:
            prices.at_once.clear()
        known = prices.at_once[terms.quantity] = foretold(terms, prices, depths, profile, window)
    return known


def foretold(
    terms: OrderTerms,
    prices: Prices,
    depths: dict[str, Depth],
    profile: SymbolProfile | None,
    window: Window | None,
) -> dict[str, Decimal]:
    """The same, reckoned anew."""
    costs = prices.costs.copy()
    impact: dict[str, float] = {}
    if profile is not None:
        impact = impact_of(terms, prices, profile, window)
        costs["impact_bps"] = exact(impact["impact_bps"])
    costs["expected_bps"] = sum(costs.values(), Decimal(0))
    if "timing_risk_bps" in impact:
        costs |= {name: exact(value) for name, value in impact.items() if name != "impact_bps"}
        wide = exact(Z * hypot(impact["timing_risk_bps"], DEFAULT.error * impact["impact_bps"]))
        costs["low_bps"], costs["high_bps"] = costs["expected_bps"] - wide, costs["expected_bps"] + wide
    if depths:
        levels = merge_levels([depths[name] for name in prices.sound if name in depths], terms.side)
        now = immediate_bps(terms.quantity, terms.side, prices.mid, levels)
        if now is not None:
            costs["immediate_bps"] = now + prices.taker_fees
    return rounded(costs)


def impact_of(terms: OrderTerms, prices: Prices, profile: SymbolProfile, window: Window | None) -> dict[str, float]:
    """The impact in bps, with its parts and the timing risk where the order is worked over a window.

    An order that follows volume ends when its share of it is done, if that is sooner.
    """
    adv, volatility = float(profile.adv), profile.daily_volatility
    size = float(terms.quantity) / adv
    if is_at_once(terms, window) or window is None:
        return {"impact_bps": square_root_bps(size, 1.0, volatility)}
    share = volume_share(prices.asset_class, *window)
    rate = terms.parameters.get("participation_rate")
    if rate:
        share = min(share, size / float(rate))
    scale = DEFAULT.scale(volatility)
    most = square_root_bps(size, 1.0, volatility)  # the other laws know no end
    permanent = min(DEFAULT.permanent_bps(size, scale), most)
    temporary = min(DEFAULT.temporary_bps(size, share, scale), most - permanent)
    return {
        "impact_bps": temporary + permanent,
        "temporary_bps": temporary,
        "permanent_bps": permanent,
        "timing_risk_bps": volatility * 1e4 * sqrt(share / 3),
    }


def is_at_once(terms: OrderTerms, window: Window | None) -> bool:
    """Whether an order is not worked over a window."""
    return terms.algorithm in AT_ONCE or window is None or window[1] <= window[0]


def volume_share(asset_class: AssetClass, start: int, end: int, session_start: int, session_end: int) -> float:
    """The share of a day's volume that is expected between `start` and `end`, all in ns, by the class's usual curve."""
    curve = named_curve(None, asset_class, session_start, session_end)
    share = curve.cumulative(end) - curve.cumulative(start)
    if not curve.daily:  # the curve is of the session, which may be a part of a day
        share *= min(curve.span / EQUITY_DAY, 1.0)
    return max(share, 1e-9)


def exact(value: float) -> Decimal:
    return Decimal(repr(round(value, 6)))


def rounded(costs: dict[str, Decimal]) -> dict[str, Decimal]:
    return {name: value.quantize(PLACES) for name, value in costs.items()}
