"""How the generated market's liquidity providers quote: around a reference price, with finite resilience.

At each quote event everyone whose price has become stale leaves at once, a missing best price is taken up again with
probability `RESILIENCE`, and one band of one side moves towards the quantity wanted there: an order joins it if it
holds less than wanted (times a random factor between a half and one and a half), otherwise one leaves it.
Only the market's own orders count and leave: ours neither attract nor repel.
"""

from math import exp, floor

import numpy as np

from penstock.sim.book import NONE
from penstock.sim.flow_model import OFFSET, SLACK_TICKS, WIDTH, FlowModel
from penstock.sim.jit import kernel
from penstock.sim.ladder import (
    ANONYMOUS,
    ASK,
    BASE,
    BEST,
    BID,
    HEAD,
    HIDDEN,
    LOTS,
    MARKET,
    NEXT,
    NOBODY,
    OWN,
    OWNER,
    SIDE,
    TICKS,
    TS,
    USED,
    Ladder,
    covers,
    reduce,
    rest,
    room,
)
from penstock.sim.matching_kernel import match
from penstock.sim.random_kernel import Words, normal, uniform

RESILIENCE = 0.6
JOIN_BEST = 0.7  # in a band of several prices: how often a new order joins the best one instead of its own price
SIZE_SPREAD = 0.8  # standard deviation of log order size
ROUND_LOT = 100
SPARE_ROOM = 64


@kernel
def size(words: Words, mean: float, spread: float) -> int:
    """Lots of a log-normal size of that mean; every other large one is in round lots."""
    lots = mean * exp(spread * normal(words) - spread * spread / 2.0)
    if lots > ROUND_LOT and uniform(words) < 0.5:
        return round(lots / ROUND_LOT) * ROUND_LOT
    return max(1, round(lots))


@kernel
def quoting_price(sign: int, reference: float, half_spread: float) -> int:
    """The best price at which a side (+1 bid) quotes: half a spread away, on a tick."""
    return sign * floor(sign * reference - half_spread)


@kernel
def clear_stale(ladder: Ladder, sign: int, limit: int) -> None:
    """Remove the market's orders of a side that are priced better than `limit` ticks."""
    orders, levels, state = ladder.orders, ladder.levels, ladder.state
    side = BID if sign > 0 else ASK
    at = state[BEST + side]
    if at == NONE:
        return
    end = limit - state[BASE]
    while (at - end) * sign > 0 and 0 <= at < levels.shape[1]:
        slot = levels[side, at, HEAD]
        while slot != NOBODY:
            following = orders[slot, NEXT]
            if orders[slot, OWNER] == MARKET:
                reduce(ladder, slot, orders[slot, LOTS])
            slot = following
        at -= sign


@kernel
def place(ladder: Ladder, sign: int, ticks: int, lots: int) -> bool:
    """Rest an order of the market's, moved back where it would meet the other side; whether it found room."""
    state = ladder.state
    other = state[BEST + (ASK if sign > 0 else BID)]
    if other != NONE and (ticks - state[BASE] - other) * sign >= 0:
        ticks = state[BASE] + other - sign
    if room(ladder) == 0 or not covers(ladder, ticks):
        return False
    if state[OWN + HIDDEN + (ASK if sign > 0 else BID)] > 0:
        lots = match(
            ladder, sign, ticks, lots, state[TS], MARKET, ANONYMOUS
        )  # a hidden order of ours may be in the way
    if lots > 0:
        rest(ladder, sign, ticks, lots, MARKET, ANONYMOUS)
    return True


@kernel
def survey(ladder: Ladder, words: Words, side: int, low: int, high: int) -> tuple[int, int]:
    """The market's lots at prices `low..high`, and one of its orders there, each as likely (0 if none)."""
    orders, levels, state = ladder.orders, ladder.levels, ladder.state
    lots, seen, chosen = 0, 0, NOBODY
    first, last = max(0, low - state[BASE]), min(levels.shape[1] - 1, high - state[BASE])
    for at in range(first, last + 1):
        slot = levels[side, at, HEAD]
        while slot != NOBODY:
            if orders[slot, OWNER] == MARKET:
                lots += orders[slot, LOTS]
                seen += 1
                if uniform(words) * seen < 1.0:
                    chosen = slot
            slot = orders[slot, NEXT]
    return lots, chosen


@kernel
def adjust_band(ladder: Ladder, words: Words, model: FlowModel, sign: int, best: int, band: int) -> bool:
    """Bring one order into a band behind `best`, or take one out; whether one came."""
    offset, width, target = model.bands[band]
    near = best - sign * offset
    far = near - sign * (width - 1)
    side = BID if sign > 0 else ASK
    lots, chosen = survey(ladder, words, side, min(near, far), max(near, far))
    if lots >= target * (0.5 + uniform(words)):
        if chosen != NOBODY:
            reduce(ladder, chosen, ladder.orders[chosen, LOTS])
        return False
    ticks = near - sign * int(uniform(words) * width)
    if band == 0 and width > 1 and uniform(words) < JOIN_BEST:
        at = ladder.state[BEST + side]
        held = near if at == NONE else ladder.state[BASE] + at
        ticks = held if (near - held) * sign >= 0 and (held - far) * sign >= 0 else near
    mean = model.order_lots * (target / model.touch_lots) ** 0.75
    return place(ladder, sign, ticks, size(words, mean, SIZE_SPREAD))


@kernel
def requote(ladder: Ladder, words: Words, model: FlowModel, reference: float) -> None:
    """One quote event."""
    for sign in (1, -1):
        clear_stale(ladder, sign, quoting_price(sign, reference, model.half_spread - SLACK_TICKS))
    for sign in (1, -1):
        best = quoting_price(sign, reference, model.half_spread)
        at = ladder.state[BEST + (BID if sign > 0 else ASK)]
        gone = at == NONE or (best - ladder.state[BASE] - at) * sign >= model.bands[0, WIDTH]
        if gone and uniform(words) < RESILIENCE:
            place(ladder, sign, best, size(words, model.order_lots, SIZE_SPREAD))
    sign = 1 if uniform(words) < 0.5 else -1
    band = int(np.searchsorted(model.band_odds, uniform(words)))
    adjust_band(ladder, words, model, sign, quoting_price(sign, reference, model.half_spread), band)
    if room(ladder) <= SPARE_ROOM:
        prune(ladder, model, reference)


@kernel
def prune(ladder: Ladder, model: FlowModel, reference: float) -> None:
    """Forget the market's orders beyond the last band, which a price that wandered off has left behind."""
    last = model.bands[-1]
    reach = model.half_spread + last[OFFSET] + last[WIDTH]
    for slot in range(1, ladder.state[USED]):
        order = ladder.orders[slot]
        sign = 1 if order[SIDE] == BID else -1
        if order[LOTS] > 0 and order[OWNER] == MARKET and (reference - order[TICKS]) * sign > reach:
            reduce(ladder, slot, order[LOTS])


@kernel
def fill_bands(ladder: Ladder, words: Words, model: FlowModel, reference: float) -> None:
    """The book at the start: every band at the quantity wanted."""
    for sign in (1, -1):
        best = quoting_price(sign, reference, model.half_spread)
        place(ladder, sign, best, size(words, model.order_lots, SIZE_SPREAD))
        for band in range(len(model.bands)):
            while adjust_band(ladder, words, model, sign, best, band):
                pass
