"""LOBSTER recordings: Nasdaq order by order, as published, checked and turned into columns of integers.

A message is `time, type, order id, size, price, direction`: seconds after midnight in New York, sizes in shares,
dollars × 10,000, and the side of the *resting* order. Types: 1 new order, 2 part cancelled, 3 deleted,
4 executed, 5 a hidden order executed, 6 an auction's print, 7 a change of trading status. Row k of the book
file is the book after message k. A rule that a file breaks is a `BadInput` naming file, row, rule and value.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from penstock.domain.errors import BadInput
from penstock.domain.instruments import AnyInstrument, Equity
from penstock.domain.time import SECOND
from penstock.market.csv_columns import read_columns
from penstock.market.lobster_files import Name, RawFiles, read_files

NEW, CANCELLED, DELETED, EXECUTED, EXECUTED_HIDDEN, AUCTION, TRADING_STATUS = range(1, 8)
MESSAGE_COLUMNS = ("time", "type", "order id", "size", "price", "direction")
DOLLAR = 10_000  # the files' unit of price
TICK = 100
NO_LEVEL = 9_999_999_999  # the price (ask; negative for bid) of a level that is not there
PRICE_MAX = (1 << 25) * TICK
SIZE_MAX = (1 << 31) - 1


class Recording(NamedTuple):
    """One session's messages as columns, and the recorded book after each, if there is one.

    `rows` is (messages, levels, 4): ask ticks, ask lots, bid ticks, bid lots; lots 0 where there is no level.
    """

    source: str
    instrument: AnyInstrument
    day: date
    start_ns: int
    end_ns: int
    levels: int
    ts: NDArray[np.int64]  # ns since the epoch, UTC
    type: NDArray[np.int8]
    order_id: NDArray[np.int64]
    sign: NDArray[np.int8]
    ticks: NDArray[np.int32]
    lots: NDArray[np.int32]
    rows: NDArray[np.int32] | None


def load(path: Path) -> Recording:
    """Read a recording from its zip, its folder, or a message file (`.csv`, `.csv.zst`) without book rows.

    Raises:
        BadInput: the first rule that the files break.
    """
    files = read_files(path)
    messages = read_columns(files.message_file, files.messages, MESSAGE_COLUMNS, times=1)
    _check_messages(files, messages)
    rows = None if files.book is None else _read_rows(files, files.book, len(messages))
    name = files.name
    kind, sign, price = (messages[column].to_numpy() for column in ("type", "direction", "price"))
    return Recording(
        source=files.message_file,
        instrument=_stock(name.symbol),
        day=name.day,
        start_ns=name.start_ns,
        end_ns=name.end_ns,
        levels=name.levels,
        ts=_nanoseconds(messages["time"], name),
        type=kind.astype(np.int8),
        order_id=messages["order id"].to_numpy(),
        sign=sign.astype(np.int8),
        ticks=_ticks(kind, sign, price),
        lots=messages["size"].to_numpy().astype(np.int32),
        rows=rows,
    )


def _stock(symbol: str) -> AnyInstrument:
    return Equity(symbol=symbol, tick_size=Decimal("0.01"), lot_size=Decimal(1))


def _nanoseconds(seconds: pl.Series, name: Name) -> NDArray[np.int64]:
    """Turn seconds after midnight into epoch ns, exactly: a day of float64 seconds resolves 0.015 ns."""
    since_midnight: NDArray[np.int64] = np.rint(seconds.to_numpy() * SECOND).astype(np.int64)
    return since_midnight + name.midnight_ns


def _ticks(kind: NDArray[np.int64], sign: NDArray[np.int64], price: NDArray[np.int64]) -> NDArray[np.int32]:
    """Turn prices into ticks. A hidden print off the penny is rounded against us: our whole-tick order at `t`
    is at or better than the print exactly when it is so for the rounded one, bids up and asks down.
    """
    down = price // TICK
    ticks = np.where(sign > 0, -(-price // TICK), down)
    return np.where(kind == TRADING_STATUS, price, ticks).astype(np.int32)


def _check_messages(files: RawFiles, messages: pl.DataFrame) -> None:
    """Hold every message against the format's rules, in the order of its columns."""
    start, end = ((at - files.name.midnight_ns) / SECOND for at in (files.name.start_ns, files.name.end_ns))
    at, kind, size, price = (pl.col(column) for column in ("time", "type", "size", "price"))
    status = kind == TRADING_STATUS
    displayed = kind.is_in([NEW, CANCELLED, DELETED, EXECUTED])
    again = (kind == NEW) & ~pl.struct("order id", kind == NEW).is_first_distinct()
    rules = (
        ("time", ~at.is_finite(), "must be a number"),
        ("time", ~at.is_between(start, end), f"must be within the file's {start:.0f}..{end:.0f} s"),
        ("time", at < at.shift(1), "must not go back"),
        ("type", ~kind.is_between(NEW, TRADING_STATUS), "must be one of 1..7"),
        ("order id", displayed & (pl.col("order id") <= 0), "must be positive"),
        ("order id", again, "a new order must have a new id"),
        ("size", ~status & ~size.is_between(1, SIZE_MAX), f"must be 1..{SIZE_MAX}"),
        ("price", ~status & ~price.is_between(1, PRICE_MAX), f"must be 1..{PRICE_MAX}"),
        ("price", displayed & (price % TICK != 0), "must be whole cents (a multiple of 100)"),
        ("price", status & ~price.is_between(-1, 1), "must be -1, 0 or 1 for a trading status"),
        ("direction", ~status & ~pl.col("direction").is_in([-1, 1]), "must be -1 or 1"),
    )
    firsts = [rule.fill_null(False).arg_true().first().alias(str(k)) for k, (_, rule, _) in enumerate(rules)]
    broken = messages.select(firsts).row(0)
    for (column, _, text), row in zip(rules, broken, strict=True):
        if row is not None:
            raise BadInput(files.message_file, f"row {row + 1}, {column}", text, messages[column][row])


def _read_rows(files: RawFiles, data: bytes, messages: int) -> NDArray[np.int32]:
    """Read the book file as (rows, levels, 4) ticks and lots."""
    levels = files.name.levels
    names = [f"{side} {what} {k + 1}" for k in range(levels) for side in ("ask", "bid") for what in ("price", "size")]
    table = read_columns(files.book_file, data, names, times=0)
    if len(table) != messages:
        rule = f"must have one row for each of the {messages} messages"
        raise BadInput(files.book_file, f"row {min(len(table), messages) + 1}", rule, f"{len(table)} rows")
    book = np.empty((messages, len(names)), np.int32)
    for k, name in enumerate(names):
        values = table[name].to_numpy()
        if k % 2 == 0:
            absent = np.abs(values) == NO_LEVEL
            wrong = ~absent & ((values < 1) | (values > PRICE_MAX) | (values % TICK != 0))
            rule = f"must be whole cents, 1..{PRICE_MAX}, or ±{NO_LEVEL} for no level"
            book[:, k] = np.where(absent, 0, values // TICK)
        else:
            wrong = (values < ~absent) | (values > np.where(absent, 0, SIZE_MAX))
            rule = f"must be 1..{SIZE_MAX}, or 0 for no level"
            book[:, k] = values
        if wrong.any():
            row = int(wrong.argmax())
            raise BadInput(files.book_file, f"row {row + 1}, {name}", rule, int(values[row]))
    return book.reshape(messages, levels, 4)
