"""The loopback venue as a process: one desk at a time, a market that moves, a ledger that outlives both.

When it is told to, it cancels what rests once its desk is gone or silent. What it was told it forgets when it dies.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

import msgspec

from penstock.domain import reports as rep
from penstock.domain.venue import Abilities
from penstock.domain.venue_budget import Budget, Message
from penstock.sim.market_profile import MarketProfile
from penstock.sim.synthetic import ACME, BTC, CRYPTO_FEES, ETH, GLOBEX
from penstock.venues.loopback.exchange import LoopbackExchange
from penstock.venues.loopback.faults import Faults
from penstock.venues.loopback.ledger import Ledger, read_ledger
from penstock.venues.loopback.market import QuotedMarket
from penstock.venues.loopback.rate_rules import RateRules
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
    Report,
    Show,
    ToVenue,
    Welcome,
    line,
    to_venue,
    told,
)

PROFILES = (ACME, GLOBEX, BTC, ETH)
HOST = "127.0.0.1"
KINDS: dict[type, Message] = {
    New: Message.NEW,
    Cancel: Message.CANCEL,
    Replace: Message.REPLACE,
    Show: Message.LOOK,
}
GUARDS = Abilities(cancel_on_disconnect=True, cancel_all_after=True)
UNSENT_BYTES_MAX = 64 * 1024**2


class LoopbackServer:
    """Listens once `start` returns; `port` is then the one it really has."""

    def __init__(
        self,
        ledger: Path,
        *,
        port: int = 0,
        seed: int = 0,
        step_ms: int = 50,
        faults: Faults | None = None,
        profiles: tuple[MarketProfile, ...] = PROFILES,
        abilities: Abilities = GUARDS,
        budgets: Sequence[Budget] = (),
    ) -> None:
        self._rules = RateRules(budgets)
        self._abilities = abilities
        self.port, self._step_s = port, step_ms / 1000
        self._random, self._faults = Random(seed), faults or Faults()
        markets = {
            profile.instrument.symbol: QuotedMarket(profile, Random(f"{seed}/{profile.instrument.symbol}"))
            for profile in profiles
        }
        self._ledger = Ledger(ledger)
        self.exchange = LoopbackExchange(markets, CRYPTO_FEES, self._ledger, read_ledger(ledger))
        self._desk: asyncio.StreamWriter | None = None
        self._heard = 0
        self._grace_s: float | None = None
        self._gone: asyncio.TimerHandle | None = None
        self._silent: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        self._server = await asyncio.start_server(self._serve, HOST, self.port, limit=LINE_BYTES_MAX)
        self.port = self._server.sockets[0].getsockname()[1]
        self._clock = asyncio.create_task(self._run())

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            await self._clock
        finally:
            await self.close()

    async def close(self) -> None:
        self._grace_s = None
        for timer in (self._gone, self._silent):
            stop(timer)
        self._clock.cancel()
        with suppress(asyncio.CancelledError):
            await self._clock
        self._server.close()
        self.hang_up()
        self._ledger.close()

    def hang_up(self) -> None:
        """End the session with the desk at once, whatever is under way."""
        if self._desk is not None:
            self._desk.transport.abort()
            self._lose()

    def _lose(self) -> None:
        """The desk is gone: what it left is cancelled after its grace, if it said so."""
        self._desk = None
        if self._grace_s is not None:
            reason = f"connection lost for {self._grace_s:g} s"
            self._gone = asyncio.get_running_loop().call_later(self._grace_s, self._cancel_all, reason)
            self._grace_s = None

    def _cancel_all(self, reason: str) -> None:
        self._tell(self.exchange.cancel_all(reason, time.time_ns()))

    async def _run(self) -> None:
        """Move the market at a steady pace, and tell the desk."""
        while True:
            await asyncio.sleep(self._step_s)
            now = time.time_ns()
            reports = self.exchange.step(now)
            self._send(Quotes({symbol: market.quote(now) for symbol, market in self.exchange.markets.items()}))
            self._tell(reports)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for text in reader:
                message = to_venue(text)
                if isinstance(message, Hello):
                    self._welcome(writer)
                elif writer is not self._desk:
                    return  # another session has begun: what this one still held is void
                else:
                    self._hear(message)
        except (ConnectionError, msgspec.DecodeError, ValueError):
            return  # the desk is gone, or is not one: it will have to begin again
        finally:
            writer.transport.abort()
            if writer is self._desk:
                self._lose()

    def _welcome(self, writer: asyncio.StreamWriter) -> None:
        self.hang_up()
        stop(self._gone)
        self._desk = writer
        markets, now = self.exchange.markets, time.time_ns()
        self._send(
            Welcome(
                tuple(market.instrument for market in markets.values()),
                self.exchange.fees,
                self._abilities,
                self._rules.budgets,
            )
        )
        self._send(Quotes({symbol: market.quote(now) for symbol, market in markets.items()}))

    def _hear(self, message: ToVenue) -> None:
        now, exchange = time.time_ns(), self.exchange
        if (kind := KINDS.get(type(message))) and (reason := self._rules.refusal(kind, now)):
            self._refuse(message, reason, now)
            return
        match message:
            case New():
                self._tell(exchange.new(message.terms, now))
            case Cancel():
                self._tell(exchange.cancel(message.order_id, message.request_id, now))
            case Replace():
                self._tell(exchange.replace(message.terms, message.request_id, now))
            case Show():
                self._send(told(exchange.show(message.order_ids, message.asked_at, now)))
            case CancelOnDisconnect():
                self._grace_s = message.grace_s
            case CancelAllAfter():
                stop(self._silent)
                if message.timeout_s is not None:
                    reason = f"nothing heard for {message.timeout_s:g} s"
                    loop = asyncio.get_running_loop()
                    self._silent = loop.call_later(message.timeout_s, self._cancel_all, reason)
        self._heard += 1
        if self._faults.hang_up_after and self._heard % self._faults.hang_up_after == 0:
            self.hang_up()

    def _refuse(self, message: ToVenue, reason: str, now: int) -> None:
        """Too much was asked; to a look that is answered with silence."""
        match message:
            case New():
                self._tell([rep.Refused(ts=now, venue="", order_id=message.terms.order_id, reason=reason)])
            case Cancel():
                heading: rep.Heading = {"ts": now, "venue": "", "order_id": message.order_id}
                self._tell([rep.CancelRefused(**heading, reason=reason, request_id=message.request_id)])
            case Replace():
                heading = {"ts": now, "venue": "", "order_id": message.terms.order_id}
                self._tell([rep.ReplaceRefused(**heading, reason=reason, request_id=message.request_id)])

    def _tell(self, reports: Sequence[Report]) -> None:
        for report in reports:
            for copy in self._faults.told(report, self._random):
                self._send(told(copy))

    def _send(self, message: FromVenue) -> None:
        """Late if the venue is slow; not at all if the desk is gone, which will look when it is back."""
        if self._desk is None:
            return
        if self._desk.transport.get_write_buffer_size() > UNSENT_BYTES_MAX:
            self.hang_up()
            return
        text, desk = line(message), self._desk
        if self._faults.delay_ms:
            asyncio.get_running_loop().call_later(self._faults.delay_ms / 1000, desk.write, text)
        else:
            desk.write(text)


def stop(timer: asyncio.TimerHandle | None) -> None:
    """Stop a timer, if there is one."""
    if timer is not None:
        timer.cancel()
