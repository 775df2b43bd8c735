"""A journal in memory: for notebooks and tests, where nothing needs to outlive the process."""

from collections.abc import Sequence

from penstock.domain.events import AnyEvent


class MemoryJournal:
    """Keeps the events as they are, in `events`."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []

    def append(self, events: Sequence[AnyEvent]) -> None:
        self.events += events

    def close(self) -> None:
        """Nothing to let go of."""
