"""A tape's books, message after message."""

from collections.abc import Iterator
from typing import NamedTuple

from penstock.market.tapes.book import TapeBook
from penstock.market.tapes.schema import Table
from penstock.market.tapes.store import Tape

COLUMNS = ("ts", "listing", "seq", "kind", "order", "sign", "ticks", "lots", "last")


class Message(NamedTuple):
    """The book after one message; `book` goes on changing as the walk goes on."""

    ts: int
    listing: int
    seq: int | None
    book: TapeBook


def walk(tape: Tape) -> Iterator[Message]:
    """Every message of a tape's books, in order: of their levels where those were recorded, else of their orders."""
    books = [TapeBook() for _ in tape.listings]
    for frame in tape.pieces(Table.BOOK if Table.BOOK in tape.rows else Table.ORDERS):
        for ts, listing, seq, kind, order, sign, ticks, lots, last in frame.select(COLUMNS).iter_rows():
            book = books[listing]
            book.apply(kind, order, sign, ticks, lots)
            if last:
                yield Message(ts, listing, seq, book)
