"""How orders trade on a ladder: price, then displayed before hidden, then time.

- An incoming order meets the best price first; at a price the displayed queue, oldest first, then the hidden one.
- An iceberg shows its peak. When that has traded, the next part joins the back of the queue, and may trade with the
  same incoming order once that comes round to it.
- A hidden order with a least execution size is passed over by what is smaller.
- Ours meet ours as `state[SELF_TRADE]` says: passed over, or the newer, the older, both removed, or both made
  smaller by the lots they share; none of that is a trade.
"""

from penstock.sim.book import NONE
from penstock.sim.jit import kernel
from penstock.sim.ladder import (
    ASK,
    BASE,
    BEST,
    BID,
    CUT_SHORT,
    FILLS,
    HEAD,
    HIDDEN,
    KEY,
    LEAST,
    LOTS,
    MADE,
    NEXT,
    NOBODY,
    ORDERS,
    OURS,
    OWNER,
    PEAK,
    PREVENTED,
    REMOVED,
    RESERVE,
    SELF_TRADE,
    TICKS,
    TOOK,
    Ladder,
    TouchTuple,
    cut,
    own_orders,
    print_trade,
    record,
    reduce,
    refresh,
    rest_on,
    touch,
    whole,
)

# Values of `state[SELF_TRADE]`, in the order of `book.SelfTrade`.
PASS_OVER, CANCEL_NEWEST, CANCEL_OLDEST, CANCEL_BOTH, DECREMENT = range(5)


@kernel
def execute(ladder: Ladder, slot: int, lots: int, ts: int, before: TouchTuple) -> int:
    """Fill up to `lots` of what a resting order shows; if it is ours the fill is recorded. The lots filled."""
    order = ladder.orders[slot]
    owner, key, ticks = order[OWNER], order[KEY], order[TICKS]
    if owner == OURS and ladder.terms[slot, RESERVE] > 0 and lots >= order[LOTS]:
        filled = int(order[LOTS])
        refresh(ladder, slot)
    else:
        filled = reduce(ladder, slot, lots)
    if owner == OURS:
        record(ladder, ts, key, ticks, filled, MADE, before)
    return filled


@kernel
def best_of(ladder: Ladder, side: int) -> int:
    """The level of a side's best price, displayed or hidden; `NONE` if it is empty."""
    shown, hidden = ladder.state[BEST + side], ladder.state[BEST + side + HIDDEN]
    if shown == NONE or hidden == NONE:
        return int(max(shown, hidden))
    return int(max(shown, hidden) if side == BID else min(shown, hidden))


@kernel
def last_level(ladder: Ladder, sign: int, ticks: int) -> int:
    """The level just beyond those that an order with this limit may trade at."""
    end = ladder.levels.shape[1] if sign > 0 else -1
    if ticks == NONE:
        return end
    limit = ticks - ladder.state[BASE]
    return int(min(end, limit + 1) if sign > 0 else max(end, limit - 1))


@kernel
def match(ladder: Ladder, sign: int, ticks: int, lots: int, ts: int, owner: int, key: int) -> int:
    """Trade an incoming order (`sign` +1 buy, −1 sell) with the other side. Returns the lots left.

    `ticks` is its limit, `NONE` for a market order. An order of ours has its fills recorded one per price; it stops
    (`state[CUT_SHORT]`, lots left over) when the fill buffer could become full. The traded totals count every lot
    once. What self-trade prevention takes off the incoming order is in `state[PREVENTED]` and not left over.
    """
    state = ladder.state
    state[PREVENTED] = state[CUT_SHORT] = 0
    side = ASK if sign > 0 else BID
    at = best_of(ladder, side)
    if at == NONE:
        return lots
    before = touch(ladder)
    end = last_level(ladder, sign, ticks)
    left = lots
    while left > 0 and (at < end if sign > 0 else at > end):
        if state[ORDERS + side] + state[ORDERS + side + HIDDEN] == 0:
            break
        if owner == OURS and state[FILLS] + own_orders(ladder) + 1 > ladder.fills.shape[0]:
            state[CUT_SHORT] = 1
            break
        taken, prevented = 0, state[PREVENTED]
        for queue in (side, side + HIDDEN):
            if left > 0 and state[ORDERS + queue] > 0:
                traded = match_queue(ladder, queue, at, left, ts, owner, before)
                taken += traded
                left -= traded + state[PREVENTED] - prevented
                prevented = state[PREVENTED]
        if taken > 0:
            price = state[BASE] + at
            print_trade(ladder, price, taken)
            if owner == OURS:
                record(ladder, ts, key, price, taken, TOOK, before)
        at += sign
    return left


