"""From a market profile to the numbers that drive one venue's order flow, and the memory that flow keeps.

Resting liquidity is described in bands behind each side's quoting price: eight of one step (a quarter of the spread,
at least a tick), then ever wider ones out to `REACH` daily volatilities. The quantity wanted per tick at distance d is

    touch / step / (1 + d / (10 step)) + 2 · share · ADV · d / (SWEEP · σ_daily · price)²

the second part being the linear order book behind the square-root law (Tóth et al. 2011): sweeping a quantity Q at
once goes about SWEEP · σ_daily · √(Q / ADV) deep.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from penstock.sim.fair_price import FairPrice
from penstock.sim.footprint import Footprint
from penstock.sim.market_profile import MarketProfile
from penstock.sim.random_kernel import Words, stream

NEAR_BANDS = 8
WIDENING = 1.4
REACH = 0.4  # daily volatilities
SWEEP = 1.3  # more than a patient order of that size moves the price: only part of the interest is displayed
ORDERS_AT_TOUCH, ORDERS_AT_FINE_TOUCH = 5, 2  # where ticks are large queues form, where they are fine hardly
WEAR = 1.5  # quantity wanted over quantity found: the best prices are often young or just traded at (measured)
DISPERSION = 1.2  # how much wider than quoted the spread gets per tick of a band beyond the first (measured)
SLACK_TICKS = 0.5  # a quote stays although the fair price moved this much further: less flicker

TRADES_AFTER_TRADE = 0.45  # mean number of trades that one trade brings about directly
QUOTES_AFTER_TRADE = 4.0
QUOTES_AFTER_QUOTE = 0.3

# Columns of `bands`.
OFFSET, WIDTH, TARGET = range(3)
# Entries of `clock`: next event and time at which heat is stated (ns), the hidden large order that splits itself.
NEXT, HEATED, RUN_SIGN, RUN_LEFT = range(4)
# Entries of `heat`: excitation of trades and quotes (1/s), and the venue's own passing price pressure (ticks).
TRADES, QUOTES, PRESSURE = range(3)


class FlowModel(NamedTuple):
    """What does not change. Rates are per second at pace 1, of events that nothing excited; prices are in ticks."""

    start_ns: int
    end_ns: int
    pace: NDArray[np.float64]  # by minute
    path: NDArray[np.float64]  # fair price on its grid
    trade_rate: float
    quote_rate: float
    quotes_after_trade: float
    trade_lots: float
    order_lots: float
    spread: float
    half_spread: float
    walk: int  # how far beyond the touch a market order follows the price
    volatility: float  # of the fair price, ticks per √s
    bands: NDArray[np.int64]
    band_odds: NDArray[np.float64]  # cumulative
    touch_lots: float


class FlowState(NamedTuple):
    """What the flow remembers: its random words, clock (4,) int64, heat (3,) float64 and the symbol's footprint."""

    words: Words
    clock: NDArray[np.int64]
    heat: NDArray[np.float64]
    footprint: Footprint


def flow_model(fair: FairPrice, share: float) -> FlowModel:
    """The model of a venue that does this share of the symbol's volume."""
    profile = fair.profile
    spread = profile.spread_ticks
    step = max(1, round(spread / 4))
    bands, odds = _bands(profile, share, step)
    per_second = profile.adv_lots * share / profile.day_s
    quotes = profile.quotes_per_second * (1 - QUOTES_AFTER_QUOTE)
    quotes_after_trade = min(QUOTES_AFTER_TRADE, quotes / 2 / profile.trades_per_second)
    return FlowModel(
        start_ns=fair.start_ns,
        end_ns=fair.end_ns,
        pace=fair.pace,
        path=fair.path,
        trade_rate=profile.trades_per_second * (1 - TRADES_AFTER_TRADE),
        quote_rate=quotes - quotes_after_trade * profile.trades_per_second,
        quotes_after_trade=quotes_after_trade,
        trade_lots=max(1.0, per_second / profile.trades_per_second),
        order_lots=profile.touch_lots / (ORDERS_AT_TOUCH if step == 1 else ORDERS_AT_FINE_TOUCH),
        spread=spread,
        half_spread=max(0.0, (spread - SLACK_TICKS - DISPERSION * (step - 1)) / 2),
        walk=round(2 * spread) + step,
        volatility=profile.daily_volatility * profile.price_ticks / profile.day_s**0.5,
        bands=bands,
        band_odds=odds,
        touch_lots=profile.touch_lots,
    )


def flow_state(fair: FairPrice, seed: int, venue: str) -> FlowState:
    """The state before the first event, with the venue's own random stream."""
    clock = np.zeros(4, np.int64)
    clock[NEXT] = clock[HEATED] = fair.start_ns
    words = stream(seed, "flow", venue, fair.profile.instrument.symbol)
    return FlowState(words, clock, np.zeros(3), fair.footprint)


def _bands(profile: MarketProfile, share: float, step: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Offset, width and quantity wanted of each band, and their cumulative odds of being looked after."""
    day_move = profile.daily_volatility * profile.price_ticks
    at_touch = WEAR * profile.touch_lots / step
    slope = 2 * share * profile.adv_lots / (SWEEP * day_move) ** 2
    rows: list[tuple[int, int, int]] = []
    offset, width = 0, float(step)
    while len(rows) < NEAR_BANDS or offset < REACH * day_move:
        if len(rows) >= NEAR_BANDS:
            width *= WIDENING
        ticks = round(width)
        middle = offset + (ticks - 1) / 2
        density = at_touch / (1 + offset / (10 * step)) + slope * middle
        rows.append((offset, ticks, max(1, round(density * ticks))))
        offset += ticks
    weights = np.exp(-np.arange(len(rows)) / 2.5) + 0.04
    return np.array(rows, np.int64), np.cumsum(weights) / weights.sum()
