"""JSON whose numbers lose no digit: decimals are numbers, read and written as they stand.

What JSON has not (NaN, infinities) is refused, and so is a number beyond all bounds: 10^15 with twelve decimals is more
than any price, quantity or amount, and keeps every product exact.
"""

import json
from decimal import Decimal
from typing import Any

import msgspec
from starlette.responses import Response

MAGNITUDE_MAX = Decimal(10) ** 15
DECIMALS_MAX = 12
DIGITS_MAX = 400  # of a number as it is written

_encoder = msgspec.json.Encoder(decimal_format="number")
encode = _encoder.encode


class NotJson(ValueError):
    """A body that is no JSON."""


class Json(Response):
    """An answer in JSON, its decimals as numbers."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return encode(content)


def decode(body: bytes) -> Any:
    """The value of a JSON text; its fractions as Decimal.

    Raises:
        NotJson: it is none.
    """
    try:
        return json.loads(body, parse_float=_fraction, parse_int=_whole, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None


def exact(value: Decimal) -> str:
    """What is wrong with a number: empty if it is one that can be reckoned with exactly."""
    if not value.is_finite():
        return "must be a finite number"
    if not value:
        return ""
    if value.adjusted() > 15 or value.copy_abs() > MAGNITUDE_MAX:  # a huge exponent cannot be reckoned with at all
        return "must lie within ±10^15"
    if value.adjusted() < -DECIMALS_MAX or round(value, DECIMALS_MAX) != value:
        return f"must have at most {DECIMALS_MAX} decimals"
    return ""


def _fraction(text: str) -> Decimal:
    if len(text) > DIGITS_MAX:
        raise ValueError("a number has too many digits")
    return Decimal(text)


def _whole(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise ValueError("a number has too many digits")
    return int(text)


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is no number that JSON has")
