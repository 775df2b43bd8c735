"""The stream as an endless iterator: after a lost connection it goes on behind the last event it gave."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, Self

import websockets
from websockets.asyncio.client import ClientConnection, connect

from penstock.api.client.connection import PREFIX, ApiProblem, Connection

SILENCE_S = 30.0  # the server gives a sign of life far more often
CLOSING_S = 1.0
FIRST_PAUSE_S, MOST_PAUSE_S = 0.1, 5.0


class Stream:
    """What happens, from now on or after event `since`. `seq` is the number up to which everything was given.

    It keeps one connection until `close`; the client that made it closes it at the latest.
    """

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
        self._socket: ClientConnection | None = None
        self._pause = FIRST_PAUSE_S
        self.seq = since
        self.connections = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        """The next message, over as many connections as it takes.

        Raises:
            ApiProblem: the caller is none, or asked for what there is not.
        """
        while True:
            try:
                message = self._given(await self._heard())
            except (OSError, websockets.WebSocketException, TimeoutError):
                await self.close()
                await asyncio.sleep(self._pause)
                self._pause = min(self._pause * 2, MOST_PAUSE_S)
                continue
            if message is not None:
                self._pause = FIRST_PAUSE_S
                return message

    async def close(self) -> None:
        """Hang up; the next message would be from another connection."""
        socket, self._socket = self._socket, None
        if socket is not None:
            with suppress(OSError, websockets.WebSocketException):
                await socket.close()

    async def _heard(self) -> dict[str, Any]:
        if self._socket is None:
            url = self._connection.url.replace("http", "ws", 1) + PREFIX + "/stream"
            self._socket = await connect(url, max_size=None, compression=None, close_timeout=CLOSING_S)
            self.connections += 1
            asked = self._asked if self.seq is None else self._asked | {"since": self.seq}
            await self._socket.send(json.dumps({"do": "auth", "token": await self._connection.token()}))
            await self._socket.send(json.dumps(asked))
        async with asyncio.timeout(SILENCE_S):
            message: dict[str, Any] = json.loads(await self._socket.recv(), parse_float=Decimal)
            return message

    def _given(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """A message for whoever listens; None for what is between us and the server."""
        match message["type"]:
            case "error" if message["code"] == "not_authenticated" and self._connection.renew():
                raise OSError(message["detail"])  # the token was over: connect again with a new one
            case "error":
                raise ApiProblem(401 if message["code"] == "not_authenticated" else 422, message)
            case "welcome" | "pong":
                return None
            case "event" | "heartbeat" | "subscribed":
                if message["seq"] is not None:
                    self.seq = message["seq"]
        return message
