"""Bad input is one exception, raised at the edge, that names where, which field, which rule and the value."""

from decimal import Decimal

SHOWN_CHARS_MAX = 100


class PenstockError(Exception):
    """What a caller may want to catch; everything else is a bug."""


class BadInput(PenstockError):
    """Something given from outside breaks a rule. `str()` is one line for the person who gave it."""

    def __init__(self, where: str, field: str, rule: str, value: object = None) -> None:
        self.where, self.field, self.rule, self.value = where, field, rule, value
        place = ": ".join(part for part in (where, field) if part)
        got = "" if value is None else f" (got {_figures(value)})"
        line = f"{place}: {rule}{got}"
        super().__init__("".join(char if char.isprintable() else repr(char)[1:-1] for char in line))


def _figures(value: object) -> str:
    """Show a Decimal in plain figures, anything else as Python writes it; what is long is cut."""
    text = f"{value:f}" if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= SHOWN_CHARS_MAX else text[:SHOWN_CHARS_MAX] + "…"


class JournalCorrupt(PenstockError):
    """The journal's own record does not hold together: an edited, missing or reordered event."""
