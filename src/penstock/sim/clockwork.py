"""Many markets on one clock: play them all to one instant, and stop where one of our orders fills.

Only markets in which orders of ours rest can stop the clock. One such market is played ahead by itself. Several move
together in steps no longer than `reaction` (the least time in which we could hear of a fill), so that nothing we do
ever reaches a market's past. All others stay where they are until somebody looks: `bring` plays them up to now.

A market that takes its prices from others plays those up to each of its own events, so it goes before them.
"""

from collections.abc import Sequence

from penstock.sim.book import MarketBook, OwnFill


class Clockwork:
    """One time `now` (ns) for all the books of a simulation."""

    def __init__(self, books: Sequence[MarketBook], start: int, reaction: int) -> None:
        self.reaction = max(reaction, 1)
        self.now = start
        self._fills: list[tuple[MarketBook, OwnFill]] = []
        self._leads = any(book.follows for book in books)
        for book in books:
            self.bring(book)

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
        self.now = reached
        return reached

    def bring(self, book: MarketBook) -> MarketBook:
        """The book, played up to now."""
        book.advance(self.now)
        return book

    def take_fills(self) -> list[tuple[MarketBook, OwnFill]]:
        """Fills of resting orders since the last call, in the order of their time."""
        fills, self._fills = self._fills, []
        return sorted(fills, key=lambda pair: pair[1].ts)

    def _together(self, until: int, resting: Sequence[MarketBook]) -> int:
        if self._leads:
            resting = sorted(resting, key=lambda book: not book.follows)
        while not self._fills:
            soonest = min(book.next_ts() for book in resting)
            if soonest > until:
                break
            horizon = min(until, soonest + self.reaction)
            for book in resting:
                while book.next_ts() <= horizon:
                    book.advance(horizon)
                    self._collect(book)
            if self._leads:  # some have been played by others
                for book in resting:
                    self._collect(book)
            if self._fills:
                until = horizon
        for book in resting:
            book.advance(until)
        return until

    def _collect(self, book: MarketBook) -> None:
        self._fills += [(book, fill) for fill in book.take_fills()]
