"""Archived orders looked up in the journal, beside the loop: for the engine, which waits for it, and for clients.

A look-up reads by a connection of its own, in a thread. One that fails is made again, with back-off and an alarm, for
as long as it takes: what waits for it is on record and must not be lost.
"""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from random import Random

from penstock.app.live.alarms import Alarms
from penstock.app.live.backoff import delays
from penstock.app.live.inbox import Inbox
from penstock.app.live.indexer import Indexer
from penstock.app.live.settings import LiveSettings
from penstock.engine.effects import Recall
from penstock.engine.recall import Recalled
from penstock.journal import Record
from penstock.journal.recall import look_up


class Recaller:
    """Carries out recalls one after the other, and puts what was found in line for the engine."""

    def __init__(
        self,
        journal: Record,
        indexer: Indexer,
        inbox: Inbox,
        alarms: Alarms,
        settings: LiveSettings,
        random: Random,
    ) -> None:
        self._journal, self._indexer, self._inbox, self._alarms = journal, indexer, inbox, alarms
        self._settings, self._random = settings, random
        self._asked: asyncio.Queue[Recall] = asyncio.Queue()
        self._reading = asyncio.Lock()

    def take(self, recall: Recall) -> None:
        """Look this one up for the engine when its turn comes."""
        self._asked.put_nowait(recall)

    async def run(self) -> None:
        """Carry out what is asked, for ever; what cannot be found now goes to the end of the line."""
        pauses = self._pauses()
        while True:
            recall = await self._asked.get()
            name = recall.order_id or recall.client_order_id
            try:
                found = await self.find(recall)
            except Exception as error:  # whatever it is, what waits for this order goes on waiting
                self._alarms.raise_(
                    f"recall {name}", f"archived order {name} cannot be looked up in the journal: {error}"
                )
                self._asked.put_nowait(recall)
                await asyncio.sleep(next(pauses))
                continue
            pauses = self._pauses()
            self._alarms.clear(f"recall {name}", f"archived order {name} was looked up at last")
            self._inbox.note(found)

    def _pauses(self) -> Iterator[float]:
        return delays(self._settings.journal_retry_first_s, self._settings.journal_retry_most_s, self._random)

    async def find(self, recall: Recall) -> Recalled:
        """What the journal knows of an order; one look-up at a time. Raises whatever reading may raise."""
        await self._indexer.catch_up()
        async with self._reading:
            return await asyncio.to_thread(self._find, recall)

    def _find(self, recall: Recall) -> Recalled:
        with closing(self._journal.reader()) as reader:
            return look_up(reader, recall)
