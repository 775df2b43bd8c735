"""What the engine's shell needs from outside, as protocols: two real things stand behind each."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol, runtime_checkable

from penstock.domain.commands import MarketUpdate
from penstock.domain.events import AnyEvent
from penstock.domain.reports import Picture, VenueReport, VenueStatus
from penstock.domain.venue import Abilities
from penstock.engine.effects import Look, SendCancel, SendReplace
from penstock.risk import Approved

VenueSays = VenueReport | Picture | VenueStatus | MarketUpdate


class Journal(Protocol):
    """Where events go before anything leaves."""

    def append(self, events: Sequence[AnyEvent]) -> None:
        """Record a batch, all of it or none; it is durable when this returns."""
        ...

    def close(self) -> None: ...


class NotSent(Exception):
    """A call to a venue failed before anything of it went out: the one failure that proves something."""


class LiveVenue(Protocol):
    """A real venue's adapter: it translates, and keeps no order state.

    A call that returns says only that it was made; what became of it comes back among the `messages`. A call that
    raises `NotSent` never left. Any other failure proves nothing: the order is unknown until the venue is looked at.
    """

    name: str

    async def connect(self) -> None:
        """Begin to speak and to listen.

        Raises:
            OSError: the venue cannot be reached now.
        """
        ...

    async def disconnect(self) -> None:
        """Let go of the connection, if there is one."""
        ...

    def messages(self) -> AsyncIterator[VenueSays]:
        """What the venue says from `connect` on, in its order; ends or raises OSError when the connection is lost."""
        ...

    async def send_new(self, approved: Approved) -> None: ...

    async def send_cancel(self, cancel: SendCancel) -> None: ...

    async def send_replace(self, replace: SendReplace) -> None: ...

    async def look(self, look: Look) -> None:
        """Ask for a `Picture`; it comes among the messages, after the reports of what it shows."""
        ...


@runtime_checkable
class GuardingVenue(Protocol):
    """A venue that may cancel our open orders by itself when we are gone.

    `abilities` says which of the two it offers, once it is connected. None disarms.
    """

    abilities: Abilities

    async def cancel_on_disconnect(self, grace_s: float | None) -> None:
        """From now on: cancel everything when this connection has been lost for so long and no other has begun."""
        ...

    async def cancel_all_after(self, timeout_s: float | None) -> None:
        """Cancel everything so long after the latest of these, whatever becomes of the connection."""
        ...
