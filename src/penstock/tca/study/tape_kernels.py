"""One pass over a block of a tape for what would be several over columns: is it sound, and its running sums."""

import numpy as np

from penstock.sim.jit import kernel
from penstock.tca.study.tape import Floats, Ints


@kernel
def unsound_quotes(ts: Ints, bid: Floats, ask: Floats, since: int) -> tuple[int, int]:
    """How many quotes have no price or are crossed, and how many are older than one before them (`since` first)."""
    wrong = late = 0
    newest = since
    for k in range(len(ts)):
        if not (bid[k] > 0.0 and bid[k] <= ask[k] and ask[k] < np.inf):
            wrong += 1
        if ts[k] < newest:
            late += 1
        else:
            newest = ts[k]
    return wrong, late


@kernel
def unsound_trades(ts: Ints, price: Floats, quantity: Floats, since: int) -> tuple[int, int]:
    """How many prints have no price or no size, and how many are older than one before them (`since` first)."""
    wrong = late = 0
    newest = since
    for k in range(len(ts)):
        if not (price[k] > 0.0 and price[k] < np.inf and quantity[k] > 0.0 and quantity[k] < np.inf):
            wrong += 1
        if ts[k] < newest:
            late += 1
        else:
            newest = ts[k]
    return wrong, late


@kernel
def running_area(ts: Ints, bid: Floats, ask: Floats, start: float) -> Floats:
    """∫ mid dt in price · seconds up to each quote, from `start` at the first."""
    area = np.empty(len(ts))
    total = start
    for k in range(len(ts)):
        if k > 0:
            total += (bid[k - 1] + ask[k - 1]) * (ts[k] - ts[k - 1]) * 0.5e-9
        area[k] = total
    return area


@kernel
def running_sums(price: Floats, quantity: Floats, volume: float, turnover: float) -> tuple[Floats, Floats]:
    """Volume and turnover before the first print and after each."""
    volumes, turnovers = np.empty(len(price) + 1), np.empty(len(price) + 1)
    volumes[0], turnovers[0] = volume, turnover
    for k in range(len(price)):
        volume += quantity[k]
        turnover += price[k] * quantity[k]
        volumes[k + 1], turnovers[k + 1] = volume, turnover
    return volumes, turnovers
