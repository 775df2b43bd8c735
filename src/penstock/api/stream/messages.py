"""Durable events as the stream tells them: each event belongs to one topic and is one message, under its own number.

So a client that remembers the last number it saw knows exactly what it has, and can go on from there.
"""

from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from penstock.api.json import encode
from penstock.api.order_form import shown_id
from penstock.api.views import terms_view
from penstock.domain import events as ev
from penstock.domain.orders import OrderTerms
from penstock.domain.time import to_iso
from penstock.engine.families import parent_of
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


class About(NamedTuple):
    """What decides who may hear of an event: empty where it is about no order."""

    topic: Topic
    account: str
    owner: str
    symbol: str
    parent_id: str


def about(event: ev.AnyEvent, state: EngineState) -> About | None:
    """Whom an event concerns; None for what the stream does not tell."""
    told = TOLD.get(type(event).__name__)
    if told is None:
        return None
    terms: OrderTerms | None = getattr(event, "terms", None)
    order_id: str = terms.order_id if terms is not None else getattr(event, "order_id", "")
    if not order_id:
        return About(told[0], "", "", "", "")
    known = state.orders.get(order_id)
    if terms is None:
        terms = None if known is None else known.terms
    parent_id = (terms.parent_id if terms is not None else None) or (
        order_id if known is not None and known.terms.parent_id is None else parent_of(order_id) or order_id
    )
    if terms is not None and terms.parent_id is None:
        parent_id = order_id
    owner = getattr(event, "user", "") or state.risk.users.get(parent_id, "")
    if not owner and terms is not None and terms.client_order_id is not None:
        owner = terms.client_order_id.partition("/")[0]
    account, symbol = ("", "") if terms is None else (terms.account, terms.symbol)
    return About(told[0], account, owner, symbol, parent_id)


def message(seq: int, event: ev.AnyEvent, whom: About) -> bytes:
    """The event as it goes out."""
    _, name = TOLD[type(event).__name__]
    given: dict[str, Any] = {field: getattr(event, field) for field in event.__struct_fields__ if field not in LEFT_OUT}
    for field in TIMES:
        if isinstance(given.get(field), int):
            given[field] = to_iso(given[field])
    terms: OrderTerms | None = getattr(event, "terms", None)
    order_id: str = terms.order_id if terms is not None else getattr(event, "order_id", "")
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
