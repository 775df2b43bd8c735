"""From the desk's durable events to the clients that hear of them: each event is put in line for whom it concerns.

The engine is never held up: putting a message in line is all that happens in its turn. Who is concerned is found once
for each account, owner and symbol. Clients are woken some at a time, so that a message to a thousand of them leaves
room for orders in between. A client whose line is full is dropped.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

from penstock.api.json import encode
from penstock.api.metrics import Metrics
from penstock.api.reach import Acting
from penstock.api.running import RunningDesk
from penstock.api.stream.client import Client
from penstock.api.stream.messages import TOLD, About, Route, Topic, about, message, route_of
from penstock.api.stream.past import Past
from penstock.api.views import market_view
from penstock.domain import events as ev
from penstock.domain.events import AnyEvent

WOKEN_AT_ONCE = 20
ROUTES_MAX = 20_000
MARKET_S = 0.25


class Hub:
    """`seq` is the last event that was told; everything up to it is durable."""

    def __init__(self, desk: RunningDesk, metrics: Metrics, messages_max: int, kept_events: int) -> None:
        self._desk, self._metrics = desk, metrics
        self._messages_max = messages_max
        self.past = Past(desk, kept_events)
        self._clients: dict[Client, None] = {}
        self._routes: dict[Route, list[Client]] = {}
        self._of_orders: list[Client] = []  # those that named orders: asked for every event
        self._to_wake: deque[Client] = deque()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._shown: dict[str, bytes] = {}
        desk.listen(self._take)
        desk.listen_to_alerts(self._trouble)

    @property
    def seq(self) -> int:
        return self.past.seq

    @property
    def clients(self) -> int:
        return len(self._clients)

    def new_client(self, act: Acting) -> Client:
        return Client(act, self._messages_max)

    def join(self, client: Client, after: int) -> None:
        """Put in line for a client whatever comes after event `after`, which has not been told yet, or only just."""
        client.after = after
        self._clients[client] = None
        self._forget_routes()
        if client.asked is not None and Topic.MARKET_DATA in client.asked.topics:
            self._show_market_to(client)

    def leave(self, client: Client) -> None:
        if self._clients.pop(client, ()) is None:
            self._forget_routes()

    async def until(self, seq: int) -> None:
        """Wait until everything up to event `seq` was told."""
        if self.seq >= seq:
            return
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((seq, told))
        await told

    def _take(self, first: int, events: Sequence[AnyEvent]) -> None:
        """The desk's listener."""
        self.past.add(events)
        state = self._desk.state
        filled = 0
        for seq, event in enumerate(events, first):
            if type(event) is ev.ChildFilled:
                filled += 1
            if self._clients and type(event).__name__ in TOLD:
                whom = about(event, state)
                if whom is not None:
                    self._tell(seq, event, whom)
        if filled:
            self._metrics.fills.add(count=filled)
        if self._waiting:
            for each in [each for each in self._waiting if each[0] <= self.seq]:
                self._waiting.remove(each)
                if not each[1].done():
                    each[1].set_result(None)
        self._wake()

    def _tell(self, seq: int, event: AnyEvent, whom: About) -> None:
        key = route_of(whom)
        route = self._routes.get(key)
        if route is None:
            if len(self._routes) >= ROUTES_MAX:
                self._routes.clear()
            route = self._routes[key] = [
                client for client in self._clients if not client.names_orders and client.concerns(whom)
            ]
        concerned = route
        if self._of_orders:
            concerned = route + [client for client in self._of_orders if client.concerns(whom)]
        if not concerned:
            return
        text = message(seq, event, whom)
        for client in concerned:
            if seq > client.after:
                self._put(client, text)

    def _trouble(self, alert: dict[str, Any]) -> None:
        """A trouble of the desk itself, which no event tells."""
        if alert["code"] != "trouble":
            return
        text = encode({"type": "event", "topic": Topic.ALERTS.value, "seq": None, "event": "trouble", "data": alert})
        for client in self._clients:
            if client.asked is not None and Topic.ALERTS in client.asked.topics:
                self._put(client, text)
        self._wake()

    def _put(self, client: Client, text: bytes) -> None:
        if client.is_slow:
            return
        if client.put(text):
            self._metrics.messages.add()
        else:
            self._metrics.dropped.add()
        if not client.ring.is_set() or client.is_slow:
            self._to_wake.append(client)

    def _wake(self) -> None:
        """Wake some clients, and the rest after whatever else is due now."""
        if not self._to_wake:
            return
        for _ in range(min(WOKEN_AT_ONCE, len(self._to_wake))):
            self._to_wake.popleft().ring.set()
        if self._to_wake:
            asyncio.get_running_loop().call_soon(self._wake)

    async def run(self) -> None:
        """Tell quotes, at a steady pace, for ever."""
        while True:
            await asyncio.sleep(MARKET_S)
            listeners = [
                client
                for client in self._clients
                if client.asked is not None and Topic.MARKET_DATA in client.asked.topics
            ]
            if not listeners:
                continue
            changed = {}
            for symbol, quotes in self._desk.quotes.items():
                text = encode(market_view(symbol, quotes))
                if self._shown.get(symbol) != text:
                    changed[symbol] = self._shown[symbol] = text
            for client in listeners:
                self._show(client, changed)
            self._wake()

    def _show_market_to(self, client: Client) -> None:
        self._show(
            client, {symbol: encode(market_view(symbol, quotes)) for symbol, quotes in self._desk.quotes.items()}
        )
        self._wake()

    def _show(self, client: Client, changed: dict[str, bytes]) -> None:
        """Keep for a client the latest of each symbol it asked for; what it has not been sent yet is replaced."""
        assert client.asked is not None
        wanted = client.asked.symbols
        for symbol, text in changed.items():
            if not wanted or symbol in wanted:
                client.quotes[symbol] = b'{"type":"market","topic":"market_data","seq":null,"data":' + text + b"}"
        if client.quotes:
            self._to_wake.append(client)

    def _forget_routes(self) -> None:
        self._routes.clear()
        self._of_orders = [client for client in self._clients if client.names_orders]
