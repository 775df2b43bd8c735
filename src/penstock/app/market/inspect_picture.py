"""The charts of a recorded market as one PNG: price, book, spread, volume, sizes, arrivals."""

import io
from datetime import UTC, datetime
from typing import Any

import numpy as np

from penstock.market.inspection.inspect import GAP_BINS, Inspection

DPI = 110


def picture(seen: Inspection) -> bytes:
    """The PNG's bytes."""
    import matplotlib  # slow to load, and only pictures need it

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(3, 2, figsize=(13, 11), layout="constrained")
    figure.suptitle(f"{seen.listing.symbol} on {seen.listing.venue}")
    bins, tick, lot = seen.bins, float(seen.listing.tick), float(seen.listing.lot)
    times = [datetime.fromtimestamp(ts / 1e9, UTC) for ts in bins.ts.tolist()]
    price, book, spread, volume, sizes, gaps = panels.flat
    price.set_title("mid, and the largest prints")
    price.plot(times, bins.mid * tick, linewidth=0.9, color="#33475e")
    for sign, colour in ((1, "#d9661f"), (-1, "#0b8f7b")):
        prints = [each for each in seen.prints if (each.sign or 1) == sign]
        at = [datetime.fromtimestamp(each.ts / 1e9, UTC) for each in prints]
        price.scatter(at, [each.ticks * tick for each in prints], s=4, color=colour, alpha=0.5)
    known = bins.mid[np.isfinite(bins.mid)] * tick
    price.set_ylim(*_padded(np.quantile(known, 0.002), np.quantile(known, 0.998)))
    _book(book, seen, tick)
    spread.set_title("quoted spread, bps")
    spread.plot(times, bins.spread_bps, linewidth=0.8, color="#2456c9")
    volume.set_title("volume")
    if seen.volume is not None and seen.volume.days > 1:
        hours = [
            (seen.volume.start_ns + k * seen.volume.bin_ns) % 86_400_000_000_000 / 3.6e12
            for k in range(len(seen.volume.last))
        ]
        volume.set_title("share of the day's volume by hour, UTC; line: the usual")
        volume.bar(
            hours, seen.volume.last, width=seen.volume.bin_ns / 3.6e12 * 0.9, align="edge", color="#2456c9", alpha=0.6
        )
        volume.step(hours, seen.volume.usual, where="post", color="#b3372f")
    else:
        volume.bar(times, bins.volume * lot, width=bins.step_ns / 8.64e13, align="edge", color="#2456c9", alpha=0.6)
    sizes.set_title("trades by size")
    _bars(sizes, seen.sizes, [2.0**k * lot for k in range(len(seen.sizes) + 1)])
    gaps.set_title("seconds between trades")
    _bars(gaps, seen.gaps, (10**GAP_BINS / 1e9).tolist())
    for panel in panels.flat:
        panel.grid(alpha=0.25)
    for panel in (price, book, spread):
        panel.tick_params(axis="x", labelrotation=20)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DPI)
    pyplot.close(figure)
    return out.getvalue()


def _book(panel: Any, seen: Inspection, tick: float) -> None:
    panel.set_title("book: lots at each price, logarithmic")
    heat = seen.heat
    if heat is None or not any(heat.lots):
        panel.set_axis_off()
        return
    rows = max(len(column) for column in heat.lots if column)
    lots = np.array([column or [0.0] * rows for column in heat.lots]).T
    ends = [datetime.fromtimestamp((heat.start_ns + k * heat.step_ns) / 1e9, UTC) for k in range(len(heat.lots) + 1)]
    prices = [(heat.low + k * heat.step) * tick for k in range(rows + 1)]
    panel.pcolormesh(ends, prices, np.log1p(lots), cmap="Blues", rasterized=True)


def _bars(panel: Any, counts: np.ndarray, edges: list[float]) -> None:
    places = np.flatnonzero(counts)
    if not len(places):
        panel.set_axis_off()
        return
    low, high = places[0], places[-1] + 1
    panel.set_xscale("log")
    widths = np.diff(edges)[low:high]
    panel.bar(
        edges[low:high], counts[low:high], width=widths, align="edge", color="#2456c9", alpha=0.6, edgecolor="white"
    )


def _padded(low: float, high: float) -> tuple[float, float]:
    air = (high - low) * 0.08 or abs(high) * 1e-4
    return low - air, high + air
