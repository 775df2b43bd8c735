"""The generated order flow of one venue: when something happens, and whether it is a trade or a quote.

Arrivals excite each other (Hawkes 1971, exponential kernel): each trade brings more trades and quotes soon after, on
top of the day's pace. The next event's time is drawn as soon as the one before has happened, so where `play` stops
changes nothing; an order of ours that trades excites the flow and has the next time drawn anew.

The sign of a trade is, in this order of chance: the sign of a hidden large order that splits itself over many trades
(Lillo, Mike and Farmer 2005), what the fair price will do in a few seconds (informed flow: passive orders meet adverse
selection), or a coin.
"""

from math import ceil, exp, floor, sqrt, tanh

from penstock.domain.time import MINUTE, SECOND
from penstock.sim.book import NONE
from penstock.sim.fair_price import GRID_NS
from penstock.sim.flow_model import (
    HEATED,
    NEXT,
    PRESSURE,
    QUOTES,
    QUOTES_AFTER_QUOTE,
    RUN_LEFT,
    RUN_SIGN,
    TRADES,
    TRADES_AFTER_TRADE,
    FlowModel,
    FlowState,
)
from penstock.sim.footprint import PASSIVE_WEIGHT, shift, tread
from penstock.sim.jit import kernel
from penstock.sim.ladder import ANONYMOUS, FILL_LOTS, FILLS, MARKET, TS, Ladder, room, stirred, touch
from penstock.sim.matching_kernel import match
from penstock.sim.quoting_kernel import SPARE_ROOM, fill_bands, requote, size
from penstock.sim.random_kernel import exponential, uniform

EXCITEMENT_S = 1.0  # memory of the excitation
PRESSURE_S = 2.0  # memory of a venue's own price pressure
PRESSURE_STEP, PRESSURE_MAX = 0.12, 0.3  # of a trade of mean size, and at most; in spreads
SPLIT_ODDS, INFORMED_ODDS = 0.45, 0.35
RUN_MAX = 200  # trades of one hidden order
INFORMED_NS = 5 * SECOND  # how far informed flow sees
TRADE_SPREAD = 1.0  # standard deviation of log trade size
SNIPE_TICKS = 0.25  # how far beyond the reference price an order of ours stands when somebody takes it for that


@kernel
def fair(flow: FlowState, model: FlowModel, ts: int) -> float:
    """The fair price moved by our footprint, in ticks; between grid points it is a straight line."""
    position = (ts - model.start_ns) / GRID_NS
    before = min(int(position), len(model.path) - 2)
    weight = min(position - before, 1.0)
    alone = model.path[before] * (1.0 - weight) + model.path[before + 1] * weight
    return float(alone + shift(flow.footprint, ts))


@kernel
def cool(flow: FlowState, ts: int) -> None:
    """Let excitation and pressure fade until `ts`."""
    gone = (ts - flow.clock[HEATED]) / SECOND
    fade = exp(-gone / EXCITEMENT_S)
    flow.heat[TRADES] *= fade
    flow.heat[QUOTES] *= fade
    flow.heat[PRESSURE] *= exp(-gone / PRESSURE_S)
    flow.clock[HEATED] = ts


@kernel
def schedule(flow: FlowState, model: FlowModel, ts: int) -> None:
    """Draw the time of the next event after `ts` by thinning (Ogata 1981), minute by minute of constant pace."""
    heat = flow.heat[TRADES] + flow.heat[QUOTES]
    steady = model.trade_rate + model.quote_rate
    while ts <= model.end_ns:
        minute = (ts - model.start_ns) // MINUTE
        if minute >= len(model.pace):
            break
        base = steady * model.pace[minute]
        most = base + heat * exp(-(ts - flow.clock[HEATED]) / SECOND / EXCITEMENT_S)
        at = ts + 1 + int(exponential(flow.words) / most * SECOND)
        border = model.start_ns + (minute + 1) * MINUTE
        if at >= border:
            ts = border
            continue
        ts = at
        if uniform(flow.words) * most < base + heat * exp(-(ts - flow.clock[HEATED]) / SECOND / EXCITEMENT_S):
            flow.clock[NEXT] = ts
            return
    flow.clock[NEXT] = model.end_ns + 1


@kernel
def excite(flow: FlowState, model: FlowModel) -> None:
    """A trade happened: more of everything is on its way."""
    flow.heat[TRADES] += TRADES_AFTER_TRADE / EXCITEMENT_S
    flow.heat[QUOTES] += model.quotes_after_trade / EXCITEMENT_S


