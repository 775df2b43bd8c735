"""Quotes, trades and order or book messages of a tape, measured in one pass over each table."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import polars as pl

from penstock.domain.sessions import SessionTimes
from penstock.domain.time import SECOND, to_iso
from penstock.market.quality.consolidated import AGE_MAX_NS, Best, Consolidator
from penstock.market.quality.delays import Delays
from penstock.market.quality.gaps import Freshness, OpenTime
from penstock.market.quality.sequences import Sequence as Numbers
from penstock.market.quality.sheet import Severity, Sheet, VenueLine, per_cent
from penstock.market.quality.timeline import TimelineCounts
from penstock.market.tapes.schema import Table
from penstock.market.tapes.store import Tape

TICK_TABLES = (Table.ORDERS, Table.BOOK, Table.QUOTES, Table.TRADES)
CROSSED_BAD = 0.01  # of the comparisons
CLOCK_BAD_NS = 50_000_000


def measure_ticks(
    tape: Tape, sessions: dict[str, Sequence[SessionTimes]], stale_ns: int, sheet: Sheet, timeline: TimelineCounts
) -> None:
    """Freshness, sequence numbers, delays, vendor flags, and the consolidated best."""
    clocks = {calendar: OpenTime(each) for calendar, each in sessions.items()}
    heartbeat = next((table for table in TICK_TABLES if table in tape.rows), None)
    fresh = {number: Freshness(clocks[listing.calendar], stale_ns) for number, listing in enumerate(tape.listings)}
    delays, numbers = Delays(tape.offset_ns), {number: Numbers() for number in range(len(tape.listings))}
    for table in TICK_TABLES:
        for frame in tape.pieces(table):
            sheet.present += frame.height
            timeline.rows(table, frame["ts"].to_numpy())
            timed = frame.filter(pl.col("sent").is_not_null())
            delays.add(timed["ts"].to_numpy(), timed["sent"].to_numpy())
            if "flagged" in frame.columns and (flagged := int(frame["flagged"].sum())):
                sheet.wrong["flagged by the vendor"] += flagged
            for (listing,), one in frame.group_by("listing", maintain_order=True):
                number = int(str(listing))
                if table is heartbeat:
                    fresh[number].add(one["ts"].to_numpy())
                if table is Table.TRADES:
                    numbers[number].add(one["seq"].drop_nulls().to_numpy())
    _told_numbers(tape, numbers, sheet)
    _told_freshness(tape, fresh, stale_ns, sheet)
    _told_delays(tape, delays, sheet)
    if Table.QUOTES in tape.rows and len(tape.venues) > 1 and any(one.venue == "US" for one in tape.listings):
        _consolidated(tape, clocks, stale_ns, sheet, timeline)


def _told_numbers(tape: Tape, numbers: dict[int, Numbers], sheet: Sheet) -> None:
    skipped, back = sum(each.skipped for each in numbers.values()), sum(each.back for each in numbers.values())
    repeated = sum(each.repeated for each in numbers.values())
    sheet.missing["trades skipped by their numbers"] += skipped
    sheet.breaks["trades out of number"] += back
    sheet.breaks["trades numbered twice"] += repeated
    seen = sum(each.seen for each in numbers.values())
    if skipped or back or repeated:
        worst = max(numbers, key=lambda number: numbers[number].skipped)
        found = f"{skipped:,} skipped ({tape.listings[worst].name} most), {repeated:,} twice, {back:,} out of order"
        sheet.find(Severity.BAD, f"trade numbers: {found}, of {seen:,}")
    elif seen:
        sheet.find(Severity.GOOD, f"{seen:,} trades are numbered without a gap")


def _told_freshness(tape: Tape, fresh: dict[int, Freshness], stale_ns: int, sheet: Sheet) -> None:
    sheet.stale_ns += sum(each.stale_ns for each in fresh.values())
    sheet.open_ns += sum(each.open_ns for each in fresh.values())
    number = max(fresh, key=lambda each: fresh[each].longest_ns)
    worst = fresh[number]
    if worst.longest_ns > stale_ns:
        gaps = sum(each.gaps for each in fresh.values())
        sheet.find(
            Severity.NOTE,
            f"{gaps:,} times nothing came for more than {stale_ns / SECOND:g} s; the longest,"
            f" {worst.longest_ns / SECOND:.1f} s, in {tape.listings[number].name} from {to_iso(worst.longest_at)}",
        )


def _told_delays(tape: Tape, delays: Delays, sheet: Sheet) -> None:
    if not delays.timed or delays.least_ns is None:
        return
    sheet.timed += delays.timed
    sheet.early += delays.early
    took = f"{delays.quantile_ns(0.5) / 1e6:.0f} ms (median), {delays.quantile_ns(0.99) / 1e6:.0f} ms (99 %)"
    if tape.offset_ns > CLOCK_BAD_NS:
        sheet.find(
            Severity.BAD,
            f"the receiver's clock is about {tape.offset_ns / SECOND:.3f} s behind the sender's: {delays.early:,} of"
            f" {delays.timed:,} messages are received before they are sent; corrected by that, messages take {took}",
        )
    elif delays.least_ns < 0:
        sheet.find(
            Severity.NOTE,
            f"{delays.early:,} of {delays.timed:,} messages are received up to {-delays.least_ns / 1e6:.0f} ms before"
            f" they are sent: the two clocks differ; as recorded, messages take {took}",
        )
    else:
        sheet.find(Severity.NOTE, f"messages take {took}")


class _Venue:
    """One exchange's counts."""

    def __init__(self) -> None:
        self.quotes = self.trades = self.at_best = 0
        self.fresh: dict[int, Freshness] = {}


