"""How much of the mid's way is our own doing: `penstock.tca.shortfall.OwnMoves`, over columns of whole numbers."""

import numpy as np

from penstock.sim.jit import kernel
from penstock.tca.study.tape import Ints


@kernel
def own_moves(order: Ints, venue: Ints, venues: int, ts: Ints, mid: Ints, after: Ints, quoted: Ints) -> Ints:
    """For each fill (by order, then time), the move of ours that it finds on its venue.

    `mid` is the mid just before the fill and `after` the mid it left behind (the same for a maker), in the same unit;
    `quoted` is 0 where no quote is known: such a fill neither finds nor leaves a move.
    """
    found = np.zeros(len(order), np.int64)
    seen_in = np.full(venues, -1, np.int64)  # the order that a venue's state below belongs to
    held, left_at, pending = np.zeros(venues, np.int64), np.zeros(venues, np.int64), np.zeros(venues, np.int64)
    event_ts, event_mid = np.zeros(venues, np.int64), np.zeros(venues, np.int64)
    for k in range(len(order)):
        if quoted[k] == 0:
            continue
        v = venue[k]
        if seen_in[v] != order[k]:
            seen_in[v] = order[k]
            held[v] = 0
        elif event_ts[v] != ts[k] or event_mid[v] != mid[k]:
            moved = held[v] + pending[v]
            drift = mid[k] - left_at[v]
            if (moved > 0 and drift < 0) or (moved < 0 and drift > 0):
                moved = moved + drift if abs(drift) < abs(moved) else 0
            held[v] = moved
        event_ts[v], event_mid[v] = ts[k], mid[k]
        left_at[v], pending[v] = after[k], after[k] - mid[k]
        found[k] = held[v]
    return found
