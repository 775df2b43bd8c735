"""What the price did after our fills: the mean mark-out at each horizon, with its confidence band."""

from typing import Any

from markupsafe import Markup

from penstock.tca.html import wording
from penstock.tca.html.svg import Frame, Linear, band, chart, dot, line, nice_ticks, padded, tip, value_axis

FRAME = Frame(width=640, height=300, left=52)


def markout_chart(points: list[dict[str, Any]]) -> Markup | None:
    """The curve; None where no mark-out is known. Horizons stand side by side, evenly."""
    known = [point for point in points if point["mean"] is not None]
    if len(known) < 2:
        return None
    ends = [value for point in known for value in (point["low"], point["mean"], point["high"]) if value is not None]
    x = Linear(0, max(len(known) - 1, 1), FRAME.left + 22, FRAME.width - 24)
    y = FRAME.y(*padded([*ends, 0.0]))
    parts = value_axis(FRAME, y, nice_ticks(y.low, y.high), lambda value: wording.signed(value, 1))
    parts.append(f'<path class="nought" d="M{FRAME.left} {dot(y(0))}H{FRAME.width}"/>')
    sure = [(n, point) for n, point in enumerate(known) if point["low"] is not None]
    parts.append(band([(x(n), y(p["high"])) for n, p in sure], [(x(n), y(p["low"])) for n, p in sure], "band"))
    parts.append(line([(x(n), y(point["mean"])) for n, point in enumerate(known)], "done"))
    base = FRAME.height - FRAME.bottom
    for n, point in enumerate(known):
        said = tip(
            "at the fill" if point["horizon"] == "fill" else f"{point['horizon']} after",
            f"{wording.signed(point['mean'])} bps",
            _range(point),
            f"{point['orders']} orders",
        )
        parts.append(
            f'<text class="tick" x="{dot(x(n))}" y="{base + 22}" text-anchor="middle">{point["horizon"]}</text>'
        )
        parts.append(f'<circle class="point" cx="{dot(x(n))}" cy="{dot(y(point["mean"]))}" r="4" {said}/>')
    return chart(FRAME, "Mean mark-out after fills, by horizon, with its confidence band", parts)


def _range(point: dict[str, Any]) -> str:
    if point["low"] is None:
        return "one order: no interval"
    return f"{wording.signed(point['low'])} to {wording.signed(point['high'])}"
