"""LOBSTER's files as a tape: messages as orders, executions as trades, and the recorded book rows as level changes.

The grid is the files' own, 0.0001 dollars. The book is that of the rows, within the levels recorded: the messages alone
do not give it, as what happens outside those levels is not in them. Without a book file there are orders only.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from penstock.domain.errors import BadInput
from penstock.domain.time import SECOND
from penstock.market.lobster import MESSAGE_COLUMNS, NO_LEVEL
from penstock.market.lobster_files import NAME, Name, parse_name
from penstock.market.tape import ADD, CROSS, EXECUTE, HIDDEN, STATUS
from penstock.market.tapes.faults import Faults, Policy
from penstock.market.tapes.pieces import members, number_pieces
from penstock.market.tapes.reading import Piece, Reading
from penstock.market.tapes.schema import LEVEL, Listing, Table

COLUMNS = {name: pl.Float64 if name == "time" else pl.Int64 for name in MESSAGE_COLUMNS}


class Parts(NamedTuple):
    """Where the messages and the book rows are: a path each, or members of one zip."""

    name: Name
    messages: Path
    message_member: str | None
    book: Path | None
    book_member: str | None


def files(path: Path) -> list[Path]:
    """The files that make the recording."""
    parts = _parts(path)
    return list(dict.fromkeys(file for file in (parts.messages, parts.book) if file is not None))


def read(path: Path, reading: Reading) -> Iterator[Piece]:
    """The recording's pieces."""
    parts = _parts(path)
    listing = reading.listing(
        Listing(symbol=parts.name.symbol, venue="nasdaq", tick=Decimal("0.0001"), lot=Decimal(1), calendar="XNYS")
    )
    venue = reading.venue("nasdaq")
    yield from _messages(parts, listing, venue, reading)
    if parts.book is not None:
        yield from _book(parts, listing, venue, reading)


def _parts(path: Path) -> Parts:
    if path.is_dir() or path.suffix == ".zip":
        names = [each.name for each in path.iterdir() if each.is_file()] if path.is_dir() else members(path)
        found = [name for name in names if NAME.fullmatch(Path(name).name.removesuffix(".zst"))]
        if len(found) != 1:
            raise BadInput(str(path), "", "must hold exactly one ..._message_<levels>.csv", ", ".join(found) or "none")
        book = found[0].replace("_message_", "_orderbook_")
        name = parse_name(Path(found[0]).name.removesuffix(".zst"))
        has_book = book in names
        if path.is_dir():
            return Parts(name, path / found[0], None, path / book if has_book else None, None)
        return Parts(name, path, found[0], path if has_book else None, book)
    if not path.is_file():
        raise BadInput(str(path), "", "there is no such file or folder")
    return Parts(parse_name(path.name.removesuffix(".zst")), path, None, None, None)


def _where(path: Path, member: str | None) -> str:
    return str(path) if member is None else f"{path}/{member}"


def _messages(parts: Parts, listing: int, venue: int, reading: Reading) -> Iterator[Piece]:
    where = _where(parts.messages, parts.message_member)
    for frame in number_pieces(parts.messages, where, reading.faults, COLUMNS, member=parts.message_member):
        known = pl.col("type").is_between(ADD, STATUS) & pl.col("direction").is_between(-1, 1)
        for row, kind in frame.filter(~known).select("row", "type").iter_rows():
            reading.fault("malformed", where, row, "type", "a type is one of 1..7, a direction -1 or 1", kind)
        frame = frame.filter(known).select(
            "row",
            ts=(pl.col("time") * SECOND).round().cast(pl.Int64) + parts.name.midnight_ns,
            listing=pl.lit(listing),
            kind="type",
            order="order id",
            sign="direction",
            ticks="price",
            lots="size",
            last=pl.lit(True),
        )
        status = pl.col("kind") == STATUS
        halts = frame.filter(status)
        for piece in reading.settled(Table.ORDERS, where, frame.filter(~status)):
            yield piece
            prints = piece.frame.filter(pl.col("kind").is_in([EXECUTE, HIDDEN, CROSS]))
            yield from _some(Table.TRADES, prints.select(
                "ts", "listing", "row", pl.lit(venue).alias("venue"), "ticks", "lots",
                sign=-pl.col("sign"),
                condition=pl.when(pl.col("kind") == HIDDEN).then(pl.lit("hidden"))
                .when(pl.col("kind") == CROSS).then(pl.lit("auction")).otherwise(pl.lit("")),
                flagged=pl.lit(False),
            ), reading, where)  # fmt: skip
        for row, price in halts.select("row", "ticks").iter_rows():
            reading.notes.append(f"{where}: row {row}: trading status {price}")


def _some(table: Table, frame: pl.DataFrame, reading: Reading, where: str) -> Iterator[Piece]:
    if not frame.is_empty():
        yield from reading.settled(table, where, frame)


def _book_columns(levels: int) -> dict[str, type[pl.DataType]]:
    sides = [(side, what, k + 1) for k in range(levels) for side in ("ask", "bid") for what in ("price", "size")]
    return {f"{side} {what} {k}": pl.Int64 for side, what, k in sides}


