"""A run's journal as a study: its fills, orders and routes as columns, and the market that it kept on record.

The market is the touch over all venues at every sample, and for each interval between samples one print: what the
venues traded in it, at its average price. Fills bring the quotes that were captured with them. Amounts of the parts are
those of `penstock.tca.shortfall`, exact for inverse contracts too.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import numpy as np
import polars as pl

from penstock.domain import events as ev
from penstock.domain.quote import Quote
from penstock.domain.time import MINUTE
from penstock.domain.venue import Liquidity, VenueKind
from penstock.tca.analysis import Analysis, ParentCosts, analyse
from penstock.tca.planned import planned
from penstock.tca.record import ChildRecord, Sample, SessionRecord
from penstock.tca.shortfall import EXACT
from penstock.tca.study.exact_parts import PARTS, ExactParts
from penstock.tca.study.exclusions import Exclusions
from penstock.tca.study.frames import FILLS, ORDERS, ROUTES
from penstock.tca.study.settings import Settings
from penstock.tca.study.study import Study, study
from penstock.tca.study.tape import HeldMarket, Quotes, Trades

ZERO = Decimal(0)
DAY_PATIENCE = MINUTE
Rows = list[dict[str, object]]
FORETOLD = ("expected_bps", "low_bps", "high_bps", "immediate_bps")
TIMED_OUT = ("time-out", "timed out")
KINDS = {
    VenueKind.DARK_POOL: "dark",
    VenueKind.CROSSING_NETWORK: "crossing",
    VenueKind.INTERNAL: "internal",
    VenueKind.MARKET_MAKER: "market maker",
}


def study_of_run(events: Iterable[ev.AnyEvent], settings: Settings | None = None) -> Study:
    """The study of a journal's events.

    Raises:
        ValueError: the events do not start with `SessionStarted`.
    """
    return study_of_analysis(analyse(events), settings)


def study_of_analysis(analysis: Analysis, settings: Settings | None = None) -> Study:
    """The study of a session that is already analysed."""
    session = analysis.session
    exclusions = Exclusions()
    fills = pl.DataFrame(_fill_rows(session, exclusions), schema=_schema(FILLS))
    orders = pl.DataFrame([_order_row(each) for each in analysis.parents], schema=_schema(ORDERS))
    routes = pl.DataFrame([_route_row(child) for child in session.children.values()], schema=_schema(ROUTES))
    made = study(fills, orders, market_of(session), settings=settings, routes=routes, exclusions=exclusions)
    made = _without_unseen_days(made, session)
    parents = {each.record.terms.order_id: each for each in analysis.parents}
    paths = tuple(replace(path, plan=tuple(planned(session, parents[path.order_id]))) for path in made.paths)
    return _with_exact_parts(replace(made, paths=paths), parents)


def _without_unseen_days(made: Study, session: SessionRecord) -> Study:
    """A record that began late or ended early does not know the day's open or close, and no day before it."""
    started = session.started
    unseen = ["previous_close"]
    if started.ts > started.market_start + DAY_PATIENCE:
        unseen.append("open")
    if session.last_ts < started.market_end - DAY_PATIENCE:
        unseen.append("close")
    columns = [pl.lit(None, dtype=pl.Float64).alias(f"{name}_{what}") for name in unseen for what in ("price", "bps")]
    return replace(made, orders=made.orders.with_columns(columns))


def market_of(session: SessionRecord) -> HeldMarket:
    """The market on record, by symbol."""
    symbols = session.instruments
    quotes = {symbol: _quotes(session, symbol) for symbol in symbols}
    trades = {symbol: _trades(_all_samples(session, symbol)) for symbol in symbols}
    return HeldMarket(
        {symbol: each for symbol, each in quotes.items() if len(each.ts)},
        {symbol: each for symbol, each in trades.items() if len(each.ts)},
    )


def _all_samples(session: SessionRecord, symbol: str) -> list[Sample]:
    arrivals = [
        Sample(parent.arrived_at, parent.arrival)
        for parent in session.parents.values()
        if parent.terms.symbol == symbol
    ]
    return sorted([*arrivals, *session.samples.get(symbol, [])], key=lambda sample: sample.ts)


def _quotes(session: SessionRecord, symbol: str) -> Quotes:
    """The best bid and ask over the sound books; where they cross between venues, both are at their mean."""
    rows = []
    for sample in _all_samples(session, symbol):
        sound = [quote for quote in sample.quotes.values() if quote.is_sound]
        if sound:
            bid = max(quote.bid for quote in sound if quote.bid is not None)
            ask = min(quote.ask for quote in sound if quote.ask is not None)
            if bid > ask:
                bid = ask = (bid + ask) / 2
            rows.append((sample.ts, float(bid), float(ask)))
    return Quotes(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.float64),
        np.array([row[2] for row in rows], np.float64),
    )


def _trades(samples: list[Sample]) -> Trades:
    """One print for each step of a venue's cumulative volume."""
    last: dict[str, Quote] = {}
    rows = []
    for sample in samples:
        for venue, quote in sample.quotes.items():
            before = last.get(venue)
            if before is not None and quote.volume > before.volume:
                volume = quote.volume - before.volume
                rows.append((sample.ts, float((quote.turnover - before.turnover) / volume), float(volume)))
            if before is None or quote.volume >= before.volume:
                last[venue] = quote
    return Trades(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.float64),
        np.array([row[2] for row in rows], np.float64),
    )


