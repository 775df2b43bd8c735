"""`POST /orders`, the one call that must be quick: from the body to a durable answer, with nothing in between.

An `Idempotency-Key` or a `client_order_id` makes a repeated request harmless for good: the engine knows it, and so does
the journal after a crash. The same one with other terms is refused.
"""

from logging import INFO, getLogger
from time import perf_counter
from typing import Any, NamedTuple

import msgspec
import structlog

from penstock.api.callers import Caller
from penstock.api.json import encode
from penstock.api.order_form import Identity, OrderForm, engine_id, form_of, wanted_of
from penstock.api.permissions import PREFIX
from penstock.api.problem import FieldError, Problem, refused
from penstock.api.reach import acting
from penstock.api.replays import original_terms
from penstock.api.running import Answer, Wanted
from penstock.api.service import Service
from penstock.api.views import accepted_view, order_view
from penstock.domain.commands import SubmitOrder
from penstock.domain.errors import BadInput
from penstock.domain.orders import OrderTerms
from penstock.engine.state import EngineState

log = structlog.stdlib.get_logger("penstock.api")
PLAIN_LOG = getLogger("penstock.api")


class Taken(NamedTuple):
    """What is answered to an order that stands: 201 for a new one, 200 for one that was given before."""

    status: int
    headers: dict[str, str]
    body: bytes


class Asked(NamedTuple):
    """An order that may be given, `checked` against the market by then (the process's clock, s)."""

    command: SubmitOrder
    checked: float


def asked(service: Service, caller: Caller, body: bytes, key: str) -> Asked:
    """The order in a body.

    Raises:
        Problem: there is none in it, or the caller may not give it.
    """
    began = perf_counter()
    form: OrderForm = form_of(body)
    act = acting(caller, form.user_id, service.users)
    identity = engine_id(act.name, form.client_order_id, checked_key(key))
    wanted = wanted_of(form, identity)
    act.may_trade(wanted.account)
    return checked_order(service, wanted, act.name, began)


def checked_order(service: Service, wanted: Wanted, owner: str, began: float) -> Asked:
    """An order that its owner may give.

    Raises:
        Problem: it cannot be traded as asked.
    """
    desk = service.desk
    try:
        terms = desk.terms(wanted, desk.next_order_id())
    except BadInput as error:
        raise refused(error) from None
    checked = perf_counter()
    service.metrics.checking_s.observe(checked - began)
    return Asked(SubmitOrder(ts=0, terms=terms, user=owner), checked)


async def submit(service: Service, wanted: Wanted, owner: str, began: float) -> Taken:
    """Have an order worked that a user may give.

    Raises:
        Problem: it cannot be, or is not.
    """
    order = checked_order(service, wanted, owner, began)
    return await given(service, order)


async def given(service: Service, order: Asked) -> Taken:
    """Have an order worked, waiting as long as that takes.

    Raises:
        Problem: it is not.
    """
    answer = await service.desk.give(order.command)
    return told(service, order, answer) or await given_before(service, order, answer)


def told(service: Service, order: Asked, answer: Answer) -> Taken | None:
    """What is said to an order that was answered; None if the answer is to one that was given before.

    Raises:
        Problem: it is not worked.
    """
    terms, owner, metrics = order.command.terms, order.command.user, service.metrics
    metrics.durable_s.observe(perf_counter() - order.checked)
    metrics.orders.add(answer.outcome)
    if PLAIN_LOG.isEnabledFor(INFO):  # a quick question, before anything is put together
        log.info(
            "order", order_id=answer.order_id, outcome=answer.outcome, code=answer.code, user=owner, seq=answer.seq
        )
    if answer.order_id and answer.order_id != terms.order_id:
        return None
    if answer.outcome != "accepted":
        metrics.rejects.add(answer.code)
        raise not_done(answer)
    headers = {"Location": f"{PREFIX}/orders/{terms.order_id}"}
    at = taken_at(service.desk.state, terms.order_id)
    return Taken(201, headers, encode(accepted_view(terms, owner, at, answer.seq)))


def taken_at(state: EngineState, order_id: str) -> int:
    """When an order was taken (ns), without spelling it out."""
    whole = state.whole_of(order_id)
    if whole is not None:
        return whole.sent_at
    order = state.orders.get(order_id)
    return state.ts if order is None else order.created_at


async def given_before(service: Service, order: Asked, answer: Answer) -> Taken:
    """The answer to a repeated request: that to the first, as the order is by now.

    Raises:
        Problem: the first was refused, or had other terms.
    """
    terms, owner = order.command.terms, order.command.user
    first = await original_terms(service.desk, answer.order_id)
    if first is None or not same(first, terms):
        detail = f"it was used for order {answer.order_id}, which has other terms: use another one"
        raise Problem("idempotency_key_reused", detail, errors=(FieldError("/client_order_id", "was used before"),))
    if answer.outcome == "denied":
        raise not_done(answer)
    state = service.desk.state
    known = state.orders.get(answer.order_id)
    view = (
        accepted_view(first, owner, service.desk.now(), answer.seq)
        if known is None
        else order_view(known, state.parents.get(answer.order_id), owner, state.seq)
    )
    await service.desk.settled()
    headers = {"Location": f"{PREFIX}/orders/{answer.order_id}", "Idempotent-Replayed": "true"}
    return Taken(200, headers, encode(view))


def same(first: OrderTerms, again: OrderTerms) -> bool:
    """Whether two submissions ask for the same, whatever number the desk gave them."""
    return msgspec.structs.replace(again, order_id=first.order_id) == first


def not_done(answer: Answer) -> Problem:
    """A command that was not carried out, as a problem."""
    extra: dict[str, Any] = {"order_id": answer.order_id} if answer.order_id else {}
    match answer.outcome:
        case "not_taken":
            return Problem(answer.code, answer.reason, status=503, headers={"Retry-After": "1"})
        case "denied":
            return Problem(answer.code, answer.reason, status=422, seq=answer.seq, **extra)
    return Problem(answer.code or "conflict", answer.reason, status=409, seq=answer.seq, **extra)


def checked_key(key: str) -> str | None:
    """The `Idempotency-Key` of a request, if it has one."""
    if not key:
        return None
    try:
        return msgspec.convert(key, Identity)
    except msgspec.ValidationError:
        detail = "Idempotency-Key: must be 1 to 100 printable characters without spaces"
        raise Problem("bad_input", detail, errors=(FieldError("", detail),)) from None
