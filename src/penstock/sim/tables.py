"""Tables of a market file as structs, with an error that names the field."""

from typing import Any, TypeVar

import msgspec

from penstock.domain.errors import BadInput

T = TypeVar("T")


def checked(table: Any, kind: Any, where: str, name: str) -> Any:
    """A table as a struct of this kind.

    Raises:
        BadInput: an unknown field, a value of the wrong type or out of range.
    """
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        rule, _, path = str(error).partition(" - at `$")
        field = ".".join(part for part in (name, path.strip(".`")) if part)
        raise BadInput(where, field, rule[:1].lower() + rule[1:]) from None
