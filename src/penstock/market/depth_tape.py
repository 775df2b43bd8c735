"""One venue's recorded depth and trades as one tape: every change of the book and every print, in order.

A tape is an `int64` array of shape (rows, 4): `TS` (ns), `KIND`, `TICKS`, `LOTS`. A kind is a verb plus a side, plus
`LAST` on the row that closes a message; a message takes effect as a whole.

| verb    | means |
|---------|-------|
| `LEVEL` | this price now holds these lots; 0 lots: it is gone |
| `TOUCH` | this is the best price of its side and holds these lots: whatever was better is gone |
| `PRINT` | these lots traded here; the side is the one that was hit, so the aggressor came from the other |

What is stale has no place here: the loader has already settled by update ids which message is the newer one.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from penstock.domain.instruments import AnyInstrument

BID, ASK = 0, 1
LEVEL, TOUCH, PRINT = 0, 2, 4
SIDE_MASK, VERB_MASK, LAST = 1, 6, 8
TS, KIND, TICKS, LOTS = range(4)


class DepthTape(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A recorded market from the instant its book is whole (`start_ns`) to its last line (`end_ns`).

    The first `opening` rows build the book as it stands at `start_ns`. `offset_ns` has been added to every receive
    time. `findings` are the recording's blemishes, one sentence each.
    """

    venue: str
    instrument: AnyInstrument
    start_ns: int
    end_ns: int
    opening: int
    rows: NDArray[np.int64]
    offset_ns: int = 0
    findings: tuple[str, ...] = ()

    def messages(self) -> int:
        """How many messages the rows came in."""
        return int(np.count_nonzero(self.rows[:, KIND] & LAST))
