"""The best bid and offer of all exchanges together, as last quoted: crossed and locked, naively and cleaned.

Naive: each exchange's last bid and ask stand until it says otherwise. Cleaned: where an exchange's own bid and ask
cross or lock, the older of the two is withdrawn; and a side not told again within `age_max_ns` does not count.
Withdrawals are missing in many recordings, so the naive book is crossed by what has long gone.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]

AGE_MAX_NS = 1_000_000_000
NO_BID, NO_ASK = -(2**62), 2**62
UNTOLD = -(2**62)


class Best(NamedTuple):
    """After each quote: best prices (`NO_BID`, `NO_ASK`: none), and whether the quoting venue is at one."""

    bid: Ints
    ask: Ints
    at_best: NDArray[np.bool_]

    @property
    def whole(self) -> NDArray[np.bool_]:
        whole: NDArray[np.bool_] = (self.bid != NO_BID) & (self.ask != NO_ASK)
        return whole

    @property
    def crossed(self) -> NDArray[np.bool_]:
        crossed: NDArray[np.bool_] = self.whole & (self.bid > self.ask)
        return crossed

    @property
    def locked(self) -> NDArray[np.bool_]:
        locked: NDArray[np.bool_] = self.whole & (self.bid == self.ask)
        return locked


class _Side(NamedTuple):
    """What one venue shows on one side after each row: its price, and when it was told (`UNTOLD`: never)."""

    price: Ints
    told: Ints
    place: Ints


class Consolidator:
    """One instrument's quotes, piece by piece; what each venue last said is carried from piece to piece."""

    def __init__(self, venues: int) -> None:
        self._price = np.tile(np.array([[NO_BID], [NO_ASK]], np.int64), (1, venues))
        self._told = np.full((2, venues), UNTOLD, np.int64)
        self._place = np.full((2, venues), UNTOLD, np.int64)
        self._rows = 0

    def add(self, frame: pl.DataFrame) -> tuple[Best, Best]:
        """The naive and the cleaned best after each of the quotes."""
        ts, venue = frame["ts"].to_numpy(), frame["venue"].to_numpy()
        sides = []
        for name, nothing in (("bid", NO_BID), ("ask", NO_ASK)):
            told = (frame[name].is_not_null() | (frame[f"{name}_lots"] == 0).fill_null(False)).to_numpy()
            sides.append((frame[name].fill_null(nothing).to_numpy(), told))
        rows = len(ts)
        naive = np.full(rows, NO_BID), np.full(rows, NO_ASK)
        clean = np.full(rows, NO_BID), np.full(rows, NO_ASK)
        own_bid, own_ask = np.full(rows, NO_BID), np.full(rows, NO_ASK)
        for each in np.union1d(np.unique(venue), np.flatnonzero((self._told != UNTOLD).any(0))).tolist():
            mine = venue == each
            bid, ask = (self._carry(side, each, ts, mine & told, price) for side, (price, told) in enumerate(sides))
            naive = np.maximum(naive[0], bid.price), np.minimum(naive[1], ask.price)
            own = (bid.price != NO_BID) & (ask.price != NO_ASK) & (bid.price >= ask.price)
            fresh_bid = (ts - bid.told <= AGE_MAX_NS) & ~(own & (bid.place < ask.place))
            fresh_ask = (ts - ask.told <= AGE_MAX_NS) & ~(own & (ask.place < bid.place))
            shown_bid = np.where(fresh_bid, bid.price, NO_BID)
            shown_ask = np.where(fresh_ask, ask.price, NO_ASK)
            clean = np.maximum(clean[0], shown_bid), np.minimum(clean[1], shown_ask)
            own_bid[mine], own_ask[mine] = shown_bid[mine], shown_ask[mine]
        self._rows += rows
        at_best = ((own_bid == clean[0]) & (own_bid != NO_BID)) | ((own_ask == clean[1]) & (own_ask != NO_ASK))
        return Best(*naive, at_best), Best(*clean, at_best)

    def _carry(self, side: int, venue: int, ts: Ints, told: NDArray[np.bool_], price: Ints) -> _Side:
        rows = len(ts)
        last = np.maximum.accumulate(np.where(told, np.arange(rows), -1))
        before = last < 0
        kept = np.maximum(last, 0)
        found = _Side(
            np.where(before, self._price[side, venue], price[kept]),
            np.where(before, self._told[side, venue], ts[kept]),
            np.where(before, self._place[side, venue], kept + self._rows),
        )
        self._price[side, venue] = found.price[-1]
        self._told[side, venue] = found.told[-1]
        self._place[side, venue] = found.place[-1]
        return found
