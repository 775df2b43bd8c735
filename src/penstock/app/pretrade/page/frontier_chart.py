"""The efficient frontier: the least expected cost for each risk, and where the ways that people know stand to it."""

from markupsafe import Markup, escape

from penstock.app.pretrade.tables import NAMES
from penstock.cost.analysis import PreTrade
from penstock.cost.candidates import Candidate
from penstock.cost.recommendation import lasting
from penstock.tca.html.svg import Frame, chart, dot, line, nice_ticks, tip, value_axis
from penstock.tca.html.wording import number

FRAME = Frame(width=640, height=320, top=18, bottom=40, left=52)
OTHERS = 14  # ways besides the recommended one


def frontier_chart(analysis: PreTrade) -> Markup:
    """Risk to the right, expected cost upwards, both in bps."""
    points, chosen = analysis.frontier, analysis.chosen
    ways = marked_ways(analysis)
    risks = [each.timing_risk_bps for each in points] + [way.timing_risk_bps for way in ways]
    costs = [each.expected_bps for each in points] + [way.expected_bps for way in ways]
    x = FRAME.x(0.0, max(*risks, 0.1) * 1.04)
    y = FRAME.y(min(0.0, *costs), max(*costs, 0.1) * 1.06)
    parts = value_axis(FRAME, y, [tick for tick in nice_ticks(y.low, y.high, 4) if tick], lambda bps: f"{bps:g} bps")
    base = FRAME.height - FRAME.bottom
    parts.append(f'<path class="axis" d="M0 {base}H{FRAME.width}"/>')
    for tick in nice_ticks(0.0, x.high, 6):
        parts.append(f'<text class="tick" x="{dot(x(tick))}" y="{base + 22}" text-anchor="middle">{tick:g}</text>')
    parts.append(line([(x(each.timing_risk_bps), y(each.expected_bps)) for each in points], "done"))
    for each in points:
        told = tip(
            "efficient schedule", f"expected {number(each.expected_bps, 1)} bps",
            f"± {number(each.timing_risk_bps, 1)} bps", f"bend {number(each.bend, 1)}",
        )  # fmt: skip
        place = f'cx="{dot(x(each.timing_risk_bps))}" cy="{dot(y(each.expected_bps))}"'
        parts.append(f'<circle class="done" {place} r="2.6" {told}/>')
    for way in ways:
        css = "chosen" if way is chosen else "maker" if way.algorithm == "is" else "taker"
        radius = 7 if way is chosen else 4.5
        place = f'cx="{dot(x(way.timing_risk_bps))}" cy="{dot(y(way.expected_bps))}"'
        parts.append(f'<circle class="{css}" {place} r="{radius}" {_tip(way)}/>')
    return chart(FRAME, "Efficient frontier of expected cost and timing risk", parts)


def marked_ways(analysis: PreTrade) -> list[Candidate]:
    """The ways shown beside the frontier, those furthest from the recommended one left out; it comes last, on top."""
    chosen = analysis.chosen
    others = sorted(
        (way for way in analysis.ways if way is not chosen),
        key=lambda way: abs(way.objective_bps - chosen.objective_bps),
    )
    return [*others[:OTHERS], chosen]


def _tip(way: Candidate) -> str:
    over = f" over {lasting(way.horizon_minutes)}" if way.parameters else ""
    return tip(
        escape(f"{NAMES[way.algorithm]}{over}"), f"expected {number(way.expected_bps, 1)} bps",
        f"± {number(way.timing_risk_bps, 1)} bps", f"cost + risk {number(way.objective_bps, 1)}",
    )  # fmt: skip
