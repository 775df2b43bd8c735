"""Recall: what concerns an archived order waits until that order is back, and is then dealt with as if it never left.

The engine cannot read the journal. It puts what came on record (`RecallAsked`), so that a crash forgets nothing, and
asks its shell to look the order up (`Recall`); the shell answers with `Recalled`. A recall that was under way when the
engine died is asked for again by its successor. Nothing is archived while a recall is under way, so that what the shell
has found cannot be outdated.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain import reports as rep
from penstock.engine.desk import Desk
from penstock.engine.effects import Recall
from penstock.engine.families import Family, parent_of
from penstock.engine.state import EngineState, recall_key

Waiting = rep.VenueReport | rep.Picture | cmd.SubmitOrder | cmd.SubmitGroup | cmd.AmendOrder | cmd.CancelOrder


class Recalled(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal knows of an order that was asked for, by the ids it was asked by; `family` None is nothing."""

    ts: int
    order_id: str = ""
    client_order_id: str = ""
    family: Family | None = None


def with_subclasses(kind: type[Any]) -> list[type[Any]]:
    return [kind, *(each for sub in kind.__subclasses__() for each in with_subclasses(sub))]


COMMANDS: list[type[Any]] = [cmd.SubmitOrder, cmd.SubmitGroup, cmd.AmendOrder, cmd.CancelOrder]
TOLD: list[type[Any]] = [*with_subclasses(rep.VenueReport), rep.Picture]
KINDS = {kind.__name__: kind for kind in TOLD + COMMANDS}


def kept(item: Waiting) -> dict[str, Any]:
    """An input as the record keeps it."""
    return {"type": type(item).__name__, **msgspec.to_builtins(item)}


def as_it_came(waiting: dict[str, Any]) -> Any:
    """The input that was kept."""
    fields = {name: value for name, value in waiting.items() if name != "type"}
    return msgspec.convert(fields, KINDS[waiting["type"]])


def archived_parent(state: EngineState, order_id: str) -> str:
    """The archived parent that an order which is not in memory belongs to; empty if it belongs to none."""
    return next(archived_parents(state, order_id), "")


def archived_parents(state: EngineState, order_id: str) -> Iterator[str]:
    """The same, where an id may be a parent's own and also look like one of another's child."""
    if not state.archived.is_empty:
        for parent_id in (order_id, parent_of(order_id)):
            if parent_id and is_archived(state, parent_id):
                yield parent_id


def is_archived(state: EngineState, order_id: str) -> bool:
    """Whether a parent is in the archive and not in memory, as far as fingerprints tell."""
    return order_id in state.archived and order_id not in state.orders


def is_ours(state: EngineState, order_id: str) -> bool:
    """Whether an order is one of ours, in memory or archived."""
    return order_id in state.orders or bool(archived_parent(state, order_id))


def waits_for_order(desk: Desk, order_id: str, item: Waiting) -> bool:
    """Whether an input is about an archived order and has to wait: then it is on record, and the order asked for."""
    parents = archived_parents(desk.state, order_id)
    return any(ask(desk, Recall(order_id=parent_id), item) for parent_id in parents)


def waits_for_first(desk: Desk, command: cmd.SubmitOrder) -> bool:
    """Whether an archived order may have been submitted under this client's or this order's id before."""
    state, client_id = desk.state, command.terms.client_order_id
    if state.archived.is_empty or (client_id is None and state.archived.is_after_all(command.terms.order_id)):
        return False
    if client_id is not None and client_id in state.archived.clients:
        return ask(desk, Recall(client_order_id=client_id), command) or waits_for_order(
            desk, command.terms.order_id, command
        )
    return waits_for_order(desk, command.terms.order_id, command)


def ask(desk: Desk, recall: Recall, item: Waiting) -> bool:
    """Put what came on record and ask for its order, unless the journal has just been found not to have it."""
    key = recall_key(recall.order_id, recall.client_order_id)
    if key in desk.not_on_record:
        return False
    if key not in desk.state.recalls:
        desk.effects.append(recall)
    desk.emit(
        ev.RecallAsked(
            ts=desk.now, order_id=recall.order_id, client_order_id=recall.client_order_id, waiting=kept(item)
        )
    )
    return True


class Recalls:
    """Takes the answers. `resume` deals with an input that waited.

    `resumed` are, for each input that the latest answer let go on, the numbers of the events that it led to.
    """

    def __init__(self, desk: Desk, resume: Callable[[Any], None]) -> None:
        self.desk = desk
        self.resumed: list[range] = []
        self._resume = resume
        desk.effects += [recall_of(key) for key in desk.state.recalls]

    def take(self, found: Recalled) -> None:
        """Bring an order back, and deal with what waited for it; an answer that was given before changes nothing."""
        desk, state = self.desk, self.desk.state
        key = recall_key(found.order_id, found.client_order_id)
        waiting = state.recalls.get(key)
        self.resumed = []
        if waiting is None:
            return
        family = found.family
        order_id = found.order_id if family is None else family.order.terms.order_id
        returns = family is not None and order_id not in state.orders
        desk.emit(
            ev.OrderRecalled(
                ts=desk.now,
                order_id=order_id,
                client_order_id=found.client_order_id,
                family=msgspec.to_builtins(family) if returns else {},
            )
        )
        before = desk.not_on_record
        desk.not_on_record = before | {key}
        for item in waiting:
            first = state.seq + 1
            self._resume(as_it_came(item))
            self.resumed.append(range(first, state.seq + 1))
        desk.not_on_record = before


def recall_of(key: str) -> Recall:
    """The recall of this key."""
    kind, _, name = key.partition("/")
    return Recall(client_order_id=name) if kind == "client" else Recall(order_id=name)
