"""What clients of a live desk may ask, as JSON, and how it becomes commands: checked before it is taken."""

from decimal import Decimal
from typing import Any

import msgspec

from penstock.algos.registry import check, normalise
from penstock.app.live.asking import Asked
from penstock.app.live.risk_entry import RiskRequest
from penstock.domain import commands as cmd
from penstock.domain.errors import BadInput
from penstock.domain.instructions import PLAIN, Instructions, OrderType, TimeInForce
from penstock.domain.orders import OrderTerms, Side, Strategy
from penstock.engine.recall import is_archived
from penstock.engine.state import EngineState
from penstock.portfolio.targets import Target, plan_parents

WHERE = "order"
CHANGES = ("quantity", "limit_price", "tif", "parameters", "instructions")


class Submit(Asked, frozen=True, kw_only=True, tag="submit"):
    """Work an order. The same `client_order_id` again gives the first one's answer, and no second order."""

    symbol: str
    side: Side
    quantity: Decimal
    algorithm: str | None = None
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    limit_price: Decimal | None = None
    strategy: Strategy = Strategy.NEUTRAL
    urgency: float = 0.5
    venues: tuple[str, ...] = ()
    client_order_id: str | None = None
    order_type: OrderType | None = None
    tif: TimeInForce = TimeInForce.DAY
    post_only: bool = False
    instructions: Instructions = PLAIN


class Amend(Asked, frozen=True, kw_only=True, tag="amend"):
    order_id: str
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    tif: TimeInForce | None = None
    parameters: dict[str, Any] | None = None
    instructions: Instructions | None = None


class Cancel(Asked, frozen=True, kw_only=True, tag="cancel"):
    order_id: str


class Show(Asked, frozen=True, kw_only=True, tag="status"):
    """How the desk is; with an `order_id`, how that order is."""

    order_id: str = ""


class Wait(Asked, frozen=True, kw_only=True, tag="wait"):
    """Answered with how the order is, once it is over: filled, or nothing of it works any more."""

    order_id: str


class Heartbeat(Asked, frozen=True, kw_only=True, tag="heartbeat"):
    """A client is alive; answered with `next_within_s`, None where the desk wants no heartbeats."""


Request = Submit | Amend | Cancel | Show | Wait | Heartbeat | RiskRequest

_decoder = msgspec.json.Decoder(Request)


def request_of(text: bytes) -> Request:
    """What a client asks.

    Raises:
        BadInput: not JSON, an unknown field, or a value of the wrong type.
    """
    try:
        request: Request = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput("request", "", f"not understood: {error}") from None
    return request


def order_of(asked: Submit, state: EngineState, order_id: str, now: int) -> cmd.SubmitOrder:
    """The command that works an order under this id.

    Raises:
        BadInput: whatever about the order cannot be traded as asked.
    """
    assert state.session is not None
    if not asked.quantity.is_finite() or asked.quantity <= 0:
        raise BadInput(WHERE, "quantity", "must be greater than zero", asked.quantity)
    target = Target(
        symbol=asked.symbol,
        change=asked.side.sign * asked.quantity,
        algorithm=asked.algorithm or "market",
        parameters=asked.parameters,
        limit_price=asked.limit_price,
        strategy=asked.strategy,
        urgency=asked.urgency,
        venues=asked.venues,
        where=WHERE,
    )
    (planned,) = plan_parents([target], {}, state.instruments, {}, state.session.listings, "", check)
    terms: OrderTerms = msgspec.structs.replace(
        planned,
        order_id=order_id,
        parameters=normalise(planned.algorithm or "", planned.parameters),
        client_order_id=asked.client_order_id,
        side=asked.side,
        tif=asked.tif,
        post_only=asked.post_only,
        instructions=asked.instructions,
    )
    if asked.order_type is not None:
        terms = msgspec.structs.replace(terms, order_type=asked.order_type, algorithm=asked.algorithm)
    return cmd.SubmitOrder(ts=now, terms=terms)


def change_of(asked: Amend | Cancel, state: EngineState, now: int) -> cmd.Command:
    """The command that changes an order.

    Raises:
        BadInput: there is no such order, or nothing is to change.
    """
    order = state.orders.get(asked.order_id)
    known = is_archived(state, asked.order_id) if order is None else order.terms.parent_id is None
    if not known:
        raise BadInput(WHERE, "order_id", "there is no such order", asked.order_id)
    if isinstance(asked, Cancel):
        return cmd.CancelOrder(ts=now, order_id=asked.order_id)
    for field in ("quantity", "limit_price"):
        value = getattr(asked, field)
        if value is not None and (not value.is_finite() or value <= 0):
            raise BadInput(WHERE, field, "must be greater than zero", value)
    changes = {name: getattr(asked, name) for name in CHANGES}
    if all(value is None for value in changes.values()):
        raise BadInput(WHERE, "", f"an amendment changes at least one of {', '.join(CHANGES)}")
    return cmd.AmendOrder(ts=now, order_id=asked.order_id, **changes)