def _book_pieces(parts: Parts, reading: Reading) -> Iterator[pl.DataFrame]:
    assert parts.book is not None
    where = _where(parts.book, parts.book_member)
    columns = _book_columns(parts.name.levels)
    yield from number_pieces(parts.book, where, reading.faults, columns, member=parts.book_member)


def _book(parts: Parts, listing: int, venue: int, reading: Reading) -> Iterator[Piece]:
    """What changes in the recorded levels with each message, and in the touch, at the times of the messages beside."""
    assert parts.book is not None
    where = _where(parts.book, parts.book_member)
    clock = _Clock(parts)
    before = np.zeros((1, 4 * parts.name.levels), np.int64)
    for frame in _book_pieces(parts, reading):
        timed = frame.join(clock.until(int(frame["row"][-1])), on="row", how="left", maintain_order="left")
        for row in timed.filter(pl.col("ts").is_null())["row"].to_list():
            reading.fault("malformed", where, row, "", "a book row belongs to a message")
        timed = timed.filter(pl.col("ts").is_not_null()).with_columns(listing=pl.lit(listing), venue=pl.lit(venue))
        if timed.is_empty():
            continue
        rows = timed.select(list(_book_columns(parts.name.levels))).to_numpy()
        known = np.where(np.abs(rows[:, 0::2]) == NO_LEVEL, 0, rows[:, 0::2])
        rows = np.stack([known, rows[:, 1::2]], axis=2).reshape(len(rows), -1)
        changes = level_changes(np.concatenate([before, rows]))
        changes = changes.hstack(timed.select("ts", "row", "listing")[changes["at"]])
        yield from _some(Table.BOOK, changes, reading, where)
        touch = _touch(
            timed.with_columns(same=pl.Series((rows[:, :4] == np.concatenate([before, rows[:-1]])[:, :4]).all(1)))
        )
        yield from _some(Table.QUOTES, touch, reading, where)
        before = rows[-1:]


class _Clock:
    """The times of the messages, read beside the book rows; their faults are counted with the messages."""

    def __init__(self, parts: Parts) -> None:
        self._midnight = parts.name.midnight_ns
        where = _where(parts.messages, parts.message_member)
        self._pieces = number_pieces(parts.messages, where, Faults(Policy.COUNT), COLUMNS, member=parts.message_member)
        self._held = pl.DataFrame(schema={"row": pl.Int64, "ts": pl.Int64})

    def until(self, row: int) -> pl.DataFrame:
        """`row` and `ts` of the messages up to `row`, as far as they were not asked for before."""
        while (self._held.is_empty() or int(self._held["row"][-1]) < row) and (
            more := next(self._pieces, None)
        ) is not None:
            times = more.select("row", ts=(pl.col("time") * SECOND).round().cast(pl.Int64) + self._midnight)
            self._held = pl.concat([self._held, times])
        asked = self._held.filter(pl.col("row") <= row)
        self._held = self._held.filter(pl.col("row") > row)
        return asked


def level_changes(rows: NDArray[np.int64]) -> pl.DataFrame:
    """From book rows (ask price, ask lots, bid price, bid lots, level by level; 0 for no level) to what changes.

    The first row is what stood before; `at` counts from the second one.
    """
    parts = []
    for sign, first in ((-1, 0), (1, 2)):
        prices, lots = rows[:, first::4], rows[:, first + 1 :: 4]
        same_price = prices[1:, :, None] == prices[:-1, None, :]
        same = same_price & (lots[1:, :, None] == lots[:-1, None, :])
        at, level = np.nonzero(~same_price.any(1) & (lots[:-1] > 0))
        parts.append(_changed(at, sign, prices[:-1][at, level], np.zeros(len(at), np.int64)))
        at, level = np.nonzero(~same.any(2) & (lots[1:] > 0))
        parts.append(_changed(at, sign, prices[1:][at, level], lots[1:][at, level]))
    changes = pl.concat(parts).sort("at", maintain_order=True)
    return changes.with_columns(kind=pl.lit(LEVEL), last=(pl.col("at") != pl.col("at").shift(-1)).fill_null(True))


def _changed(at: NDArray[np.intp], sign: int, ticks: NDArray[np.int64], lots: NDArray[np.int64]) -> pl.DataFrame:
    return pl.DataFrame({"at": at, "sign": np.full(len(at), sign), "ticks": ticks, "lots": lots})


def _touch(timed: pl.DataFrame) -> pl.DataFrame:
    """The touch where it is not the same as before."""
    return timed.filter(~pl.col("same")).select(
        "ts", "row", "listing", "venue",
        bid=pl.when(pl.col("bid price 1").abs() != NO_LEVEL).then("bid price 1"),
        bid_lots="bid size 1",
        ask=pl.when(pl.col("ask price 1").abs() != NO_LEVEL).then("ask price 1"),
        ask_lots="ask size 1",
        flagged=pl.lit(False),
    )  # fmt: skip
