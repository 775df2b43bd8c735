"""One row of a user's file, from which typed values are taken by name; each refusal says where and why."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from penstock.domain.errors import BadInput

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
MAGNITUDE_MAX = Decimal(10) ** 15
DECIMALS_MAX = 12  # with the magnitude, 27 digits: products stay exact in Decimal's 28

Choice = TypeVar("Choice", bound=StrEnum)


class Row:
    """Named values at one place of a file. In `text` rows (CSV) numbers and lists are still to be read."""

    def __init__(self, where: str, cells: Mapping[str, Any], *, text: bool) -> None:
        self.where, self.cells, self.is_text = where, cells, text

    def allow(self, names: Iterable[str]) -> None:
        """Raise BadInput at a name that is not among these, with the nearest that is."""
        for name in self.cells:
            refuse_unknown(self.where, name, names)

    def refusal(self, name: str, rule: str, value: object = None) -> BadInput:
        return BadInput(self.where, name, rule, value)

    def text(self, name: str) -> str | None:
        value = self.cells.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.refusal(name, "must be text", value)
        if not value.strip():
            raise self.refusal(name, "must not be empty")
        return value.strip()

    def required_text(self, name: str) -> str:
        text = self.text(name)
        if text is None:
            raise self.refusal(name, "is missing")
        return text

    def number(self, name: str) -> Decimal | None:
        value = self.cells.get(name)
        if value is None:
            return None
        if self.is_text:
            if not NUMBER.fullmatch(value):
                raise self.refusal(name, "must be a plain number such as 1500 or 0.25", value)
            value = Decimal(value)
        elif isinstance(value, str):
            raise self.refusal(name, "must be a number, without quotes", value)
        return exact(self.where, name, value)

    def required_number(self, name: str) -> Decimal:
        number = self.number(name)
        if number is None:
            raise self.refusal(name, "is missing")
        return number

    def choice(self, name: str, kind: Iterable[Choice]) -> Choice | None:
        """One of the members of an enumeration, or of those given."""
        text = self.text(name)
        if text is None:
            return None
        members = {member.value: member for member in kind}
        if text.lower() not in members:
            raise self.refusal(name, f"must be one of {', '.join(members)}", text)
        return members[text.lower()]

    def names(self, name: str) -> tuple[str, ...]:
        """A list of names; in a text row they are separated by spaces or semicolons."""
        value = self.cells.get(name)
        if value is None:
            return ()
        if self.is_text:
            value = value.replace(";", " ").split()
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.refusal(name, "must be a list of names", value)
        if not value:
            raise self.refusal(name, "must name at least one, or be left out")
        return tuple(dict.fromkeys(value))


def exact(where: str, name: str, value: object) -> Decimal:
    """A number as a finite Decimal that leaves room for exact arithmetic; True and text are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadInput(where, name, "must be a number", value)
    number = Decimal(value)
    if not number.is_finite():
        raise BadInput(where, name, "must be a finite number", str(number))
    if abs(number) > MAGNITUDE_MAX:
        raise BadInput(where, name, "must lie within ±10^15", str(number))
    if round(number, DECIMALS_MAX) != number:
        raise BadInput(where, name, f"must have at most {DECIMALS_MAX} decimals", str(number))
    return number


def refuse_unknown(where: str, name: str, known: Iterable[str]) -> None:
    """Raise BadInput if the name is not known, suggesting the nearest one that is."""
    names = sorted(known)
    if name in names:
        return
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
    raise BadInput(where, name, f"is not a known name: {hint}")
