"""What a client is told of its command, taken from the events that the command led to; told once they are durable."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from penstock.domain import commands as cmd
from penstock.domain import events as ev
from penstock.domain.errors import PenstockError
from penstock.engine.state import EngineState


class Ack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Durable: event `seq`, and everything before it, is on record.

    `denied` by risk or `refused` as impossible, with a code and a sentence; `order_id` is empty where the command
    is about no single order.
    """

    seq: int
    outcome: Literal["accepted", "denied", "refused"]
    order_id: str = ""
    code: str = ""
    reason: str = ""


class NotTaken(PenstockError):
    """A command that was not taken: nothing of it is on record, and nothing will come of it. It may be given again."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


GIVEN = frozenset({ev.OrderReceived, ev.OrderSentWhole})  # the usual answer to the usual command
TAKEN = ev.GroupFormed | ev.OrderReceived | ev.OrderSentWhole | ev.OrderAmended | ev.AmendmentWaits | ev.OrderStopped


def answer(command: cmd.Command, events: Sequence[ev.AnyEvent], state: EngineState) -> Ack:
    """What became of a command; `state` is that after its events."""
    order_id = about(command)
    if type(command) is cmd.SubmitOrder and events and type(events[0]) in GIVEN:
        return Ack(seq=state.seq, outcome="accepted", order_id=order_id)
    if isinstance(command, cmd.RiskCommand):
        refused = next((event for event in events if isinstance(event, ev.RiskRefused)), None)
        if refused is not None:
            return Ack(seq=state.seq, outcome="refused", code=refused.code, reason=refused.refusal)
        return Ack(seq=state.seq, outcome="accepted")
    for event in events:
        if isinstance(event, ev.OrderDenied) and event.terms.order_id == order_id:
            return Ack(seq=state.seq, outcome="denied", order_id=order_id, code=event.code, reason=event.reason)
        if isinstance(event, TAKEN):
            break
        if isinstance(event, ev.AlertRaised) and event.order_id == order_id:
            return Ack(seq=state.seq, outcome="refused", order_id=order_id, code=event.code, reason=event.text)
    else:
        if isinstance(command, cmd.SubmitOrder):
            assert command.terms.client_order_id is not None, "only a repeated submission leads to nothing"
            return standing(state.client_ids[command.terms.client_order_id], state)
    return Ack(seq=state.seq, outcome="accepted", order_id=order_id)


def standing(order_id: str, state: EngineState) -> Ack:
    """The answer to a submission that was made before: the first one's."""
    if order_id in state.parents:
        return Ack(seq=state.seq, outcome="accepted", order_id=order_id)
    order = state.orders[order_id]
    return Ack(seq=state.seq, outcome="denied", order_id=order_id, code="denied_before", reason=order.reason)


def about(command: cmd.Command) -> str:
    if type(command) is cmd.SubmitOrder:
        return command.terms.order_id
    if isinstance(command, cmd.SubmitGroup):
        return command.orders[0].order_id
    return command.order_id if isinstance(command, cmd.AmendOrder | cmd.CancelOrder) else ""
