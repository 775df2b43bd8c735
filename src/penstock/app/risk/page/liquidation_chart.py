"""What getting out costs against how long it takes: impact falls with time, what prices may do meanwhile grows."""

from collections.abc import Sequence
from math import log

from markupsafe import Markup, escape

from penstock.app.risk.stress_report import Horizon
from penstock.tca.html.svg import Frame, Linear, chart, dot, line, nice_ticks, tip, value_axis

FRAME = Frame(width=640, height=300, top=18, bottom=48, left=14)


def liquidation_chart(horizons: Sequence[Horizon], stressed_market: str) -> Markup | None:
    """The lines over a logarithmic axis of days; None without positions."""
    if not horizons:
        return None
    x = FRAME.x(log(horizons[0].days), log(horizons[-1].days))
    highest = max(max(each.cost_bps, each.stressed_bps, each.risk_bps or 0.0) for each in horizons)
    y = FRAME.y(0, highest * 1.06 or 1.0)
    ticks = [tick for tick in nice_ticks(0, highest or 1.0, 4) if tick]
    parts = value_axis(FRAME, y, ticks, lambda bps: f"{bps:g} bps")
    base = FRAME.height - FRAME.bottom
    parts.append(f'<path class="axis" d="M0 {base}H{FRAME.width}"/>')
    for number, each in enumerate(horizons):
        at = x(log(each.days))
        anchor = "end" if at > FRAME.width - 20 else "start" if at < 20 else "middle"
        optional = " optional" if number % 2 else ""
        parts.append(
            f'<text class="tick{optional}" x="{dot(at)}" y="{base + 20}" text-anchor="{anchor}">{each.days:g}</text>'
        )
    parts.append(
        f'<text class="tick" x="{FRAME.width / 2:.0f}" y="{base + 42}" text-anchor="middle">trading days</text>'
    )
    parts += _line(horizons, [each.cost_bps for each in horizons], x, y, "done", "cost today")
    parts += _line(horizons, [each.stressed_bps for each in horizons], x, y, "stressed", f"cost if {stressed_market}")
    risks = [each.risk_bps for each in horizons if each.risk_bps is not None]
    if len(risks) == len(horizons):
        parts += _line(horizons, risks, x, y, "risk", "risk meanwhile, 1 σ")
    return chart(FRAME, "Cost of getting out by the days it takes", parts)


def _line(horizons: Sequence[Horizon], values: Sequence[float], x: Linear, y: Linear, css: str, name: str) -> list[str]:
    points = [(x(log(each.days)), y(value)) for each, value in zip(horizons, values, strict=True)]
    dots = [
        f'<circle class="{css}" cx="{dot(at)}" cy="{dot(height)}" r="3.5" '
        f"{tip(f'{each.days:g} days', f'{escape(name)}: {value:,.1f} bps of gross')}/>"
        for (at, height), each, value in zip(points, horizons, values, strict=True)
    ]
    return [line(points, css), *dots]
