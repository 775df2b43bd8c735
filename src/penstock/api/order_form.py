"""An order as clients write it: the documented fields, words in upper or lower case, numbers as they stand.

`order_type` may be an algorithm's name; `algo_type` names one too. Whether it can be traded is the desk's to say.
"""

from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, TypeVar

import msgspec

from penstock.algos.registry import ALGORITHMS
from penstock.api.json import exact
from penstock.api.problem import FieldError, Problem
from penstock.api.running import Wanted
from penstock.domain.instructions import PLAIN, Instructions, OrderType, PegPrice, TimeInForce
from penstock.domain.orders import Side, Strategy
from penstock.domain.time import from_iso

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Identity = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[!-~]+$")]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Chosen = TypeVar("Chosen", bound=StrEnum)

TYPES = frozenset(member.value for member in OrderType)
KEPT = "#"  # begins the client's id of an order that has an idempotency key in its place
OF_PARENT = "@"  # begins that of an execution: the client's parent order, and again the sign


class OrderForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of `POST /orders`.

    `price` is the limit price. `user_id` is who the order is for: the caller, unless they may act for another.
    """

    symbol: Name
    side: Word
    quantity: Decimal
    user_id: str | int | None = None
    account_id: str | int = "main"
    order_type: Word | None = None
    price: Decimal | None = None
    time_in_force: Word = "DAY"
    algo_type: Word | None = None
    algo_parameters: dict[str, Any] | None = None
    client_order_id: Identity | None = None
    strategy: Word = "neutral"
    urgency: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    venues: tuple[Name, ...] = ()
    post_only: bool = False
    reduce_only: bool = False
    located: bool = False
    stop_price: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_bps: Decimal | None = None
    display_quantity: Decimal | None = None
    min_quantity: Decimal | None = None
    peg: Word | None = None
    peg_offset: Decimal | None = None
    expire_time: Word | None = None


decoder = msgspec.json.Decoder(OrderForm)
NUMBERS = (
    "price",
    "stop_price",
    "trail_amount",
    "trail_bps",
    "display_quantity",
    "min_quantity",
    "peg_offset",
)


def form_of(body: bytes) -> OrderForm:
    """The form in a body.

    Raises:
        Problem: no JSON, an unknown field, or a value of the wrong type.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("malformed", f"the body is not understood: {error}") from None


def wanted_of(form: OrderForm, client_order_id: str | None) -> Wanted:
    """The order that a form asks for.

    Raises:
        Problem: a word or a number that is none.
    """
    check_number("quantity", form.quantity, positive=True)
    if form.price is not None:
        check_number("price", form.price, positive=True)
    order_type, algorithm = kind_of(form.order_type, form.algo_type)
    if order_type is None and algorithm is None:
        order_type = OrderType.MARKET if form.price is None else OrderType.LIMIT
    if form.price is None and order_type is OrderType.LIMIT:
        raise wrong("price", "is missing: a limit order has one")
    if form.price is not None and order_type is OrderType.MARKET:
        raise wrong("price", "a market order has none: leave it out, or send a limit order")
    return Wanted(
        symbol=form.symbol,
        side=word("side", form.side, Side),
        quantity=form.quantity,
        order_type=order_type,
        algorithm=algorithm,
        parameters=form.algo_parameters or {},
        limit_price=form.price,
        strategy=Strategy.NEUTRAL if form.strategy == "neutral" else word("strategy", form.strategy, Strategy),
        urgency=form.urgency,
        venues=form.venues,
        client_order_id=client_order_id,
        tif=TimeInForce.DAY if form.time_in_force == "DAY" else word("time_in_force", form.time_in_force, TimeInForce),
        post_only=form.post_only,
        instructions=_instructions(form),
        account=account_of(form.account_id),
    )


def kind_of(order_type: str | None, algo_type: str | None) -> tuple[OrderType | None, str | None]:
    """What an order is: its type, or the algorithm that works it."""
    named = None if order_type is None else order_type.lower()
    algorithm = None if not algo_type or algo_type.lower() == "none" else algo_type.lower()
    if algorithm is not None and algorithm not in ALGORITHMS:
        raise unknown("algo_type", algo_type or "", ALGORITHMS)
    if named is None or named in ("algo", "algorithm", "algorithmic"):
        return None, algorithm
    if named in ALGORITHMS and named not in TYPES:
        if algorithm not in (None, named):
            raise wrong("algo_type", f"contradicts order_type {order_type}", "/algo_type")
        return None, named
    kind = word("order_type", named, OrderType)
    if algorithm is not None and kind in (OrderType.MARKET, OrderType.LIMIT):
        return None, algorithm  # worked by the algorithm, within the price if there is one
    return kind, algorithm


