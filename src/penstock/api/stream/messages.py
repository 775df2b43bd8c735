"""Durable events as the stream tells them: each event belongs to one topic and is one message, under its own number.

So a client that remembers the last number it saw knows exactly what it has, and can go on from there.
"""

from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from penstock.api.json import encode
from penstock.api.order_form import owner_by, shown_id
from penstock.api.views import terms_view
from penstock.domain import events as ev
from penstock.domain.orders import OrderTerms
from penstock.domain.time import to_iso
from penstock.engine.state import EngineState


class Topic(StrEnum):
    ORDERS = "orders"  # a parent's life
    FILLS = "fills"  # money that moved
    EXECUTIONS = "executions"  # what is sent to venues for a parent, and what they say
    ALERTS = "alerts"
    MARKET_DATA = "market_data"  # quotes: not on record, so without numbers; only the latest count


TOLD: dict[str, tuple[Topic, str]] = {  # by the event's kind
    "OrderReceived": (Topic.ORDERS, "received"),
    "OrderSentWhole": (Topic.ORDERS, "received"),
    "OrderDenied": (Topic.ORDERS, "denied"),
    "OrderAmended": (Topic.ORDERS, "amended"),
    "AmendmentWaits": (Topic.ORDERS, "amending"),
    "OrderTriggered": (Topic.ORDERS, "triggered"),
    "OrderStopped": (Topic.ORDERS, "stopping"),
    "OrderEnded": (Topic.ORDERS, "ended"),
    "ChildFilled": (Topic.FILLS, "fill"),
    "FillBusted": (Topic.FILLS, "busted"),
    "FillCorrected": (Topic.FILLS, "corrected"),
    "ChildSubmitted": (Topic.EXECUTIONS, "submitted"),
    "ChildAccepted": (Topic.EXECUTIONS, "accepted"),
    "ChildRejected": (Topic.EXECUTIONS, "rejected"),
    "ChildCanceled": (Topic.EXECUTIONS, "canceled"),
    "ChildExpired": (Topic.EXECUTIONS, "expired"),
    "ChildReplaced": (Topic.EXECUTIONS, "replaced"),
    "ChildUnknown": (Topic.EXECUTIONS, "unknown"),
    "CancelAsked": (Topic.EXECUTIONS, "cancel_asked"),
    "CancelDenied": (Topic.EXECUTIONS, "cancel_denied"),
    "ReplaceAsked": (Topic.EXECUTIONS, "replace_asked"),
    "ReplaceDenied": (Topic.EXECUTIONS, "replace_denied"),
    "AlertRaised": (Topic.ALERTS, "alert"),
    "BreakerTripped": (Topic.ALERTS, "breaker_tripped"),
    "BreakerReset": (Topic.ALERTS, "breaker_reset"),
    "ModeChanged": (Topic.ALERTS, "mode"),
    "LimitChanged": (Topic.ALERTS, "limit"),
    "LimitsScaled": (Topic.ALERTS, "limits_scaled"),
    "RiskRefused": (Topic.ALERTS, "refused"),
}
LEFT_OUT = ("kind", "ts", "terms", "quote", "before", "after", "depth", "arrival", "order_id", "report", "request_id")
TIMES = ("traded_at", "start", "end", "until")


class Whose(NamedTuple):
    """An order as the stream needs it: its parent, and whose that is."""

    account: str
    owner: str
    symbol: str
    parent_id: str


class About(NamedTuple):
    """What decides who may hear of an event: empty where it is about no order."""

    topic: Topic
    account: str
    owner: str
    symbol: str
    parent_id: str


Route = tuple[Topic, str, str, str, bool]
NO_ORDER = Whose("", "", "", "")


def topic_of(event: ev.AnyEvent) -> Topic | None:
    """The topic that an event belongs to; None for what the stream does not tell."""
    told = TOLD.get(type(event).__name__)
    return None if told is None else told[0]


