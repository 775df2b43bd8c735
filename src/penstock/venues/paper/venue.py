"""One paper venue as the desk sees it: a `LiveVenue` whose other side is a simulated market in the same process."""

import asyncio
from collections.abc import AsyncIterator

from penstock.engine.effects import Look, SendCancel, SendNew, SendReplace
from penstock.engine.ports import NotSent, VenueSays
from penstock.risk import Approved
from penstock.venues.paper.market import PaperMarket


class PaperVenue:
    """It is made from a market and a name, and from nothing else: there is no place for a key or an account."""

    def __init__(self, name: str, market: PaperMarket) -> None:
        self.name = name
        self._market = market
        self._line: asyncio.Queue[VenueSays] | None = None

    async def connect(self) -> None:
        self._line = self._market.attach(self.name)

    async def disconnect(self) -> None:
        self._line = None

    async def messages(self) -> AsyncIterator[VenueSays]:
        line = self._line
        assert line is not None, "connect first"
        while True:
            yield await line.get()

    async def send_new(self, approved: Approved) -> None:
        self._send(SendNew(approved))

    async def send_cancel(self, cancel: SendCancel) -> None:
        self._send(cancel)

    async def send_replace(self, replace: SendReplace) -> None:
        self._send(replace)

    async def look(self, look: Look) -> None:
        self._send(look)

    def _send(self, effect: SendNew | SendCancel | SendReplace | Look) -> None:
        if self._line is None:
            raise NotSent("not connected")
        self._market.take(effect)