def account_of(account_id: str | int) -> str:
    account = str(account_id)
    if not 1 <= len(account) <= 64 or not account.isprintable() or "/" in account:
        raise wrong("account_id", "must be a name of 1 to 64 characters without /")
    return account


def word(field: str, text: str, kind: type[Chosen]) -> Chosen:
    """A member of an enumeration by its value, in upper or lower case."""
    members: dict[str, Chosen] = words_of(kind)
    member = members.get(text) or members.get(text.lower()) or members.get(text.upper())
    if member is not None:
        return member
    raise unknown(field, text, [str(member.value) for member in kind])


@cache
def words_of(kind: type[Chosen]) -> dict[str, Chosen]:
    return {member.value: member for member in kind}


def unknown(field: str, text: str, known: Iterable[str]) -> Problem:
    names = list(known)
    near = get_close_matches(text.lower(), names, 1)
    hint = f"did you mean {near[0]}?" if near else ""
    return wrong(field, f"must be one of {', '.join(names)} (got {text[:40]!r}) {hint}".rstrip())


def check_number(field: str, value: Decimal, *, positive: bool = False) -> None:
    """Raise a Problem unless it can be reckoned with exactly (and is more than nothing)."""
    fault = exact(value) or ("must be greater than zero" if positive and value <= 0 else "")
    if fault:
        raise wrong(field, fault)


def wrong(field: str, rule: str, pointer: str = "") -> Problem:
    return Problem("bad_input", f"{field}: {rule}", errors=(FieldError(pointer or f"/{field}", rule),))


def invalid(said: str) -> Problem:
    """What msgspec found wrong, with a JSON pointer."""
    rule, at, path = said.partition(" - at `")
    pointer = "/" + path.rstrip("`").lstrip("$").replace("[", ".").replace("]", "").strip(".").replace(".", "/")
    if not at:
        field = rule.rpartition("`")[0].rpartition("`")[2]
        pointer = f"/{field}" if field else ""
    return Problem("bad_input", said, errors=(FieldError(pointer, rule),))


def _instructions(form: OrderForm) -> Instructions:
    given: dict[str, Any] = {}
    for field in NUMBERS[1:]:
        value = getattr(form, field)
        if value is not None:
            check_number(field, value)
            given[DOMAIN_NAMES.get(field, field)] = value
    if form.peg is not None:
        given["peg"] = word("peg", form.peg, PegPrice)
    if form.expire_time is not None:
        given["expire_time"] = moment("expire_time", form.expire_time)
    if form.reduce_only:
        given["reduce_only"] = True
    if form.located:
        given["located"] = True
    return Instructions(**given) if given else PLAIN


def moment(field: str, text: str) -> int:
    """A time that a client wrote (ns)."""
    try:
        at = from_iso(text)
    except (ValueError, OverflowError):
        at = -1
    if at < 0:
        raise wrong(field, "must be ISO-8601 with a zone, and after 1970")
    return at


DOMAIN_NAMES = {"stop_price": "stop_px", "display_quantity": "display_qty", "min_quantity": "min_qty"}


def engine_id(user: str, client_order_id: str | None, idempotency_key: str | None) -> str | None:
    """The client's id as the engine knows it: each user has their own. The key counts where there is no other id."""
    if client_order_id is not None:
        return f"{user}/{client_order_id}"
    return None if idempotency_key is None else f"{user}/{KEPT}{idempotency_key}"


def shown_id(engine_id: str | None) -> str | None:
    """The client's id as the client gave it."""
    if engine_id is None:
        return None
    _, slash, given = engine_id.partition("/")
    if not slash:
        return engine_id
    return None if given.startswith((KEPT, OF_PARENT)) else given


def owner_by(user: str, engine_id: str | None) -> str:
    """Whose order it is: the user on record; where there is none, only its client's id tells."""
    return user or (engine_id or "").partition("/")[0]


def parent_reference(engine_id: str | None) -> str | None:
    """The client's parent order of an execution, where one was named."""
    given = (engine_id or "").partition("/")[2]
    return given[1:].partition(OF_PARENT)[0] if given.startswith(OF_PARENT) else None
