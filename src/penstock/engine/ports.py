"""What the engine's shell needs from outside, as protocols: two real things stand behind each."""

from collections.abc import Sequence
from typing import Protocol

from penstock.domain.events import AnyEvent


class Journal(Protocol):
    """Where events go before anything leaves."""

    def append(self, events: Sequence[AnyEvent]) -> None:
        """Record a batch, all of it or none; it is durable when this returns."""
        ...

    def close(self) -> None: ...
