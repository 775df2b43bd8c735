"""Taking up a run that was killed: the same decisions are made again, and each must be the one on record.

A simulated market dies with its process, so it is played again from its beginning. Until the record is caught up with,
every event is compared with the one recorded; from there on events are appended as if nothing had happened.
"""

from collections.abc import Sequence

from penstock.domain.errors import JournalCorrupt
from penstock.domain.events import AnyEvent
from penstock.engine.ports import Journal
from penstock.journal.codec import encode


class ContinuedJournal:
    """A journal whose first events are already on record. `recorded` counts those still to be met again."""

    def __init__(self, recorded: Sequence[AnyEvent], journal: Journal) -> None:
        self._recorded, self._journal = recorded, journal
        self._met = 0

    @property
    def recorded(self) -> int:
        return len(self._recorded) - self._met

    def append(self, events: Sequence[AnyEvent]) -> None:
        """Compare what is on record, append what is new.

        Raises:
            JournalCorrupt: the run takes another course than the recorded one: its market or version changed.
        """
        known = self._recorded[self._met : self._met + len(events)]
        for event, record in zip(events, known, strict=False):
            self._met += 1
            if encode(event) != encode(record):
                raise JournalCorrupt(
                    f"event {self._met} differs from the record ({type(record).__name__} recorded,"
                    f" {type(event).__name__} now): the market file or the version is not the one of the run"
                )
        self._journal.append(events[len(known) :])

    def close(self) -> None:
        self._journal.close()
