"""What a loader works with: it names listings and venues, and hands over frames, which are held to their table's rules.

A frame that is handed over is checked, row by row, against the rules of its table; what breaks one is a fault, and the
policy says what becomes of it.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from penstock.market.tapes.faults import Fault, Faults, Policy
from penstock.market.tapes.schema import Listing, Table, conform

MONEY_TICK = Decimal("0.0001")
CRYPTO_STEP = Decimal("0.00000001")
SHARE = Decimal(1)
EXACT_MAX = 2**52  # in steps: what a float still tells apart


class Piece(NamedTuple):
    """Some rows of one table, in the order of their file."""

    table: Table
    frame: pl.DataFrame


class Rule(NamedTuple):
    """A row that `broken` is true for breaks it."""

    kind: str
    field: str
    text: str
    broken: pl.Expr


def _negative(*names: str) -> list[Rule]:
    return [Rule("negative", name, "must not be negative", pl.col(name) < 0) for name in names]


RULES: dict[Table, list[Rule]] = {
    Table.QUOTES: [
        *_negative("bid", "ask", "bid_lots", "ask_lots"),
        Rule("zero", "bid", "a price of 0 is no price", pl.col("bid") == 0),
        Rule("zero", "ask", "a price of 0 is no price", pl.col("ask") == 0),
        Rule(
            "crossed",
            "bid",
            "one venue's own bid must not be above its ask",
            (pl.col("bid") > pl.col("ask")) & (pl.col("bid") > 0) & (pl.col("ask") > 0),
        ),
    ],
    Table.TRADES: [
        *_negative("ticks", "lots"),
        Rule("zero", "ticks", "a price of 0 is no price", pl.col("ticks") == 0),
        Rule("zero", "lots", "a trade of nothing", pl.col("lots") == 0),
    ],
    Table.ORDERS: _negative("ticks", "lots"),
    Table.BOOK: _negative("ticks", "lots"),
    Table.BARS: [
        *_negative("open", "high", "low", "close", "lots", "adjusted"),
        Rule("zero", "close", "a price of 0 is no price", pl.min_horizontal("open", "high", "low", "close") == 0),
        Rule(
            "bad bar",
            "high",
            "high and low must hold open and close",
            (pl.col("high") < pl.max_horizontal("open", "close"))
            | (pl.col("low") > pl.min_horizontal("open", "close")),
        ),
    ],
    Table.FUNDING: [],
}


class Reading:
    """The state of one reading: its names, its faults, and how far each file and table has come."""

    def __init__(self, policy: Policy) -> None:
        self.faults = Faults(policy)
        self.listings: list[Listing] = []
        self.venues: list[str] = []
        self.notes: list[str] = []
        self.offset_ns = 0
        self._places: dict[tuple[str, str], int] = {}
        self._reached: dict[tuple[str, Table, str], int] = {}

    @property
    def policy(self) -> Policy:
        return self.faults.policy

    def listing(self, listing: Listing) -> int:
        """The number of a listing; it is added when it is new."""
        key = listing.symbol, listing.venue
        if key not in self._places:
            self._places[key] = len(self.listings)
            self.listings.append(listing)
        return self._places[key]

    def venue(self, code: str) -> int:
        """The number of an exchange code."""
        if code not in self.venues:
            self.venues.append(code)
        return self.venues.index(code)

    def venue_column(self, codes: pl.Series) -> pl.Series:
        """The numbers of a column of exchange codes."""
        texts = codes.cast(pl.String)
        table = {code: self.venue(code) for code in texts.unique().sort().to_list()}
        return texts.replace_strict(table, return_dtype=pl.Int16).alias("venue")

    def fault(self, kind: str, file: str, row: int, field: str, rule: str, value: object = "", times: int = 1) -> None:
        """Count a fault; see `Faults.add`."""
        fault = Fault(kind=kind, file=file, row=row, field=field, rule=rule, value=str(value)[:80])
        self.faults.add(fault, times)

    def settled(self, table: Table, file: str, frame: pl.DataFrame) -> Iterator[Piece]:
        """The frame after the rules of its table and of time; nothing if no row is left."""
        frame = conform(table, frame)
        for rule in RULES[table]:
            frame = self._settle(table, file, frame, rule)
        if table is Table.BARS:
            frame = self._settle(table, file, frame, Rule(
                "duplicate", "ts", "a bar is recorded once",
                ~pl.struct("listing", "ts", "side").is_first_distinct(),
            ))  # fmt: skip
            frame = frame.with_columns(pl.col("side").fill_null(0))
            for (listing, side), one in frame.group_by("listing", "side", maintain_order=True):
                yield from self._in_time(table, file, one, f"{listing} {side}")
        else:
            yield from self._in_time(table, file, frame, "")

    def _settle(self, table: Table, file: str, frame: pl.DataFrame, rule: Rule) -> pl.DataFrame:
        broken = frame.select(rule.broken.fill_null(False).alias("broken")).to_series()
        places = broken.arg_true()
        if places.is_empty():
            return frame
        for place in places.to_list():
            self.fault(rule.kind, file, int(frame["row"][place]), rule.field, rule.text, frame[rule.field][place])
        if self.policy is Policy.COUNT and rule.kind not in ("zero",):
            return frame
        if table is Table.QUOTES and rule.kind in ("zero", "crossed") and self.policy is not Policy.SKIP:
            sides = ("bid", "ask") if rule.kind == "crossed" else (rule.field,)
            return frame.with_columns(
                pl.when(broken).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
                for side in sides
                for name, value in ((side, None), (f"{side}_lots", 0))
            )
        if self.policy is Policy.COUNT:
            return frame
        return frame.filter(~broken)

    def _in_time(self, table: Table, file: str, frame: pl.DataFrame, series: str) -> Iterator[Piece]:
        """Rows whose time is before one that came earlier in the file's series are out of order."""
        if frame.is_empty():
            return
        key = file, table, series
        reached = self._reached.get(key, -(2**62))
        ts = frame["ts"]
        latest = pl.Series([reached]).append(ts).cum_max()
        late = ts < latest[:-1]
        self._reached[key] = int(latest[-1])
        if late.any():
            for place in late.arg_true().to_list():
                self.fault("reordered", file, int(frame["row"][place]), "ts", "time must not go back", ts[place])
            if self.policy is Policy.SKIP:
                frame = frame.filter(~late)
            elif self.policy is Policy.REPAIR:
                lost = (ts < reached).sum()
                if lost:
                    self.notes.append(f"{file}: {lost} rows reach back before what was read already and are left out")
                frame = frame.filter(ts >= reached).sort("ts", maintain_order=True)
        if not frame.is_empty():
            yield Piece(table, frame)
