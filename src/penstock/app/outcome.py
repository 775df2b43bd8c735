"""How a run ended: one row a parent, with what it got and what it cost."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from rich.text import Text

from penstock.app.fitted_table import (
    Column,
    FittedTable,
    cost_bps,
    percent,
    price_decimals,
    price_text,
    quantity_text,
    side_text,
)
from penstock.domain.orders import Side


class OutcomeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One parent's result. Costs in basis points, positive is a cost; fees in the instrument's currency.

    `passive_ratio` is the part of the quantity filled as maker. None where there is nothing to measure.
    """

    order_id: str
    symbol: str
    side: Side
    algorithm: str
    quantity: Decimal
    filled: Decimal
    avg_px: Decimal | None
    arrival_px: Decimal
    vs_arrival_bps: Decimal | float | None
    vs_vwap_bps: Decimal | float | None
    total_cost_bps: Decimal | float | None
    fees: Decimal
    passive_ratio: Decimal | float | None
    status: str


def final_table(rows: Sequence[OutcomeRow]) -> FittedTable:
    """All columns where the console has about 120, fewer where it has not."""
    decimals = [price_decimals(row.arrival_px) for row in rows]
    return FittedTable(
        [
            Column("order", [row.order_id for row in rows], "left"),
            Column("symbol", [Text(row.symbol, style="bold") for row in rows], "left"),
            Column("side", [side_text(row.side) for row in rows], "left"),
            Column("algo", [row.algorithm for row in rows], "left", keep=4),
            Column("filled", [quantity_text(row.filled) for row in rows]),
            Column("of", [quantity_text(row.quantity) for row in rows], keep=3),
            Column("fill", [percent(row.filled / row.quantity) for row in rows]),
            Column("avg px", [price_text(r.avg_px, d) for r, d in zip(rows, decimals, strict=True)], keep=2),
            Column("arrival", [price_text(r.arrival_px, d) for r, d in zip(rows, decimals, strict=True)], keep=6),
            Column("vs arr.\nbps", [cost_bps(row.vs_arrival_bps) for row in rows]),
            Column("vs VWAP\nbps", [cost_bps(row.vs_vwap_bps) for row in rows], keep=1),
            Column("total\nbps", [cost_bps(row.total_cost_bps) for row in rows]),
            Column("fees", [f"{row.fees:,.2f}" for row in rows], keep=5),
            Column("passive", [percent(row.passive_ratio) for row in rows], keep=7),
            Column("status", [Text(row.status, style=_status_style(row)) for row in rows], "left"),
        ]
    )


def _status_style(row: OutcomeRow) -> str:
    return "green" if row.filled >= row.quantity else "yellow"
