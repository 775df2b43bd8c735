"""The client for asyncio."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, Self

from penstock.api.client.connection import Answer, ApiProblem, Connection, new_id
from penstock.api.client.live_order import LiveOrder
from penstock.api.client.stream import Stream

Number = Decimal | int | float | str
KEPT_MAX = 10_000


class AsyncClient:
    """A desk, over HTTP. Give a `key`, or `user` and `password`; further options are httpx's (`verify`, `proxy`, …)."""

    def __init__(self, url: str, *, key: str = "", user: str = "", password: str = "", **options: Any) -> None:
        self._connection = Connection(url, key=key, user=user, password=password, **options)
        self._orders: dict[str, LiveOrder] = {}
        self._early: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()  # told before the order was known here
        self._following: asyncio.Task[None] | None = None
        self._listens = asyncio.Event()
        self._streams: list[Stream] = []

    async def submit(
        self,
        symbol: str,
        side: str,
        quantity: Number,
        *,
        price: Number | None = None,
        algorithm: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        order_type: str | None = None,
        time_in_force: str = "DAY",
        account: str = "main",
        client_order_id: str | None = None,
        **more: Any,
    ) -> LiveOrder:
        """Give an order; it is taken once this returns. `more` are further fields of `POST /orders`.

        Raises:
            ApiProblem: it was refused or denied, and why.
        """
        await self._follow()
        body = {
            "symbol": symbol,
            "side": side,
            "quantity": exact(quantity),
            "price": None if price is None else exact(price),
            "order_type": order_type,
            "time_in_force": time_in_force,
            "algo_type": algorithm,
            "algo_parameters": None if parameters is None else dict(parameters),
            "account_id": account,
            "client_order_id": client_order_id or new_id(),
            **more,
        }
        return self._live(await self._connection.ask("POST", "/orders", body, repeatable=True))

    async def order(self, order_id: str) -> LiveOrder:
        """An order that was given before, live from now on."""
        await self._follow()
        if order_id in self._orders:
            return self._orders[order_id]
        return self._live(await self._connection.ask("GET", f"/orders/{order_id}"))

    async def orders(self, **query: Any) -> list[Answer]:
        """Orders by `symbol`, `status`, `account_id`; at most `limit`, the newest first."""
        return list((await self._connection.ask("GET", "/orders", **query))["orders"])

    async def modify(self, order_id: str, *, quantity: Number | None = None, price: Number | None = None) -> Answer:
        body = {
            "new_quantity": None if quantity is None else exact(quantity),
            "new_price": None if price is None else exact(price),
        }
        return await self._connection.ask("PUT", f"/orders/{order_id}/modify", body)

    async def cancel(self, order_id: str) -> Answer:
        return await self._connection.ask("DELETE", f"/orders/{order_id}", {})

    async def fills(self, order_id: str) -> list[Answer]:
        return list((await self._connection.ask("GET", f"/orders/{order_id}/fills"))["fills"])

    async def report(self, order_id: str) -> Answer:
        """An order's ExecutionReport."""
        return await self._connection.ask("GET", f"/orders/{order_id}/report")

    async def execute(
        self, symbol: str, side: str, quantity: Number, algorithm: str, *, strategy: str = "neutral", **parameters: Any
    ) -> LiveOrder:
        """Have an algorithm work a quantity: `submit` in other words."""
        return await self.submit(symbol, side, quantity, algorithm=algorithm, parameters=parameters, strategy=strategy)

    async def slices(self, execution_id: str) -> list[Answer]:
        return list((await self._connection.ask("GET", f"/executions/{execution_id}/slices"))["slices"])

    async def metrics(self, execution_id: str) -> Answer:
        return await self._connection.ask("GET", f"/executions/{execution_id}/metrics")

    async def basket(self, targets: Sequence[Mapping[str, Any]], **more: Any) -> list[Answer]:
        """Trade towards targets: one order a symbol, all checked before the first is given."""
        body = {"targets": [dict(target) for target in targets], **more}
        return list((await self._connection.ask("POST", "/baskets", body))["orders"])

    async def group(self, contingency: str, orders: Sequence[Mapping[str, Any]], **more: Any) -> Answer:
        """Have orders worked that depend on each other: `oco`, `oto` or `bracket`, each order as the API takes it."""
        body = {"contingency": contingency, "orders": [dict(order) for order in orders], **more}
        return await self._connection.ask("POST", "/groups", body)

    async def pre_trade(self, symbol: str, side: str, quantity: Number, **more: Any) -> Answer:
        body = {"symbol": symbol, "side": side, "quantity": exact(quantity), **more}
        return await self._connection.ask("POST", "/pre-trade", body)

    async def market_data(self, symbol: str) -> Answer:
        return await self._connection.ask("GET", f"/market-data/{symbol}")

    async def order_book(self, symbol: str, levels: int = 10) -> Answer:
        return await self._connection.ask("GET", f"/order-book/{symbol}", levels=levels)

    async def positions(self, account: str | None = None) -> list[Answer]:
        return list((await self._connection.ask("GET", "/positions", account_id=account))["positions"])

    async def pnl(self, account: str | None = None, currency: str = "USD") -> Answer:
        return await self._connection.ask("GET", "/pnl", account_id=account, currency=currency)

    async def risk(self) -> Answer:
        return await self._connection.ask("GET", "/risk/status")

    async def kill(self, reason: str, *, scope: str = "desk", mode: str = "halted") -> Answer:
        """The kill switch."""
        return await self._connection.ask("POST", "/risk/kill", {"reason": reason, "scope": scope, "mode": mode})

    async def reset(self, reason: str, *, scope: str = "desk") -> Answer:
        """Let trading go on after a kill."""
        body = {"reason": reason, "scope": scope, "mode": "active", "reset": True}
        return await self._connection.ask("POST", "/risk/mode", body)

    async def ask(self, method: str, path: str, body: Answer | None = None, **query: Any) -> Answer:
        """Any other call of the API, by its path."""
        return await self._connection.ask(method, path, body, **query)

    def stream(self, *topics: str, **filters: Any) -> Stream:
        """What happens, message by message, for ever: `async for message in desk.stream("fills")`."""
        stream = Stream(self._connection, topics, **filters)
        self._streams.append(stream)
        return stream

    async def close(self) -> None:
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError, ApiProblem):  # a refusal was told to who waited for it
                await self._following
        await asyncio.gather(*(stream.close() for stream in self._streams))
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _follow(self) -> None:
        """Listen to what becomes of orders, from before the first of them is given."""
        if self._following is None:
            await self._connection.token()
            self._following = asyncio.create_task(self._listen())
        listens = asyncio.create_task(self._listens.wait())
        await asyncio.wait({listens, self._following}, return_when=asyncio.FIRST_COMPLETED)
        listens.cancel()
        if self._following.done():
            self._following.result()

    async def _listen(self) -> None:
        async for message in self.stream("orders", "fills"):
            if message["type"] == "subscribed":
                self._listens.set()
            if message["type"] != "event" or message["order_id"] is None:
                continue
            order = self._orders.get(message["order_id"])
            if order is not None:
                order.take(message)
                continue
            self._early.setdefault(message["order_id"], []).append(message)
            if len(self._early) > KEPT_MAX:
                self._early.popitem(last=False)

    def _live(self, view: Answer) -> LiveOrder:
        order_id = view["order_id"]
        known = self._orders.get(order_id)
        if known is not None:
            return known
        early = self._early.pop(order_id, [])
        order = self._orders[order_id] = LiveOrder(self, view, view["seq"])
        for event in early:
            order.take(event)
        return order


def exact(number: Number) -> Decimal:
    """A number as it is written: 0.1 means one tenth."""
    return number if isinstance(number, Decimal) else Decimal(str(number))
