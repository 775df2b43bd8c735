"""Fills and orders put side by side: sorted, coded by number, and freed of what the market cannot answer for.

What is left out is left out of everything: an order's quantity goes down by what its left-out fills had filled, so
that nothing of it comes back as an unfilled rest.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import polars as pl

from penstock.tca.study.exclusions import Exclusions
from penstock.tca.study.labels import coded
from penstock.tca.study.look_ups import Looked
from penstock.tca.study.tape import Floats, Ints


@dataclass(frozen=True)
class Trimmed:
    """Fills by (order, time), orders with fills first; their numbers, and where each order's fills begin."""

    fills: pl.DataFrame
    orders: pl.DataFrame
    symbols: list[str]
    fill_symbol: Ints
    order_symbol: Ints
    fill_order: Ints
    starts: Ints
    filled: Floats
    fill_counts: Ints


def trimmed(fills: pl.DataFrame, orders: pl.DataFrame | None) -> Trimmed:
    """Bring fills and orders into one sequence. Every fill's order is among the orders, if orders are given."""
    if orders is None:
        orders = orders_of(fills)
    codes, _ = coded(fills["order_id"], orders["order_id"])
    ts, quantity = fills["ts"].to_numpy(), fills["quantity"].to_numpy()
    counts = np.bincount(codes, minlength=len(orders))
    sequence = np.concatenate((np.flatnonzero(counts > 0), np.flatnonzero(counts == 0)))
    if not (sequence[1:] > sequence[:-1]).all():
        place = np.empty(len(orders), np.int64)
        place[sequence] = np.arange(len(orders))
        orders, codes, counts = orders[sequence], place[codes], counts[sequence]
    if not ((codes[1:] > codes[:-1]) | ((codes[1:] == codes[:-1]) & (ts[1:] >= ts[:-1]))).all():
        rows = np.lexsort((ts, codes))
        fills, codes, ts, quantity = fills[rows], codes[rows], ts[rows], quantity[rows]
    starts = (np.cumsum(counts) - counts)[counts > 0]
    filled = np.zeros(len(orders))
    first = pl.Series("_first", [None] * len(orders), pl.Int64)
    last = first.alias("_last")
    if len(starts):
        filled[: len(starts)] = np.add.reduceat(quantity, starts)
        ends = np.append(starts[1:], len(ts)) - 1
        nothing = [None] * (len(orders) - len(starts))
        first = pl.Series("_first", [*ts[starts].tolist(), *nothing], pl.Int64)
        last = pl.Series("_last", [*ts[ends].tolist(), *nothing], pl.Int64)
    orders = orders.with_columns(first, last)
    orders = orders.with_columns(pl.col("arrival_ts").fill_null(pl.coalesce("decision_ts", "_first", pl.lit(0))))
    orders = orders.with_columns(
        pl.col("decision_ts").fill_null(pl.col("arrival_ts")),
        pl.max_horizontal("end_ts", "_last", "arrival_ts").alias("end_ts"),
        pl.col("quantity").fill_null(pl.Series(filled)),
    ).drop("_first", "_last")
    order_symbol, symbols = coded(orders["symbol"])
    return Trimmed(
        fills=fills,
        orders=orders,
        symbols=symbols,
        fill_symbol=order_symbol[codes],
        order_symbol=order_symbol,
        fill_order=codes,
        starts=starts,
        filled=filled,
        fill_counts=counts,
    )


def orders_of(fills: pl.DataFrame) -> pl.DataFrame:
    """An order for each order id of the fills: decided at its first fill, for just what was filled."""
    from penstock.tca.study.frames import ORDERS, completed

    extras = [name for name in ("algorithm", "trader", "account", "strategy", "currency") if name in fills.columns]
    made = fills.group_by("order_id", maintain_order=True).agg(
        pl.col("symbol", "side", *extras).first(),
        pl.col("quantity").sum(),
        pl.col("ts").min().alias("arrival_ts"),
        pl.col("ts").max().alias("end_ts"),
    )
    return completed(made, ORDERS)