@kernel
def match_queue(ladder: Ladder, side: int, at: int, lots: int, ts: int, owner: int, before: TouchTuple) -> int:
    """Trade with one level's queue, oldest first. The lots traded; what is prevented is counted in the state."""
    orders, levels, state, terms = ladder.orders, ladder.levels, ladder.state, ladder.terms
    taken, first = 0, state[PREVENTED]
    slot = levels[side, at, HEAD]
    while slot != NOBODY:
        left = lots - taken - (state[PREVENTED] - first)
        if left <= 0:
            break
        following = orders[slot, NEXT]
        if owner == OURS and orders[slot, OWNER] == OURS:
            prevent(ladder, slot, left, ts, before)
        elif left >= min(terms[slot, LEAST], orders[slot, LOTS]):
            taken += execute(ladder, slot, left, ts, before)
            if following == NOBODY and orders[slot, LOTS] > 0:
                following = slot  # an iceberg that was the last in the queue is so again
        slot = following
    return taken


@kernel
def prevent(ladder: Ladder, slot: int, left: int, ts: int, before: TouchTuple) -> None:
    """Keep an incoming order of ours, of which so much is left, from trading with one of ours in `slot`."""
    state = ladder.state
    mode = state[SELF_TRADE]
    removed = 0
    if mode in (CANCEL_NEWEST, CANCEL_BOTH):
        state[PREVENTED] += left
    if mode in (CANCEL_OLDEST, CANCEL_BOTH):
        removed = whole(ladder, slot)
    elif mode == DECREMENT:
        removed = min(left, whole(ladder, slot))
        state[PREVENTED] += removed
    if removed > 0:
        key, ticks = ladder.orders[slot, KEY], ladder.orders[slot, TICKS]
        cut(ladder, slot, removed)
        record(ladder, ts, key, ticks, removed, REMOVED, before)


@kernel
def would_fill(ladder: Ladder, sign: int, ticks: int, lots: int) -> int:
    """How many of so many lots of ours would trade at once within the limit; only ours have reserves or least sizes."""
    orders, levels, state = ladder.orders, ladder.levels, ladder.state
    side = ASK if sign > 0 else BID
    at, end = best_of(ladder, side), last_level(ladder, sign, ticks)
    filled = prevented = 0
    while at != NONE and filled + prevented < lots and (at < end if sign > 0 else at > end):
        for queue in (side, side + HIDDEN):
            slot = levels[queue, at, HEAD]
            while slot != NOBODY and filled + prevented < lots:
                left = lots - filled - prevented
                if orders[slot, OWNER] == OURS:
                    if state[SELF_TRADE] in (CANCEL_NEWEST, CANCEL_BOTH):
                        return int(filled)
                    if state[SELF_TRADE] == DECREMENT:
                        prevented += min(left, whole(ladder, slot))
                else:
                    filled += min(left, orders[slot, LOTS])
                slot = orders[slot, NEXT]
        at += sign
    return int(filled)


@kernel
def enter(
    ladder: Ladder, sign: int, ticks: int, lots: int, ts: int, order_no: int, immediate: bool, post_only: bool
) -> tuple[int, int]:
    """Enter a plain order of ours: match it, then rest what is left if it may. Returns lots left, slot or 0.

    A post-only order that would have met the other side (or has no limit) does nothing: (0, 0).
    """
    return enter_native(ladder, sign, ticks, lots, ts, order_no, immediate, post_only, 0, 0, False)


@kernel
def enter_native(
    ladder: Ladder,
    sign: int,
    ticks: int,
    lots: int,
    ts: int,
    order_no: int,
    immediate: bool,
    post_only: bool,
    least: int,
    peak: int,
    hidden: bool,
) -> tuple[int, int]:
    """Enter an order of ours that shows `peak` lots at a time (0: all), or none of them. Returns lots left, slot or 0.

    `least`: lots that the first execution must give (all of them: fill or kill), else the order does nothing; of a
    hidden order that rests, each one. A hidden order that meets nothing rests whatever its `least`.
    """
    state, terms = ladder.state, ladder.terms
    side = BID if sign > 0 else ASK
    state[PREVENTED] = state[CUT_SHORT] = 0
    if post_only:
        other = best_of(ladder, 1 - side)
        if ticks == NONE or (other != NONE and (ticks - state[BASE] - other) * sign >= 0):
            return 0, NOBODY
    if least > 0:
        at_once = would_fill(ladder, sign, ticks, lots)
        if at_once < min(least, lots) and (at_once > 0 or immediate or not hidden):
            return 0, NOBODY
    left = match(ladder, sign, ticks, lots, ts, OURS, order_no)
    if left == 0 or immediate or ticks == NONE or state[CUT_SHORT]:
        return left, NOBODY
    shown = min(peak, left) if peak > 0 else left
    slot = rest_on(ladder, side + HIDDEN if hidden else side, ticks, shown, OURS, order_no)
    terms[slot, RESERVE], terms[slot, PEAK] = left - shown, peak
    terms[slot, LEAST] = least if hidden else 0
    return left, slot
