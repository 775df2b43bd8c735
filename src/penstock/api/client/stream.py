"""The stream as an endless iterator: after a lost connection it goes on behind the last event it gave."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any

import websockets
from websockets.asyncio.client import connect

from penstock.api.client.connection import PREFIX, ApiProblem, Connection

SILENCE_S = 30.0  # the server gives a sign of life far more often
FIRST_PAUSE_S, MOST_PAUSE_S = 0.1, 5.0


class Stream:
    """What happens, from now on or after event `since`. `seq` is the number up to which everything was given."""

    def __init__(
        self,
        connection: Connection,
        topics: Sequence[str],
        *,
        since: int | None = None,
        symbols: Sequence[str] = (),
        accounts: Sequence[str] = (),
        order_ids: Sequence[str] = (),
    ) -> None:
        self._connection = connection
        self._asked = {"do": "subscribe", "topics": list(topics), "symbols": list(symbols)}
        self._asked |= {"accounts": list(accounts), "order_ids": list(order_ids)}
        self.seq = since
        self.connections = 0

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self._messages()

    async def _messages(self) -> AsyncIterator[dict[str, Any]]:
        pause = FIRST_PAUSE_S
        while True:
            try:
                async for message in self._one_connection():
                    pause = FIRST_PAUSE_S
                    yield message
            except (OSError, websockets.WebSocketException, TimeoutError):
                await asyncio.sleep(pause)
                pause = min(pause * 2, MOST_PAUSE_S)

    async def _one_connection(self) -> AsyncIterator[dict[str, Any]]:
        url = self._connection.url.replace("http", "ws", 1) + PREFIX + "/stream"
        async with connect(url, max_size=None, compression=None) as socket:
            self.connections += 1
            await socket.send(json.dumps({"do": "auth", "token": await self._connection.token()}))
            asked = self._asked if self.seq is None else self._asked | {"since": self.seq}
            await socket.send(json.dumps(asked))
            while True:
                async with asyncio.timeout(SILENCE_S):
                    message = json.loads(await socket.recv(), parse_float=Decimal)
                match message["type"]:
                    case "error" if message["code"] == "not_authenticated":
                        self._connection.forget()
                        raise OSError(message["detail"])
                    case "error":
                        raise ApiProblem(422, message)
                    case "welcome" | "pong":
                        continue
                    case "event" | "heartbeat" | "subscribed":
                        if message["seq"] is not None:
                            self.seq = message["seq"]
                yield message
