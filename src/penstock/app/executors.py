"""One order by one algorithm, in one line: the short way to use a desk."""

from typing import Any

import msgspec

from penstock.algos.registry import window_parameter
from penstock.app.desk import Desk
from penstock.app.order_form import Number
from penstock.domain.errors import BadInput
from penstock.domain.orders import Side
from penstock.portfolio.signals import Entry, Signal, Sizing, enters_at, entry_for


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


class SignalExecutor:
    """Trade a signal: in at the next quarter of an hour, out after its holding period, 180 minutes at most."""

    def __init__(self, desk: Desk, sizing: Sizing, *, entry_minutes: float = 5.0) -> None:
        """`entry_minutes` is how long the way in may take, where it is not a market order."""
        self._desk = desk
        self._sizing = sizing
        self._entry_minutes = entry_minutes

    async def execute(self, signal: Signal) -> tuple[Entry, dict[str, Any] | None, dict[str, Any] | None]:
        """The entry as it was decided, and the reports of the order in and of the order out; None where not traded.

        The way out is a market order that only reduces what the entry brought.

        Raises:
            BadInput: whatever about it cannot be traded as asked.
        """
        desk = self._desk
        await desk.wait_until(enters_at(max(signal.at, desk.now)))
        price = desk.mid(signal.symbol)
        if price is None:
            raise BadInput("signal", "symbol", "shows no bid and ask at the time of entry", signal.symbol)
        instrument = desk.instrument(signal.symbol)
        entry = entry_for(msgspec.structs.replace(signal, at=desk.now), self._sizing, instrument, price)
        if not entry.quantity:
            return entry, None, None
        algorithm = entry.algorithm.algorithm
        window = window_parameter(algorithm)
        parameters = {} if window is None else {window: self._entry_minutes}
        entered = desk.submit(signal.symbol, signal.side, entry.quantity, algorithm, parameters=parameters)
        await desk.wait_until(entry.exits_at)
        desk.cancel(entered)
        arrived = await desk.wait(entered)
        held = desk.order(entered).cum_qty
        if not held:
            return entry, arrived, None
        back = Side.SELL if signal.side.is_buy else Side.BUY
        return entry, arrived, await desk.execute(signal.symbol, back, held, "market", reduce_only=True)
