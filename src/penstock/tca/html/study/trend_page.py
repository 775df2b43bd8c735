"""The page of a history: a chart for each figure over the days, and the days as a table."""

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from penstock.domain.version import VERSION
from penstock.tca.html import wording
from penstock.tca.html.headline import Tile
from penstock.tca.html.study.scatter_chart import short_number
from penstock.tca.html.svg import Frame, Linear, band, chart, dot, line, nice_ticks, padded, tip, value_axis
from penstock.tca.study.trend import METRICS

FRAME = Frame(width=640, height=260, left=56)
SHARES = ("fill_rate", "passive_ratio")


def render_trend(days: list[dict[str, Any]], slopes: dict[str, dict[str, float]], source: str) -> str:
    """The self-contained page; the same days give the same page."""
    charts = [
        (label, metric, made, slopes.get(metric))
        for metric, label in METRICS.items()
        if (made := _chart(days, metric, label))
    ]
    return _template().render(
        style=_asset("penstock.tca.html", "report.css") + _asset(__package__, "study.css"),
        script=_asset("penstock.tca.html", "report.js") + _asset(__package__, "study.js"),
        version=VERSION,
        title=f"{len(days)} day{'' if len(days) == 1 else 's'} of executions",
        span=f"{days[0]['day']} to {days[-1]['day']}",
        source=source,
        lead=_lead(days, slopes),
        tiles=_tiles(days),
        charts=charts,
        days=days[::-1],
        metrics=METRICS,
        figure=figure,
        words=_slope_words,
        say=wording,
        short_number=short_number,
    )


def figure(metric: str, value: float | None) -> str:
    """A metric's value in its own unit."""
    if value is None:
        return wording.NOTHING
    if metric in SHARES:
        return wording.percent(value, 1)
    return wording.number(value) if metric == "quality" else wording.signed(value)


def _chart(days: list[dict[str, Any]], metric: str, label: str) -> Markup | None:
    known = [
        (n, day["day"], day[metric], day["orders"]) for n, day in enumerate(days) if day[metric]["mean"] is not None
    ]
    if not known:
        return None
    ends = [value for *_, each, _ in known for value in each.values() if value is not None]
    nought = [] if metric in SHARES or metric == "quality" else [0.0]
    x = Linear(0, max(len(days) - 1, 1), FRAME.left + 20, FRAME.width - 20)
    y = FRAME.y(*padded([*ends, *nought]))
    parts = value_axis(FRAME, y, nice_ticks(y.low, y.high), lambda value: figure(metric, value))
    if nought:
        parts.append(f'<path class="nought" d="M{FRAME.left} {dot(y(0))}H{FRAME.width}"/>')
    sure = [(n, each) for n, _, each, _ in known if each["low"] is not None]
    if len(sure) > 1:
        parts.append(band([(x(n), y(e["high"])) for n, e in sure], [(x(n), y(e["low"])) for n, e in sure], "band"))
    parts.append(line([(x(n), y(each["mean"])) for n, _, each, _ in known], "done"))
    every = max(1, -(-len(days) // 7))
    base = FRAME.height - FRAME.bottom
    for n, day, each, count in known:
        between = "" if each["low"] is None else f"{figure(metric, each['low'])} to {figure(metric, each['high'])}"
        said = tip(day, f"{label}: {figure(metric, each['mean'])}", *([between] if between else []), f"{count} orders")
        parts.append(f'<circle class="point" cx="{dot(x(n))}" cy="{dot(y(each["mean"]))}" r="3.6" {said}/>')
        if n % every == 0:
            parts.append(f'<text class="tick" x="{dot(x(n))}" y="{base + 22}" text-anchor="middle">{day[5:]}</text>')
    return chart(FRAME, f"{label} by day", parts)


def _lead(days: list[dict[str, Any]], slopes: dict[str, dict[str, float]]) -> str:
    orders, traded = sum(day["orders"] for day in days), sum(day["traded_notional"] for day in days)
    first = f"{orders:,} orders, {short_number(float(f'{traded:.3g}'))} traded."
    slope = slopes.get("shortfall_bps")
    if slope is None:
        return f"{first} A trend takes three days."
    return f"{first} The shortfall {_slope_words('shortfall_bps', slope)}."


def _slope_words(metric: str, slope: dict[str, float]) -> str:
    if slope["p"] >= 0.05:
        return "shows no trend that is more than chance"
    size = slope["per_day"]
    change = (
        f"{abs(size) * 100:.2f} points"
        if metric in SHARES
        else f"{abs(size):.2f}{'' if metric == 'quality' else ' bps'}"
    )
    return f"{'rises' if size > 0 else 'falls'} by {change} a day (p = {slope['p']:.3f})"


def _tiles(days: list[dict[str, Any]]) -> list[Tile]:
    """The last day against the mean of those before it."""
    last, before = days[-1], days[:-1]
    made = []
    for metric, label in METRICS.items():
        value = last[metric]["mean"]
        if value is None:
            continue
        past = [day[metric]["mean"] for day in before if day[metric]["mean"] is not None]
        note = f"before: {figure(metric, sum(past) / len(past))}" if past else last["day"]
        unit = " bps" if metric.endswith("_bps") else ""
        made.append(Tile(label, figure(metric, value) + unit, note))
    return made


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_asset(__package__, "trend.html"))


@cache
def _asset(package: str, name: str) -> Markup:
    return Markup(files(package).joinpath(name).read_text(encoding="utf-8"))
