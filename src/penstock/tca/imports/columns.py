"""Which column is which: every name that is understood, in the order in which it is preferred.

Names are compared in lower case with anything but letters and digits as one underscore: `Exec ID` is `exec_id`.
"""

import re

import polars as pl

from penstock.domain.errors import BadInput

Names = dict[str, tuple[str, ...]]

FILL_NAMES: Names = {
    "fill_id": ("fill_id", "exec_id", "execution_id", "trade_id", "fill", "id"),
    "order_id": (
        "order_id", "parent_order_id", "parent_id", "orderid", "ancestor_pointer_id", "client_order_id", "cl_ord_id",
        "clordid",
    ),
    "symbol": ("symbol", "ticker", "instrument", "security", "ric", "pair", "sym"),
    "side": ("side", "buy_sell", "direction", "bs", "b_s"),
    "time": (
        "ts", "timestamp", "time", "datetime", "transact_time", "exec_time", "execution_time", "fill_time",
        "trade_time", "traded_at", "executed_at", "date",
    ),
    "price": ("price", "last_px", "executed_price", "exec_price", "execution_price", "fill_price", "trade_price", "px"),
    "quantity": (
        "quantity", "qty", "last_qty", "executed_quantity", "executed_qty", "exec_qty", "fill_qty", "fill_quantity",
        "filled", "shares", "size", "volume",
    ),
    "notional": ("executed_notional", "notional", "value", "amount"),
    "notional_currency": ("notional_currency", "amount_currency"),
    "fee": ("fee", "fees", "exchange_fee"),
    "commission": ("commission", "commissions", "comm", "broker_commission"),
    "venue": ("venue", "exchange", "last_mkt", "mic", "venue_id", "market"),
    "venue_kind": ("venue_kind", "venue_type"),
    "liquidity": ("liquidity", "liquidity_flag", "last_liquidity_ind", "maker_taker", "liquidity_indicator"),
    "algorithm": ("algorithm", "algo", "algo_id", "algo_name"),
    "strategy": ("strategy", "strategy_id", "algo_settings"),
    "trader": ("trader", "trader_id", "user", "user_id", "portfolio_manager_id"),
    "account": ("account", "account_id", "portfolio", "portfolio_id"),
    "currency": ("currency", "ccy", "price_currency"),
    "bid": ("bid", "market_bid", "bid_price", "best_bid", "bid_px"),
    "ask": ("ask", "market_ask", "ask_price", "best_ask", "ask_px", "offer"),
    "event": ("event_type", "exec_type", "event"),
}  # fmt: skip
ORDER_NAMES: Names = {
    "order_id": ("order_id", "parent_order_id", "orderid", "client_order_id", "cl_ord_id", "id"),
    "symbol": FILL_NAMES["symbol"],
    "side": FILL_NAMES["side"],
    "quantity": ("quantity", "qty", "order_qty", "order_quantity", "target_qty", "shares", "size"),
    "notional": ("order_notional", "notional", "value", "amount"),
    "notional_currency": FILL_NAMES["notional_currency"],
    "decision_time": ("decision_ts", "decision_time", "decided_at", "decision_date"),
    "decision_price": ("decision_price", "decision_px"),
    "arrival_time": (
        "arrival_ts", "arrival_time", "arrived_at", "benchmark_date_start", "start_time", "start", "received_at",
        "order_time", "ts", "timestamp", "time", "date",
    ),
    "arrival_price": ("arrival_price", "arrival_px", "arrival_mid", "arrival"),
    "end_time": ("end_ts", "end_time", "ended_at", "benchmark_date_end", "finish_time", "end"),
    "planned_end_time": ("planned_end_ts", "planned_end", "planned_end_time", "expires_at"),
    "limit_price": ("limit_price", "price_limit", "limit", "limit_px"),
    "multiplier": ("multiplier", "contract_multiplier", "contract_size"),
    "currency": FILL_NAMES["currency"],
    "algorithm": FILL_NAMES["algorithm"],
    "strategy": FILL_NAMES["strategy"],
    "trader": FILL_NAMES["trader"],
    "account": FILL_NAMES["account"],
    "expected_bps": ("expected_bps", "expected_cost_bps", "pretrade_bps", "pre_trade_bps", "estimate_bps"),
    "low_bps": ("low_bps", "expected_low_bps", "cost_low_bps"),
    "high_bps": ("high_bps", "expected_high_bps", "cost_high_bps"),
    "immediate_bps": ("immediate_bps", "immediate_cost_bps"),
}  # fmt: skip
MARKET_NAMES: Names = {
    "symbol": FILL_NAMES["symbol"],
    "time": ("ts", "timestamp", "time", "datetime", "quote_time", "trade_time", "date"),
    "bid": FILL_NAMES["bid"],
    "ask": FILL_NAMES["ask"],
    "price": ("price", "trade_price", "last_px", "last_price", "px"),
    "quantity": ("quantity", "qty", "size", "trade_size", "last_qty", "volume", "shares"),
}


def plain(name: str) -> str:
    """A column's name as it is compared."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")


def found(columns: list[str], names: Names) -> dict[str, str]:
    """Which of a file's columns holds what, by our name; a column holds one thing only."""
    by_plain: dict[str, str] = {}
    for column in columns:
        by_plain.setdefault(plain(column), column)
    held: dict[str, str] = {}
    for ours, theirs in names.items():
        taken = set(held.values())
        match = next((by_plain[each] for each in theirs if each in by_plain and by_plain[each] not in taken), None)
        if match is not None:
            held[ours] = match
    return held


def renamed(frame: pl.DataFrame, names: Names, where: str, needed: tuple[tuple[str, ...], ...]) -> pl.DataFrame:
    """The understood columns under our names. Of each group in `needed` at least one must be there.

    Raises:
        BadInput: a needed column is missing; says which names would do.
    """
    held = found(frame.columns, names)
    for group in needed:
        if not any(name in held for name in group):
            words = ", ".join(sorted({theirs for name in group for theirs in names[name][:4]}))
            raise BadInput(where, group[0], f"no column for it: name one of {words}; the columns are", frame.columns)
    return frame.select(pl.col(theirs).alias(ours) for ours, theirs in held.items())
