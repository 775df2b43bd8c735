"""What a venue does with our orders when the desk is gone: it is told on every connection, and kept from doing it.

The timer is set anew only while the desk can act: one that cannot write its journal cannot cancel either, so its venue
does. A stop that leaves orders working disarms both; a crash does not.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from penstock.app.live.settings import LiveSettings
from penstock.engine.ports import GuardingVenue, LiveVenue, NotSent

BEATS = 3  # times within the time-out that the timer is set anew, so that one late message does not end our orders


class Guard:
    """One venue's, for as long as its gateway lives; `armed` says in words what the venue would do."""

    def __init__(self, venue: LiveVenue, settings: LiveSettings, can_act: Callable[[], bool]) -> None:
        self._venue = venue
        self._grace_s, self._timeout_s = settings.cancel_on_disconnect_s, settings.cancel_all_after_s
        self.can_act = can_act
        self.armed: tuple[str, ...] = ()

    @property
    def is_wanted(self) -> bool:
        return self._grace_s is not None or self._timeout_s is not None

    async def arm(self) -> tuple[str, ...]:
        """Tell a venue that was just connected; returns what is wanted of it and not offered."""
        venue, armed, lacking = self._venue, [], []
        has = venue.abilities if isinstance(venue, GuardingVenue) else None
        if self._grace_s is not None:
            if has is not None and has.cancel_on_disconnect and isinstance(venue, GuardingVenue):
                await venue.cancel_on_disconnect(self._grace_s)
                armed.append(f"cancel on disconnect, after {self._grace_s:g} s")
            else:
                lacking.append("cancel on disconnect")
        if self._timeout_s is not None:
            if has is not None and has.cancel_all_after and isinstance(venue, GuardingVenue):
                await venue.cancel_all_after(self._timeout_s)
                armed.append(f"cancel all after {self._timeout_s:g} s of silence")
            else:
                lacking.append("cancel all after")
        self.armed = tuple(armed)
        return tuple(lacking)

    async def keep(self) -> None:
        """Set the timer anew in time, for ever; returns at once where there is none."""
        venue, timeout_s = self._venue, self._timeout_s
        if timeout_s is None or not isinstance(venue, GuardingVenue) or not venue.abilities.cancel_all_after:
            return
        while True:
            await asyncio.sleep(timeout_s / BEATS)
            if self.can_act():
                with suppress(NotSent):  # the reader finds out that the connection is lost
                    await venue.cancel_all_after(timeout_s)

    async def disarm(self) -> None:
        """Let what works stay, whatever becomes of this desk."""
        venue = self._venue
        if not self.armed or not isinstance(venue, GuardingVenue):
            return
        self._grace_s = self._timeout_s = None
        self.armed = ()
        with suppress(OSError, NotSent):
            await venue.cancel_on_disconnect(None)
            await venue.cancel_all_after(None)
