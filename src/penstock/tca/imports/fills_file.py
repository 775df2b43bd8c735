"""A file of fills, whoever made it: which rows are fills, what they say, and which of them break a rule.

Rows of other events (placements, cancels) are no fills and no faults. A quantity may be given as a notional: in the
base currency of a pair it is the quantity; in the price's currency it is divided by the price.
"""

from pathlib import Path

import polars as pl

from penstock.tca.imports.columns import FILL_NAMES, renamed
from penstock.tca.imports.sides import liquidity, signs
from penstock.tca.imports.tables import numbers, read_table
from penstock.tca.imports.times import to_ns
from penstock.tca.study.exclusions import Exclusions

TRADES = ("trade", "fill", "filled", "partial_fill", "partial fill", "partially filled", "execution", "f", "1", "2")
NEEDED = (("symbol",), ("time",), ("price",), ("quantity", "notional"))
EXTRAS = ("algorithm", "strategy", "trader", "account", "currency")
HEADER_LINES = 2


def read_fills(path: Path, zone: str, exclusions: Exclusions) -> pl.DataFrame:
    """The sound fills as `study.frames.FILLS`, with what they say of their order (`EXTRAS`, `executed` notional).

    Raises:
        BadInput: no such file, or a needed column is missing.
    """
    where = path.name
    raw = renamed(read_table(path), FILL_NAMES, str(path), NEEDED)
    raw = raw.with_row_index("_line", offset=HEADER_LINES)
    if "event" in raw.columns:
        words = pl.col("event").cast(pl.String).str.strip_chars().str.to_lowercase()
        raw = raw.filter(words.is_in(TRADES))
    return sound_fills(raw, zone, where, exclusions)


def sound_fills(raw: pl.DataFrame, zone: str, where: str, exclusions: Exclusions) -> pl.DataFrame:
    """Rows under our names, with their line, to fills; each rule leaves out what breaks it, in turn."""
    raw = raw.with_columns(_texts(raw))
    ns, zoneless = to_ns(raw["time"], zone, where)
    priced = raw.with_columns(
        ns.alias("ts"),
        zoneless.alias("_zoneless"),
        numbers(raw["price"]).alias("price"),
        (signs(raw["side"]) if "side" in raw.columns else pl.Series([None] * len(raw), dtype=pl.Int8)).alias("sign"),
        *(
            numbers(raw[name]).alias(name)
            for name in ("quantity", "notional", "fee", "commission", "bid", "ask")
            if name in raw.columns
        ),
    )
    priced = priced.with_columns(quantity_of(priced, pl.col("price")).alias("quantity"))
    rules = (
        ("mixed_time_zones", "time", pl.col("_zoneless")),
        ("bad_time", "time", pl.col("ts").is_null()),
        ("bad_price", "price", ~(pl.col("price") > 0).fill_null(False)),
        ("bad_quantity", "quantity", ~(pl.col("quantity") > 0).fill_null(False)),
        ("wrong_side", "side", pl.col("sign").is_null()),
        ("duplicate_fill", "fill_id", ~pl.col("fill_id").is_first_distinct()),
    )
    for rule, column, broken in rules:
        if rule == "wrong_side" and "side" not in raw.columns:
            continue  # the orders may say it
        bad = priced.filter(broken)
        for row in bad.select("_line", pl.col(column).cast(pl.String).fill_null("").alias("said")).iter_rows():
            original = raw.filter(pl.col("_line") == row[0])[column][0] if column in raw.columns else row[1]
            exclusions.add(rule, where, f"line {row[0]}", "" if original is None else original)
        priced = priced.filter(~broken)
    return priced.with_columns(
        pl.col("sign").alias("side"),
        (liquidity(priced["liquidity"]) if "liquidity" in priced.columns else pl.lit("")).alias("liquidity"),
    ).drop("_zoneless", "sign", "time")


def _texts(raw: pl.DataFrame) -> list[pl.Expr]:
    """Ids and names as text; a fill without an id has its line, an order without one is the fill's own."""
    line = pl.format("line {}", "_line")
    fill_id = pl.col("fill_id").cast(pl.String).fill_null(line) if "fill_id" in raw.columns else line
    order_id = pl.col("order_id").cast(pl.String).fill_null(fill_id) if "order_id" in raw.columns else fill_id
    made = [fill_id.alias("fill_id"), order_id.alias("order_id"), pl.col("symbol").cast(pl.String).str.strip_chars()]
    return made + [
        pl.col(name).cast(pl.String).fill_null("") for name in ("venue", "venue_kind", *EXTRAS) if name in raw.columns
    ]


def quantity_of(frame: pl.DataFrame, price: pl.Expr) -> pl.Expr:
    """The quantity as given, or of the notional."""
    of_notional = pl.lit(None, dtype=pl.Float64)
    if "notional" in frame.columns:
        of_notional = pl.when(in_base(frame)).then(pl.col("notional")).otherwise(pl.col("notional") / price)
    return pl.coalesce("quantity", of_notional) if "quantity" in frame.columns else of_notional


def in_base(frame: pl.DataFrame) -> pl.Expr:
    """Whether a notional is in the base currency of its pair."""
    if "notional_currency" not in frame.columns:
        return pl.lit(False)
    return pl.col("symbol").str.slice(0, 3) == pl.col("notional_currency").cast(pl.String).fill_null("")
