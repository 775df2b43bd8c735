"""What the engine remembers: everything the journal can give back. `penstock.engine.folds` alone writes to it."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.contingency import Contingency
from penstock.domain.estimates import Estimates
from penstock.domain.instruments import AnyInstrument
from penstock.domain.orders import FIRST_CHILD, Order, OrderTerms
from penstock.domain.venue import VenueSpec
from penstock.engine.fingerprints import Fingerprints
from penstock.engine.ledger import Ledger
from penstock.engine.open_totals import OpenTotals
from penstock.engine.order_numbers import Numbers, is_own, number_of
from penstock.engine.position import Execution, Position
from penstock.engine.remembered import Child, Parent
from penstock.engine.spelling import Spelled, known
from penstock.engine.whole import Whole, spelled
from penstock.risk.modes import HALTED
from penstock.risk.risk_state import RiskState
from penstock.risk.scopes import DESK

ZERO = Decimal(0)
SYNTHETIC = "look-"  # begins the execution id of a fill that only a venue's totals tell of


class Group(msgspec.Struct, kw_only=True):
    """Orders that depend on each other. `entry` is the order that the legs wait for; an OCO has none.

    `excess` is what was last said to be wrong with what the legs filled.
    """

    kind: Contingency
    entry: str
    legs: dict[str, OrderTerms]
    excess: Decimal = ZERO
    user: str = ""


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

    def is_after_all(self, order_id: str) -> bool:
        """Whether an id is one of the desk's own, with a number above all that are archived."""
        number = number_of(order_id)
        return number > self.highest and is_own(order_id, number)

    def __contains__(self, order_id: str) -> bool:
        """Whether a parent was archived; of a few that the desk did not number itself it only looks so."""
        number = number_of(order_id)
        return number in self.numbers if is_own(order_id, number) else order_id in self.others


