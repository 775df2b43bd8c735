"""The page's tables of one parent: by venue, by child order, its parameters."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from penstock.domain.events import ChildFilled
from penstock.domain.time import MILLISECOND, to_iso
from penstock.domain.venue import Liquidity
from penstock.tca.analysis import ParentCosts
from penstock.tca.benchmarks import BPS, cost_bps
from penstock.tca.fees import fees_of
from penstock.tca.html import wording
from penstock.tca.record import ChildRecord

ZERO = Decimal(0)
ENDS = ("filled", "canceled", "expired", "rejected", "working")


def venue_rows(parent: ParentCosts) -> list[dict[str, Any]]:
    """A row per venue that was sent anything, the largest first."""
    children: dict[str, list[ChildRecord]] = defaultdict(list)
    fills: dict[str, list[ChildFilled]] = defaultdict(list)
    for child in parent.record.children.values():
        children[child.venue].append(child)
    for fill in parent.record.fills:
        fills[fill.venue].append(fill)
    rows = [_venue_row(parent, venue, sent, fills[venue]) for venue, sent in children.items()]
    return sorted(rows, key=lambda row: (-row["filled_qty"], row["venue"]))


def _venue_row(
    parent: ParentCosts, venue: str, children: list[ChildRecord], fills: list[ChildFilled]
) -> dict[str, Any]:
    instrument = parent.record.instrument
    quantity = sum((fill.last_qty for fill in fills), ZERO)
    notional = sum((instrument.notional(fill.last_qty, fill.last_px) for fill in fills), ZERO)
    made = sum((fill.last_qty for fill in fills if fill.liquidity is Liquidity.MAKER), ZERO)
    fees = fees_of(instrument, fills)
    average = sum((fill.last_qty * fill.last_px for fill in fills), ZERO) / quantity if quantity else None
    arrival = cost_bps(parent.record.side, average, parent.marks.arrival)
    waits = [child.acked_at - child.submitted_at for child in children if child.acked_at is not None]
    return {
        "venue": venue,
        "filled_qty": quantity,
        "children": len(children),
        "fills": len(fills),
        "quantity": wording.quantity(quantity),
        "share": wording.percent(quantity / parent.record.filled if parent.record.filled else None),
        "average": wording.price(average, instrument, extra=2),
        "arrival": wording.signed(arrival),
        "tone": wording.tone(arrival),
        "passive": wording.percent(made / quantity if quantity else None),
        "fees": wording.money(fees, instrument.currency),
        "fees_bps": wording.signed(fees / notional * BPS if notional else None),
        "latency": wording.number(sum(waits) / len(waits) / MILLISECOND, 1) if waits else wording.NOTHING,
        "rejected": sum(child.status == "rejected" for child in children),
    }


def child_rows(parent: ParentCosts, limit: int) -> list[dict[str, str]]:
    """The first child orders, at most `limit`, in the order they were sent."""
    instrument = parent.record.instrument
    rows = []
    for child in list(parent.record.children.values())[:limit]:
        terms = child.terms
        value = sum((fill.last_qty * fill.last_px for fill in child.fills), ZERO)
        waited = None if child.acked_at is None else (child.acked_at - child.submitted_at) / MILLISECOND
        rows.append(
            {
                "sent": wording.clock(child.submitted_at, fine=True),
                "order_id": terms.order_id,
                "slice": f"{terms.slice_no:03d}",
                "venue": child.venue,
                "kind": f"{terms.order_type.value} {terms.tif.value}{' post-only' if terms.post_only else ''}",
                "limit": wording.price(terms.limit_price, instrument),
                "quantity": wording.quantity(terms.quantity),
                "filled": wording.quantity(child.filled),
                "average": wording.price(value / child.filled if child.filled else None, instrument, extra=2),
                "latency": wording.number(waited, 1),
                "status": child.status,
                "reason": child.reason,
            }
        )
    return rows


def child_counts(parent: ParentCosts) -> str:
    """How the child orders ended, in words: `38 filled, 2 expired`."""
    children = parent.record.children.values()
    counts = {end: sum(child.status == end for child in children) for end in ENDS}
    return ", ".join(f"{count} {end}" for end, count in counts.items() if count)


def parameter_rows(parent: ParentCosts) -> list[tuple[str, str]]:
    """What was asked for, by name."""
    record, terms = parent.record, parent.record.terms
    rows = [
        ("Order id", terms.order_id),
        ("Client order id", terms.client_order_id or wording.NOTHING),
        ("Account", terms.account),
        ("Algorithm", (terms.algorithm or terms.order_type.value).upper()),
        ("Strategy", terms.strategy.value),
        ("Urgency", f"{terms.urgency:g}"),
        ("Limit price", wording.price(terms.limit_price, record.instrument)),
        ("Venues", ", ".join(terms.venues) or "all that list it"),
        ("Arrived", to_iso(record.arrived_at)),
        ("Window", f"{to_iso(record.start)} to {to_iso(record.end)}"),
        ("Ended", to_iso(record.ended_at) if record.ended_at is not None else "still working"),
    ]
    if record.reason:
        rows.append(("Reason", record.reason))
    return rows + [(name, _plain(value)) for name, value in sorted(terms.parameters.items())]


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
