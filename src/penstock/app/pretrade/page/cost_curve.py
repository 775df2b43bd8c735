"""What the order costs by how long it takes: impact falls with time, what the price may do meanwhile grows."""

from math import log

from markupsafe import Markup

from penstock.cost.analysis import CurvePoint, PreTrade
from penstock.cost.recommendation import lasting
from penstock.tca.html.svg import Frame, chart, dot, line, nice_ticks, tip, value_axis
from penstock.tca.html.wording import number

FRAME = Frame(width=640, height=320, top=18, bottom=40, left=14)
MARKS = (1 / 60, 1, 2, 5, 10, 15, 30, 60, 120, 240, 390, 780, 1170, 1950, 3900)


def cost_curve(analysis: PreTrade) -> Markup | None:
    """Expected cost and one standard deviation of risk over a logarithmic axis of time; None for a single horizon."""
    points = analysis.cost_curve
    if len(points) < 2:
        return None
    x = FRAME.x(log(points[0].minutes), log(points[-1].minutes))
    highest = max(max(point.expected_bps + point.timing_risk_bps for point in points), 0.1)
    lowest = min(0.0, *(point.expected_bps for point in points))
    y = FRAME.y(lowest, highest * 1.04)
    parts = value_axis(FRAME, y, [tick for tick in nice_ticks(lowest, highest, 4) if tick], lambda bps: f"{bps:g} bps")
    base = FRAME.height - FRAME.bottom
    parts.append(f'<path class="axis" d="M0 {base}H{FRAME.width}"/>')
    shown = [mark for mark in MARKS if points[0].minutes <= mark <= points[-1].minutes]
    for place, mark in enumerate(shown):
        at = x(log(mark))
        anchor = "end" if at > FRAME.width - 30 else "start" if at < 24 else "middle"
        optional = " optional" if place % 2 else ""
        parts.append(
            f'<text class="tick{optional}" x="{dot(at)}" y="{base + 22}" text-anchor="{anchor}">{lasting(mark)}</text>'
        )
    parts.append(line([(x(log(each.minutes)), y(each.timing_risk_bps)) for each in points], "risk"))
    total = [(x(log(each.minutes)), y(each.expected_bps + weight(analysis) * each.timing_risk_bps)) for each in points]
    inside = [(at, height) for at, height in total if height >= FRAME.top - 1]
    parts.append(line(inside, "both"))
    parts.append(line([(x(log(each.minutes)), y(each.expected_bps)) for each in points], "done"))
    for each in points:
        across, told = dot(x(log(each.minutes))), _tip(each)
        parts.append(f'<circle class="done" cx="{across}" cy="{dot(y(each.expected_bps))}" r="3.2" {told}/>')
        parts.append(f'<circle class="risk" cx="{across}" cy="{dot(y(each.timing_risk_bps))}" r="2.6" {told}/>')
    return chart(FRAME, "Expected cost and risk by the time that the order takes", parts)


def weight(analysis: PreTrade) -> float:
    """How much a bps of risk counts at the order's urgency."""
    return 2 * analysis.order.urgency


def _tip(point: CurvePoint) -> str:
    return tip(
        f"over {lasting(point.minutes)}, by volume",
        f"expected {number(point.expected_bps, 1)} bps",
        f"± {number(point.timing_risk_bps, 1)} bps of risk",
        f"{point.participation:.1%} of the volume",
    )
