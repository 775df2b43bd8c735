"""LOBSTER's files as a tape: every message an event of the book, executions as trades, the recorded touch as quotes.

The grid is the files' own, 0.0001 dollars. What rested before the first message is taken from the first book row, where
there is one: a `CLEAR`, then its levels, in place of the first message.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import polars as pl

from penstock.domain.errors import BadInput
from penstock.domain.time import SECOND
from penstock.market.lobster import MESSAGE_COLUMNS, NO_LEVEL
from penstock.market.lobster_files import NAME, Name, parse_name
from penstock.market.tape import ADD, CROSS, EXECUTE, HIDDEN, STATUS
from penstock.market.tapes.faults import Faults, Policy
from penstock.market.tapes.pieces import members, number_pieces
from penstock.market.tapes.reading import Piece, Reading
from penstock.market.tapes.schema import CLEAR, LEVEL, Listing, Table

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
        Listing(
            symbol=parts.name.symbol, venue="nasdaq", tick=Decimal("0.0001"), lot=Decimal(1), calendar="XNYS"
        )
    )
    venue = reading.venue("nasdaq")
    opening = _opening(parts, listing, reading) if parts.book else None
    if opening is not None:
        yield Piece(Table.BOOK, opening)
    yield from _messages(parts, listing, venue, reading, skip_first=opening is not None)
    if parts.book is not None:
        yield from _touches(parts, listing, venue, reading)


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


def _messages(parts: Parts, listing: int, venue: int, reading: Reading, *, skip_first: bool) -> Iterator[Piece]:
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
        events = frame.filter(~status & ((pl.col("row") > 1) | (not skip_first)))
        for piece in reading.settled(Table.BOOK, where, events):
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


def _opening(parts: Parts, listing: int, reading: Reading) -> pl.DataFrame | None:
    """The first book row as a snapshot."""
    first = next(_book_pieces(parts, reading)).row(0, named=True)
    rows = [(CLEAR, 0, 0, 0)]
    for side, sign in (("bid", 1), ("ask", -1)):
        rows += [
            (LEVEL, sign, first[f"{side} price {k}"], first[f"{side} size {k}"])
            for k in range(1, parts.name.levels + 1)
            if abs(first[f"{side} price {k}"]) != NO_LEVEL
        ]
    frame = pl.DataFrame(rows, schema=["kind", "sign", "ticks", "lots"], orient="row").with_columns(
        ts=pl.lit(parts.name.start_ns), listing=pl.lit(listing), row=pl.lit(1), last=pl.lit(False)
    )
    frame[-1, "last"] = True
    return next(reading.settled(Table.BOOK, "opening", frame)).frame


def _touches(parts: Parts, listing: int, venue: int, reading: Reading) -> Iterator[Piece]:
    """The recorded touch after each message, where it changes; times are those of the messages beside."""
    assert parts.book is not None
    where = _where(parts.book, parts.book_member)
    messages = _where(parts.messages, parts.message_member)
    told_before = Faults(Policy.COUNT)  # faults of the messages are counted where they are read as messages
    clocks = number_pieces(parts.messages, messages, told_before, COLUMNS, member=parts.message_member)
    times: dict[int, float] = {}
    last: tuple[int, ...] | None = None
    for frame in _book_pieces(parts, reading):
        reached = int(frame["row"][-1])
        while (not times or max(times) < reached) and (more := next(clocks, None)) is not None:
            times.update(more.select("row", "time").iter_rows())
        clock = pl.DataFrame({"row": list(times), "time": list(times.values())})
        times = {row: at for row, at in times.items() if row > reached}
        touch = frame.select(
            "row",
            listing=pl.lit(listing),
            venue=pl.lit(venue),
            bid=pl.when(pl.col("bid price 1").abs() != NO_LEVEL).then("bid price 1"),
            bid_lots="bid size 1",
            ask=pl.when(pl.col("ask price 1").abs() != NO_LEVEL).then("ask price 1"),
            ask_lots="ask size 1",
            flagged=pl.lit(False),
        )
        same = pl.struct("bid", "bid_lots", "ask", "ask_lots")
        changed = touch.filter((same != same.shift(1)).fill_null(True))
        if changed.row(0)[3:7] == last:
            changed = changed[1:]
        last = touch.row(-1)[3:7]
        timed = changed.join(clock, on="row", how="inner", maintain_order="left").with_columns(
            ts=(pl.col("time") * SECOND).round().cast(pl.Int64) + parts.name.midnight_ns
        )
        yield from _some(Table.QUOTES, timed, reading, where)
