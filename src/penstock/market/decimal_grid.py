"""From decimal texts to whole units: the grid of a set of numbers is found from the numbers themselves.

A recording does not say its tick and lot. The coarsest power of ten (at most 1) on which the numbers lie is taken, and
a recording that happens to miss the last digit everywhere gets a coarser grid. A few strays may be tolerated: books
hold old orders from before a lot size was raised; they are rounded down.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

NUMBER = re.compile(r"\d{1,15}(\.\d{1,15})?", re.ASCII)


class Grid(NamedTuple):
    """`units[text]` whole steps make the number written as `text`; `strays` occurrences were rounded down to one."""

    step: Decimal
    units: dict[str, int]
    strays: int


def not_a_number(texts: Iterable[str]) -> str | None:
    """A text that is not a plain unsigned decimal, if there is one."""
    return next((text for text in texts if not NUMBER.fullmatch(text)), None)


def grid_of(counts: Mapping[str, int], *, strays_max: float = 0.0) -> Grid:
    """The grid of plain unsigned decimals (see `not_a_number`) and how often each occurs.

    `strays_max` is the share of occurrences that may lie off the grid.
    """
    by_places: dict[int, int] = {}
    for text, count in counts.items():
        places = _places(text)
        by_places[places] = by_places.get(places, 0) + count
    allowed = sum(counts.values()) * strays_max
    places, strays = max(by_places, default=0), 0
    while places in by_places and strays + by_places[places] <= allowed:
        strays += by_places.pop(places)
        places = max(by_places, default=0)
    units = {text: int(Decimal(text).scaleb(places)) for text in counts}
    return Grid(Decimal(1).scaleb(-places), units, strays)


def _places(text: str) -> int:
    """Decimal places that matter: 2 in `61800.2500`."""
    return len(text.partition(".")[2].rstrip("0"))
