"""What the price might have been: the benchmarks that an order's average price is held against.

Arrival and decision prices were captured when they happened. The interval's VWAP and TWAP run from the
parent's arrival to its end. Market volume is the difference of the venues' cumulative volumes, summed over
venues; our own fills are part of it, as they are part of the tape.
"""

from decimal import Decimal
from typing import NamedTuple

from penstock.domain.orders import Side
from penstock.domain.quote import Quote
from penstock.engine.sight import consolidated_mid
from penstock.tca.record import ParentRecord, SessionRecord

ZERO = Decimal(0)
BPS = Decimal(10_000)


class Traded(NamedTuple):
    """What the market traded, own fills included: quantity, and Σ price·quantity."""

    volume: Decimal
    turnover: Decimal


class Benchmarks(NamedTuple):
    """Reference prices of one parent; None where the record cannot say."""

    arrival: Decimal
    decision: Decimal
    vwap: Decimal | None
    twap: Decimal | None
    mid_at_fill: Decimal | None
    end: Decimal
    market_volume: Decimal


def benchmarks(session: SessionRecord, parent: ParentRecord) -> Benchmarks:
    """Every reference price of a parent that the record gives."""
    traded = traded_between(session, parent)
    return Benchmarks(
        arrival=parent.arrival_price,
        decision=parent.decision_price,
        vwap=traded.turnover / traded.volume if traded.volume > 0 else None,
        twap=interval_twap(session, parent),
        mid_at_fill=mid_at_fill(parent),
        end=end_price(session, parent),
        market_volume=traded.volume,
    )


def cost_bps(side: Side, price: Decimal | None, benchmark: Decimal | None) -> Decimal | None:
    """How much worse than the benchmark a price is, in basis points: positive is a cost to either side."""
    if price is None or not benchmark:
        return None
    return side.sign * (price - benchmark) / benchmark * BPS


def traded_between(session: SessionRecord, parent: ParentRecord) -> Traded:
    """What all venues traded from the parent's arrival to the last quote on record before its end."""
    until = session.end_of(parent)
    first: dict[str, Quote] = {}
    for sample in session.samples_of(parent):
        for venue, quote in sample.quotes.items():
            first.setdefault(venue, quote)
    last = dict(first)
    for ts, venue, quote in session.seen.get(parent.terms.symbol, []):
        if parent.arrived_at <= ts <= until and venue in last and quote.volume > last[venue].volume:
            last[venue] = quote
    return Traded(
        sum((last[venue].volume - quote.volume for venue, quote in first.items()), ZERO),
        sum((last[venue].turnover - quote.turnover for venue, quote in first.items()), ZERO),
    )


def interval_twap(session: SessionRecord, parent: ParentRecord) -> Decimal | None:
    """The consolidated mid, each sample holding until the next, averaged over the parent's life."""
    mids = mid_series(session, parent)
    if not mids:
        return None
    until = session.end_of(parent)
    ends = [ts for ts, _ in mids[1:]] + [until]
    span = until - mids[0][0]
    if span <= 0:
        return mids[-1][1]
    return sum((mid * (end - ts) for (ts, mid), end in zip(mids, ends, strict=True)), ZERO) / span


def mid_series(session: SessionRecord, parent: ParentRecord) -> list[tuple[int, Decimal]]:
    """(time ns, consolidated mid) over the parent's life, where there was one."""
    samples = session.samples_of(parent)
    series = ((sample.ts, consolidated_mid(sample.quotes)) for sample in samples)
    return [(ts, mid) for ts, mid in series if mid is not None]


def mid_at_fill(parent: ParentRecord) -> Decimal | None:
    """Quantity-weighted mid of the venue just before each fill; None if no fill knows it."""
    known = [
        (fill.last_qty, fill.before.mid)
        for fill in parent.fills
        if fill.before is not None and fill.before.mid is not None
    ]
    quantity = sum((qty for qty, _ in known), ZERO)
    return sum((qty * mid for qty, mid in known), ZERO) / quantity if quantity else None


def end_price(session: SessionRecord, parent: ParentRecord) -> Decimal:
    """The last mid on record in the parent's life: what its unfilled rest is valued at."""
    mids = mid_series(session, parent)
    return mids[-1][1] if mids else parent.arrival_price
