"""The book as Binance documents it: a snapshot, the differences that follow it, and tickers where they are newer.

Differences that end before the snapshot's id are dropped, the first one kept must reach back to it, and each next
one must follow the one before (spot: `U` = previous `u` + 1; futures: `pu` = previous `u`). A gap is refused.
Differences that arrived before the snapshot are applied with it: that is when the market starts.

The bookTicker stream is often ahead of the depth stream, and sometimes behind. Update ids settle which is newer: a
ticker older than the book is dropped, and a difference older than the newest ticker changes only the levels behind
that ticker's touch.
"""

from decimal import Decimal

from penstock.market.binance_feed import Diff, Feed, Pair, Print, Ticker
from penstock.market.depth_tape import ASK, BID, LEVEL, PRINT, TOUCH


class Cut:
    """The messages that make the tape, flattened: per message a line index and a row count, per row a pair and a kind.

    The first `opening` rows make the book at the market's start.
    """

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.counts: list[int] = []
        self.pairs: list[Pair] = []
        self.kinds = bytearray()
        self.opening = 0
        self.findings: list[str] = []

    def add(self, line: int, verb: int, bids: list[Pair], asks: list[Pair]) -> None:
        if not bids and not asks:
            return
        self.lines.append(line)
        self.counts.append(len(bids) + len(asks))
        self.pairs += bids
        self.pairs += asks
        self.kinds += bytes((verb + BID,)) * len(bids) + bytes((verb + ASK,)) * len(asks)


def synchronise(feed: Feed) -> Cut:
    """Snapshot first, then every message of the book in the order received, without what is stale.

    Raises:
        BadInput: a difference is missing.
    """
    snapshot = feed.snapshot
    cut = Cut()
    cut.add(feed.snapshot_at, LEVEL, snapshot.bids, snapshot.asks)
    newest = snapshot.last_id
    touch: Ticker | None = None
    stale_tickers = stale_diffs = 0
    in_book = set(book_diffs(feed))
    for index, message in enumerate(feed.messages):
        if isinstance(message, Ticker):
            if message.last_id <= newest:
                stale_tickers += 1
                continue
            newest, touch = message.last_id, message
            cut.add(index, TOUCH, [(message.bid, message.bid_qty)], [(message.ask, message.ask_qty)])
        elif isinstance(message, Diff):
            if index not in in_book:
                continue
            bids, asks = message.bids, message.asks
            if touch is not None and message.last_id < touch.last_id:
                stale_diffs += 1
                bids, asks = _behind(touch, bids, asks)
            newest = max(newest, message.last_id)
            cut.add(index, LEVEL, bids, asks)
        elif isinstance(message, Print):
            if index > feed.snapshot_at:
                hit = [(message.price, message.quantity)]
                cut.add(index, PRINT, *((hit, []) if message.buyer_is_maker else ([], hit)))
        else:
            cut.opening = len(cut.pairs)
    if stale_tickers:
        cut.findings.append(f"{stale_tickers} bookTickers were older than the book and are left out")
    if stale_diffs:
        cut.findings.append(f"{stale_diffs} depth updates were older than a bookTicker and leave its touch alone")
    cut.findings += _missing_prints(feed)
    return cut


def book_diffs(feed: Feed) -> list[int]:
    """Indices of the differences that belong to the book, each following the one before without a gap.

    Raises:
        BadInput: a difference is missing.
    """
    base = feed.snapshot.last_id
    kept: list[int] = []
    previous: Diff | None = None
    for index, diff in enumerate(feed.messages):
        if not isinstance(diff, Diff):
            continue
        futures = diff.previous_id is not None
        if previous is None and diff.last_id < base + (not futures):
            continue
        reaches = diff.first_id - 1 if diff.previous_id is None else diff.previous_id
        if previous is None and reaches > base:
            raise feed.bad(index, f"a gap: the first difference must reach back to the snapshot's id {base}", reaches)
        if previous is not None and reaches != previous.last_id:
            raise feed.bad(index, f"a gap: this difference must follow id {previous.last_id}", reaches)
        kept.append(index)
        previous = diff
    return kept


def _behind(touch: Ticker, bids: list[Pair], asks: list[Pair]) -> tuple[list[Pair], list[Pair]]:
    """The levels that lie deeper than the touch on their side."""
    bid, ask = Decimal(touch.bid), Decimal(touch.ask)
    return [pair for pair in bids if Decimal(pair[0]) < bid], [pair for pair in asks if Decimal(pair[0]) > ask]


def _missing_prints(feed: Feed) -> list[str]:
    """One finding for each jump in the numbers of the trades."""
    findings: list[str] = []
    previous: int | None = None
    for index, message in enumerate(feed.messages):
        if isinstance(message, Print):
            missing = 0 if previous is None else message.trade_id - previous - 1
            if missing > 0:
                findings.append(f"line {index + 1}: {missing} trades are missing before this one")
            previous = message.trade_id
    return findings
