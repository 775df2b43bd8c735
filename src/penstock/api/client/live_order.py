"""An order that is as the stream last told: no need to ask, and `done` waits for its end."""

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penstock.api.client.aio import AsyncClient

ZERO = Decimal(0)
OVER = frozenset({"filled", "canceled", "expired", "rejected", "denied"})


class LiveOrder:
    """One parent order. `view` is how the server last showed it, `fills` what the stream told since."""

    def __init__(self, client: "AsyncClient", view: dict[str, Any], seq: int) -> None:
        self._client = client
        self.view = view
        self._seq = seq
        self.order_id: str = view["order_id"]
        self.symbol: str = view["symbol"]
        self.side: str = view["side"]
        self.quantity = Decimal(view["quantity"])
        self.status: str = view["status"]
        self.reason: str = view["reason"]
        self.filled_quantity = Decimal(view["filled_quantity"])
        average = view["average_price"]
        self._value = self.filled_quantity * Decimal(average) if average is not None else ZERO
        self.fills: list[dict[str, Any]] = []
        self._changed = asyncio.Event()

    @property
    def average_price(self) -> Decimal | None:
        return self._value / self.filled_quantity if self.filled_quantity else None

    @property
    def remaining_quantity(self) -> Decimal:
        return ZERO if self.is_over else max(self.quantity - self.filled_quantity, ZERO)

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    async def done(self, timeout_s: float | None = None) -> "LiveOrder":
        """Wait until the order is over.

        Raises:
            TimeoutError: it is not by then.
        """
        async with asyncio.timeout(timeout_s):
            while not self.is_over:
                await self.changed()
        return self

    async def changed(self) -> None:
        """Wait for the next thing that happens to it."""
        self._changed.clear()
        await self._changed.wait()

    async def modify(self, *, quantity: Any = None, price: Any = None) -> "LiveOrder":
        """Give it another total quantity or limit price."""
        await self._client.modify(self.order_id, quantity=quantity, price=price)
        return self

    async def cancel(self) -> "LiveOrder":
        """Cancel what is left; `done` tells when it is gone."""
        await self._client.cancel(self.order_id)
        return self

    async def report(self) -> dict[str, Any]:
        """Its ExecutionReport, as far as it has come."""
        return await self._client.report(self.order_id)

    def take(self, event: dict[str, Any]) -> None:
        """What the stream tells of it; what the order's first view already holds is passed over."""
        if event["seq"] <= self._seq:
            return
        self._seq = event["seq"]
        data, name = event["data"], event["event"]
        match name:
            case "fill":
                self.fills.append({"seq": event["seq"], "time": event["time"], **data})
                self._count(Decimal(data["last_qty"]), Decimal(data["last_px"]))
            case "busted" | "corrected":
                was = next((fill for fill in self.fills if fill["exec_id"] == data["exec_id"]), None)
                if was is not None:
                    self._count(-Decimal(was["last_qty"]), Decimal(was["last_px"]))
                if name == "corrected":
                    self._count(Decimal(data["last_qty"]), Decimal(data["last_px"]))
            case "amended":
                self.quantity = Decimal(data["quantity"])
            case "stopping":
                self.status, self.reason = "pending_cancel", data["reason"]
            case "ended":
                self.status = "expired" if data["expired"] else "canceled"
                self.reason = data["reason"] or self.reason
        self._changed.set()

    def _count(self, quantity: Decimal, price: Decimal) -> None:
        self.filled_quantity += quantity
        self._value += quantity * price
        if self.filled_quantity >= self.quantity:
            self.status = "filled"
        elif self.filled_quantity and self.status == "new":
            self.status = "partially_filled"

    def __repr__(self) -> str:
        done = f"{self.filled_quantity}/{self.quantity}"
        return f"<{self.order_id} {self.side} {done} {self.symbol} {self.status}>"