def _fill_rows(session: SessionRecord, exclusions: Exclusions) -> Rows:
    rows: Rows = []
    for fill in session.fills:
        child = session.children[fill.order_id]
        instrument = session.instruments[child.terms.symbol]
        fee = instrument.fee_in_currency(fill.fee, fill.fee_currency, fill.last_px)
        if fee is None:
            exclusions.add("fee_apart", "fills", fill.exec_id, f"{fill.fee} {fill.fee_currency}")
        before, after = _sound(fill.before), _sound(fill.after)
        rows.append(
            {
                "fill_id": f"{fill.venue}:{fill.exec_id}",
                "order_id": child.terms.parent_id or child.terms.order_id,
                "symbol": child.terms.symbol,
                "side": child.terms.side.sign,
                "ts": fill.traded_at,
                "price": float(fill.last_px),
                "quantity": float(fill.last_qty),
                "fee": float(fee or ZERO),
                "commission": 0.0,
                "venue": fill.venue,
                "venue_kind": _kind_of(session, fill.venue),
                "liquidity": "maker" if fill.liquidity is Liquidity.MAKER else "taker",
                "bid": before and float(before.bid or ZERO),
                "ask": before and float(before.ask or ZERO),
                "bid_after": after and float(after.bid or ZERO),
                "ask_after": after and float(after.ask or ZERO),
            }
        )
    return rows


def _sound(quote: Quote | None) -> Quote | None:
    return quote if quote is not None and quote.is_sound else None


def _kind_of(session: SessionRecord, venue: str) -> str:
    spec = next((each for each in session.started.venues if each.name == venue), None)
    return KINDS.get(spec.kind, "lit") if spec else ""


def _order_row(each: ParentCosts) -> dict[str, object]:
    record, terms, estimate = each.record, each.record.terms, each.record.estimate
    return {
        "order_id": terms.order_id,
        "symbol": terms.symbol,
        "side": terms.side.sign,
        "quantity": float(terms.quantity),
        "decision_ts": record.arrived_at,
        "decision_price": float(record.decision_price),
        "arrival_ts": record.arrived_at,
        "arrival_price": float(record.arrival_price),
        "end_ts": each.ended_at,
        "end_price": float(each.marks.end),
        "planned_end_ts": record.end,
        "limit_price": None if terms.limit_price is None else float(terms.limit_price),
        "multiplier": float(record.instrument.multiplier),
        "currency": record.instrument.currency,
        "algorithm": terms.algorithm or terms.order_type.value,
        "strategy": terms.strategy.value,
        "trader": record.user,
        "account": terms.account,
        "status": record.status,
        **{name: float(estimate[name]) if name in estimate else None for name in FORETOLD},
    }


def _route_row(child: ChildRecord) -> dict[str, object]:
    terms = child.terms
    reason = child.reason.lower()
    status = child.status
    if status in ("canceled", "expired", "rejected") and any(word in reason for word in TIMED_OUT):
        status = "timed_out"
    return {
        "order_id": terms.parent_id or terms.order_id,
        "venue": child.venue,
        "quantity": float(terms.quantity),
        "filled": float(child.filled),
        "status": status,
        "decided_ts": child.submitted_at,
        "sent_ts": child.submitted_at,
        "acked_ts": child.acked_at,
        "filled_ts": child.fills[0].ts if child.fills else None,
        "ended_ts": child.ended_at,
    }


def _schema(columns: dict[str, tuple[pl.DataType, object]]) -> dict[str, pl.DataType]:
    return {name: kind for name, (kind, _) in columns.items()}


def _with_exact_parts(made: Study, parents: dict[str, ParentCosts]) -> Study:
    """The same study with the journal's own parts, to the last digit that it recorded."""
    costs = [parents[order].shortfall.parts for order in made.orders["order_id"]]
    values, decimals = {}, {}
    for part in PARTS:
        amounts = [each.get(part, ZERO) for each in costs]
        decimals[part] = max((-_exponent(amount) for amount in amounts), default=0)
        values[part] = np.array([int(amount.scaleb(decimals[part], EXACT)) for amount in amounts], object)
    parts = ExactParts(values, decimals)
    value = made.orders["decision_notional"].to_numpy()
    columns = []
    for part in PARTS:
        columns += [
            pl.Series(part, parts.amounts(part)),
            pl.Series(f"{part}_part_bps", parts.amounts(part) / value * 1e4),
        ]
    total = sum((parts.amounts(part) for part in PARTS), np.zeros(len(value)))
    impact = parts.amounts("temporary") + parts.amounts("permanent")
    columns += [
        pl.Series("shortfall", total),
        pl.Series("shortfall_bps", total / value * 1e4),
        pl.Series("impact_part_bps", impact / value * 1e4),
    ]
    orders = made.orders.with_columns(columns)
    return replace(made, orders=orders, parts=parts)


def _exponent(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0
