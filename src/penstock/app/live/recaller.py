"""Archived orders looked up in the journal, beside the loop: for the engine, which waits for it, and for clients.

A look-up reads by a connection of its own, in a thread. One that fails is made again, with back-off and an alarm, for
as long as it takes: what waits for it is on record and must not be lost.
"""

import asyncio
from random import Random

from penstock.app.live.alarms import Alarms
from penstock.app.live.backoff import delays
from penstock.app.live.inbox import Inbox
from penstock.app.live.settings import LiveSettings
from penstock.engine.effects import Recall
from penstock.engine.recall import Recalled
from penstock.journal import Record, WritableRecord
from penstock.journal.recall import look_up

ABOUT = "recall"


class Recaller:
    """Carries out recalls one after the other, and puts what was found in line for the engine."""

    def __init__(
        self, journal: WritableRecord, inbox: Inbox, alarms: Alarms, settings: LiveSettings, random: Random
    ) -> None:
        self._journal, self._inbox, self._alarms = journal, inbox, alarms
        self._settings, self._random = settings, random
        self._asked: asyncio.Queue[Recall] = asyncio.Queue()
        self._reader: Record | None = None
        self._reading = asyncio.Lock()

    def take(self, recall: Recall) -> None:
        """Look this one up for the engine when its turn comes."""
        self._asked.put_nowait(recall)

    async def run(self) -> None:
        """Carry out what is asked, for ever."""
        while True:
            recall = await self._asked.get()
            for delay in delays(
                self._settings.journal_retry_first_s, self._settings.journal_retry_most_s, self._random
            ):
                try:
                    found = await self.find(recall)
                    break
                except Exception as error:  # whatever it is, what waits for this order goes on waiting
                    name = recall.order_id or recall.client_order_id
                    self._alarms.raise_(ABOUT, f"archived order {name} cannot be looked up in the journal: {error}")
                    await asyncio.sleep(delay)
            self._alarms.clear(ABOUT, "archived orders can be looked up again")
            self._inbox.note(found)

    async def find(self, recall: Recall) -> Recalled:
        """What the journal knows of an order; raises whatever reading it may raise."""
        async with self._reading:
            return await asyncio.to_thread(self._find, recall)

    def _find(self, recall: Recall) -> Recalled:
        if self._reader is None:
            self._reader = self._journal.reader()
        try:
            return look_up(self._reader, recall)
        except BaseException:
            self._reader.close()
            self._reader = None
            raise

    async def close(self) -> None:
        """Let go of the connection, once a look-up under way is done."""
        async with self._reading:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
