"""How often each symbol's market goes on record: fine enough for the shortest parent that works in it.

Paces are whole seconds, so that few differ: parents that come and go only change how many want which.
"""

import msgspec

from penstock.domain.time import SECOND
from penstock.engine.state import EngineState

SAMPLES_PER_WINDOW = 300
PACE_MIN, PACE_MAX = SECOND, 15 * SECOND  # estimates of the market need samples at least so often
SECOND_PACE_WINDOW = SAMPLES_PER_WINDOW * SECOND  # one this long wants a sample a second


class Wants(msgspec.Struct):
    """How many parents want samples of a symbol at this pace (ns)."""

    symbol: str
    pace: int
    parents: int = 0


class Sampling:
    """When to take the next sample of each symbol. `due_at` is the earliest of them (ns); None while nothing works."""

    def __init__(self, state: EngineState) -> None:
        self.due_at: int | None = None
        self._state = state
        self._of: dict[str, Wants] = {}  # by parent
        self._wanted: dict[str, dict[int, Wants]] = {}  # by symbol and pace
        self._paces: dict[str, int] = {}

    def begin(self, order_id: str, symbol: str, window: int) -> None:
        """A parent works from now on, over a window of so many ns."""
        self._of[order_id] = self.begin_whole(symbol, window)

    def begin_whole(self, symbol: str, window: int) -> Wants:
        """The same of an order that is not remembered by its id: `end_whole` or `spell` follows."""
        pace = pace_of(window)
        try:
            wants = self._wanted[symbol][pace]
        except KeyError:
            wanted = self._wanted.setdefault(symbol, {})
            wants = wanted[pace] = Wants(symbol, pace)
            self._paces[symbol] = min(wanted)
            self.settle()
        wants.parents += 1
        return wants

    def spell(self, order_id: str, symbol: str, window: int) -> None:
        """Remember an order by its id from now on."""
        self._of[order_id] = self._wanted[symbol][pace_of(window)]

    def end_whole(self, symbol: str, window: int) -> None:
        """An order that is not remembered by its id is over."""
        wants = self._wanted[symbol][pace_of(window)]
        wants.parents -= 1
        if not wants.parents:
            self._unwanted(wants)

    def end(self, order_id: str) -> None:
        """A parent is over; told again, nothing changes."""
        wants = self._of.pop(order_id, None)
        if wants is None:
            return
        wants.parents -= 1
        if not wants.parents:
            self._unwanted(wants)

    def _unwanted(self, wants: Wants) -> None:
        wanted = self._wanted[wants.symbol]
        del wanted[wants.pace]
        if wanted:
            self._paces[wants.symbol] = min(wanted)
        else:
            del self._paces[wants.symbol], self._wanted[wants.symbol]
        self.settle()

    def due(self, now: int) -> list[str]:
        """The symbols whose market goes on record now."""
        return [symbol for symbol in self._paces if now >= self._next(symbol)]

    def settle(self) -> None:
        """Find the next time again, after samples were taken."""
        self.due_at = min(map(self._next, self._paces), default=None)

    def _next(self, symbol: str) -> int:
        return self._state.sampled_at.get(symbol, 0) + self._paces[symbol]


def pace_of(window: int) -> int:
    """How far apart the samples are that a window of so many ns wants (ns)."""
    return min(max(window // SECOND_PACE_WINDOW * SECOND, PACE_MIN), PACE_MAX)
