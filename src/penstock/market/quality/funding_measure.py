"""Funding rates against their schedule: what clock each venue shows, settlements missing, and those at odd hours."""

from collections import Counter

import polars as pl

from penstock.domain.time import HOUR, MINUTE
from penstock.market.quality.sheet import Severity, Sheet
from penstock.market.quality.timeline import TimelineCounts
from penstock.market.tapes.funding import EVERY_H, HOURS_AHEAD, USUAL_EVERY_H
from penstock.market.tapes.schema import Table
from penstock.market.tapes.store import Tape


def measure_funding(tape: Tape, sheet: Sheet, timeline: TimelineCounts) -> None:
    """One pass over the rates."""
    hours: dict[str, Counter[int]] = {}
    phases: dict[int, Counter[int]] = {}
    spans: dict[int, tuple[int, int, int]] = {}
    for frame in tape.pieces(Table.FUNDING):
        sheet.present += frame.height
        timeline.rows(Table.FUNDING, frame["ts"].to_numpy())
        for (number,), one in frame.group_by("listing", maintain_order=True):
            listing = int(str(number))
            venue = tape.listings[listing].venue
            every = EVERY_H.get(venue, USUAL_EVERY_H) * HOUR
            hours.setdefault(venue, Counter()).update(one["local_hour"].to_list())
            phases.setdefault(listing, Counter()).update(
                ((one["ts"] + MINUTE // 2) // MINUTE * MINUTE % every).to_list()
            )
            first, last, count = spans.get(listing, (2**62, -(2**62), 0))
            ts = one.select(first=pl.col("ts").min(), last=pl.col("ts").max()).row(0)
            spans[listing] = min(first, ts[0]), max(last, ts[1]), count + one.height
    for venue, shown in sorted(hours.items()):
        ahead = HOURS_AHEAD[venue]
        usual = sorted(hour for hour, count in shown.items() if count > shown.total() / 48)
        shows = "every hour" if len(usual) == 24 else "/".join(f"{hour:02}" for hour in usual) + " h"
        zone = f"UTC+{ahead}" if ahead else "UTC"
        sheet.find(
            Severity.NOTE if ahead else Severity.GOOD,
            f"{venue} shows {shows}: its times are {zone}" + (", and are normalised" if ahead else ""),
        )
    sheet.comparisons += sheet.present
    for listing, (first, last, count) in spans.items():
        each = tape.listings[listing]
        every = EVERY_H.get(each.venue, USUAL_EVERY_H) * HOUR
        _, usual_count = phases[listing].most_common(1)[0]
        odd = count - usual_count
        missing = round((last - first) / every) + 1 - usual_count
        sheet.missing["settlements that the schedule expects"] += max(missing, 0)
        sheet.contradictions["settled off schedule"] += odd
        if odd or missing:
            found = f"{missing} settlements of its schedule are missing, {odd} are at other hours"
            sheet.find(Severity.BAD, f"{each.symbol} on {each.venue}: {found}")
