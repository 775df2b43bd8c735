"""The last table of a run: one row per parent, as plain data that a terminal or a page lays out."""

from typing import Any, NamedTuple


class SummaryRow(NamedTuple):
    """One parent in a report's own units: prices, bps (positive is a cost), shares in [0, 1]; None if unknown.

    `cost_bps` is the implementation shortfall of the whole order.
    """

    order_id: str
    symbol: str
    side: str
    filled: float
    quantity: float
    fill_rate: float | None
    avg_price: float | None
    arrival_price: float | None
    arrival_bps: float | None
    vwap_bps: float | None
    cost_bps: float
    fees: float
    passive_ratio: float | None
    status: str


def summary_table(report: dict[str, Any]) -> list[SummaryRow]:
    """The rows of an `execution_report`, in the order in which its parents arrived."""
    return [
        SummaryRow(
            order_id=parent["order_id"],
            symbol=parent["symbol"],
            side=parent["side"],
            filled=parent["filled"],
            quantity=parent["quantity"],
            fill_rate=parent["fill_rate"],
            avg_price=parent["avg_price"],
            arrival_price=parent["arrival_price"],
            arrival_bps=parent["slippage_bps"]["arrival"],
            vwap_bps=parent["slippage_bps"]["vwap"],
            cost_bps=parent["shortfall"]["bps"]["total"],
            fees=parent["fees"],
            passive_ratio=parent["passive_ratio"],
            status=parent["status"],
        )
        for parent in report["details"]["parents"]
    ]
