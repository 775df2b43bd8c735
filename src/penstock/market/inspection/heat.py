"""The book over time as a map: lots at each price, at equal steps of time, around the mid."""

import msgspec
import numpy as np

from penstock.market.tapes.book import TapeBook
from penstock.market.tapes.book_walk import walk
from penstock.market.tapes.schema import Table
from penstock.market.tapes.store import Tape

COLUMNS, ROWS = 160, 56


class Heat(msgspec.Struct, frozen=True, kw_only=True):
    """`lots[column][row]`: what rested from `low + row × step` on; None where the book was not known."""

    start_ns: int
    step_ns: int
    low: float
    step: float
    lots: list[list[float] | None]


def heat_of(tape: Tape, listing: int, low: float, high: float, grid: float) -> Heat | None:
    """The map between two prices (ticks), whose steps are multiples of `grid`; None without a book."""
    if Table.BOOK not in tape.rows and Table.ORDERS not in tape.rows:
        return None
    step = max(np.ceil((high - low) / ROWS / grid), 1) * grid
    low = np.floor(low / step) * step
    rows = int(np.ceil((high - low) / step)) + 1
    step_ns = max((tape.end_ns - tape.start_ns) // COLUMNS, 1)
    columns: list[list[float] | None] = []
    reached = tape.start_ns + step_ns
    book = None
    for message in walk(tape):
        if message.listing != listing:
            continue
        while message.ts >= reached and len(columns) < COLUMNS:
            columns.append(_column(book, low, step, rows) if book is not None and book.usable else None)
            reached += step_ns
        book = message.book
    if book is not None:
        columns += [_column(book, low, step, rows) if book.usable else None] * (COLUMNS - len(columns))
    return Heat(start_ns=tape.start_ns, step_ns=step_ns, low=low, step=step, lots=columns)


def _column(book: TapeBook, low: float, step: float, rows: int) -> list[float]:
    lots = np.zeros(rows)
    for side in book.levels:
        if not side:
            continue
        ticks = np.fromiter(side.keys(), float, len(side))
        place = np.floor((ticks - low) / step).astype(np.int64)
        inside = (place >= 0) & (place < rows)
        lots += np.bincount(place[inside], np.fromiter(side.values(), float, len(side))[inside], rows)
    return [round(float(each), 6) for each in lots]
