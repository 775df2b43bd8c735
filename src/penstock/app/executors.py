"""One order by one algorithm, in one line: the short way to use a desk."""

from typing import Any

from penstock.app.desk import Desk
from penstock.app.order_form import Number
from penstock.domain.orders import Side


class TWAPExecutor:
    """Spread an order evenly over a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def execute(
        self, symbol: str, side: Side | str, total_amount: Number, duration_minutes: float
    ) -> dict[str, Any]:
        """Work `total_amount` over `duration_minutes`; returns the order's ExecutionReport.

        Raises:
            BadInput: whatever about it cannot be traded as asked.
        """
        parameters = {"duration_minutes": duration_minutes}
        return await self._desk.execute(symbol, side, total_amount, "twap", parameters=parameters)


class VWAPExecutor:
    """Follow the market's volume."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def execute(
        self, symbol: str, side: Side | str, total_amount: Number, target_participation_rate: float = 0.10
    ) -> dict[str, Any]:
        """Work `total_amount` as that share of what others trade; returns the order's ExecutionReport.

        Raises:
            BadInput: whatever about it cannot be traded as asked.
        """
        parameters = {"participation_rate": target_participation_rate}
        return await self._desk.execute(symbol, side, total_amount, "vwap", parameters=parameters)
