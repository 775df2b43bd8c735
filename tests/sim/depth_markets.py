"""Tiny depth markets written as text, one message a line, for stories.

    3 level bid 100 10, ask 101 5     levels now hold these lots
    4 touch 100 10 101 5              a ticker: bid, lots, ask, lots
    5 sell 4 @ 100                    a print whose aggressor sold (or `buy`)

The first number is the time in seconds; what comes at 0 makes the book at the start.
"""

from decimal import Decimal

import numpy as np

from penstock.domain.instruments import Spot
from penstock.domain.time import SECOND
from penstock.market.depth_tape import ASK, BID, LAST, LEVEL, PRINT, TOUCH, DepthTape
from penstock.sim.book import NONE, OwnFill
from penstock.sim.depth_replay import DepthReplay
from penstock.sim.queue_models import RISK_AVERSE, QueueModel

SIDES = {"bid": BID, "ask": ASK}
COIN = Spot(symbol="COIN", tick_size=Decimal(1), lot_size=Decimal(1))

Row = tuple[int, int, int, int]


def level_rows(ts: int, levels: list[tuple[int, int, int]]) -> list[Row]:
    """One message of (side, ticks, lots) levels."""
    rows = [(ts, LEVEL + side, ticks, lots) for side, ticks, lots in levels]
    return [*rows[:-1], _closing(rows[-1])]


def touch_rows(ts: int, bid: int, bid_lots: int, ask: int, ask_lots: int) -> list[Row]:
    return [(ts, TOUCH + BID, bid, bid_lots), _closing((ts, TOUCH + ASK, ask, ask_lots))]


def print_rows(ts: int, sign: int, lots: int, ticks: int) -> list[Row]:
    """A print whose aggressor bought (+1) or sold (−1)."""
    return [_closing((ts, PRINT + (ASK if sign > 0 else BID), ticks, lots))]


def _closing(row: Row) -> Row:
    ts, kind, ticks, lots = row
    return ts, kind | LAST, ticks, lots


def tape_of(rows: list[Row]) -> DepthTape:
    """A tape that starts at 0; rows at 0 are its opening."""
    return DepthTape(
        venue="test",
        instrument=COIN,
        start_ns=0,
        end_ns=rows[-1][0],
        opening=sum(row[0] == 0 for row in rows),
        rows=np.array(rows, np.int64),
    )


def market(text: str, queue_model: QueueModel = RISK_AVERSE) -> DepthReplay:
    rows: list[Row] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        second, verb, rest = line.split(maxsplit=2)
        ts = int(float(second) * SECOND)
        if verb == "level":
            levels = (part.split() for part in rest.split(","))
            rows += level_rows(ts, [(SIDES[side], int(ticks), int(lots)) for side, ticks, lots in levels])
        elif verb == "touch":
            rows += touch_rows(ts, *map(int, rest.split()))
        else:
            lots, ticks = rest.split("@")
            rows += print_rows(ts, 1 if verb == "buy" else -1, int(lots), int(ticks))
    return DepthReplay(tape_of(rows), queue_model)


def rest(book: DepthReplay, order_no: int, sign: int, lots: int, ticks: int) -> int:
    return book.submit(order_no, sign, ticks, lots, immediate=False, post_only=False)


def take(book: DepthReplay, order_no: int, sign: int, lots: int, ticks: int = NONE) -> list[OwnFill]:
    """An immediate order's fills."""
    book.submit(order_no, sign, ticks, lots, immediate=True, post_only=False)
    return book.take_fills()


def fills_until(book: DepthReplay, seconds: float) -> list[tuple[float, int, int, int]]:
    """Fills of resting orders on the way: (second, order, lots, ticks)."""
    until = int(seconds * SECOND)
    while book.advance(until) < until:
        pass
    return [(fill.ts / SECOND, fill.order_no, fill.lots, fill.ticks) for fill in book.take_fills() if fill.maker]
