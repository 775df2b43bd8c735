"""Binance recordings: which market it is, on which grid, on which clock, and one tape of it all.

Time is the receive time plus one offset per file, chosen so that the fastest message took no time at all: the
receiver's clock may be off by seconds, and files of the same minutes then share the exchange's clock.
"""

from collections import Counter
from decimal import Decimal
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from penstock.domain.errors import BadInput
from penstock.domain.instruments import AnyInstrument, Perpetual, Spot
from penstock.domain.time import MILLISECOND
from penstock.market.binance_feed import Feed, Pair, Snapshot, read_feed
from penstock.market.binance_sync import Cut, synchronise
from penstock.market.decimal_grid import Grid, grid_of, not_a_number
from penstock.market.depth_tape import KIND, LAST, LOTS, TICKS, TS, DepthTape

QUOTE_ASSETS = ("USDT", "USDC", "FDUSD", "TUSD", "USD", "BTC", "ETH", "BNB", "EUR", "TRY")
UNITS_MAX = 2**53  # prices and quantities, in ticks and lots
STRAYS_MAX = 0.001  # share of quantities that may be finer than the lot


def load(path: Path) -> DepthTape:
    """The market in a `.jsonl` or `.jsonl.zst` file of raw websocket lines, or in a folder with one such file.

    Raises:
        BadInput: the file, or the first line that breaks a rule.
    """
    feed = read_feed(path)
    cut = synchronise(feed)
    prices, quantities = _grids(feed, cut)
    offset = clock_offset_ns(feed)
    start = feed.received[feed.snapshot_at]
    rows = np.empty((len(cut.pairs), 4), np.int64)
    received = np.fromiter((feed.received[index] for index in cut.lines), np.int64, len(cut.lines))
    rows[:, TS] = np.repeat(np.maximum(received, start), cut.counts) + offset
    rows[:, KIND] = np.frombuffer(cut.kinds, np.uint8)
    rows[np.cumsum(cut.counts) - 1, KIND] |= LAST
    rows[:, TICKS] = _units(prices, cut.pairs, 0)
    rows[:, LOTS] = _units(quantities, cut.pairs, 1)
    venue, instrument = _instrument(feed, prices.step, quantities.step)
    return DepthTape(
        venue=venue,
        instrument=instrument,
        start_ns=start + offset,
        end_ns=feed.received[-1] + offset,
        opening=cut.opening,
        rows=rows,
        offset_ns=offset,
        findings=tuple(cut.findings),
    )


def clock_offset_ns(feed: Feed) -> int:
    """What to add to the receiver's clock so that the smallest one-way delay in the file is zero."""
    delays = (
        message.sent_ms * MILLISECOND - received
        for received, message in zip(feed.received, feed.messages, strict=True)
        if not isinstance(message, Snapshot) and message.sent_ms is not None
    )
    return max(delays)


def _grids(feed: Feed, cut: Cut) -> tuple[Grid, Grid]:
    grids: list[Grid] = []
    for place, (column, strays_max) in enumerate((("price", 0.0), ("quantity", STRAYS_MAX))):
        counts = Counter(map(itemgetter(place), cut.pairs))
        bad = not_a_number(counts)
        if bad is not None:
            row = next(row for row, pair in enumerate(cut.pairs) if pair[place] == bad)
            line = cut.lines[int(np.searchsorted(np.cumsum(cut.counts), row, side="right"))]
            raise feed.bad(line, f"a {column} is a plain decimal number", bad)
        grid = grid_of(counts, strays_max=strays_max)
        if max(grid.units.values()) > UNITS_MAX:
            raise BadInput(
                feed.where, column, f"must be at most {UNITS_MAX} steps of {grid.step:f}, the finest in the file"
            )
        grids.append(grid)
    prices, quantities = grids
    if quantities.strays:
        cut.findings.append(f"{quantities.strays} quantities were finer than the lot and are rounded down to it")
    return prices, quantities


def _units(grid: Grid, pairs: list[Pair], place: int) -> NDArray[np.int64]:
    return np.fromiter(map(grid.units.__getitem__, map(itemgetter(place), pairs)), np.int64, len(pairs))


def _instrument(feed: Feed, tick: Decimal, lot: Decimal) -> tuple[str, AnyInstrument]:
    """Venue and instrument, told by what only that market's messages carry.

    Raises:
        BadInput: a dated future.
    """
    diff = feed.first_diff
    if diff.previous_id is None:
        quote = next((asset for asset in QUOTE_ASSETS if diff.symbol.endswith(asset)), "USD")
        return "binance-spot", Spot(
            symbol=diff.symbol,
            tick_size=tick,
            lot_size=lot,
            base=diff.symbol.removesuffix(quote),
            currency=quote,
        )
    pair, _, term = diff.symbol.partition("_")
    if term not in ("", "PERP"):
        raise BadInput(feed.where, "symbol", "spot and perpetual markets are known, not dated futures", diff.symbol)
    if diff.pair is None:
        quote = next((asset for asset in QUOTE_ASSETS if pair.endswith(asset)), "USD")
        return "binance-usdm", Perpetual(
            symbol=f"{pair}-PERP",
            tick_size=tick,
            lot_size=lot,
            base=pair.removesuffix(quote),
            currency=quote,
        )
    return "binance-coinm", Perpetual(
        symbol=f"{pair}-PERP",
        tick_size=tick,
        lot_size=lot,
        multiplier=Decimal(100 if pair.startswith("BTC") else 10),
        inverse=True,
        base=pair.removesuffix("USD"),
    )