@kernel
def trade(ladder: Ladder, flow: FlowState, model: FlowModel, ts: int, sign: int, limit: int) -> None:
    """A market order of the market's, as far as `limit`; it leaves price pressure behind on this venue."""
    lots = size(flow.words, model.trade_lots, TRADE_SPREAD)
    taken = lots - match(ladder, sign, limit, lots, ts, MARKET, ANONYMOUS)
    ours = 0
    for row in range(ladder.state[FILLS]):
        ours += ladder.fills[row, FILL_LOTS]
    if ours > 0:
        tread(flow.footprint, ts, -sign * PASSIVE_WEIGHT * ours)
    step = sign * PRESSURE_STEP * model.spread * min(2.0, sqrt(taken / model.trade_lots))
    most = PRESSURE_MAX * model.spread
    flow.heat[PRESSURE] = min(most, max(-most, flow.heat[PRESSURE] + step))
    excite(flow, model)


@kernel
def trade_sign(flow: FlowState, model: FlowModel, ts: int, mid: float) -> int:
    """Who trades next: +1 a buyer, −1 a seller."""
    words, clock = flow.words, flow.clock
    chance = uniform(words)
    if chance < SPLIT_ODDS:
        if clock[RUN_LEFT] == 0:
            clock[RUN_SIGN] = 1 if uniform(words) < 0.5 else -1
            clock[RUN_LEFT] = min(RUN_MAX, int(3.0 * (1.0 - uniform(words)) ** (-1.0 / 1.5)))
        clock[RUN_LEFT] -= 1
        return int(clock[RUN_SIGN])
    lean = 0.0
    if chance < SPLIT_ODDS + INFORMED_ODDS:
        gap = fair(flow, model, ts + INFORMED_NS) - mid
        lean = tanh(gap / (model.spread + 2.0 * model.volatility * sqrt(INFORMED_NS / SECOND)))
    return 1 if uniform(words) < 0.5 + 0.5 * lean else -1


@kernel
def happen(ladder: Ladder, flow: FlowState, model: FlowModel, ts: int) -> None:
    """The event whose time has come."""
    cool(flow, ts)
    ladder.state[TS] = ts
    pace = model.pace[min((ts - model.start_ns) // MINUTE, len(model.pace) - 1)]
    trades = model.trade_rate * pace + flow.heat[TRADES]
    quotes = model.quote_rate * pace + flow.heat[QUOTES]
    reference = fair(flow, model, ts) + flow.heat[PRESSURE]
    bid, _, ask, _ = touch(ladder)
    if uniform(flow.words) * (trades + quotes) < trades:
        mid = (bid + ask) / 2.0 if bid != NONE and ask != NONE else reference
        sign = trade_sign(flow, model, ts, mid)
        best = ask if sign > 0 else bid
        if best != NONE:
            trade(ladder, flow, model, ts, sign, best + sign * model.walk)
        return
    requote(ladder, flow.words, model, reference)
    flow.heat[QUOTES] += QUOTES_AFTER_QUOTE / EXCITEMENT_S
    bid, _, ask, _ = touch(ladder)
    if bid != NONE and bid - reference > SNIPE_TICKS:  # every bid of the market's that high has just left
        trade(ladder, flow, model, ts, -1, ceil(reference))
    elif ask != NONE and reference - ask > SNIPE_TICKS:
        trade(ladder, flow, model, ts, 1, floor(reference))


@kernel
def open_market(ladder: Ladder, flow: FlowState, model: FlowModel) -> None:
    """Fill the book and draw the first event."""
    ladder.state[TS] = model.start_ns
    fill_bands(ladder, flow.words, model, fair(flow, model, model.start_ns))
    schedule(flow, model, model.start_ns)


@kernel
def play(ladder: Ladder, flow: FlowState, model: FlowModel, until: int) -> int:
    """Play events until `until`, or one that fills an order of ours, stirs one that waits or leaves little room.

    Returns the time reached.
    """
    last = min(until, model.end_ns)
    while flow.clock[NEXT] <= last:
        ts = flow.clock[NEXT]
        happen(ladder, flow, model, ts)
        schedule(flow, model, ts)
        if ladder.state[FILLS] > 0 or stirred(ladder) or room(ladder) <= SPARE_ROOM:
            return int(ts)
    return until


@kernel
def we_traded(flow: FlowState, model: FlowModel, ts: int, signed_lots: float) -> None:
    """Our order took liquidity: the price feels it, the flow is excited, and the next event is drawn anew."""
    tread(flow.footprint, ts, signed_lots)
    cool(flow, ts)
    excite(flow, model)
    schedule(flow, model, ts)
