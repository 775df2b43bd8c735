"""Many markets on one clock: play them all to one instant, and stop where one of our orders fills.

A market that no order of ours rests in can run ahead freely. With one such market it is played first and the others
follow to where it stopped. With several, all move together in steps no longer than `reaction` (the least time in which
we could hear of a fill), so that nothing we do ever reaches a market's past.
"""

from collections.abc import Sequence

from penstock.sim.book import MarketBook, OwnFill


class Clockwork:
    """The books of a simulation, kept at one time `now` (ns)."""

    def __init__(self, books: Sequence[MarketBook], start: int, reaction: int) -> None:
        self.books = tuple(books)
        self.reaction = max(reaction, 1)
        self.now = start
        self._fills: list[tuple[MarketBook, OwnFill]] = []
        for book in self.books:
            book.advance(start)

    def advance(self, until: int, resting: Sequence[MarketBook]) -> int:
        """Play every market to `until`, or to just after the first fill of an order that we have `resting`.

        Returns the time reached; `take_fills` has the fills.
        """
        reached = until
        if len(resting) == 1:
            reached = resting[0].advance(until)
            self._collect(resting[0])
        elif resting:
            reached = self._together(until, resting)
        for book in self.books:
            if book not in resting:
                book.advance(reached)
        self.now = reached
        return reached

    def take_fills(self) -> list[tuple[MarketBook, OwnFill]]:
        """Fills of resting orders since the last call, in the order of their time."""
        fills, self._fills = self._fills, []
        return sorted(fills, key=lambda pair: pair[1].ts)

    def _together(self, until: int, resting: Sequence[MarketBook]) -> int:
        while not self._fills:
            soonest = min(book.next_ts() for book in resting)
            if soonest > until:
                break
            horizon = min(until, soonest + self.reaction)
            for book in resting:
                while book.next_ts() <= horizon:
                    book.advance(horizon)
                    self._collect(book)
            if self._fills:
                until = horizon
        for book in resting:
            book.advance(until)
        return until

    def _collect(self, book: MarketBook) -> None:
        self._fills += [(book, fill) for fill in book.take_fills()]
