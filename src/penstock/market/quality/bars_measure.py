"""Bars against the calendar and against each other: missing ones, those without volume, prices that cannot be."""

from collections import Counter
from collections.abc import Sequence

import polars as pl

from penstock.domain.sessions import SessionTimes
from penstock.domain.time import DAY, to_iso
from penstock.market.quality.gaps import OpenTime
from penstock.market.quality.sheet import Severity, Sheet
from penstock.market.quality.timeline import TimelineCounts
from penstock.market.tapes.schema import Table
from penstock.market.tapes.store import Tape

CENT = 100  # in the ticks of 0.0001 that bars of equities have
NAMED_MAX = 5
SPIKE = 20
JUMP = 0.3  # of the price from one bar to the next


def measure_bars(
    tape: Tape, sessions: dict[str, Sequence[SessionTimes]], sheet: Sheet, timeline: TimelineCounts
) -> None:
    """One pass over the bars."""
    clocks = {calendar: OpenTime(each) for calendar, each in sessions.items()}
    present: Counter[tuple[int, int]] = Counter()
    without, tiny, negative = Counter[int](), Counter[int](), Counter[int]()
    days: dict[int, set[int]] = {}
    span, jumps, crossed, pairs = DAY, 0, 0, 0
    spikes: Counter[int] = Counter()
    for frame in tape.pieces(Table.BARS):
        sheet.present += frame.height
        timeline.rows(Table.BARS, frame["ts"].to_numpy())
        span = int(frame["span"][0])
        for (number, side), one in frame.group_by("listing", "side", maintain_order=True):
            listing, sign = int(str(number)), int(str(side))
            ts = one["ts"].to_numpy()
            if span < DAY:
                present[listing, sign] += int(clocks[tape.listings[listing].calendar].trading(ts).sum())
            else:
                present[listing, sign] += one.height
            days.setdefault(listing, set()).update((ts // DAY).tolist())
            without[listing] += int((one["lots"] == 0).sum()) if sign == 0 else 0
            spikes[listing] += _spikes(one)
            tiny[listing] += int((one["close"] < CENT).sum())
            negative[listing] += int((one["adjusted"] < 0).sum())
            jumps += int(((one["close"] / one["close"].shift(1)).log().abs() > JUMP).sum())
        asks = frame.filter(pl.col("side") == -1)
        both = frame.filter(pl.col("side") == 1).join(asks, on=["listing", "ts"], suffix=" ask")
        pairs += both.height
        crossed += int((both["close"] > both["close ask"]).sum())
    _told_missing(tape, sessions, present, days, span, sheet)
    sheet.wrong["bars without volume"] += without.total()
    sheet.wrong["prices below a cent"] += tiny.total()
    sheet.wrong["bars with a spike"] += spikes.total()
    sheet.comparisons += sheet.present + pairs
    sheet.contradictions["bid bar closes above ask bar"] += crossed
    _told_mispriced(tape, without, tiny, negative, sheet)
    if spikes.total():
        named = ", ".join(
            f"{tape.listings[each].symbol} {count}" for each, count in spikes.most_common(NAMED_MAX) if count
        )
        sheet.find(Severity.BAD, f"bars that reach more than {SPIKE} usual ranges beyond open and close: {named}")
    if jumps:
        sheet.find(
            Severity.NOTE, f"{jumps:,} bars close more than {JUMP:.0%} of the log price away from the bar before"
        )


def _spikes(bars: pl.DataFrame) -> int:
    """Bars that reach further beyond their open and close than many usual ranges, and more than a hundredth."""
    body_high, body_low = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    beyond = pl.max_horizontal(pl.col("high") - body_high, body_low - pl.col("low"))
    usual = (pl.col("high") - pl.col("low")).median()
    return int(bars.select(((beyond > SPIKE * usual) & (beyond > pl.col("close") / 100)).sum()).item())


def _told_missing(
    tape: Tape, sessions: dict[str, Sequence[SessionTimes]], present: Counter[tuple[int, int]],
    days: dict[int, set[int]], span: int, sheet: Sheet,
) -> None:  # fmt: skip
    short: list[tuple[int, str]] = []
    for (listing, _), count in present.items():
        own = sessions[tape.listings[listing].calendar]
        each = [max((one.closes - one.opens) // span, 1) for one in own]
        missing = sum(each) - count
        if missing <= 0:
            continue
        sheet.missing["bars that the calendar expects"] += missing
        absent = len(own) - len(days[listing])
        name = tape.listings[listing].symbol
        short.append(
            (missing, f"{name} {missing:,}" + (f" ({absent} whole days)" if absent > 0 and span < DAY else ""))
        )
    if short:
        named = ", ".join(text for _, text in sorted(short, reverse=True)[:NAMED_MAX])
        series = len(present)
        sheet.find(Severity.NOTE, f"{len(short)} of {series} series lack bars that the calendar expects: {named}"
                   + (", …" if len(short) > NAMED_MAX else ""))  # fmt: skip
    halves = _half_days(sessions)
    if halves and span < DAY:
        sheet.find(Severity.NOTE, f"half days in it: {', '.join(halves)}; leave them out of volume curves")


def _half_days(sessions: dict[str, Sequence[SessionTimes]]) -> list[str]:
    found = []
    for own in sessions.values():
        longest = max((one.closes - one.opens for one in own), default=0)
        found += [to_iso(one.opens)[:10] for one in own if one.closes - one.opens < longest]
    return found


def _told_mispriced(
    tape: Tape, without: Counter[int], tiny: Counter[int], negative: Counter[int], sheet: Sheet
) -> None:
    for listing in sorted(tiny | negative, key=lambda each: -(tiny[each] + negative[each])):
        if tiny[listing] or negative[listing]:
            sheet.find(
                Severity.BAD,
                f"{tape.listings[listing].symbol} is mispriced: {tiny[listing]:,} bars below a cent,"
                f" {without[listing]:,} without volume, {negative[listing]:,} with a negative adjusted price",
            )
