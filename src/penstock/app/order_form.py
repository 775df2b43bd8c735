"""From what a program writes to an order's terms: numbers as they are written, words from their lists.

Raises BadInput at the first thing that is none of them; whether they go together is `penstock.domain.order_rules`.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from penstock.domain.errors import BadInput
from penstock.domain.instructions import Instructions, OrderType, PegPrice, TimeInForce
from penstock.domain.orders import OrderTerms, Side
from penstock.domain.time import from_iso

Number = Decimal | int | float | str
Word = TypeVar("Word", bound=StrEnum)

FLAGS = ("reduce_only", "located")


def with_type(
    terms: OrderTerms,
    side: Side,
    order_type: OrderType | str | None,
    algorithm: str | None,
    tif: TimeInForce | str,
    post_only: bool,
    given: Mapping[str, Any],
) -> OrderTerms:
    """Terms that were planned as a market or limit order, as what was really asked for."""
    changes: dict[str, Any] = {
        "side": side,
        "tif": one_of(TimeInForce, "tif", tif),
        "post_only": post_only,
        "instructions": instructions_of(given),
    }
    if order_type is not None:
        changes |= {"order_type": one_of(OrderType, "order_type", order_type), "algorithm": algorithm}
    return msgspec.structs.replace(terms, **changes)


def instructions_of(given: Mapping[str, Any], onto: Instructions | None = None) -> Instructions:
    """Instructions by their names, changed in `onto` where there are some already."""
    return msgspec.structs.replace(
        onto or Instructions(), **{name: instruction(name, value) for name, value in given.items()}
    )


def instruction(name: str, value: Any) -> Any:
    if name not in Instructions.__struct_fields__:
        there = ", ".join(Instructions.__struct_fields__)
        raise BadInput("order", name, f"is no field of an order; an order may have: {there}")
    if value is None:
        return None
    if name in FLAGS:
        if not isinstance(value, bool):
            raise BadInput("order", name, "must be true or false", value)
        return value
    if name == "peg":
        return one_of(PegPrice, name, value)
    if name == "expire_time":
        return moment(name, value)
    return number("order", name, value)


def moment(field: str, value: Any) -> int:
    """A time: ns since the epoch, or ISO-8601 with a zone."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return from_iso(str(value))
    except ValueError:
        raise BadInput("order", field, "must be ISO-8601 with a zone, or nanoseconds", value) from None


def number(where: str, field: str, value: Number) -> Decimal:
    """A number as it is written: 0.1 means one tenth.

    Raises:
        BadInput: not a finite number.
    """
    try:
        result = Decimal(str(value))
    except InvalidOperation:
        raise BadInput(where, field, "must be a number", value) from None
    if not result.is_finite():
        raise BadInput(where, field, "must be a finite number", value)
    return result


def positive(field: str, value: Number) -> Decimal:
    result = number("order", field, value)
    if result <= 0:
        raise BadInput("order", field, "must be greater than zero", value)
    return result


def one_of(words: type[Word], field: str, value: str) -> Word:
    try:
        return words(value)
    except ValueError:
        raise BadInput("order", field, f"must be one of {', '.join(words)}", value) from None
