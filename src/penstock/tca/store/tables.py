"""The tables of the store. `tca_orders` has a row an order, for anyone's SQL; `tca_sources` has each source whole.

`tca_paths` has the market's way around a source's largest orders, for pages.
"""

from typing import NamedTuple

import polars as pl

from penstock.domain.time import to_iso
from penstock.tca.exact_table import exact_parts_table
from penstock.tca.study.exact_parts import PARTS
from penstock.tca.study.study import Study

TEXTS = ("symbol", "side", "algorithm", "strategy", "trader", "account", "currency", "status")
FIGURES = (
    "quantity", "filled", "fill_rate", "average_price", "arrival_price", "decision_notional", "traded_notional",
    "shortfall_bps", "arrival_bps", "vwap_bps", "twap_bps", "realised_cost_bps", "impact_part_bps", "reversion_bps",
    "passive_ratio", "participation", "effective_bps", "expected_bps", "immediate_bps",
    *(f"{part}_part_bps" for part in PARTS),
)  # fmt: skip
COLUMNS = ("source", "order_id", "day", "arrival_ts", *TEXTS, *FIGURES, "exact_total")


class Dialect(NamedTuple):
    """What the two databases call things."""

    mark: str
    blob: str
    real: str


SQLITE = Dialect("?", "BLOB", "REAL")
POSTGRES = Dialect("%s", "BYTEA", "DOUBLE PRECISION")


def table_statements(dialect: Dialect) -> list[str]:
    """Create what is not there yet."""
    texts = ", ".join(f"{name} TEXT NOT NULL" for name in TEXTS)
    figures = ", ".join(f"{name} {dialect.real}" for name in FIGURES)
    return [
        f"CREATE TABLE IF NOT EXISTS tca_sources (source TEXT PRIMARY KEY, settings TEXT NOT NULL,"
        f" fills {dialect.blob} NOT NULL, orders {dialect.blob} NOT NULL, routes {dialect.blob} NOT NULL)",
        f"CREATE TABLE IF NOT EXISTS tca_paths (source TEXT PRIMARY KEY, paths {dialect.blob} NOT NULL)",
        f"CREATE TABLE IF NOT EXISTS tca_orders (source TEXT NOT NULL, order_id TEXT NOT NULL, day TEXT NOT NULL,"
        f" arrival_ts BIGINT NOT NULL, {texts}, {figures}, exact_total TEXT NOT NULL, PRIMARY KEY (source, order_id))",
        "CREATE INDEX IF NOT EXISTS tca_orders_by_day ON tca_orders (day)",
    ]


def order_rows(source: str, study: Study) -> list[tuple[object, ...]]:
    """A row an order, in the sequence of `COLUMNS`; an order's day is that of its arrival, UTC."""
    known = pl.col("effective_bps").is_not_null()
    spread = (
        study.fills.group_by("order_id")
        .agg(
            ((pl.col("effective_bps") * pl.col("notional")).sum() / pl.col("notional").filter(known).sum()).alias(
                "effective_bps"
            )
        )
        .with_columns(pl.col("effective_bps").fill_nan(None))
    )
    orders = stored_orders(study).join(spread, on="order_id", how="left", maintain_order="left")
    rows = orders.with_columns(
        pl.lit(source).alias("source"),
        pl.when(pl.col("side") > 0).then(pl.lit("buy")).otherwise(pl.lit("sell")).alias("side"),
        pl.Series("day", [to_iso(ts)[:10] for ts in orders["arrival_ts"]], dtype=pl.String),
        *(pl.col(name).fill_null("") for name in TEXTS if name != "side"),
    )
    return rows.select(COLUMNS).rows()


def stored_orders(study: Study) -> pl.DataFrame:
    """The orders with the exact texts of their parts."""
    return study.orders.join(exact_parts_table(study), on="order_id", how="left", maintain_order="left")
