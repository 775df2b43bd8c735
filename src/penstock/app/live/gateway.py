"""One venue's way in and out: a queue of its own, a connection that is made again when it is lost, and its reports.

What happened to a call is said only as far as it is known. A call that never left is answered here; one that failed in
any other way is `NoAnswer`, which the engine settles by a look. Nothing is ever sent twice.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from random import Random

from penstock.app.live.alarms import Alarms
from penstock.app.live.backoff import delays
from penstock.app.live.clock import SystemClock
from penstock.app.live.guard import Guard
from penstock.app.live.inbox import Inbox
from penstock.app.live.settings import LiveSettings
from penstock.domain import reports as rep
from penstock.domain.commands import MarketUpdate
from penstock.engine.effects import Look, SendCancel, SendNew, SendReplace, VenueEffect
from penstock.engine.ports import LiveVenue, NotSent


class Gateway:
    """Takes effects whose events are durable; `run` keeps the venue connected until it is cancelled."""

    def __init__(
        self,
        venue: LiveVenue,
        inbox: Inbox,
        clock: SystemClock,
        alarms: Alarms,
        settings: LiveSettings,
        random: Random,
        can_act: Callable[[], bool] = lambda: True,
    ) -> None:
        self.venue, self.name = venue, venue.name
        self.guard = Guard(venue, settings, can_act)
        self.connected = False
        self._inbox, self._clock, self._alarms = inbox, clock, alarms
        self._settings, self._random = settings, random
        self._queue: deque[VenueEffect] = deque()
        self._ring = asyncio.Event()

    @property
    def queued(self) -> int:
        """Effects that wait for the venue."""
        return len(self._queue)

    def take(self, effect: VenueEffect) -> None:
        """Send this next, or say at once that it cannot be sent. Cancels and looks always find room."""
        if not self.connected:
            self._unsent(effect, f"{self.name} is not connected")
        elif isinstance(effect, SendNew | SendReplace) and len(self._queue) >= self._settings.outbound_max:
            self._unknown(effect, f"{len(self._queue)} messages wait for {self.name}: not sent")
        else:
            self._queue.append(effect)
            self._ring.set()

    async def run(self) -> None:
        """Connect, serve, and connect again with growing delays, for ever."""
        settings = self._settings
        pauses = delays(settings.reconnect_first_s, settings.reconnect_most_s, self._random)
        while True:
            began = time.monotonic()
            reason = await self._session()
            self._alarms.raise_(f"venue {self.name}", f"{self.name} is not connected: {reason}")
            if time.monotonic() - began > settings.steady_after_s:
                pauses = delays(settings.reconnect_first_s, settings.reconnect_most_s, self._random)
            await asyncio.sleep(next(pauses))

    async def _session(self) -> str:
        """One connection, from its making to its loss; returns why it ended."""
        try:
            async with asyncio.timeout(self._settings.connect_timeout_s):
                await self.venue.connect()
                lacking = await self.guard.arm() if self.guard.is_wanted else ()
        except (OSError, NotSent) as error:  # a time-out is one
            return in_words(error)
        if lacking:
            text = f"{self.name} does not offer {' or '.join(lacking)}: its orders stay when this desk is gone"
            self._alarms.raise_(f"guard {self.name}", text)
        self.connected = True
        self._alarms.clear(f"venue {self.name}", f"{self.name} is connected")
        self._say(up=True)
        parts = {asyncio.create_task(self._read()), asyncio.create_task(self._write())}
        keeping = asyncio.create_task(self.guard.keep())
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        finally:
            self.connected = False
            for part in (*parts, keeping):
                part.cancel()
            await asyncio.gather(*parts, keeping, return_exceptions=True)
            await self.venue.disconnect()
            self._say(up=False, reason="connection lost")
            while self._queue:
                self._unsent(self._queue.popleft(), f"the connection to {self.name} was lost")

    async def _read(self) -> str:
        try:
            async for said in self.venue.messages():
                if isinstance(said, MarketUpdate):
                    self._inbox.see(said)
                else:
                    await self._inbox.hear(said)
        except OSError as error:
            return in_words(error)
        return "the venue ended the connection"

    async def _write(self) -> str:
        loop, timeout_s = asyncio.get_running_loop(), self._settings.call_timeout_s
        while True:
            while not self._queue:
                self._ring.clear()
                await self._ring.wait()
            effect = self._queue[0]
            try:
                async with asyncio.timeout(timeout_s):  # one for all that leave at once: each has most of it left
                    fresh_until = loop.time() + timeout_s / 100
                    while self._queue and loop.time() < fresh_until:
                        effect = self._queue.popleft()
                        await self._call(effect)
            except NotSent as error:
                self._unsent(effect, str(error))
            except asyncio.CancelledError:
                self._unknown(effect, "the connection was lost during the call")
                raise
            except Exception as error:  # whatever it is, it does not prove that nothing arrived
                self._unknown(effect, in_words(error))
                if isinstance(error, OSError):
                    return in_words(error)

    async def _call(self, effect: VenueEffect) -> None:
        match effect:
            case SendNew():
                await self.venue.send_new(effect.approved)
            case SendCancel():
                await self.venue.send_cancel(effect)
            case SendReplace():
                await self.venue.send_replace(effect)
            case Look():
                await self.venue.look(effect)

    def _say(self, *, up: bool, reason: str = "") -> None:
        self._inbox.note(rep.VenueStatus(ts=self._clock.now(), venue=self.name, up=up, reason=reason))

    def _unsent(self, effect: VenueEffect, reason: str) -> None:
        """It never left, which is an answer. A new order is gone by our own doing: the venue rejected nothing."""
        match effect:
            case SendNew():
                heading = self._heading(effect.approved.terms.order_id)
                self._inbox.note(rep.Canceled(**heading, reason=f"not sent: {reason}"))
            case SendCancel():
                heading = self._heading(effect.order_id)
                self._inbox.note(
                    rep.CancelRefused(**heading, reason=f"not sent: {reason}", request_id=effect.request_id)
                )
            case SendReplace():
                heading = self._heading(effect.terms.order_id)
                self._inbox.note(
                    rep.ReplaceRefused(**heading, reason=f"not sent: {reason}", request_id=effect.request_id)
                )

    def _unknown(self, effect: VenueEffect, reason: str) -> None:
        """Nobody knows whether it arrived. A look that was lost is asked for again by the engine's own clock."""
        if not isinstance(effect, Look):
            order_id = effect.order_id if isinstance(effect, SendCancel) else effect.approved.terms.order_id
            self._inbox.note(rep.NoAnswer(**self._heading(order_id), reason=reason))

    def _heading(self, order_id: str) -> rep.Heading:
        return {"ts": self._clock.now(), "venue": self.name, "order_id": order_id}


def in_words(error: BaseException) -> str:
    """What went wrong, for a person."""
    if isinstance(error, TimeoutError) and not str(error):
        return "no answer in time"
    return str(error) or type(error).__name__
