"""Is the depth stream whole? The book built from snapshot and differences alone is held against the bookTickers.

The two streams come from the same book by separate ways, so every difference can be checked where it ends: the touch
must be that of the newest ticker that is not newer. Before the first ticker and after the last nothing can be said.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

import msgspec

from penstock.market.binance_feed import Diff, Pair, Ticker, read_feed
from penstock.market.binance_sync import book_diffs

NOTHING = Decimal(0)


class BookCheck(msgspec.Struct, frozen=True, kw_only=True):
    """How many differences ended on the ticker's very touch, and why the others did not.

    `price_differs` and `lots_differ` are books that disagree; `unchecked` are differences without a ticker on both
    sides of their last id. `first_difference` is the line of the first disagreement.
    """

    diffs: int
    equal: int
    price_differs: int
    lots_differ: int
    unchecked: int
    first_difference: int | None = None

    @property
    def share_equal(self) -> float:
        """Of the differences that could be checked, in [0, 1]; 1 if there were none."""
        checked = self.diffs - self.unchecked
        return self.equal / checked if checked else 1.0


class _HalfBook:
    """One side's levels; `better` picks the better price of several."""

    def __init__(self, better: Callable[[Iterable[Decimal]], Decimal]) -> None:
        self._better = better
        self._levels: dict[Decimal, Decimal] = {}
        self._best: Decimal | None = None

    def change(self, pairs: list[Pair]) -> None:
        for price_text, quantity_text in pairs:
            price, quantity = Decimal(price_text), Decimal(quantity_text)
            if quantity:
                self._levels[price] = quantity
                self._best = price if self._best is None else self._better((self._best, price))
            elif self._levels.pop(price, NOTHING) and price == self._best:
                self._best = self._better(self._levels) if self._levels else None

    def touch(self) -> tuple[Decimal, Decimal]:
        """Best price and its quantity; zeros where the side is empty, as Binance writes it."""
        return (NOTHING, NOTHING) if self._best is None else (self._best, self._levels[self._best])


def check_book(path: Path) -> BookCheck:
    """Compare a recording's two views of the touch.

    Raises:
        BadInput: the file, or the first line that breaks a rule.
    """
    feed = read_feed(path)
    tickers = sorted(
        (message for message in feed.messages if isinstance(message, Ticker)), key=lambda ticker: ticker.last_id
    )
    ids = [ticker.last_id for ticker in tickers]
    bids, asks = _HalfBook(max), _HalfBook(min)
    bids.change(feed.snapshot.bids)
    asks.change(feed.snapshot.asks)
    equal = price_differs = lots_differ = unchecked = 0
    first_difference: int | None = None
    indices = book_diffs(feed)
    for index in indices:
        diff = feed.messages[index]
        assert isinstance(diff, Diff)
        bids.change(diff.bids)
        asks.change(diff.asks)
        after = bisect_right(ids, diff.last_id)
        if after in (0, len(ids)):
            unchecked += 1
            continue
        ticker = tickers[after - 1]
        bid, bid_qty = bids.touch()
        ask, ask_qty = asks.touch()
        if (bid, ask) != (Decimal(ticker.bid), Decimal(ticker.ask)):
            price_differs += 1
        elif (bid_qty, ask_qty) != (Decimal(ticker.bid_qty), Decimal(ticker.ask_qty)):
            lots_differ += 1
        else:
            equal += 1
            continue
        first_difference = first_difference or index + 1
    return BookCheck(
        diffs=len(indices),
        equal=equal,
        price_differs=price_differs,
        lots_differ=lots_differ,
        unchecked=unchecked,
        first_difference=first_difference,
    )
