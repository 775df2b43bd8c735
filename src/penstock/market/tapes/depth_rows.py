"""Messages of depth feeds gathered into columns: levels, touches and prints as texts, turned into steps at once."""

from collections.abc import Iterable, Iterator

import polars as pl

from penstock.market.tapes.decimals import in_steps
from penstock.market.tapes.reading import Piece, Reading
from penstock.market.tapes.schema import CLEAR, GAP, LEVEL, Table

ROWS_MAX = 1 << 16
BOOK_COLUMNS = ("ts", "sent", "listing", "row", "seq", "kind", "sign", "price", "quantity", "last")
QUOTE_COLUMNS = ("ts", "sent", "listing", "row", "venue", "seq", "bid_px", "bid_qty", "ask_px", "ask_qty")
TRADE_COLUMNS = ("ts", "sent", "listing", "row", "venue", "seq", "price", "quantity", "sign")
ZERO = "0"

Pair = tuple[str, str]
Stamp = tuple[int, int | None, int, int]  # ts, sent, listing, row


class DepthRows:
    """Rows wait here, at most `ROWS_MAX` of a table and one message more, until they are taken as pieces."""

    def __init__(self, file: str, reading: Reading) -> None:
        self.file, self.reading = file, reading
        self._book: list[tuple[object, ...]] = []
        self._quotes: list[tuple[object, ...]] = []
        self._trades: list[tuple[object, ...]] = []

    def levels(self, stamp: Stamp, seq: int | None, bids: Iterable[Pair], asks: Iterable[Pair]) -> None:
        """One message that says what these prices hold now."""
        rows = [(*stamp, seq, LEVEL, 1, price, quantity, False) for price, quantity in bids]
        rows += [(*stamp, seq, LEVEL, -1, price, quantity, False) for price, quantity in asks]
        if rows:
            rows[-1] = (*rows[-1][:-1], True)
            self._book += rows

    def clear(self, stamp: Stamp, seq: int | None) -> None:
        """A snapshot begins: what the book held is void."""
        self._book.append((*stamp, seq, CLEAR, 0, ZERO, ZERO, False))

    def gap(self, stamp: Stamp, seq: int | None) -> None:
        """Something is missing: from here on the book is not known."""
        self._book.append((*stamp, seq, GAP, 0, ZERO, ZERO, True))

    def touch(self, stamp: Stamp, venue: int, seq: int | None, bid: Pair, ask: Pair) -> None:
        self._quotes.append((*stamp, venue, seq, *bid, *ask))

    def trade(self, stamp: Stamp, venue: int, seq: int | None, price: str, quantity: str, sign: int) -> None:
        self._trades.append((*stamp, venue, seq, price, quantity, sign))

    def ready(self) -> Iterator[Piece]:
        """The rows that have gathered, when they are many."""
        if max(len(self._book), len(self._quotes), len(self._trades)) >= ROWS_MAX:
            yield from self.rest()

    def rest(self) -> Iterator[Piece]:
        """All rows that wait."""
        steps = {"price": "ticks", "quantity": "lots"}
        yield from self._taken(Table.BOOK, self._book, BOOK_COLUMNS, steps)
        quotes = {"bid_px": "bid", "bid_qty": "bid_lots", "ask_px": "ask", "ask_qty": "ask_lots"}
        yield from self._taken(Table.QUOTES, self._quotes, QUOTE_COLUMNS, quotes)
        yield from self._taken(Table.TRADES, self._trades, TRADE_COLUMNS, steps)

    def _taken(
        self, table: Table, rows: list[tuple[object, ...]], names: tuple[str, ...], steps: dict[str, str]
    ) -> Iterator[Piece]:
        if not rows:
            return
        columns = dict(zip(names, zip(*rows, strict=True), strict=True))
        rows.clear()
        frame = pl.DataFrame({name: column for name, column in columns.items() if name not in steps})
        whole = pl.Series([True]).new_from_index(0, frame.height)
        for text, name in steps.items():
            values, sound = in_steps(columns[text])
            frame = frame.with_columns(pl.Series(name, values))
            for place in (~sound).nonzero()[0].tolist():
                rule = "must be a decimal number, below 9e10"
                self.reading.fault("malformed", self.file, int(frame["row"][place]), text, rule, columns[text][place])
            whole = whole & pl.Series(sound)
        yield from self.reading.settled(table, self.file, frame.filter(whole))
