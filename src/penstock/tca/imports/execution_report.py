"""The ExecutionReport of imported fills: the same keys as a session's, from what was given.

An imported order stands for its own only child. What files do not tell has the value that means nothing: no violations,
no latency, no profit and loss.
"""

from typing import Any

import polars as pl

from penstock.domain.time import to_iso
from penstock.tca.execution_report import MULTI
from penstock.tca.report_numbers import BPS_DIGITS
from penstock.tca.study.study import Study


def imported_report(study: Study, report: dict[str, Any]) -> dict[str, Any]:
    """The report of a study of imported fills; `report` is its `study_report` and goes under `details`.

    Money is in the currency that the study's totals are told in.
    """
    orders, fills, totals = study.orders, study.fills, report["totals"]
    fees = float((orders["fees"] + orders["commissions"]).sum())
    spread = float(orders["spread"].sum())
    impact = float((orders["temporary"] + orders["permanent"]).sum())
    traded = float(fills["notional"].sum())
    venues = fills.group_by("order_id").agg(pl.col("venue").unique().sort())
    venue_of = {order: _single(names) or "" for order, names in venues.iter_rows()}
    slippage = (fills["side"] * (fills["price"] - fills["mid"]) / fills["mid"] * 10_000).fill_null(fills["arrival_bps"])
    last = fills["ts"].max()
    return {
        "orders": [
            {
                "venue": venue_of.get(row["order_id"], ""),
                "symbol": row["symbol"],
                "side": "buy" if row["side"] > 0 else "sell",
                "qty": row["quantity"],
                "tif": "DAY",
                "order_type": "market" if row["limit_price"] is None else "limit",
                "limit_price": row["limit_price"],
                "slice_id": "001",
                "parent_id": row["order_id"],
            }
            for row in orders.select("order_id", "symbol", "side", "quantity", "limit_price").iter_rows(named=True)
        ],
        "fills": [
            {
                "order_id": order_id,
                "price": price,
                "qty": quantity,
                "slippage_bps": round(bps, BPS_DIGITS),
                "venue": venue,
                "timestamp": to_iso(ts),
            }
            for order_id, price, quantity, bps, venue, ts in zip(
                fills["order_id"], fills["price"], fills["quantity"], slippage, fills["venue"], fills["ts"], strict=True
            )
        ],
        "costs": {
            "fees_usd": fees,
            "impact_bps": round(impact / traded * 10_000, BPS_DIGITS) if traded else None,
            "spread_cost_usd": spread,
            "total_cost_usd": fees + spread,
        },
        "violations": [],
        "pnl": {"realized": 0.0, "unrealized": 0.0},
        "latency_ms": None if totals["latency_ms"] is None else totals["latency_ms"]["p50"],
        "ts": to_iso(int(last) if isinstance(last, int) else 0),
        "symbol": _single(orders["symbol"].unique().to_list()),
        "venue": _single(fills["venue"].unique().to_list()),
        "execution_quality": {
            "arrival_slippage_bps": totals["arrival_bps"]["mean"],
            "vwap_slippage_bps": next(row["mean"] for row in report["benchmarks"] if row["benchmark"] == "vwap"),
            "fill_rate": totals["fill_rate"],
            "passive_ratio": totals["passive_ratio"],
        },
        "details": {"tca": report["tca"], "analysis": report},
    }


def _single(names: list[str]) -> str | None:
    if not names:
        return None
    return names[0] if len(names) == 1 else MULTI
