"""Bad input is one exception, raised at the edge, that names where, which field, which rule and the value."""

from decimal import Decimal


class PenstockError(Exception):
    """What a caller may want to catch; everything else is a bug."""


class BadInput(PenstockError):
    """Something given from outside breaks a rule. `str()` is one line for the person who gave it."""

    def __init__(self, where: str, field: str, rule: str, value: object = None) -> None:
        self.where, self.field, self.rule, self.value = where, field, rule, value
        place = ": ".join(part for part in (where, field) if part)
        got = "" if value is None else f" (got {_figures(value)})"
        super().__init__(f"{place}: {rule}{got}")


def _figures(value: object) -> str:
    """Show a Decimal in plain figures, anything else as Python writes it."""
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)


class JournalCorrupt(PenstockError):
    """The journal's own record does not hold together: an edited, missing or reordered event."""
