"""Two charts of a recording's time: rows by table, stacked, and how often the best quotes cross."""

from markupsafe import Markup

from penstock.market.quality.timeline import Timeline
from penstock.tca.html import wording
from penstock.tca.html.svg import Frame, chart, dot, line, nice_ticks, time_axis, tip, value_axis

FRAME = Frame(width=640, height=220, left=8)


def activity_chart(timeline: Timeline) -> Markup:
    """Rows in each bucket, a colour for each table."""
    buckets = len(next(iter(timeline.rows.values())))
    end = timeline.start_ns + buckets * timeline.bucket_ns
    totals = [sum(rows[k] for rows in timeline.rows.values()) for k in range(buckets)]
    x, y = FRAME.x(timeline.start_ns, end), FRAME.y(0, max(totals) * 1.05 or 1)
    parts = value_axis(FRAME, y, [tick for tick in nice_ticks(0, max(totals) or 1, 4) if tick], lambda n: f"{n:,.0f}")
    parts += time_axis(FRAME, x)
    for k in range(buckets):
        left, right = x(timeline.start_ns + k * timeline.bucket_ns), x(timeline.start_ns + (k + 1) * timeline.bucket_ns)
        base = 0
        said = [f"{table} {rows[k]:,}" for table, rows in timeline.rows.items()]
        at = timeline.start_ns + k * timeline.bucket_ns
        for table, rows in timeline.rows.items():
            if rows[k]:
                top = base + rows[k]
                told = tip(f"{wording.day(at)} {wording.clock(at)}", *said)
                wide = max(right - left - 0.6, 0.6)
                parts.append(
                    f'<rect class="{table}" x="{dot(left)}" y="{dot(y(top))}" width="{dot(wide)}"'
                    f' height="{dot(y(base) - y(top))}" {told}/>'
                )
                base = top
    return chart(FRAME, "Rows over time by table", parts)


def crossed_chart(timeline: Timeline) -> Markup | None:
    """The share of quotes after which the best is crossed; None where nothing was compared."""
    places = [k for k, compared in enumerate(timeline.compared) if compared]
    if not places:
        return None
    end = timeline.start_ns + len(timeline.compared) * timeline.bucket_ns
    x, y = FRAME.x(timeline.start_ns, end), FRAME.y(0, 1.05)
    parts = value_axis(FRAME, y, [0.25, 0.5, 0.75, 1.0], lambda share: f"{share:.0%}") + time_axis(FRAME, x)
    for counts, css in ((timeline.crossed, "bad"), (timeline.crossed_cleaned, "done")):
        points = [
            (x(timeline.start_ns + (k + 0.5) * timeline.bucket_ns), y(counts[k] / timeline.compared[k])) for k in places
        ]
        parts.append(line(points, css))
    return chart(FRAME, "Share of quotes after which the best bid is above the best ask", parts)
