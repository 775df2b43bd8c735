"""Binance's raw websocket lines as a tape, read line by line: the book by its update ids, the touch, the trades.

Differences follow a snapshot without a missing id, or the book is marked unusable from there on (`GAP`) until another
snapshot comes; one that is older than the book is left out. A tape's clock is the receiver's plus one offset, such that
the fastest message took no time.
"""

from collections.abc import Iterator
from pathlib import Path

from penstock.domain.errors import BadInput
from penstock.domain.time import MILLISECOND
from penstock.market.binance_feed import NS_MAX, SUFFIXES, Diff, Message, Print, Snapshot, Ticker, decode_message
from penstock.market.tapes.depth_rows import DepthRows, Stamp
from penstock.market.tapes.pieces import line_pieces
from penstock.market.tapes.reading import CRYPTO_STEP, Piece, Reading
from penstock.market.tapes.schema import Listing

WAITING_MAX = 10_000  # differences kept until the snapshot comes


def files(path: Path) -> list[Path]:
    """The file, or every one under a folder.

    Raises:
        BadInput: none.
    """
    found = sorted(each for each in path.rglob("*") if each.name.endswith(SUFFIXES)) if path.is_dir() else [path]
    if not found or not all(each.is_file() and each.name.endswith(SUFFIXES) for each in found):
        raise BadInput(str(path), "", f"must be, or hold, files whose names end in {' or '.join(SUFFIXES)}")
    return found


def read(path: Path, reading: Reading) -> Iterator[Piece]:
    """The pieces of each file; every file is one market."""
    offsets = []
    for file in files(path):
        one = _File(str(file), reading)
        for lines in line_pieces(file, str(file), reading.faults):
            for row, line in enumerate(lines.data.splitlines(), lines.first):
                one.line(row, line)
                if row & 1023 == 0:
                    yield from one.rows.ready()
        yield from one.rows.rest()
        one.end()
        offsets.append(one.offset_ns)
    reading.offset_ns = max(offset for offset in offsets if offset is not None) if any(offsets) else 0


class _File:
    def __init__(self, file: str, reading: Reading) -> None:
        self.file, self.reading = file, reading
        self.rows = DepthRows(file, reading)
        self.listing: int | None = None
        self.venue = 0
        self.symbol = ""
        self.offset_ns: int | None = None
        self.book_id: int | None = None
        self.waiting: list[tuple[Stamp, Diff]] = []
        self.first = True

    def line(self, row: int, line: bytes) -> None:
        stamp, _, body = line.partition(b" ")
        try:
            received = int(stamp) if stamp.isdigit() and len(stamp) <= len(str(NS_MAX)) else -1
            if not 0 <= received <= NS_MAX:
                raise ValueError("a line is `<receive time in ns> <json>`")
            message = decode_message(body)
        except ValueError as error:
            self.reading.fault("malformed", self.file, row, "", str(error), line[:60].decode(errors="replace"))
            return
        if isinstance(message, Snapshot):
            self._snapshot((received, None, self._listing(None), row), message)
            return
        if self.symbol and message.symbol != self.symbol:
            rule = f"a file holds one market, and this one holds {self.symbol}"
            self.reading.fault("malformed", self.file, row, "s", rule, message.symbol)
            return
        sent = None if message.sent_ms is None else message.sent_ms * MILLISECOND
        if sent is not None:
            delay = sent - received
            self.offset_ns = delay if self.offset_ns is None else max(self.offset_ns, delay)
        stamped = received, sent, self._listing(message), row
        if isinstance(message, Diff):
            self._diff(stamped, message)
        elif isinstance(message, Ticker):
            bid, ask = (message.bid, message.bid_qty), (message.ask, message.ask_qty)
            self.rows.touch(stamped, self.venue, message.last_id, bid, ask)
        else:
            sign = -1 if message.buyer_is_maker else 1
            self.rows.trade(stamped, self.venue, message.trade_id, message.price, message.quantity, sign)

    def end(self) -> None:
        if self.book_id is None:
            self.reading.notes.append(f"{self.file}: holds no depth snapshot, so its book cannot be built")

    def _listing(self, message: Message | None) -> int:
        """The file's listing; its market is told by what only that market's differences carry."""
        if isinstance(message, Diff | Ticker | Print) and not self.symbol:
            self.symbol = message.symbol
        if self.listing is None:
            folder = Path(self.file).parent.name
            venue = {"spot": "binance-spot", "usdm": "binance-usdm", "cm": "binance-coinm"}.get(folder, "binance")
            symbol = self.symbol or Path(self.file).name.partition("_")[0].upper()
            self.listing = self.reading.listing(Listing(symbol=symbol, venue=venue, tick=CRYPTO_STEP, lot=CRYPTO_STEP))
            self.venue = self.reading.venue(venue)
        return self.listing

    def _snapshot(self, stamp: Stamp, message: Snapshot) -> None:
        self.rows.clear(stamp, message.last_id)
        self.rows.levels(stamp, message.last_id, message.bids, message.asks)
        self.book_id, self.first = message.last_id, True
        waiting, self.waiting = self.waiting, []
        for (_, sent, listing, row), diff in waiting:
            self._diff((stamp[0], sent, listing, row), diff)

    def _diff(self, stamp: Stamp, diff: Diff) -> None:
        if self.book_id is None:
            if len(self.waiting) < WAITING_MAX:
                self.waiting.append((stamp, diff))
            return
        row = stamp[3]
        if self.first and diff.last_id < self.book_id + (diff.previous_id is None):
            return  # ends before the snapshot: not part of the book
        if diff.last_id <= self.book_id and not self.first:
            kind = "duplicate" if diff.last_id == self.book_id else "reordered"
            self.reading.fault(kind, self.file, row, "u", f"updates come once, in order; id {self.book_id} was before",
                               diff.last_id)  # fmt: skip
            return
        reaches = diff.first_id - 1 if diff.previous_id is None else diff.previous_id
        if reaches > self.book_id if self.first else reaches != self.book_id:
            self.reading.fault("gap", self.file, row, "u", f"this difference must follow id {self.book_id}", reaches)
            self.rows.gap(stamp, diff.last_id)
        self.book_id, self.first = diff.last_id, False
        self.rows.levels(stamp, diff.last_id, diff.bids, diff.asks)