def order_of(event: ev.AnyEvent) -> str:
    """The order, parent or child, that an event is about; empty if it is about none."""
    terms: OrderTerms | None = getattr(event, "terms", None)
    order_id: str = getattr(event, "order_id", "") if terms is None else terms.order_id
    return order_id


def key_of(event: ev.AnyEvent) -> str:
    """By which id an event's family is found: its parent's where the event names it, its order's else."""
    terms: OrderTerms | None = getattr(event, "terms", None)
    return order_of(event) if terms is None or terms.parent_id is None else terms.parent_id


def whose(terms: OrderTerms, user: str) -> Whose:
    """A parent order; where nobody is named, its client's id says whose it is."""
    return Whose(terms.account, owner_by(user, terms.client_order_id), terms.symbol, terms.order_id)


def whose_in(state: EngineState, order_id: str) -> Whose | None:
    """An order that is in memory, without spelling it out; None for any other."""
    whole = state.wholes.get(order_id) or state.whole_of(order_id)
    if whole is not None:
        return whose(whole.terms, state.risk.users.get(whole.terms.order_id, ""))
    order = state.orders.get(order_id)
    if order is not None and order.terms.parent_id is not None:
        order = state.orders[order.terms.parent_id]
    return None if order is None else whose(order.terms, state.risk.users.get(order.terms.order_id, ""))


def about(event: ev.AnyEvent, state: EngineState) -> About | None:
    """Whom an event of just now concerns; None for what the stream does not tell."""
    topic = topic_of(event)
    if topic is None:
        return None
    order_id = key_of(event)
    return About(topic, *((whose_in(state, order_id) or unknown(order_id)) if order_id else NO_ORDER))


def route_of(whom: About) -> Route:
    """Events with the same of it are for the same clients, but for those that asked for certain orders."""
    return (whom.topic, whom.account, whom.owner, whom.symbol, bool(whom.parent_id))


def unknown(order_id: str) -> Whose:
    """An order that there never was, which an alert may name."""
    return Whose("", "", "", order_id)


def message(seq: int, event: ev.AnyEvent, whom: About) -> bytes:
    """The event as it goes out."""
    _, name = TOLD[type(event).__name__]
    given: dict[str, Any] = {field: getattr(event, field) for field in event.__struct_fields__ if field not in LEFT_OUT}
    for field in TIMES:
        if isinstance(given.get(field), int):
            given[field] = to_iso(given[field])
    terms: OrderTerms | None = getattr(event, "terms", None)
    order_id = order_of(event)
    if terms is not None:
        given |= terms_view(terms, whom.owner)
    if order_id and order_id != whom.parent_id:
        given["child_order_id"] = order_id
    return encode({
        "type": "event",
        "topic": whom.topic.value,
        "seq": seq,
        "event": name,
        "time": to_iso(event.ts),
        "order_id": whom.parent_id or None,
        "symbol": whom.symbol or None,
        "account_id": whom.account or None,
        "client_order_id": None if terms is None else shown_id(terms.client_order_id),
        "data": given,
    })  # fmt: skip


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """`id` comes back with the answer."""

    id: str | int | None = None


class Auth(Asked, frozen=True, kw_only=True, tag="auth"):
    """The first message of a client that cannot set headers."""

    token: str


class Subscribe(Asked, frozen=True, kw_only=True, tag="subscribe"):
    """What to hear of from now on, in place of what was asked for before; an empty filter lets everything pass.

    Without `since` a snapshot comes first. With it, everything after that event, and no snapshot.
    """

    topics: tuple[Topic, ...]
    symbols: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    order_ids: tuple[str, ...] = ()
    since: int | None = None


class Ping(Asked, frozen=True, kw_only=True, tag="ping"):
    """Answered at once with the last event's number."""


Request = Auth | Subscribe | Ping
requests = msgspec.json.Decoder(Request)
