"""What a report says beyond the promised keys: each parent's account, the TCA summary, positions."""

from decimal import Decimal
from typing import Any

from penstock.domain.time import to_iso
from penstock.tca.analysis import Analysis, ParentCosts
from penstock.tca.benchmarks import BPS
from penstock.tca.fees import fees_apart
from penstock.tca.positions import Position
from penstock.tca.report_numbers import money, price, quantity, ratio
from penstock.tca.shortfall import Shortfall

ZERO = Decimal(0)
SLIPPAGES = ("arrival", "decision", "vwap", "twap", "mid_at_fill")


def report_details(analysis: Analysis) -> dict[str, Any]:
    """Status, parents, TCA summary and positions of a session."""
    session = analysis.session
    return {
        "status": session.status,
        "version": session.started.version,
        "seed": session.started.seed,
        "start": to_iso(session.started.ts),
        "end": to_iso(session.last_ts),
        "tca": tca_summary(analysis.parents),
        "parents": [_parent(each) for each in analysis.parents],
        "positions": [_position(symbol, held) for symbol, held in analysis.positions.items()],
    }


def tca_summary(parents: tuple[ParentCosts, ...]) -> dict[str, float | None]:
    """Costs of all parents together, in bps of what was to be traded at its decision prices.

    Timing holds the delay too; total cost is the shortfall without the opportunity cost of what was not
    traded.
    """
    notional = sum((each.shortfall.notional for each in parents), ZERO)

    def bps(*names: str) -> float | None:
        amount = sum((getattr(each.shortfall, name) for each in parents for name in names), ZERO)
        return ratio(amount / notional * BPS) if notional else None

    return {
        "implementation_shortfall_bps": bps("total"),
        "market_impact_bps": bps("impact"),
        "timing_cost_bps": bps("delay", "timing"),
        "fees_bps": bps("fees"),
        "total_cost_bps": bps("delay", "spread", "impact", "timing", "fees"),
    }


def _parent(each: ParentCosts) -> dict[str, Any]:
    record, terms, marks = each.record, each.record.terms, each.marks
    return {
        "order_id": terms.order_id,
        "client_order_id": terms.client_order_id,
        "account": terms.account,
        "symbol": terms.symbol,
        "currency": record.instrument.currency,
        "side": terms.side.value,
        "quantity": quantity(terms.quantity),
        "filled": quantity(record.filled),
        "fill_rate": ratio(record.filled / terms.quantity) if terms.quantity else None,
        "avg_price": price(record.avg_price),
        "limit_price": price(terms.limit_price),
        "order_type": terms.order_type.value,
        "tif": terms.tif.value,
        "native": record.native or None,
        "synthetic": list(record.synthetic),
        "algorithm": terms.algorithm or terms.order_type.value,
        "strategy": terms.strategy.value,
        "urgency": terms.urgency,
        "parameters": terms.parameters,
        "status": record.status,
        "reason": record.reason,
        "arrived_at": to_iso(record.arrived_at),
        "start": to_iso(record.start),
        "end": to_iso(record.end),
        "ended_at": None if record.ended_at is None else to_iso(record.ended_at),
        "arrival_price": price(marks.arrival),
        "decision_price": price(marks.decision),
        "vwap": price(marks.vwap),
        "twap": price(marks.twap),
        "mid_at_fill": price(marks.mid_at_fill),
        "end_price": price(marks.end),
        "slippage_bps": {name: ratio(each.slippage(name)) for name in SLIPPAGES},
        "shortfall": _shortfall(each.shortfall),
        "fees": money(record.fees),
        "fees_not_convertible": _amounts(fees_apart(record.instrument, record.fills)),
        "traded_notional": money(record.traded_notional),
        "passive_ratio": (ratio(each.passive_notional / each.traded_notional) if each.traded_notional else None),
        "market_volume": quantity(marks.market_volume),
        "participation": ratio(each.participation),
        "children": len(record.children),
        "fills": len(record.fills),
        "estimate": {name: ratio(value) for name, value in record.estimate.items()},
        "realised_bps": ratio(each.realised_bps),
        "saving_bps": ratio(each.saving_bps),
    }


def _shortfall(costs: Shortfall) -> dict[str, Any]:
    """Amounts as numbers, in bps, and as the exact text that adds up to the last digit."""
    amounts = {**costs.parts, "total": costs.total}
    return {
        "amounts": {name: money(amount) for name, amount in amounts.items()},
        "bps": {name: ratio(costs.bps(amount)) for name, amount in amounts.items()},
        "exact": {name: format(amount, "f") for name, amount in amounts.items()},
        "notional": money(costs.notional),
        "unquoted_fills": costs.unquoted_fills,
    }


def _position(symbol: str, held: Position) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "quantity": quantity(held.quantity),
        "entry_price": price(held.average),
        "mark": price(held.mark),
        "realized": money(held.realized),
        "unrealized": money(held.unrealized),
        "income": _amounts(held.income),
    }


def _amounts(by_currency: dict[str, Decimal]) -> dict[str, str]:
    """Amounts by currency as exact text: not every currency counts in hundredths."""
    return {currency: format(amount, "f") for currency, amount in by_currency.items()}
