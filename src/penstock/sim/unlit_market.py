"""What markets that display nothing have in common: they follow lit ones, and show what they did only to us."""

from collections.abc import Callable, Sequence

from penstock.domain.instruments import AnyInstrument
from penstock.sim.book import NONE, MarketBook, OwnFill, Touch, bring_to, reference

NOTHING = Touch(0, NONE, 0, NONE, 0)

Tell = Callable[[int, float], None]


def nobody_hears(_ts: int, _signed_lots: float) -> None:
    return None


class UnlitMarket:
    """The part of a `MarketBook` that is the same for all of them.

    `tell` is how the lit markets hear, at a time, of signed lots that we want.
    """

    def __init__(self, venue: str, instrument: AnyInstrument, follows: Sequence[MarketBook], tell: Tell) -> None:
        self.venue, self.instrument, self.follows = venue, instrument, tuple(follows)
        self.start_ns = max(book.start_ns for book in follows)
        self.end_ns = min(book.end_ns for book in follows)
        self.now = self.start_ns
        self._tell = tell
        self._fills: list[OwnFill] = []
        self._traded, self._traded_at = (0, 0), 0

    def take_fills(self) -> list[OwnFill]:
        fills, self._fills = self._fills, []
        return fills

    def touch(self) -> Touch:
        """Nothing: only the time of the last trade here can be known."""
        return NOTHING._replace(ts=self._traded_at)

    def depth(self, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        return [], []

    def traded(self) -> tuple[int, int]:
        return self._traded

    def _around(self) -> Touch:
        """The lit touch of now, in this market's ticks."""
        for book in self.follows:
            bring_to(book, self.now)
        return reference(self)  # type: ignore[arg-type]  # what is missing here, every kind has

    def _count(self, lots: int, ticks: int) -> None:
        self._traded = self._traded[0] + lots, self._traded[1] + lots * ticks
        self._traded_at = self.now
