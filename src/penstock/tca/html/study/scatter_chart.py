"""Each order's size against its cost: what stands out, and whether size explains it."""

import math

import polars as pl
from markupsafe import Markup

from penstock.tca.html import wording
from penstock.tca.html.svg import Frame, chart, dot, nice_ticks, padded, tip, value_axis

FRAME = Frame(width=640, height=320, left=52)
DOTS = 600
ORDERS_MIN = 8


def scatter_chart(orders: pl.DataFrame, outlying: set[str], currency: str) -> Markup | None:
    """Dots of the largest `DOTS` orders and every outlier, by the logarithm of size; None for very few."""
    done = orders.filter(pl.col("arrival_bps").is_not_null() & (pl.col("traded_notional") > 0))
    if len(done) < ORDERS_MIN:
        return None
    out = pl.col("order_id").is_in(list(outlying))
    shown = pl.concat([done.filter(~out).sort("traded_notional", descending=True).head(DOTS), done.filter(out)])
    sizes = [math.log10(value) for value in shown["traded_notional"]]
    costs = shown["arrival_bps"].to_list()
    x, y = FRAME.x(*padded(sizes, 0.04)), FRAME.y(*padded([*costs, 0.0]))
    parts = value_axis(FRAME, y, nice_ticks(y.low, y.high), lambda value: wording.signed(value, 0))
    parts.append(f'<path class="nought" d="M{FRAME.left} {dot(y(0))}H{FRAME.width}"/>')
    base = FRAME.height - FRAME.bottom
    for power in range(math.ceil(x.low), math.floor(x.high) + 1):
        words = short_number(10.0**power)
        parts.append(f'<text class="tick" x="{dot(x(power))}" y="{base + 22}" text-anchor="middle">{words}</text>')
    rows = shown.select("order_id", "symbol", "side", "traded_notional", "arrival_bps").iter_rows()
    for (order, symbol, side, value, cost), size in zip(rows, sizes, strict=True):
        css = "odd" if order in outlying else "buy" if side > 0 else "sell"
        said = tip(
            short_id(order),
            f"{'buy' if side > 0 else 'sell'} {symbol}, {wording.money(round(value), currency, 0)}",
            f"{wording.signed(cost)} bps against arrival",
        )
        parts.append(f'<circle class="{css}" cx="{dot(x(size))}" cy="{dot(y(cost))}" r="3.6" {said}/>')
    return chart(FRAME, "Cost against arrival of each order, by its traded value", parts)


def short_number(value: float) -> str:
    """`10k`, `2.5M`, `1B`."""
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def short_id(name: str, most: int = 28) -> str:
    """The two ends of a long id."""
    return name if len(name) <= most else f"{name[: most // 2]}…{name[-(most // 2 - 1) :]}"
