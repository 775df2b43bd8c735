"""The journal as the live driver lives with it: what cannot be written now is written later, in its order.

While it cannot be written the desk takes nothing new: no input reaches the engine, no effect is carried out, no
command is answered. The same batch is tried again with back-off until it is durable; then everything goes on.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import Random

from penstock.app.live.alarms import Alarms
from penstock.app.live.backoff import delays
from penstock.app.live.settings import LiveSettings
from penstock.domain.events import AnyEvent
from penstock.journal import GroupCommit, JournalFenced, JournalUnavailable

ABOUT = "journal"
LOOKS = 4  # in the time after which a journal that is silent hangs


class Keeper:
    """One journal, its faults waited out."""

    def __init__(self, journal: GroupCommit, alarms: Alarms, settings: LiveSettings, random: Random) -> None:
        self.journal = journal
        self._alarms, self._settings, self._random = alarms, settings, random
        self._writable = asyncio.Event()
        self._writable.set()

    @property
    def is_writable(self) -> bool:
        return self._writable.is_set() and self.journal.healthy

    async def ready(self) -> None:
        """Wait until the journal can take more."""
        while not (self.is_writable and self.journal.has_room):
            await self._writable.wait()
            with suppress(JournalUnavailable):  # `durable` finds it out as well, and waits it out
                await self.journal.room()
            if not self.journal.healthy:
                self._writable.clear()

    async def watch(self) -> None:
        """Tell, for ever, when the journal neither takes what waits for it nor fails (its disk or database hangs), and
        when no snapshot can be kept.
        """
        journal, silence_s = self.journal, self._settings.journal_silence_s
        seen = looks = 0
        while True:
            await asyncio.sleep(silence_s / LOOKS)
            if journal.snapshot_fault:
                text = f"no snapshot is kept, the next start will take longer: {journal.snapshot_fault}"
                self._alarms.raise_("snapshot", text)
            else:
                self._alarms.clear("snapshot", "a snapshot is kept again")
            if journal.pending_events and journal.durable_seq == seen and self.is_writable:
                looks += 1
                if looks == LOOKS:
                    text = (
                        f"the journal has not answered for {silence_s:g} s, its disk or database hangs: nothing leaves"
                    )
                    self._alarms.raise_(ABOUT, text)
            else:
                if looks >= LOOKS and self.is_writable:
                    self._alarms.clear(ABOUT, "the journal answers again")
                seen, looks = journal.durable_seq, 0

    def submit(self, events: Sequence[AnyEvent]) -> asyncio.Future[int]:
        return self.journal.submit(events)

    async def durable(self, saved: asyncio.Future[int], seq: int) -> None:
        """Wait until what was submitted, up to event `seq`, is on disk, however long that takes.

        Raises:
            JournalFenced: another desk has this journal: it never will be.
        """
        try:
            await saved
        except JournalUnavailable as fault:
            if self.journal.durable_seq < seq:
                await self._mend(fault)

    async def _mend(self, fault: JournalUnavailable) -> None:
        self._writable.clear()
        settings = self._settings
        for delay in delays(settings.journal_retry_first_s, settings.journal_retry_most_s, self._random):
            if isinstance(fault, JournalFenced):
                raise fault
            self._alarms.raise_(ABOUT, f"trading is stopped, the journal cannot be written: {fault}")
            await asyncio.sleep(delay)
            try:
                await self.journal.retry()
                break
            except JournalUnavailable as again:
                fault = again
        self._alarms.clear(ABOUT, "the journal can be written again, nothing was lost: trading goes on")
        self._writable.set()