class EngineState(msgspec.Struct, kw_only=True):
    """Everything that the journal can give back.

    An order that was sent whole is kept as one record among `wholes`, by its child's id, until something happens that
    such a record has no words for, or somebody reads it as `orders`, `parents` and `children` have it: then it is
    spelled out there for good. Either way it is the same state, and has the same hash.
    """

    seq: int = 0
    ts: int = 0
    session: ev.SessionStarted | None = None
    instruments: dict[str, AnyInstrument] = {}
    venues: dict[str, VenueSpec] = {}
    ended: str = ""
    wholes: dict[str, Whole] = {}
    orders: dict[str, Order] = {}
    parents: dict[str, Parent] = {}
    latest_volumes: dict[str, Decimal] = {}  # those at the latest parent's start, to be shared by the next
    children: dict[str, Child] = {}
    working: dict[str, None] = {}  # parents that are not over
    reducing: dict[str, None] = {}  # those of them that may only reduce a position
    closed: dict[str, None] = {}  # parents that are over and still in memory, in the order in which they ended
    archived: Archived = msgspec.field(default_factory=Archived)
    left_behind: dict[str, dict[str, dict[str, Decimal]]] = {}  # by scope, what archived orders hold: `own_holdings`
    recalls: dict[str, list[dict[str, Any]]] = {}  # the inputs that wait for an archived order, by recall key
    groups: dict[str, Group] = {}
    member_of: dict[str, str] = {}  # by order: its group
    client_ids: dict[str, str] = {}
    executions: dict[str, Execution] = {}
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

    def __post_init__(self) -> None:
        wholes = self.wholes
        self.orders = Spelled(self.orders, self.spell, lambda name: name in wholes or name + FIRST_CHILD in wholes)
        self.parents = Spelled(self.parents, self.spell, lambda name: name + FIRST_CHILD in wholes)
        self.children = Spelled(self.children, self.spell, wholes.__contains__)

    def spell(self, order_id: str = "") -> bool:
        """Spell out the whole order that a parent or child is of, without an id all of them; whether there was any."""
        wholes = self.wholes
        if not order_id:
            found = list(wholes.values())
            wholes.clear()
        else:
            whole = wholes.pop(order_id, None) or wholes.pop(order_id + FIRST_CHILD, None)
            found = [] if whole is None else [whole]
        assert isinstance(self.orders, Spelled)
        for whole in found:
            if self.orders.on_spelled is not None:
                self.orders.on_spelled(whole)
            self._put(*spelled(whole, self.instruments[whole.terms.symbol]))
        return bool(found)

    def is_taken(self, order_id: str) -> bool:
        """Whether an order in memory has this id, or one of a group that waits for another."""
        return order_id in self.orders or order_id in self.member_of

    def parent_ids(self) -> list[str]:
        """The ids of all parents in memory, denied ones and those of waiting legs too, without spelling any out."""
        spelled_out = (name for name, order in dict.items(self.orders) if order.terms.parent_id is None)
        return [*spelled_out, *(whole.terms.order_id for whole in self.wholes.values()), *self.member_of]

    def received(self) -> Iterator[tuple[int, str]]:
        """When each parent in memory was received, and its id, without spelling any out; in no order."""
        orders = self.orders
        for name in dict.keys(self.parents):
            yield orders[name].created_at, name
        for whole in self.wholes.values():
            yield whole.sent_at, whole.terms.order_id

    def glance(self, order_id: str) -> tuple[Order, Parent | None] | None:
        """An order as it is now with what is known of its work, without spelling it out; to be read only."""
        whole = self.whole_of(order_id)
        if whole is not None:
            order, parent, _, _ = spelled(whole, self.instruments[whole.terms.symbol])
            return order, parent
        found = self.orders.get(order_id)
        return None if found is None else (found, self.parents.get(order_id))

    @property
    def orders_in_memory(self) -> int:
        """How many orders there are, children included, without spelling any out."""
        return dict.__len__(self.orders) + 2 * len(self.wholes)

    def whole_of(self, parent_id: str) -> Whole | None:
        """A parent that was sent whole and is not spelled out; None for any other, and for ids of children."""
        return self.wholes.get(parent_id + FIRST_CHILD)

    def open_wholes(self) -> list[Whole]:
        """The orders sent whole that still have something open."""
        wholes = self.wholes
        return [whole for order_ids in self.at_venue.values() for each in order_ids if (whole := wholes.get(each))]

    def tell_of_spelled(self, listener: Callable[[Whole], None]) -> None:
        """Have somebody told of every order that is about to be spelled out."""
        assert isinstance(self.orders, Spelled)
        self.orders.on_spelled = listener

    def _put(self, order: Order, parent: Parent, child_order: Order, child: Child) -> None:
        risk, terms = self.risk, child_order.terms
        self.orders[order.terms.order_id], self.parents[order.terms.order_id] = order, parent
        self.orders[terms.order_id], self.children[terms.order_id] = child_order, child
        if risk.rests_kept and child_order.ended_at is None:
            risk.rests[terms.order_id] = (terms.limit_price,)

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
        return sha256(msgspec.json.encode(self.spelled_out(), order="deterministic")).hexdigest()

    def spelled_out(self) -> "EngineState":
        """The same state with every order spelled out; a copy, if that changes anything."""
        if not self.wholes:
            return self
        copy = msgspec.structs.replace(
            self,
            wholes=self.wholes.copy(),
            orders=known(self.orders),
            parents=known(self.parents),
            children=known(self.children),
            risk=msgspec.structs.replace(self.risk, rests=self.risk.rests.copy()),
        )
        copy.spell()
        return copy


def execution_key(venue: str, exec_id: str) -> str:
    """The identity of an execution: what makes a repeated report harmless."""
    return f"{venue}/{exec_id}"


def payment_key(payment: ev.FundingPaid | cmd.BookFunding) -> str:
    """The identity of a payment, apart from those of executions."""
    return f"payment/{payment.account}/{payment.symbol}/{payment.payment_id}"


def recall_key(order_id: str, client_order_id: str) -> str:
    """What is being recalled: an order by its client's id, where there is one, else by its own."""
    return f"client/{client_order_id}" if client_order_id else f"order/{order_id}"
