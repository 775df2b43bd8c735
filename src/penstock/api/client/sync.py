"""The client for programs without asyncio: the same, on a loop in a thread of its own."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from decimal import Decimal
from threading import Thread
from typing import Any, Self, TypeVar

from penstock.api.client.aio import AsyncClient, Number
from penstock.api.client.connection import Answer
from penstock.api.client.live_order import LiveOrder

Result = TypeVar("Result")


class Client:
    """As `AsyncClient`, each call waiting for its answer. Use it in a `with` block, or `close` it."""

    def __init__(self, url: str, *, key: str = "", user: str = "", password: str = "", **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="penstock client", daemon=True)
        self._thread.start()
        self._client = self._run(_made(url, key=key, user=user, password=password, **options))

    def submit(self, symbol: str, side: str, quantity: Number, **more: Any) -> "SyncOrder":
        """Give an order: see `AsyncClient.submit`."""
        return SyncOrder(self, self._run(self._client.submit(symbol, side, quantity, **more)))

    def order(self, order_id: str) -> "SyncOrder":
        return SyncOrder(self, self._run(self._client.order(order_id)))

    def orders(self, **query: Any) -> list[Answer]:
        return self._run(self._client.orders(**query))

    def modify(self, order_id: str, *, quantity: Number | None = None, price: Number | None = None) -> Answer:
        return self._run(self._client.modify(order_id, quantity=quantity, price=price))

    def cancel(self, order_id: str) -> Answer:
        return self._run(self._client.cancel(order_id))

    def fills(self, order_id: str) -> list[Answer]:
        return self._run(self._client.fills(order_id))

    def report(self, order_id: str) -> Answer:
        return self._run(self._client.report(order_id))

    def execute(self, symbol: str, side: str, quantity: Number, algorithm: str, **parameters: Any) -> "SyncOrder":
        return SyncOrder(self, self._run(self._client.execute(symbol, side, quantity, algorithm, **parameters)))

    def slices(self, execution_id: str) -> list[Answer]:
        return self._run(self._client.slices(execution_id))

    def metrics(self, execution_id: str) -> Answer:
        return self._run(self._client.metrics(execution_id))

    def basket(self, targets: Sequence[Mapping[str, Any]], **more: Any) -> list[Answer]:
        return self._run(self._client.basket(targets, **more))

    def group(self, contingency: str, orders: Sequence[Mapping[str, Any]], **more: Any) -> Answer:
        return self._run(self._client.group(contingency, orders, **more))

    def pre_trade(self, symbol: str, side: str, quantity: Number, **more: Any) -> Answer:
        return self._run(self._client.pre_trade(symbol, side, quantity, **more))

    def market_data(self, symbol: str) -> Answer:
        return self._run(self._client.market_data(symbol))

    def order_book(self, symbol: str, levels: int = 10) -> Answer:
        return self._run(self._client.order_book(symbol, levels))

    def positions(self, account: str | None = None) -> list[Answer]:
        return self._run(self._client.positions(account))

    def pnl(self, account: str | None = None, currency: str = "USD") -> Answer:
        return self._run(self._client.pnl(account, currency))

    def risk(self) -> Answer:
        return self._run(self._client.risk())

    def kill(self, reason: str, *, scope: str = "desk", mode: str = "halted") -> Answer:
        return self._run(self._client.kill(reason, scope=scope, mode=mode))

    def reset(self, reason: str, *, scope: str = "desk") -> Answer:
        return self._run(self._client.reset(reason, scope=scope))

    def ask(self, method: str, path: str, body: Answer | None = None, **query: Any) -> Answer:
        return self._run(self._client.ask(method, path, body, **query))

    def stream(self, *topics: str, **filters: Any) -> Iterator[Answer]:
        """What happens, message by message, for ever."""
        messages = aiter(self._client.stream(*topics, **filters))
        while True:
            yield self._run(_next(messages))

    def close(self) -> None:
        if self._loop.is_running():
            self._run(self._client.close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class SyncOrder:
    """A live order, for programs without asyncio: its fields are as the stream last told."""

    def __init__(self, client: Client, order: LiveOrder) -> None:
        self._client, self._order = client, order
        self.order_id = order.order_id

    @property
    def status(self) -> str:
        return self._order.status

    @property
    def reason(self) -> str:
        return self._order.reason

    @property
    def filled_quantity(self) -> Decimal:
        return self._order.filled_quantity

    @property
    def remaining_quantity(self) -> Decimal:
        return self._order.remaining_quantity

    @property
    def average_price(self) -> Decimal | None:
        return self._order.average_price

    @property
    def fills(self) -> list[Answer]:
        return list(self._order.fills)

    @property
    def is_over(self) -> bool:
        return self._order.is_over

    def done(self, timeout_s: float | None = None) -> "SyncOrder":
        """Wait until the order is over."""
        self._client._run(self._order.done(timeout_s))
        return self

    def modify(self, *, quantity: Number | None = None, price: Number | None = None) -> "SyncOrder":
        self._client.modify(self.order_id, quantity=quantity, price=price)
        return self

    def cancel(self) -> "SyncOrder":
        self._client.cancel(self.order_id)
        return self

    def report(self) -> Answer:
        return self._client.report(self.order_id)

    def __repr__(self) -> str:
        return repr(self._order)


async def _made(url: str, **options: Any) -> AsyncClient:
    return AsyncClient(url, **options)


async def _next(messages: Any) -> Answer:
    said: Answer = await anext(messages)
    return said
