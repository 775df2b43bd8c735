"""What the API needs of a running desk. The live driver stands behind it; the API knows nothing of how it runs.

Everything here is called in the desk's own event loop, and nothing of it waits but what is awaited.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, Protocol

import msgspec

from penstock.domain import commands as cmd
from penstock.domain.events import AnyEvent
from penstock.domain.instructions import PLAIN, Instructions, OrderType, TimeInForce
from penstock.domain.orders import OrderTerms, Side, Strategy
from penstock.domain.quote import Depth, Quote
from penstock.engine.families import Family
from penstock.engine.state import EngineState
from penstock.journal import Record

Listener = Callable[[int, Sequence[AnyEvent]], None]
AlertListener = Callable[[dict[str, Any]], None]


class Answer(msgspec.Struct, frozen=True):
    """What became of a command, durable up to event `seq`.

    `denied` by risk, `refused` as impossible, or `not_taken`: then nothing of it is on record. `order_id` may be that
    of an order submitted before under the same client's id.
    """

    seq: int
    outcome: Literal["accepted", "denied", "refused", "not_taken"]
    order_id: str = ""
    code: str = ""
    reason: str = ""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """An order as a client wants it, in the domain's words."""

    symbol: str
    side: Side
    quantity: Decimal
    order_type: OrderType | None = None
    algorithm: str | None = None
    parameters: dict[str, Any] = {}
    limit_price: Decimal | None = None
    strategy: Strategy = Strategy.NEUTRAL
    urgency: float = 0.5
    venues: tuple[str, ...] = ()
    client_order_id: str | None = None
    tif: TimeInForce = TimeInForce.DAY
    post_only: bool = False
    instructions: Instructions = PLAIN
    account: str = "main"


class RunningDesk(Protocol):
    """One desk at work."""

    @property
    def state(self) -> EngineState:
        """The engine's state; it may be ahead of the disk: see `settled`."""
        ...

    @property
    def quotes(self) -> Mapping[str, Mapping[str, Quote]]:
        """The latest quotes, by symbol and venue."""
        ...

    @property
    def durable_seq(self) -> int:
        """The last event on disk."""
        ...

    def now(self) -> int: ...

    def next_order_id(self) -> str: ...

    def terms(self, wanted: Wanted, order_id: str) -> OrderTerms:
        """An order's terms, checked against the market.

        Raises:
            BadInput: whatever about it cannot be traded as asked.
        """
        ...

    async def give(self, command: cmd.Command) -> Answer:
        """Have a command carried out; returns once that is durable."""
        ...

    def hand_in(self, order: cmd.SubmitOrder, done: Callable[[Answer], None]) -> bool:
        """As `give`, for an order that can be taken without waiting: `done` is told its answer, and must not fail.

        False: it cannot be taken so, and nothing was done.
        """
        ...

    async def settled(self) -> None:
        """Return once everything in `state` is durable.

        Raises:
            TimeoutError: the journal cannot be written.
        """
        ...

    def depth(self, symbol: str) -> dict[str, Depth]:
        """What venues display, by venue, of those that tell it."""
        ...

    def status(self) -> dict[str, Any]: ...

    def risk(self) -> dict[str, Any]:
        """Modes, breakers, use of limits, and the limits in force."""
        ...

    def working(self, scope: str) -> list[dict[str, Any]]:
        """The orders at venues that may still fill, of a scope.

        Raises:
            BadInput: there is no such scope.
        """
        ...

    def alerts(self) -> list[dict[str, Any]]:
        """Those that nobody has acknowledged."""
        ...

    async def acknowledge(self, alert: int, by: str) -> Answer:
        """Somebody has seen an alert: an event like any other.

        Raises:
            BadInput: there is no such alert, or it is acknowledged already.
        """
        ...

    def listen(self, listener: Listener) -> None:
        """Have a listener called with events once they are durable, and the number of the first of them."""
        ...

    def listen_to_alerts(self, listener: AlertListener) -> None: ...

    async def recall(self, order_id: str) -> Family | None:
        """An order that left memory, as the journal knows it."""
        ...

    def reader(self) -> Record:
        """The journal by a connection of its own, for another thread; closed by the caller."""
        ...
