"""What the engine remembers: everything the journal can give back. `penstock.engine.folds` alone writes to it."""

from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.contingency import Contingency
from penstock.domain.estimates import Estimates
from penstock.domain.instruments import AnyInstrument
from penstock.domain.orders import Order, OrderTerms
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND
from penstock.domain.venue import VenueSpec
from penstock.engine.fingerprints import Fingerprints
from penstock.engine.ledger import Ledger
from penstock.engine.open_totals import OpenTotals
from penstock.engine.order_numbers import Numbers, is_own, number_of
from penstock.engine.position import Execution, Position
from penstock.risk.modes import HALTED
from penstock.risk.risk_state import RiskState
from penstock.risk.scopes import DESK

ZERO = Decimal(0)
REFUSED_PAUSE = 5 * SECOND
SYNTHETIC = "look-"  # begins the execution id of a fill that only a venue's totals tell of


class Parent(msgspec.Struct, kw_only=True, gc=False):
    """What the engine remembers of a parent beside its order. `volume_at_start` is each venue's traded volume then."""

    arrival_price: Decimal
    start: int
    end: int
    volume_at_start: dict[str, Decimal]
    children: int = 0
    open_children: tuple[str, ...] = ()
    slippage_cost: Decimal = ZERO
    fills: list[tuple[int, Decimal]] | None = None  # when, and how much was filled in all; None before the first
    taken_at: int = 0
    stopped: str = ""
    expires: bool = False
    denied: str = ""  # why risk stopped the last child, until one passes again
    native: str = ""  # the venue that does all of the order by itself
    triggered: bool = False
    extreme: Decimal | None = None  # the best price that a trailing stop has seen


class Child(msgspec.Struct, kw_only=True, gc=False):
    """What the engine remembers of a child: when it, or its present price, was decided, and in what market.

    `asked_at` is when we last asked anything of its venue, `changed_at` when anything last became of it, `refused_at`
    when the venue last refused what we asked. `executions` are the keys of those that were ever booked on it.
    """

    sent_at: int
    quote: Quote
    asked_at: int = 0
    changed_at: int = 0
    refused_at: int = 0
    executions: list[str] | None = None  # None before the first

    @property
    def asks_from(self) -> int:
        """From when on it may be asked for anything: not at once after a refusal, which often tells of a lost fill."""
        return self.refused_at + REFUSED_PAUSE if self.refused_at else 0


class Group(msgspec.Struct, kw_only=True):
    """Orders that depend on each other. `entry` is the order that the legs wait for; an OCO has none.

    `excess` is what was last said to be wrong with what the legs filled.
    """

    kind: Contingency
    entry: str
    legs: dict[str, OrderTerms]
    excess: Decimal = ZERO
    user: str = ""


class Booked(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An execution that counts, so that it can be taken back or corrected; `day` is the order's day it fell on."""

    order_id: str
    execution: Execution
    slippage: Decimal
    day: int = 0


class Archived(msgspec.Struct, kw_only=True):
    """What is still known of orders that are no longer in memory: that their ids, and their clients', are taken.

    `numbers` are the parents that the desk numbered itself, `others` the rest; a child's id begins with its parent's.
    `highest` is the highest number there was.
    """

    numbers: Numbers = msgspec.field(default_factory=Numbers)
    others: Fingerprints = msgspec.field(default_factory=Fingerprints)
    clients: Fingerprints = msgspec.field(default_factory=Fingerprints)
    highest: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.numbers.blocks or self.others.buckets)

    def add(self, order_ids: Iterable[str]) -> None:
        others = []
        for order_id in order_ids:
            number = number_of(order_id)
            if number > self.highest:
                self.highest = number
            if is_own(order_id, number):
                self.numbers.add(number)
            else:
                others.append(order_id)
        self.others.add(others)

    def __contains__(self, order_id: str) -> bool:
        """Whether a parent was archived; of a few that the desk did not number itself it only looks so."""
        number = number_of(order_id)
        return number in self.numbers if is_own(order_id, number) else order_id in self.others


class EngineState(msgspec.Struct, kw_only=True):
    """Everything that the journal can give back."""

    seq: int = 0
    ts: int = 0
    session: ev.SessionStarted | None = None
    instruments: dict[str, AnyInstrument] = {}
    venues: dict[str, VenueSpec] = {}
    ended: str = ""
    orders: dict[str, Order] = {}
    parents: dict[str, Parent] = {}
    latest_volumes: dict[str, Decimal] = {}  # those at the latest parent's start, to be shared by the next
    children: dict[str, Child] = {}
    working: dict[str, None] = {}  # parents that are not over
    reducing: dict[str, None] = {}  # those of them that may only reduce a position
    closed: dict[str, None] = {}  # parents that are over and still in memory, in the order in which they ended
    archived: Archived = msgspec.field(default_factory=Archived)
    recalls: dict[str, list[dict[str, Any]]] = {}  # the inputs that wait for an archived order, by recall key
    groups: dict[str, Group] = {}
    member_of: dict[str, str] = {}  # by order: its group
    client_ids: dict[str, str] = {}
    executions: dict[str, Booked] = {}
    totals_only: dict[str, list[str]] = {}  # executions by order that are known from a venue's totals only
    payments: dict[str, None] = {}
    at_venue: dict[str, dict[str, None]] = {}  # open children by venue
    venue_status: dict[str, str] = {}  # of venues that are not up
    foreign: dict[str, None] = {}
    open_qty: dict[str, OpenTotals] = {}  # by symbol
    ledger: Ledger = msgspec.field(default_factory=Ledger)
    sampled_at: dict[str, int] = {}
    estimates: dict[str, Estimates] = {}  # by symbol
    risk: RiskState = msgspec.field(default_factory=RiskState)

    @property
    def halted(self) -> str:
        """Why the whole desk is halted, by a person or a breaker; empty while it is not."""
        risk = self.risk
        standing = risk.modes.get(DESK)
        if standing is not None and standing.mode is HALTED:
            return standing.reason
        for name, reason in risk.circuits.tripped.get(DESK, {}).items():
            if risk.book.breakers[name].mode is HALTED:
                return reason
        return ""

    @property
    def positions(self) -> dict[str, Position]:
        """What all accounts together hold, by symbol."""
        return self.ledger.positions()

    @property
    def cash(self) -> dict[str, Decimal]:
        """What trading did to the cash of all accounts together, by currency."""
        return self.ledger.cash()

    def state_hash(self) -> str:
        """SHA-256 of the whole state, the same on every machine for the same events."""
        return sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


def execution_key(venue: str, exec_id: str) -> str:
    """The identity of an execution: what makes a repeated report harmless."""
    return f"{venue}/{exec_id}"


def payment_key(payment: ev.FundingPaid | cmd.BookFunding) -> str:
    """The identity of a payment, apart from those of executions."""
    return f"payment/{payment.account}/{payment.symbol}/{payment.payment_id}"


def recall_key(order_id: str, client_order_id: str) -> str:
    """What is being recalled: an order by its client's id, where there is one, else by its own."""
    return f"client/{client_order_id}" if client_order_id else f"order/{order_id}"
