"""The quality report of a tape: every measure that its tables allow, in passes over their pieces."""

from collections.abc import Sequence

import msgspec

from penstock.domain.sessions import SessionTimes
from penstock.domain.time import SECOND
from penstock.market.calendars import sessions_between
from penstock.market.quality.bars_measure import measure_bars
from penstock.market.quality.book_measure import measure_book
from penstock.market.quality.funding_measure import measure_funding
from penstock.market.quality.sheet import Dimension, Finding, Severity, Sheet, VenueLine
from penstock.market.quality.ticks_measure import TICK_TABLES, measure_ticks
from penstock.market.quality.timeline import Timeline, TimelineCounts
from penstock.market.tapes.faults import Fault
from penstock.market.tapes.schema import Table
from penstock.market.tapes.store import Tape

STALE_NS = SECOND
WRONG = ("negative", "zero", "bad bar")
MISSING = ("malformed", "truncated", "unknown")
BREAKS = ("reordered", "duplicate", "gap", "checksum")
ABOUT = {
    "unknown": "events on orders that were never announced",
    "reordered": "rows out of order",
    "duplicate": "rows that came twice",
    "gap": "gaps in the update ids: the book is not known until the next snapshot",
    "checksum": "messages after which the book's checksum is not the venue's",
    "negative": "negative values",
    "zero": "prices or sizes of zero",
    "bad bar": "bars whose high and low do not hold open and close",
    "malformed": "lines that cannot be read",
    "truncated": "files cut off before their end",
    "crossed": "rows with the exchange's own bid above its ask",
}


class QualityReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a recording's quality; `faults` are the first faulty rows of each kind."""

    source: str
    kind: str
    listings: tuple[str, ...]
    start_ns: int
    end_ns: int
    rows: dict[str, int]
    stale_ns: int
    dimensions: tuple[Dimension, ...]
    findings: tuple[Finding, ...]
    venues: tuple[VenueLine, ...]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    timeline: Timeline

    def score(self, name: str) -> float | None:
        """One dimension's score."""
        return next(each.score for each in self.dimensions if each.name == name)


def assess(tape: Tape, stale_ns: int = STALE_NS) -> QualityReport:
    """Measure a tape. It should have been read with `Policy.COUNT`, or what was left out is not seen here."""
    sheet, timeline = Sheet(), TimelineCounts(tape.start_ns, tape.end_ns)
    sessions = _sessions(tape)
    _told_faults(tape, sheet)
    if any(table in tape.rows for table in TICK_TABLES):
        measure_ticks(tape, sessions, stale_ns, sheet, timeline)
    if Table.BOOK in tape.rows or Table.ORDERS in tape.rows:
        measure_book(tape, sheet)
    if Table.BARS in tape.rows:
        measure_bars(tape, sessions, sheet, timeline)
    if Table.FUNDING in tape.rows:
        measure_funding(tape, sheet, timeline)
    order = list(Severity)[::-1]
    return QualityReport(
        source=tape.source,
        kind=tape.kind,
        listings=tuple(each.name for each in tape.listings),
        start_ns=tape.start_ns,
        end_ns=tape.end_ns,
        rows={str(table): rows for table, rows in tape.rows.items()},
        stale_ns=stale_ns,
        dimensions=sheet.dimensions(),
        findings=tuple(sorted(sheet.findings, key=lambda each: order.index(each.severity))),
        venues=tuple(sheet.venues),
        faults=tape.faults.examples,
        notes=tape.manifest.notes,
        timeline=timeline.done(),
    )


def _sessions(tape: Tape) -> dict[str, Sequence[SessionTimes]]:
    """The sessions of each calendar over the tape's time."""
    calendars = {listing.calendar for listing in tape.listings}
    return {name: sessions_between(name, tape.start_ns, tape.end_ns + 1) for name in sorted(calendars)}


def _told_faults(tape: Tape, sheet: Sheet) -> None:
    for kind, count in tape.faults.counts.items():
        words = ABOUT[kind]
        if kind in WRONG:
            sheet.wrong[words] += count
        elif kind in MISSING:
            sheet.missing[words] += count
        elif kind in BREAKS:
            sheet.breaks[words] += count
        else:
            sheet.contradictions[words] += count
            sheet.comparisons += tape.rows.get(Table.QUOTES, 0)
        sheet.find(Severity.BAD, f"{count:,} {words}")