def _consolidated(
    tape: Tape, clocks: dict[str, OpenTime], stale_ns: int, sheet: Sheet, timeline: TimelineCounts
) -> None:
    """The best of all exchanges, while the market is open; and each exchange by itself."""
    venues = [_Venue() for _ in tape.venues]
    repeated = 0
    told: list[tuple[str, int, Counter[str]]] = []
    for number, listing in enumerate(tape.listings):
        clock = clocks[listing.calendar]
        both = Consolidator(len(tape.venues))
        counts: Counter[str] = Counter()
        for frame in tape.pieces(Table.QUOTES, number):
            naive, clean = both.add(frame)
            repeated += frame.height - int(frame.select(pl.struct(pl.all().exclude("row")).n_unique()).item())
            ts, venue = frame["ts"].to_numpy(), frame["venue"].to_numpy()
            trading = clock.trading(ts)
            _count(counts, "naive", naive, trading)
            _count(counts, "clean", clean, trading)
            held = np.diff(np.append(ts, ts[-1:]))
            counts["clean ns"] += int(held[clean.whole & trading].sum())
            counts["clean crossed ns"] += int(held[clean.crossed & trading].sum())
            timeline.quotes(ts, naive.whole & trading, naive.crossed & trading, clean.crossed & trading)
            for code in np.unique(venue).tolist():
                mine = venue == code
                each = venues[code]
                each.quotes += int(mine.sum())
                each.at_best += int((naive.at_best & mine).sum())
                each.fresh.setdefault(number, Freshness(clock, stale_ns)).add(ts[mine])
        if counts["naive whole"]:
            told.append((listing.symbol, counts["naive whole"], counts))
    for frame in tape.pieces(Table.TRADES):
        for code, count in frame.group_by("venue").len().iter_rows():
            venues[code].trades += count
    for symbol, whole, counts in told:
        crossed, locked = counts["naive crossed"] / whole, counts["naive locked"] / whole
        cleaned = counts["clean crossed"] / max(counts["clean whole"], 1)
        sheet.comparisons += whole
        sheet.contradictions["best bid above best ask"] += counts["naive crossed"]
        sheet.contradictions["best bid at best ask"] += counts["naive locked"]
        sheet.find(
            Severity.BAD if crossed > CROSSED_BAD else Severity.NOTE,
            f"{symbol}: the best of all exchanges is crossed after {per_cent(crossed)} of the quotes and locked after"
            f" {per_cent(locked)}; without the older side where one exchange's own two cross or lock, and without"
            f" quotes older than {AGE_MAX_NS / SECOND:g} s, it is crossed after {per_cent(cleaned)}"
            f" and for {per_cent(counts['clean crossed ns'] / max(counts['clean ns'], 1))} of the time",
        )
    if repeated:
        sheet.find(Severity.NOTE, f"{repeated:,} quotes repeat another one of the same exchange and instant")
    for code, each in zip(tape.venues, venues, strict=True):
        open_ns = sum(one.open_ns for one in each.fresh.values())
        sheet.venues.append(
            VenueLine(
                venue=code,
                quotes=each.quotes,
                trades=each.trades,
                at_best=round(each.at_best / each.quotes, 4) if each.quotes else None,
                stale=round(sum(one.stale_ns for one in each.fresh.values()) / open_ns, 4) if open_ns else None,
            )
        )


def _count(counts: Counter[str], name: str, best: Best, trading: np.ndarray) -> None:
    for what, mask in (("whole", best.whole), ("crossed", best.crossed), ("locked", best.locked)):
        counts[f"{name} {what}"] += int((mask & trading).sum())