def fitting(given: Trimmed, looked: Looked, exclusions: Exclusions) -> tuple[Trimmed, Looked]:
    """Without the fills and orders that lie outside their symbol's market, or whose symbol it does not know."""
    fills, orders = given.fills, given.orders
    spans = [looked.spans.get(symbol) for symbol in given.symbols]
    own_quote = (fills["bid"].is_not_null() & fills["ask"].is_not_null()).to_numpy()
    known = np.array([span is not None for span in spans], bool)
    first = np.array([span[0] if span else 0 for span in spans], np.int64)
    last = np.array([span[1] if span else 0 for span in spans], np.int64)
    ts = fills["ts"].to_numpy()
    unknown = ~known[given.fill_symbol] & ~own_quote
    outside = known[given.fill_symbol] & ~own_quote & ((ts < first[given.fill_symbol]) | (ts > last[given.fill_symbol]))
    for rule, chosen in (("unknown_symbol", unknown), ("outside_tape", outside)):
        for k in np.flatnonzero(chosen):
            exclusions.add(rule, "fills", fills["fill_id"][int(k)], fills["symbol"][int(k)])
    out = unknown | outside
    lone = ~known[given.order_symbol] & (given.fill_counts == 0)
    for k in np.flatnonzero(lone):
        exclusions.add("unknown_symbol", "orders", orders["order_id"][int(k)], orders["symbol"][int(k)])
    if not out.any() and not lone.any():
        return _not_overfilled(given, exclusions), looked
    left = np.bincount(given.fill_order[~out], minlength=len(orders))
    emptied = (given.fill_counts > 0) & (left == 0)
    for k in np.flatnonzero(emptied):
        exclusions.add("all_fills_left_out", "orders", orders["order_id"][int(k)], orders["symbol"][int(k)])
    lost = np.bincount(given.fill_order[out], weights=fills["quantity"].to_numpy()[out], minlength=len(orders))
    keep = ~emptied & ~lone
    kept_orders = orders.with_columns(pl.Series("quantity", orders["quantity"].to_numpy() - lost)).filter(keep)
    again = trimmed(fills.filter(~out), kept_orders)
    rows, places = np.flatnonzero(~out), np.flatnonzero(keep)
    return _not_overfilled(again, exclusions), _of(looked, rows, places, len(ts), len(orders))


def _of(looked: Looked, fills: Ints, orders: Ints, fill_count: int, order_count: int) -> Looked:
    """The same answers for the rows that stay: their sequence is the same."""

    def chosen(name: str, value: object) -> object:
        if name in WHOLE:
            return value
        rows = fills if name in FILL_ANSWERS else orders
        if isinstance(value, dict):
            return {key: each[rows] for key, each in value.items()}
        assert isinstance(value, np.ndarray)
        return value[rows]

    answers: dict[str, Any] = {each.name: chosen(each.name, getattr(looked, each.name)) for each in fields(looked)}
    return replace(looked, **answers)


WHOLE = ("spans", "quote_faults", "trade_faults", "path_bid", "path_ask", "path_volume")
FILL_ANSWERS = ("bid", "ask", "quoted_at", "after_bid", "after_ask", "after_at", "marks")


def _not_overfilled(given: Trimmed, exclusions: Exclusions) -> Trimmed:
    quantity = given.orders["quantity"].to_numpy()
    over = given.filled > quantity * (1 + 1e-12)
    for k in np.flatnonzero(over):
        text = f"{given.filled[k]:g} of {quantity[k]:g}"
        exclusions.add("overfilled", "orders", given.orders["order_id"][int(k)], text)
    if not over.any():
        return given
    return replace(given, orders=given.orders.with_columns(pl.Series("quantity", np.maximum(quantity, given.filled))))
