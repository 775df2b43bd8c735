"""Values of a document of limits or switches as a person wrote it: a table is a table, a number a finite number."""

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from penstock.domain.errors import BadInput


def table_of(where: str, field: str, value: Any) -> Mapping[str, Any]:
    """A table as given.

    Raises:
        BadInput: it is none.
    """
    if not isinstance(value, Mapping):
        raise BadInput(where, field, "must be a table of named values", value)
    return value


def number_of(where: str, field: str, value: Any) -> int | float | Decimal:
    """A number as given; True and text are none.

    Raises:
        BadInput: it is none, or not finite.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise BadInput(where, field, "must be a number", value)
    if not isfinite(value):
        raise BadInput(where, field, "must be a finite number", value)
    return value
