"""The names, or sectors, that make the value at risk: a bar each, what lessens it to the left of zero."""

from collections.abc import Iterable
from typing import NamedTuple

from penstock.app.risk.figures import full, share, short


class ComponentBar(NamedTuple):
    """One row: where its bar begins and how wide it is, in per cent of the track, and its figures."""

    label: str
    note: str
    left: float
    width: float
    zero: float
    colour: int
    amount: str
    share: str
    tip: str


def component_bars(parts: Iterable[tuple[str, str, float, int]], whole: float, currency: str) -> list[ComponentBar]:
    """Rows of (label, note, part, colour), to one scale; `whole` is what the parts are shares of."""
    rows = list(parts)
    low, high = min([0.0, *(part for _, _, part, _ in rows)]), max([0.0, *(part for _, _, part, _ in rows)])
    scale = 100 / (high - low) if high > low else 0.0
    return [
        ComponentBar(
            label=label,
            note=note,
            left=round((min(part, 0.0) - low) * scale, 2),
            width=round(abs(part) * scale, 2),
            zero=round(-low * scale, 2),
            colour=colour,
            amount=short(part, currency),
            share=share(part / whole).lstrip("+") if whole else "–",
            tip=f"{label}|{note}|{full(part, currency)}" if note else f"{label}|{full(part, currency)}",
        )
        for label, note, part, colour in rows
    ]
