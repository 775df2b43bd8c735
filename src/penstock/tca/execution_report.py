"""The ExecutionReport: what a session did and what it cost, in the one shape that every reader of ours is
promised.

The keys, their order and their meaning are fixed; what else a session can tell stands under `details`.
Money is the instruments' quote currency taken as USD. `total_cost_usd` is what was paid to trade at once:
fees plus the spread paid (earned counts negative). Impact is told apart, in basis points of what was
traded, and is no part of it.
"""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from penstock.domain import events as ev
from penstock.domain.time import MILLISECOND, to_iso
from penstock.tca.analysis import Analysis, ParentCosts, analyse
from penstock.tca.benchmarks import BPS
from penstock.tca.record import ChildRecord, SessionRecord, Violation
from penstock.tca.report_details import report_details
from penstock.tca.report_numbers import money, price, quantity, ratio

ZERO = Decimal(0)
MULTI = "MULTI"


def execution_report(events: Iterable[ev.AnyEvent]) -> dict[str, Any]:
    """The report of a journal's events, as plain JSON values; the same events always give the same report.

    Raises:
        ValueError: the events do not start with `SessionStarted`.
    """
    return report_of(analyse(events))


def report_of(analysis: Analysis) -> dict[str, Any]:
    """The report of a session that is already analysed."""
    session = analysis.session
    return {
        "orders": [_order(child) for child in session.children.values()],
        "fills": [_fill(fill) for fill in session.fills],
        "costs": _costs(analysis),
        "violations": [_violation(violation) for violation in session.violations],
        "pnl": _pnl(analysis),
        "latency_ms": _latency_ms(session),
        "ts": to_iso(session.last_ts),
        "symbol": _single(_symbols(session)),
        "venue": _single(child.venue for child in session.children.values()),
        "execution_quality": _quality(analysis),
        "details": report_details(analysis),
    }


def to_json(report: dict[str, Any]) -> bytes:
    """The report as UTF-8 JSON, two spaces a level, the same bytes for the same report.

    Raises:
        ValueError: a number that JSON does not have (NaN, infinity).
    """
    return json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _order(child: ChildRecord) -> dict[str, Any]:
    terms = child.terms
    return {
        "venue": child.venue,
        "symbol": terms.symbol,
        "side": terms.side.direction.value,
        "qty": quantity(terms.quantity),
        "tif": terms.tif.value,
        "order_type": terms.order_type.value,
        "limit_price": price(terms.limit_price),
        "slice_id": f"{terms.slice_no:03d}",
        "parent_id": terms.parent_id,
    }


def _fill(fill: ev.ChildFilled) -> dict[str, Any]:
    return {
        "order_id": fill.order_id,
        "price": price(fill.last_px),
        "qty": quantity(fill.last_qty),
        "slippage_bps": ratio(fill.slippage_bps),
        "venue": fill.venue,
        "timestamp": to_iso(fill.traded_at),
    }


def _costs(analysis: Analysis) -> dict[str, Any]:
    fees = sum((each.shortfall.fees for each in analysis.parents), ZERO)
    spread = sum((each.shortfall.spread for each in analysis.parents), ZERO)
    impact = sum((each.shortfall.impact for each in analysis.parents), ZERO)
    traded = sum((each.traded_notional for each in analysis.parents), ZERO)
    return {
        "fees_usd": money(fees),
        "impact_bps": ratio(impact / traded * BPS) if traded else None,
        "spread_cost_usd": money(spread),
        "total_cost_usd": money(fees + spread),
    }


def _violation(event: Violation) -> dict[str, Any]:
    match event:
        case ev.OrderDenied():
            code, text, order_id, severity = event.code, event.reason, event.terms.order_id, "warning"
        case ev.BreakerTripped():
            code, text = event.breaker, f"{event.scope}: {event.reason}"
            order_id, severity = "", "critical"
        case ev.AlertRaised():
            code, text, order_id, severity = event.code, event.text, event.order_id, event.severity
    return {
        "code": code,
        "text": text,
        "order_id": order_id or None,
        "ts": to_iso(event.ts),
        "severity": severity,
    }


def _pnl(analysis: Analysis) -> dict[str, Any]:
    held = analysis.positions.values()
    return {
        "realized": money(sum((position.realized for position in held), ZERO)),
        "unrealized": money(sum((position.unrealized for position in held), ZERO)),
    }


def _latency_ms(session: SessionRecord) -> float | None:
    """Mean time from a child's decision to the venue's first word of acceptance."""
    waits = [c.acked_at - c.submitted_at for c in session.children.values() if c.acked_at is not None]
    return round(sum(waits) / len(waits) / MILLISECOND, 3) if waits else None


def _symbols(session: SessionRecord) -> Iterable[str]:
    received = [parent.terms.symbol for parent in session.parents.values()]
    return received or [terms.symbol for terms in session.denied]


def _single(names: Iterable[str]) -> str | None:
    distinct = set(names)
    if not distinct:
        return None
    return distinct.pop() if len(distinct) == 1 else MULTI


def _quality(analysis: Analysis) -> dict[str, Any]:
    parents = analysis.parents
    ordered = sum((each.ordered_value for each in parents), ZERO)
    filled = sum((each.filled_value for each in parents), ZERO)
    traded = sum((each.traded_notional for each in parents), ZERO)
    passive = sum((each.passive_notional for each in parents), ZERO)
    return {
        "arrival_slippage_bps": ratio(_weighted(parents, "arrival")),
        "vwap_slippage_bps": ratio(_weighted(parents, "vwap")),
        "fill_rate": ratio(filled / ordered) if ordered else None,
        "passive_ratio": ratio(passive / traded) if traded else None,
    }


def _weighted(parents: Iterable[ParentCosts], benchmark: str) -> Decimal | None:
    """Slippage over the parents that have one, weighted by what they traded."""
    slips = ((each.traded_notional, each.slippage(benchmark)) for each in parents)
    known = [(notional, bps) for notional, bps in slips if bps is not None]
    weight = sum((notional for notional, _ in known), ZERO)
    return sum((notional * bps for notional, bps in known), ZERO) / weight if weight else None
