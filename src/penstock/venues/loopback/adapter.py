"""The desk's side of the loopback venue: orders as lines, lines as reports, and nothing remembered in between."""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec

from penstock.domain.commands import MarketUpdate
from penstock.domain.venue import Abilities
from penstock.engine.effects import Look, SendCancel, SendReplace
from penstock.engine.ports import NotSent, VenueSays
from penstock.risk import Approved
from penstock.venues.loopback.wire import (
    LINE_BYTES_MAX,
    Cancel,
    CancelAllAfter,
    CancelOnDisconnect,
    FromVenue,
    Hello,
    New,
    Quotes,
    Replace,
    Show,
    ToVenue,
    Welcome,
    from_venue,
    line,
    report_of,
)


class LoopbackVenue:
    """A `LiveVenue`; `now` is the driver's clock."""

    def __init__(self, name: str, port: int, now: Callable[[], int], host: str = "127.0.0.1") -> None:
        self.name, self.abilities = name, Abilities()
        self._host, self._port, self._now = host, port, now
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def connect(self) -> None:
        await self.greet()

    async def greet(self) -> Welcome:
        """Connect; returns what the venue trades.

        Raises:
            OSError: the venue cannot be reached, or what answers is not a loopback venue.
        """
        await self.disconnect()
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=LINE_BYTES_MAX)
        await self._send(Hello())
        message = await self._hear()
        if not isinstance(message, Welcome):
            raise ConnectionError(f"{self._host}:{self._port} is not a loopback venue")
        self.abilities = message.abilities
        return message

    async def disconnect(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def messages(self) -> AsyncIterator[VenueSays]:
        while True:
            message = await self._hear()
            if isinstance(message, Quotes):
                yield MarketUpdate(
                    ts=self._now(), quotes={symbol: {self.name: quote} for symbol, quote in message.quotes.items()}
                )
            elif not isinstance(message, Welcome):
                yield report_of(message, self.name)

    async def send_new(self, approved: Approved) -> None:
        await self._send(New(approved.terms))

    async def send_cancel(self, cancel: SendCancel) -> None:
        await self._send(Cancel(cancel.order_id, cancel.request_id))

    async def send_replace(self, replace: SendReplace) -> None:
        await self._send(Replace(replace.terms, replace.request_id))

    async def look(self, look: Look) -> None:
        await self._send(Show(look.order_ids, self._now()))

    async def cancel_on_disconnect(self, grace_s: float | None) -> None:
        await self._send(CancelOnDisconnect(grace_s))

    async def cancel_all_after(self, timeout_s: float | None) -> None:
        await self._send(CancelAllAfter(timeout_s))

    async def _send(self, message: ToVenue) -> None:
        if self._writer is None or self._writer.is_closing():
            raise NotSent("not connected")
        self._writer.write(line(message))
        await self._writer.drain()

    async def _hear(self) -> FromVenue:
        assert self._reader is not None, "connect first"
        try:
            text = await self._reader.readline()
            if not text.endswith(b"\n"):
                raise ConnectionError("the venue hung up")
            return from_venue(text)
        except (ValueError, msgspec.DecodeError) as error:
            raise ConnectionError(f"not understood: {error}") from None
