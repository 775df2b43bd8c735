"""How much is left by time: the recommended schedule beside an even one, and the optimum of other urgencies."""

from markupsafe import Markup

from penstock.cost.analysis import PreTrade
from penstock.cost.candidates import latest, shape_of, slice_shares
from penstock.cost.optimal_curve import shortfall_bend
from penstock.cost.recommendation import lasting
from penstock.tca.html.svg import Frame, Linear, chart, dot, line, tip, value_axis

FRAME = Frame(width=640, height=320, top=18, bottom=40, left=14)
URGENCIES = (0.1, 0.3, 0.5, 0.8, 1.0)
LEAST_MINUTES, STRETCH = 5.0, 3.0  # more time than recommended shows how the optimum bends


def trajectory_chart(analysis: PreTrade) -> Markup:
    """The share of the order that is left, over up to three times the recommended horizon."""
    order, market, chosen = analysis.order, analysis.market, analysis.chosen
    minutes = min(max(chosen.horizon_minutes * STRETCH, LEAST_MINUTES), latest(order, market))
    shares = slice_shares(market, minutes)
    x, y = FRAME.x(0.0, minutes), FRAME.y(0.0, 1.02)
    parts = value_axis(FRAME, y, [0.25, 0.5, 0.75, 1.0], lambda share: f"{share:.0%} left")
    base = FRAME.height - FRAME.bottom
    parts.append(f'<path class="axis" d="M0 {base}H{FRAME.width}"/>')
    for quarter in range(5):
        anchor = "start" if quarter == 0 else "end" if quarter == 4 else "middle"
        at, words = dot(x(minutes * quarter / 4)), lasting(minutes * quarter / 4) if quarter else "now"
        parts.append(f'<text class="tick" x="{at}" y="{base + 22}" text-anchor="{anchor}">{words}</text>')
    parts.append(_curve(shape_of("twap", shares, 0.0, minutes).tolist(), minutes, x, y, "planned"))
    for urgency in URGENCIES:
        bend = shortfall_bend(
            order.quantity, market.adv, market.daily_volatility, float(shares.sum()), urgency, analysis.template,
            participation_max=order.participation_max,
        )  # fmt: skip
        progress = shape_of("is", shares, bend, minutes).tolist()
        parts.append(_curve(progress, minutes, x, y, "urgency"))
        half = len(progress) // 4
        told = tip(f"urgency {urgency:g}", f"{progress[half]:.0%} done in a quarter of the time")
        parts.append(
            f'<circle class="urgency" cx="{dot(x(minutes / 4))}" cy="{dot(y(1 - progress[half]))}" r="3.4" {told}/>'
        )
    if len(chosen.done) > 2:
        parts.append(_curve(list(chosen.done), chosen.horizon_minutes, x, y, "done"))
    else:
        parts.append(f'<path class="done" d="M{dot(x(0))} {dot(y(1))}V{dot(y(0))}H{FRAME.width}"/>')
    return chart(FRAME, "Share of the order left by time", parts)


def _curve(progress: list[float], minutes: float, x: Linear, y: Linear, css: str) -> str:
    last = len(progress) - 1
    return line([(x(minutes * place / last), y(1 - done)) for place, done in enumerate(progress)], css)
