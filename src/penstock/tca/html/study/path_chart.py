"""One order in its market: the price with our fills in it, and how far it had come against the market's volume."""

import numpy as np
import polars as pl
from markupsafe import Markup

from penstock.tca.html import wording
from penstock.tca.html.svg import Frame, band, chart, dot, line, nice_ticks, padded, steps, time_axis, tip, value_axis
from penstock.tca.study.study import Path

FRAME = Frame(width=640, height=320, left=58)
PROGRESS = Frame(width=640, height=320, left=48)
DOTS = 240
LARGEST = 7.0


def price_path(path: Path, order: dict[str, object], fills: pl.DataFrame) -> Markup | None:
    """Bid, ask and mid around the order with its fills; None where neither market nor fills are known."""
    known = np.isfinite(path.bid)
    shown = _joined(fills)
    values = [*path.bid[known].tolist(), *path.ask[known].tolist(), *shown["price"].to_list()]
    arrival, vwap = order["arrival_price"], order["vwap_price"]
    levels = [float(level) for level in (arrival, vwap) if isinstance(level, float)]
    if not values:
        return None
    low, high = padded([*values, *levels])
    x, y = FRAME.x(float(path.ts[0]), float(path.ts[-1])), FRAME.y(low, high)
    digits = _digits(high - low)
    parts = value_axis(FRAME, y, nice_ticks(low, high), lambda value: wording.number(value, digits))
    parts += time_axis(FRAME, x)
    ts = path.ts[known].astype(float)
    bid, ask = path.bid[known], path.ask[known]
    if len(ts) > 1:
        upper = [(x(t), y(a)) for t, a in zip(ts, ask, strict=True)]
        lower = [(x(t), y(b)) for t, b in zip(ts, bid, strict=True)]
        parts.append(band(upper, lower, "band"))
        parts.append(line([(x(t), y((a + b) / 2)) for t, a, b in zip(ts, ask, bid, strict=True)], "mid"))
    if isinstance(arrival, float):
        parts.append(f'<path class="arrival" d="M{FRAME.left} {dot(y(arrival))}H{FRAME.width}"/>')
    if isinstance(vwap, float):
        parts.append(f'<path class="vwap" d="M{FRAME.left} {dot(y(vwap))}H{FRAME.width}"/>')
    most = float(shown["quantity"].max() or 1)  # type: ignore[arg-type]
    for at, price, quantity, maker, venue, count in shown.iter_rows():
        kind = "maker" if maker else "taker"
        many = f" in {count} fills" if count > 1 else ""
        said = tip(
            wording.clock(at, fine=True),
            f"{order['side_word']} {wording.quantity(round(quantity, 6))} @ {wording.number(price, digits + 1)}{many}",
            f"{kind} · {venue}" if venue else kind,
        )
        radius = max(2.6, LARGEST * (quantity / most) ** 0.5)
        parts.append(f'<circle class="{kind}" cx="{dot(x(at))}" cy="{dot(y(price))}" r="{dot(radius)}" {said}/>')
    return chart(FRAME, f"Price of {order['symbol']} around the order, with its fills", parts)


def progress_path(path: Path, order: dict[str, object], fills: pl.DataFrame) -> Markup:
    """The executed share over time against the algorithm's own curve, and the market's share of volume.

    Without a curve of its own: an even pace to the planned (or real) end.
    """
    quantity = float(order["quantity"])  # type: ignore[arg-type]
    arrival, end = int(order["arrival_ts"]), int(order["planned_end_ts"] or order["end_ts"])  # type: ignore[call-overload]
    x = PROGRESS.x(float(path.ts[0]), float(max(path.ts[-1], end)))
    done = [(float(arrival), 0.0)]
    for at, size in fills.select("ts", "quantity").sort("ts").iter_rows():
        done.append((float(at), done[-1][1] + size / quantity))
    done.append((float(path.ts[-1]), done[-1][1]))
    y = PROGRESS.y(0, max(1.0, done[-1][1]) * 1.06)
    parts = value_axis(PROGRESS, y, (0.25, 0.5, 0.75, 1.0), lambda share: wording.percent(share))
    parts += time_axis(PROGRESS, x)
    kept = done if len(done) <= DOTS else [*done[:: len(done) // DOTS + 1], done[-1]]
    stairs = [(x(t), y(share)) for t, share in steps(kept)]
    parts.append(band(stairs, [(stairs[0][0], y(0)), (stairs[-1][0], y(0))], "done-area"))
    market = _market_share(path, arrival, int(order["end_ts"]))  # type: ignore[call-overload]
    if market:
        parts.append(line([(x(t), y(share)) for t, share in market], "market"))
    plan = path.plan or ((arrival, 0.0), (end, 1.0))
    drawn = plan if len(plan) <= DOTS else (*plan[:: len(plan) // DOTS + 1], plan[-1])
    parts.append(line([(x(t), y(share)) for t, share in drawn], "planned"))
    parts.append(line(stairs, "done"))
    return chart(PROGRESS, "Executed share of the order over time", parts)


def _market_share(path: Path, arrival: int, end: int) -> list[tuple[float, float]]:
    """What share of the interval's market volume had traded by each time."""
    inside = (path.ts >= arrival) & (path.ts <= end) & np.isfinite(path.volume)
    volume = path.volume[inside]
    if len(volume) < 2 or volume[-1] <= volume[0]:
        return []
    share = (volume - volume[0]) / (volume[-1] - volume[0])
    return list(zip(path.ts[inside].astype(float).tolist(), share.tolist(), strict=True))


def _joined(fills: pl.DataFrame) -> pl.DataFrame:
    """At most about `DOTS` dots: fills close in time, of one kind, at their average price."""
    ordered = fills.sort("ts")
    if len(ordered) <= DOTS:
        return ordered.select("ts", "price", "quantity", "maker", "venue", pl.lit(1).alias("count"))
    first, last = ordered["ts"][0], ordered["ts"][-1]
    slot = (pl.col("ts") - first) * (DOTS // 2) // (last - first + 1)
    return (
        ordered.group_by(slot.alias("_slot"), "maker", maintain_order=True)
        .agg(
            pl.col("ts").first(),
            ((pl.col("price") * pl.col("quantity")).sum() / pl.col("quantity").sum()).alias("price"),
            pl.col("quantity").sum(),
            pl.col("venue").unique(maintain_order=True).str.join(", "),
            pl.len().cast(pl.Int32).alias("count"),
        )
        .select("ts", "price", "quantity", "maker", "venue", "count")
    )


def _digits(span: float) -> int:
    """Decimals that tell apart what lies within the span."""
    return int(min(max(2 - np.floor(np.log10(span)) if span > 0 else 2, 0), 9)) if span < 100 else 0
