"""A file of orders, or the orders that fills imply: what was to be done, since when, and at what price decided."""

from pathlib import Path

import polars as pl

from penstock.tca.imports.columns import ORDER_NAMES, renamed
from penstock.tca.imports.fills_file import EXTRAS, HEADER_LINES, in_base, quantity_of
from penstock.tca.imports.sides import signs
from penstock.tca.imports.tables import numbers, read_table
from penstock.tca.imports.times import to_ns
from penstock.tca.study.exclusions import Exclusions
from penstock.tca.study.frames import ORDERS, completed
from penstock.tca.study.trimming import orders_of

TIMES = ("decision", "arrival", "end", "planned_end")
NUMBERS = (
    "quantity", "notional", "decision_price", "arrival_price", "limit_price", "multiplier", "expected_bps",
    "low_bps", "high_bps", "immediate_bps",
)  # fmt: skip
CURRENCIES = frozenset(
    [
        "USD",
        "EUR",
        "JPY",
        "GBP",
        "CHF",
        "AUD",
        "NZD",
        "CAD",
        "SEK",
        "NOK",
        "DKK",
        "CNH",
        "CNY",
        "HKD",
        "SGD",
        "MXN",
        "ZAR",
        "PLN",
        "HUF",
        "CZK",
        "TRY",
        "INR",
        "KRW",
    ]
)


def read_orders(path: Path, fills: pl.DataFrame, zone: str, exclusions: Exclusions) -> pl.DataFrame:
    """The sound orders of a file.

    Raises:
        BadInput: no such file, or a needed column is missing.
    """
    where = path.name
    raw = renamed(read_table(path), ORDER_NAMES, str(path), (("order_id",), ("symbol",), ("quantity", "notional")))
    raw = raw.with_row_index("_line", offset=HEADER_LINES)
    columns = [pl.col("order_id").cast(pl.String), pl.col("symbol").cast(pl.String).str.strip_chars()]
    columns += [pl.col(name).cast(pl.String).fill_null("") for name in EXTRAS if name in raw.columns]
    frame = raw.with_columns(columns).with_columns(
        numbers(raw[name]).alias(name) for name in NUMBERS if name in raw.columns
    )
    for name in TIMES:
        if f"{name}_time" in raw.columns:
            ns, zoneless = to_ns(raw[f"{name}_time"], zone, where)
            for line, said in raw.filter(zoneless).select("_line", f"{name}_time").iter_rows():
                exclusions.add("mixed_time_zones", where, f"line {line}", said)
            frame = frame.with_columns(ns.alias(f"{name}_ts"), zoneless.alias(f"_{name}_zoneless"))
            frame = frame.filter(~pl.col(f"_{name}_zoneless")).drop(f"_{name}_zoneless")
            raw = raw.filter(~zoneless)
    frame = frame.with_columns(_sides(frame, fills), _quantities(frame, fills))
    rules = (
        ("bad_quantity", "quantity", ~(pl.col("quantity") > 0).fill_null(False)),
        ("wrong_side", "side", pl.col("side").is_null()),
        ("duplicate_order", "order_id", ~pl.col("order_id").is_first_distinct()),
    )
    for rule, column, broken in rules:
        for line in frame.filter(broken)["_line"]:
            said = raw.filter(pl.col("_line") == line)[column][0] if column in raw.columns else ""
            exclusions.add(rule, where, f"line {line}", "" if said is None else said)
        frame = frame.filter(~broken)
    return completed(with_currency(frame), ORDERS)


def matched(fills: pl.DataFrame, orders: pl.DataFrame, where: str, exclusions: Exclusions) -> pl.DataFrame:
    """The fills whose order is there and of the same side; a fill that says no side takes its order's."""
    sides = dict(zip(orders["order_id"].to_list(), orders["side"].to_list(), strict=True))
    order_side = fills["order_id"].replace_strict(sides, default=None, return_dtype=pl.Int8)
    joined = fills.with_columns(order_side.alias("_side")).with_columns(pl.coalesce("side", "_side").alias("side"))
    for rule, broken in (
        ("unknown_order", pl.col("_side").is_null()),
        ("side_differs", pl.col("side") != pl.col("_side")),
    ):
        for line, said in joined.filter(broken).select("_line", "order_id").iter_rows():
            exclusions.add(rule, where, f"line {line}", said)
        joined = joined.filter(~broken)
    return joined.drop("_side")


def implied_orders(fills: pl.DataFrame) -> pl.DataFrame:
    """An order for each order id of the fills."""
    return completed(with_currency(orders_of(fills)), ORDERS)


def with_currency(frame: pl.DataFrame) -> pl.DataFrame:
    """A pair's second currency where none is given."""
    pair = (pl.col("symbol").str.len_chars() == 6) & pl.col("symbol").str.slice(0, 3).is_in(CURRENCIES)
    quote = pl.when(pair & pl.col("symbol").str.slice(3, 3).is_in(CURRENCIES)).then(pl.col("symbol").str.slice(3, 3))
    if "currency" not in frame.columns:
        return frame.with_columns(quote.otherwise(pl.lit("")).alias("currency"))
    given = pl.when(pl.col("currency") != "").then(pl.col("currency"))
    return frame.with_columns(pl.coalesce(given, quote, pl.lit("")).alias("currency"))


def _sides(frame: pl.DataFrame, fills: pl.DataFrame) -> pl.Series:
    if "side" in frame.columns:
        return signs(frame["side"]).alias("side")
    of_fills = fills.group_by("order_id").agg(pl.col("side").drop_nulls().first())
    return frame.join(of_fills, on="order_id", how="left", maintain_order="left")["side"].cast(pl.Int8)


def _quantities(frame: pl.DataFrame, fills: pl.DataFrame) -> pl.Series:
    """As given; a notional in the price's currency is as much as its fills' notionals bought of it."""
    price = pl.col("arrival_price") if "arrival_price" in frame.columns else pl.lit(None, dtype=pl.Float64)
    if "notional" in frame.columns and "notional" in fills.columns:
        rate = fills.group_by("order_id").agg((pl.col("notional").sum() / pl.col("quantity").sum()).alias("_rate"))
        frame = frame.join(rate, on="order_id", how="left", maintain_order="left")
        price = pl.when(~in_base(frame)).then(pl.coalesce("_rate", price)).otherwise(price)
    return frame.select(quantity_of(frame, price).alias("quantity")).to_series()
