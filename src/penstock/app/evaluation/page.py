"""The comparison's page: for each size, what every algorithm cost and how sure that is, and the table beside it."""

from collections.abc import Sequence
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

import penstock
from penstock.app.evaluation.figures import Line
from penstock.app.evaluation.trials import BASELINE
from penstock.tca.html.svg import Frame, chart, dot, nice_ticks, padded, tip

ROW = 30
ERRORS = 1.96  # standard errors each way: 95 %


def render(parts: Sequence[tuple[str, Sequence[Line]]], sources: Sequence[str], minutes: float) -> str:
    """The self-contained page; the same figures always give the same page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files(__package__).joinpath("evaluation.html").read_text("utf-8"))
    look = files("penstock.tca.html")
    return template.render(
        style=Markup(look.joinpath("report.css").read_text("utf-8")),
        script=Markup(look.joinpath("report.js").read_text("utf-8")),
        version=penstock.__version__,
        title=title(parts[0][1]),
        sources=", ".join(sources),
        minutes=f"{minutes:g}",
        parts=[(name, rows, cost_chart(rows), risk_chart(rows)) for name, rows in parts],
    )


def title(rows: Sequence[Line]) -> str:
    """The best of them in one line."""
    best = rows[0]
    if best.saving is None or best.saving.low <= 0:
        return "No algorithm is cheaper than an immediate market order beyond chance"
    return f"{best.label} cost {best.cost:.1f} bps, {best.saving.value:.0%} less than an immediate market order"


def cost_chart(rows: Sequence[Line]) -> Markup:
    """Mean costs as dots, with their 95 % intervals as lines; the dashed line is the immediate order's."""
    frame = Frame(height=ROW * len(rows) + 50, left=120)
    ends = [row.cost + way * ERRORS * row.error for row in rows for way in (-1, 1)]
    scale = frame.x(*padded([0.0, *ends]))
    base = frame.height - frame.bottom
    parts = []
    for tick in nice_ticks(scale.low, scale.high):
        parts.append(f'<path class="grid" d="M{dot(scale(tick))} {frame.top}V{base}"/>')
        parts.append(f'<text class="tick" x="{dot(scale(tick))}" y="{base + 22}" text-anchor="middle">{tick:g}</text>')
    for number, row in enumerate(rows):
        y = frame.top + ROW * (number + 0.5)
        low, high = (scale(row.cost + way * ERRORS * row.error) for way in (-1, 1))
        said = tip(row.label, f"{row.cost:.2f} ± {ERRORS * row.error:.2f} bps", f"{row.filled:.1%} filled")
        style = "stroke:var(--muted)" if row.label == BASELINE else "stroke:var(--accent)"
        fill = style.replace("stroke", "fill")
        parts.append(f'<text class="tick" x="0" y="{dot(y + 4)}">{escape(row.label[:18])}</text>')
        parts.append(f'<path d="M{dot(low)} {dot(y)}H{dot(high)}" style="{style};stroke-width:2.5"/>')
        parts.append(f'<circle cx="{dot(scale(row.cost))}" cy="{dot(y)}" r="5.5" style="{fill}" {said}/>')
        if row.label == BASELINE:
            x = dot(scale(row.cost))
            parts.append(f'<path class="axis" d="M{x} {frame.top}V{base}" style="stroke-dasharray:4 4"/>')
    return chart(frame, "mean cost of each algorithm in basis points with its interval", parts)


def risk_chart(rows: Sequence[Line]) -> Markup:
    """Cost against risk: what is low and left is good."""
    frame = Frame(height=ROW * len(rows) + 50)
    x = frame.x(*padded([0.0, *(row.risk for row in rows)]))
    y = frame.y(*padded([0.0, *(row.cost for row in rows)], 0.12))
    base = frame.height - frame.bottom
    parts = []
    for tick in nice_ticks(x.low, x.high):
        parts.append(f'<path class="grid" d="M{dot(x(tick))} {frame.top}V{base}"/>')
        parts.append(f'<text class="tick" x="{dot(x(tick))}" y="{base + 22}" text-anchor="middle">{tick:g}</text>')
    for tick in nice_ticks(y.low, y.high):
        parts.append(f'<path class="grid" d="M{frame.left} {dot(y(tick))}H{frame.width}"/>')
        parts.append(f'<text class="tick" x="2" y="{dot(y(tick) + 4)}">{tick:g}</text>')
    for row in rows:
        said = tip(row.label, f"cost {row.cost:.2f} bps", f"risk {row.risk:.2f} bps")
        right = x(row.risk) > frame.width - 110
        anchor, shift = ("end", -9) if right else ("start", 9)
        at = f'x="{dot(x(row.risk) + shift)}" y="{dot(y(row.cost) + 4)}" text-anchor="{anchor}"'
        parts.append(
            f'<circle cx="{dot(x(row.risk))}" cy="{dot(y(row.cost))}" r="5" style="fill:var(--accent)" {said}/>'
        )
        parts.append(f'<text class="tick halo" {at}>{escape(row.label[:18])}</text>')
    return chart(frame, "cost of each algorithm against its risk", parts)
