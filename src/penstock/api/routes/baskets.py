"""Baskets: a portfolio that is wanted, as one order a symbol; all of them are checked before the first is given."""

import asyncio
from typing import Any

from fastapi import Request

from penstock.algos.registry import check
from penstock.api import schemas as s
from penstock.api.guard import caller_of, router, service_of
from penstock.api.intake import checked_key
from penstock.api.json import Json
from penstock.api.order_form import KEPT, account_of, word
from penstock.api.problem import FieldError, Problem
from penstock.api.reach import acting
from penstock.api.running import Answer, Wanted
from penstock.api.service import Service
from penstock.domain.commands import SubmitOrder
from penstock.domain.errors import BadInput
from penstock.domain.orders import OrderTerms, Side, Strategy
from penstock.engine.sight import consolidated_mid
from penstock.portfolio.targets import Target, plan_parents

routes = router()


@routes.post("/baskets", status_code=201, response_model=s.BasketShape, tags=["baskets"])
async def give_basket(request: Request, body: s.Basket) -> Json:
    """Trade an account towards targets. Targets that are held already give no order."""
    service = service_of(request)
    act = acting(caller_of(request), body.user_id, service.users)
    account = account_of(body.account_id)
    act.may_trade(account)
    key = checked_key(request.headers.get("idempotency-key", ""))
    planned = parents(service, body, account)
    ready = [terms_of(service, body, each, account, act.name, key) for each in planned]
    if body.preview:
        return Json({"orders": [view(terms, None) for terms in ready]}, 200)
    answers = await asyncio.gather(*(service.desk.give(SubmitOrder(ts=0, terms=each, user=act.name)) for each in ready))
    for answer in answers:
        service.metrics.orders.add(answer.outcome)
    return Json({"orders": [view(terms, answer) for terms, answer in zip(ready, answers, strict=True)]}, 201)


def parents(service: Service, body: s.Basket, account: str) -> list[OrderTerms]:
    """What leads from the account's holdings to the targets."""
    state, quotes = service.desk.state, service.desk.quotes
    assert state.session is not None
    held = {
        symbol: books[account].position.quantity for symbol, books in state.ledger.books.items() if account in books
    }
    prices = {symbol: mid for symbol, by in quotes.items() if (mid := consolidated_mid(dict(by))) is not None}
    try:
        targets = [
            Target(
                symbol=each.symbol,
                quantity=each.quantity,
                change=each.change,
                notional=each.notional,
                side=None if each.side is None else word("side", each.side, Side),
                algorithm=(each.algorithm or body.algorithm).lower(),
                parameters=each.parameters if each.algorithm is not None else body.parameters | each.parameters,
                urgency=each.urgency,
                limit_price=each.price,
                strategy=word("strategy", each.strategy, Strategy),
                venues=tuple(each.venues),
                where=f"targets[{number}]",
            )
            for number, each in enumerate(body.targets)
        ]
        return plan_parents(targets, held, state.instruments, prices, state.session.listings, "", check)
    except BadInput as error:
        number = error.where.removeprefix("targets[").removesuffix("]")
        field = "price" if error.field == "limit_price" else error.field
        pointer = f"/targets/{number}/{field}" if number.isdigit() else ""
        raise Problem("bad_input", str(error), errors=(FieldError(pointer.rstrip("/"), error.rule),)) from None


def terms_of(
    service: Service, body: s.Basket, planned: OrderTerms, account: str, owner: str, key: str | None
) -> OrderTerms:
    wanted = Wanted(
        symbol=planned.symbol,
        side=planned.side,
        quantity=planned.quantity,
        algorithm=planned.algorithm,
        parameters=planned.parameters,
        limit_price=planned.limit_price,
        strategy=planned.strategy,
        urgency=planned.urgency,
        venues=planned.venues,
        client_order_id=None if key is None else f"{owner}/{KEPT}{key}/{planned.symbol}",
        account=account,
    )
    return service.desk.terms(wanted, service.desk.next_order_id())


def view(terms: OrderTerms, answer: Answer | None) -> dict[str, Any]:
    return {
        "symbol": terms.symbol,
        "side": terms.side.value,
        "quantity": terms.quantity,
        "algorithm": terms.algorithm,
        "outcome": "preview" if answer is None else answer.outcome,
        "order_id": answer.order_id or None if answer is not None else None,
        "code": answer.code or None if answer is not None else None,
        "reason": answer.reason or None if answer is not None else None,
    }
