"""Keeps the index of a live desk's journal near its end, so that an old order is looked up in milliseconds."""

import asyncio
from subprocess import PIPE, Popen

from penstock.app.live.alarms import Alarms
from penstock.journal import GroupCommit
from penstock.journal.indexing import COMMAND

BEHIND_MAX, PAUSE_S = 100_000, 1.0
ABOUT = "index"


class Indexer:
    """Has a process extend the index whenever `behind_max` events or more are missing from it."""

    def __init__(self, journal: GroupCommit, alarms: Alarms, behind_max: int = BEHIND_MAX) -> None:
        self._journal, self._alarms, self._behind_max = journal, alarms, behind_max
        self._location = journal.record.location
        self._indexed = 0  # up to this event at least
        self._extending = asyncio.Lock()

    async def run(self) -> None:
        """Keep it so, for ever."""
        while self._location:
            await self.catch_up()
            await asyncio.sleep(PAUSE_S)

    async def catch_up(self) -> None:
        """Return once the index has all but the latest events, or cannot have them: its next reader extends it."""
        if not self._location:
            return
        async with self._extending:
            seq = self._journal.durable_seq
            if seq - self._indexed < self._behind_max:
                return
            said = await self._extend()
            if said:
                self._alarms.raise_(ABOUT, f"the index of the journal cannot be extended, look-ups take longer: {said}")
                await asyncio.sleep(PAUSE_S)
            else:
                self._indexed = seq
                self._alarms.clear(ABOUT, "the index of the journal is extended again")

    async def _extend(self) -> str:
        """Run the process; returns what went wrong."""
        # in a session of its own: a Ctrl-C is meant for the desk
        process = Popen(COMMAND, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, start_new_session=True)
        try:
            _, said = await asyncio.to_thread(process.communicate, self._location)
        finally:
            if process.poll() is None:  # the desk stops
                process.kill()
        return "" if process.returncode == 0 else (said.strip().splitlines() or ["it was stopped"])[-1]
