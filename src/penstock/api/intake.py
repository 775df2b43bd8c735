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


async def take_order(service: Service, caller: Caller, body: bytes, key: str) -> Taken:
    """Have the order in a body worked.

    Raises:
        Problem: it cannot be, or is not.
    """
    began = perf_counter()
    form: OrderForm = form_of(body)
    act = acting(caller, form.user_id, service.users)
    identity = engine_id(act.name, form.client_order_id, checked_key(key))
    wanted = wanted_of(form, identity)
    act.may_trade(wanted.account)
    return await submit(service, wanted, act.name, began)


async def submit(service: Service, wanted: Wanted, owner: str, began: float) -> Taken:
    """Have an order worked that a user may give."""
    desk, metrics = service.desk, service.metrics
    try:
        terms = desk.terms(wanted, desk.next_order_id())
    except BadInput as error:
        raise refused(error) from None
    checked = perf_counter()
    metrics.checking_s.observe(checked - began)
    answer = await desk.give(SubmitOrder(ts=0, terms=terms, user=owner))
    metrics.durable_s.observe(perf_counter() - checked)
    metrics.count_order(answer.outcome)
    repeated = bool(answer.order_id) and answer.order_id != terms.order_id
    if PLAIN_LOG.isEnabledFor(INFO):  # a quick question, before anything is put together
        log.info(
            "order", order_id=answer.order_id, outcome=answer.outcome, code=answer.code, user=owner, seq=answer.seq
        )
    if repeated:
        return await given_before(service, answer, terms, owner)
    if answer.outcome != "accepted":
        metrics.rejects.labels(answer.code).inc()
        raise not_done(answer)
    headers = {"Location": f"{PREFIX}/orders/{terms.order_id}"}
    return Taken(201, headers, encode(accepted_view(terms, owner, taken_at(desk.state, terms.order_id), answer.seq)))


def taken_at(state: EngineState, order_id: str) -> int:
    """When an order was taken (ns), without spelling it out."""
    whole = state.whole_of(order_id)
    if whole is not None:
        return whole.sent_at
    order = state.orders.get(order_id)
    return state.ts if order is None else order.created_at


async def given_before(service: Service, answer: Answer, terms: OrderTerms, owner: str) -> Taken:
    """The answer to a repeated request: that to the first, as the order is by now."""
    first = await original_terms(service.desk, answer.order_id)
    if first is None or not same(first, terms):
        detail = f"it was used for order {answer.order_id}, which has other terms: use another one"
        raise Problem("idempotency_key_reused", detail, errors=(FieldError("/client_order_id", "was used before"),))
    if answer.outcome == "denied":
        raise not_done(answer)
    state = service.desk.state
    order = state.orders.get(answer.order_id)
    view = (
        accepted_view(first, owner, service.desk.now(), answer.seq)
        if order is None
        else order_view(order, state.parents.get(answer.order_id), owner, state.seq)
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
