"""An order's ExecutionReport, from the journal: its own events, and the market's while it worked."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from penstock.api.order_form import shown_id
from penstock.api.running import RunningDesk
from penstock.domain import events as ev
from penstock.journal import Record
from penstock.journal.history import life
from penstock.journal.reading import events_of
from penstock.tca.execution_report import execution_report

EVENTS_MAX = 2_000_000  # of the journal between an order's first event and its last


async def order_report(desk: RunningDesk, order_id: str, symbol: str) -> dict[str, Any]:
    """The report; the journal is read in a thread."""
    quotes = {symbol: dict(desk.quotes.get(symbol, {}))}
    now = desk.now()
    return await asyncio.to_thread(_report, desk.reader(), order_id, symbol, now, quotes)


def _report(record: Record, order_id: str, symbol: str, now: int, quotes: dict[str, Any]) -> dict[str, Any]:
    with closing(record):
        events = [event for _, event in told(record, order_id, symbol)]
    if not isinstance(events[-1], ev.SessionEnded):
        events.append(ev.SessionEnded(ts=max(now, events[-1].ts), status="completed", quotes=quotes))
    report = execution_report(events)
    for parent in report["details"]["parents"]:
        parent["client_order_id"] = shown_id(parent["client_order_id"])
    return report


def told(record: Record, order_id: str, symbol: str) -> Iterator[tuple[int, ev.AnyEvent]]:
    """The session an order began in, what happened to the order, and samples of its market in between."""
    own = [each for each in life(record, order_id) if not isinstance(each.event, ev.OrdersArchived)]
    started = [each for each in own if isinstance(each.event, ev.SessionStarted)]
    rest = [each for each in own if not isinstance(each.event, ev.SessionStarted)]
    if not rest:
        return
    before = [each for each in started if each.seq < rest[0].seq]
    yield (before or started)[-1]
    numbers = {each.seq for each in rest}
    first, last = rest[0].seq, rest[-1].seq
    for seq, event in enumerate(events_of(record, first - 1), first):
        if seq > last or seq - first > EVENTS_MAX:
            return
        if seq in numbers or (isinstance(event, ev.MarketSampled) and event.symbol == symbol):
            yield seq, event
