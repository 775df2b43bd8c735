"""How often each symbol's market goes on record: fine enough for the shortest parent that works in it.

Paces are whole seconds, so that few differ: parents that come and go only change how many want which.
"""

from penstock.domain.time import SECOND
from penstock.engine.state import EngineState

SAMPLES_PER_WINDOW = 300
PACE_MIN = SECOND


class Sampling:
    """When to take the next sample of each symbol. `due_at` is the earliest of them (ns); None while nothing works."""

    def __init__(self, state: EngineState) -> None:
        self.due_at: int | None = None
        self._state = state
        self._of: dict[str, tuple[str, int]] = {}  # by parent: its symbol and pace
        self._kinds: dict[tuple[str, int], tuple[str, int]] = {}  # each once, however many parents are of it
        self._wanted: dict[str, dict[int, int]] = {}  # by symbol and pace: how many parents want it
        self._paces: dict[str, int] = {}

    def begin(self, order_id: str) -> None:
        """A parent works from now on."""
        parent = self._state.parents[order_id]
        symbol = self._state.orders[order_id].terms.symbol
        pace = max((parent.end - parent.start) // SAMPLES_PER_WINDOW // SECOND * SECOND, PACE_MIN)
        kind = (symbol, pace)
        self._of[order_id] = self._kinds.setdefault(kind, kind)
        wanted = self._wanted.setdefault(symbol, {})
        wanted[pace] = wanted.get(pace, 0) + 1
        if pace < self._paces.get(symbol, pace + 1):
            self._paces[symbol] = pace
            self.settle()

    def end(self, order_id: str) -> None:
        """A parent is over; told again, nothing changes."""
        symbol, pace = self._of.pop(order_id, ("", 0))
        if not symbol:
            return
        wanted = self._wanted[symbol]
        wanted[pace] -= 1
        if not wanted[pace]:
            del wanted[pace]
            if wanted:
                self._paces[symbol] = min(wanted)
            else:
                del self._paces[symbol], self._wanted[symbol]
            self.settle()

    def due(self, now: int) -> list[str]:
        """The symbols whose market goes on record now."""
        return [symbol for symbol in self._paces if now >= self._next(symbol)]

    def settle(self) -> None:
        """Find the next time again, after samples were taken."""
        self.due_at = min(map(self._next, self._paces), default=None)

    def _next(self, symbol: str) -> int:
        return self._state.sampled_at.get(symbol, 0) + self._paces[symbol]
