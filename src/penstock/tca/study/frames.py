"""The columns of fills, orders and routes that a study works on; what is left out has its default.

Times are ns since the epoch in UTC, sides +1 (buy) and −1 (sell), fees and commissions costs in the price's currency
(a rebate is negative). `bid`/`ask` are the quote just before a fill and `bid_after`/`ask_after` just after it, where
the fill brings them; else the tape is asked. An order's `rate` turns amounts in its price's currency into the
currency that totals over several currencies are told in.
"""

import polars as pl

FILLS: dict[str, tuple[pl.DataType, object]] = {
    "fill_id": (pl.String(), ""),
    "order_id": (pl.String(), ""),
    "symbol": (pl.String(), ""),
    "side": (pl.Int8(), 1),
    "ts": (pl.Int64(), 0),
    "price": (pl.Float64(), None),
    "quantity": (pl.Float64(), None),
    "fee": (pl.Float64(), 0.0),
    "commission": (pl.Float64(), 0.0),
    "venue": (pl.String(), ""),
    "venue_kind": (pl.String(), ""),
    "liquidity": (pl.String(), ""),
    "bid": (pl.Float64(), None),
    "ask": (pl.Float64(), None),
    "bid_after": (pl.Float64(), None),
    "ask_after": (pl.Float64(), None),
}
ORDERS: dict[str, tuple[pl.DataType, object]] = {
    "order_id": (pl.String(), ""),
    "symbol": (pl.String(), ""),
    "side": (pl.Int8(), 1),
    "quantity": (pl.Float64(), None),
    "decision_ts": (pl.Int64(), None),
    "decision_price": (pl.Float64(), None),
    "arrival_ts": (pl.Int64(), None),
    "arrival_price": (pl.Float64(), None),
    "end_ts": (pl.Int64(), None),
    "end_price": (pl.Float64(), None),
    "planned_end_ts": (pl.Int64(), None),
    "limit_price": (pl.Float64(), None),
    "multiplier": (pl.Float64(), 1.0),
    "currency": (pl.String(), ""),
    "rate": (pl.Float64(), 1.0),
    "algorithm": (pl.String(), ""),
    "strategy": (pl.String(), ""),
    "trader": (pl.String(), ""),
    "account": (pl.String(), ""),
    "status": (pl.String(), ""),
    "expected_bps": (pl.Float64(), None),
    "low_bps": (pl.Float64(), None),
    "high_bps": (pl.Float64(), None),
    "immediate_bps": (pl.Float64(), None),
}
ROUTES: dict[str, tuple[pl.DataType, object]] = {
    "order_id": (pl.String(), ""),
    "venue": (pl.String(), ""),
    "quantity": (pl.Float64(), 0.0),
    "filled": (pl.Float64(), 0.0),
    "status": (pl.String(), ""),
    "decided_ts": (pl.Int64(), None),
    "sent_ts": (pl.Int64(), None),
    "acked_ts": (pl.Int64(), None),
    "filled_ts": (pl.Int64(), None),
    "ended_ts": (pl.Int64(), None),
}


def completed(frame: pl.DataFrame, columns: dict[str, tuple[pl.DataType, object]]) -> pl.DataFrame:
    """The frame with every column of a schema in its type and, where it has nothing, its default."""
    made = []
    for name, (kind, default) in columns.items():
        if name not in frame.columns:
            made.append(pl.lit(default, dtype=kind).alias(name))
            continue
        column = pl.col(name).cast(kind)
        made.append(column if default is None else column.fill_null(pl.lit(default, dtype=kind)))
    return (
        frame.select(made) if len(frame) else pl.DataFrame(schema={name: kind for name, (kind, _) in columns.items()})
    )


def empty_routes() -> pl.DataFrame:
    return pl.DataFrame(schema={name: kind for name, (kind, _) in ROUTES.items()})
