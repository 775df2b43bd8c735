"""What a page can hold: long series keep their shape in fewer points, and many fills become fewer, larger ones."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple, TypeVar

from penstock.domain.events import ChildFilled
from penstock.domain.venue import Liquidity

Item = TypeVar("Item")
ZERO = Decimal(0)


class Room(NamedTuple):
    """How much one parent may draw: points of a line, dots of fills, fills in the depth chart, rows, hover columns."""

    points: int
    dots: int
    depths: int
    rows: int
    columns: int

    @classmethod
    def shared_by(cls, parents: int) -> "Room":
        """Each parent's share of what a page can hold, with enough left for a chart to be one."""

        def share(all_together: int, most: int, least: int) -> int:
            return max(min(all_together // max(parents, 1), most), least)

        return cls(
            points=share(1500, 600, 48),
            dots=share(800, 600, 16),
            depths=share(360, 160, 12),
            rows=share(240, 120, 5),
            columns=share(180, 48, 6),
        )


class Dot(NamedTuple):
    """One or more fills of one kind, close together in time: their quantity at their average price."""

    ts: int
    price: float
    quantity: Decimal
    maker: bool
    venue: str
    fills: int


def thin(series: Sequence[Item], limit: int, key: int = 1) -> list[Item]:
    """At most `limit` items of a series of tuples: first, last, and the extremes of each bucket by item `key`."""
    if len(series) <= limit:
        return list(series)
    buckets = max((limit - 2) // 2, 1)
    inner = len(series) - 2
    kept = {0, len(series) - 1}
    for n in range(buckets):
        places = range(1 + n * inner // buckets, 1 + (n + 1) * inner // buckets)
        kept.add(min(places, key=lambda place: series[place][key]))  # type: ignore[index]
        kept.add(max(places, key=lambda place: series[place][key]))  # type: ignore[index]
    return [series[place] for place in sorted(kept)]


def dots(fills: Sequence[ChildFilled], limit: int) -> list[Dot]:
    """The fills in time order, joined by time slot and liquidity when there are more than `limit`."""
    ordered = sorted(fills, key=lambda fill: fill.traded_at)
    if len(ordered) <= limit:
        return [_join([fill]) for fill in ordered]
    first, span = ordered[0].traded_at, ordered[-1].traded_at - ordered[0].traded_at + 1
    slots = limit // 2
    joined = []
    for _, group in groupby(ordered, key=lambda fill: (fill.traded_at - first) * slots // span):
        together = list(group)
        for liquidity in Liquidity:
            alike = [fill for fill in together if fill.liquidity is liquidity]
            if alike:
                joined.append(_join(alike))
    return joined


def _join(fills: list[ChildFilled]) -> Dot:
    quantity = sum((fill.last_qty for fill in fills), ZERO)
    value = sum((fill.last_qty * fill.last_px for fill in fills), ZERO)
    venues = sorted({fill.venue for fill in fills})
    maker = fills[0].liquidity is Liquidity.MAKER
    return Dot(fills[0].traded_at, float(value / quantity), quantity, maker, ", ".join(venues), len(fills))
