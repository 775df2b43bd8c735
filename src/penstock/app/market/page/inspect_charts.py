"""Charts of one recorded market: price with prints, the book as a heat map, spread, volume, sizes, arrivals, depth."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from penstock.domain.time import DAY
from penstock.market.inspection.heat import Heat
from penstock.market.inspection.inspect import GAP_BINS, Inspection
from penstock.tca.html import wording
from penstock.tca.html.svg import Frame, Linear, chart, dot, line, nice_ticks, padded, steps, time_axis, tip, value_axis

WIDE = Frame(width=1180, height=340, left=54)
HALF = Frame(width=560, height=240, left=54)
LEVELS = 9  # shades of the heat map
DOTS = 350
STRIPS = 60
SHOWN = 0.002  # of the prices at either end may lie outside
GAP_WORDS = {0: "at once", 3: "1 µs", 6: "1 ms", 9: "1 s", 12: "17 min"}

Floats = NDArray[np.float64]


def price_chart(seen: Inspection) -> Markup:
    """The mid with its range in each bin, and the largest prints by side."""
    bins, tick = seen.bins, float(seen.listing.tick)
    known = np.isfinite(bins.mid)
    x = WIDE.x(bins.start_ns, bins.start_ns + bins.bins * bins.step_ns)
    y = WIDE.y(*padded(_central(bins.mid[known] * tick)))
    parts = value_axis(WIDE, y, nice_ticks(y.low, y.high, 5), _price_words(y.low, y.high)) + _times(WIDE, x)
    for piece in _runs(known):
        upper = [(x(bins.ts[k]), _in(WIDE, y(bins.high[k] * tick))) for k in piece]
        lower = [(x(bins.ts[k]), _in(WIDE, y(bins.low[k] * tick))) for k in piece]
        parts.append(f'<path class="band" d="{_closed(upper, lower)}"/>')
        parts.append(line([(x(bins.ts[k]), _in(WIDE, y(bins.mid[k] * tick))) for k in piece], "mid"))
    largest = sorted(seen.prints, key=lambda each: -each.lots)[:DOTS]
    most = largest[0].lots if largest else 1.0
    for each in largest:
        told = tip(_clock(each.ts), f"{each.ticks * tick:,.6g} × {each.lots * float(seen.listing.lot):,.6g}")
        side = " sell" if each.sign < 0 else ""
        radius = max(1.6, 7 * (each.lots / most) ** 0.5)
        at = _in(WIDE, y(each.ticks * tick))
        parts.append(f'<circle class="print{side}" cx="{dot(x(each.ts))}" cy="{dot(at)}" r="{dot(radius)}" {told}/>')
    return chart(WIDE, f"Mid of {seen.listing.symbol} over time, with its prints", parts)


def heat_chart(seen: Inspection) -> Markup | None:
    """Lots at each price over time, darker for more; and the mid."""
    heat = seen.heat
    if heat is None:
        return None
    tick = float(seen.listing.tick)
    rows = max((len(column) for column in heat.lots if column), default=0)
    if not rows:
        return None
    x = WIDE.x(heat.start_ns, heat.start_ns + len(heat.lots) * heat.step_ns)
    y = WIDE.y(heat.low * tick, (heat.low + rows * heat.step) * tick)
    parts = [_shade(heat, level, cells, x, y, tick) for level, cells in _shades(heat).items()]
    parts += value_axis(WIDE, y, nice_ticks(y.low, y.high, 5), _price_words(y.low, y.high)) + _times(WIDE, x)
    bins = seen.bins
    for piece in _runs(np.isfinite(bins.mid)):
        parts.append(line([(x(bins.ts[k]), _in(WIDE, y(bins.mid[k] * tick))) for k in piece], "mid"))
    return chart(WIDE, f"Book of {seen.listing.symbol} over time: lots at each price", parts)


def _shades(heat: Heat) -> dict[int, list[tuple[int, int]]]:
    """Cells (column, row) by shade, from the logarithm of their lots."""
    some = np.array([lots for column in heat.lots if column for lots in column if lots > 0])
    if not len(some):
        return {}
    low, high = np.log(np.quantile(some, 0.05)), np.log(np.quantile(some, 0.99))
    span = max(high - low, 1e-9)
    found: dict[int, list[tuple[int, int]]] = {}
    for number, column in enumerate(heat.lots):
        for row, lots in enumerate(column or ()):
            if lots > 0:
                shade = min(max(int((math.log(lots) - low) / span * LEVELS), 0), LEVELS - 1)
                found.setdefault(shade, []).append((number, row))
    return found


def _shade(heat: Heat, level: int, cells: list[tuple[int, int]], x: Linear, y: Linear, tick: float) -> str:
    """All cells of a shade as one path; cells side by side in a row are one."""
    runs: list[list[int]] = []
    for column, row in sorted(cells, key=lambda cell: (cell[1], cell[0])):
        if runs and runs[-1][1] == row and runs[-1][2] == column:
            runs[-1][2] = column + 1
        else:
            runs.append([column, row, column + 1])
    pieces = []
    for first, row, end in runs:
        left, right = x(heat.start_ns + first * heat.step_ns), x(heat.start_ns + end * heat.step_ns)
        top = y((heat.low + (row + 1) * heat.step) * tick)
        bottom = y((heat.low + row * heat.step) * tick)
        pieces.append(f"M{dot(left)} {dot(top)}H{dot(right)}V{dot(bottom)}H{dot(left)}Z")
    return (
        f'<path class="heat" style="fill:var(--accent);fill-opacity:{(level + 1) / LEVELS:.2f}" d="{"".join(pieces)}"/>'
    )


def spread_chart(seen: Inspection) -> Markup | None:
    """Time-weighted quoted spread in basis points."""
    return _series_chart(seen, seen.bins.spread_bps, "Quoted spread over time", lambda bps: f"{bps:g} bps")


def depth_chart(seen: Inspection) -> Markup | None:
    """Time-weighted lots at both touches."""
    lots = seen.bins.touch_lots * float(seen.listing.lot)
    return _series_chart(seen, lots, "Size at the touch over time", lambda size: f"{size:,.6g}")


def imbalance_chart(seen: Inspection) -> Markup | None:
    """Time-weighted imbalance of the touch."""
    return _series_chart(seen, seen.bins.imbalance, "Imbalance of the touch over time", lambda lean: f"{lean:+.2g}")


def _series_chart(seen: Inspection, values: Floats, label: str, words: Callable[[float], str]) -> Markup | None:
    known = np.isfinite(values)
    if known.sum() < 2:
        return None
    shown = _pooled(values, 240)
    times = np.linspace(0, seen.bins.bins, len(shown), endpoint=False) * seen.bins.step_ns + seen.bins.start_ns
    x = HALF.x(seen.bins.start_ns, seen.bins.start_ns + seen.bins.bins * seen.bins.step_ns)
    low, high = float(np.nanquantile(shown, 0.01)), float(np.nanquantile(shown, 0.99))
    y = HALF.y(*padded([min(low, 0.0), high]))
    parts = value_axis(HALF, y, nice_ticks(y.low, y.high, 4), words) + _times(HALF, x)
    for piece in _runs(np.isfinite(shown)):
        parts.append(line([(x(times[k]), _in(HALF, y(shown[k]))) for k in piece], "done"))
    for k in range(0, len(shown), max(len(shown) // STRIPS, 1)):
        if np.isfinite(shown[k]):
            wide = (HALF.width - HALF.left) / STRIPS
            told = tip(_clock(int(times[k])), words(float(f"{shown[k]:.4g}")))
            parts.append(
                f'<rect class="strip" x="{dot(x(times[k]))}" width="{dot(wide)}" height="{HALF.height}" {told}/>'
            )
    return chart(HALF, label, parts)


def volume_chart(seen: Inspection) -> Markup | None:
    """The last day's volume by time as bars, and the usual share of it as a line where there are several days."""
    shape = seen.volume
    if shape is None:
        return _volume_over_time(seen)
    end = shape.start_ns + len(shape.last) * shape.bin_ns
    x = HALF.x(shape.start_ns, end)
    y = HALF.y(0, max(*shape.last, *shape.usual) * 1.08)
    parts = value_axis(HALF, y, [tick for tick in nice_ticks(0, y.high, 4) if tick], lambda part: f"{part:.0%}")
    parts += time_axis(HALF, x)
    for k, part in enumerate(shape.last):
        at = shape.start_ns + k * shape.bin_ns
        parts.append(_bar(HALF, x(at), x(at + shape.bin_ns), y(part), _clock(at), f"{part:.2%} of the day"))
    if shape.days > 1:
        corners = [(x(shape.start_ns + k * shape.bin_ns), y(part)) for k, part in enumerate(shape.usual)]
        parts.append(line(steps([*corners, (x(end), corners[-1][1])]), "usual"))
    return chart(HALF, "Volume by time of day", parts)


def _volume_over_time(seen: Inspection) -> Markup | None:
    volume = seen.bins.volume * float(seen.listing.lot)
    if not volume.sum():
        return None
    size = -(-len(volume) // 60)
    sums = np.add.reduceat(volume, np.arange(0, len(volume), size))
    x = HALF.x(seen.bins.start_ns, seen.bins.start_ns + len(sums) * size * seen.bins.step_ns)
    y = HALF.y(0, float(sums.max()) * 1.08)
    parts = value_axis(HALF, y, [tick for tick in nice_ticks(0, y.high, 4) if tick], lambda part: f"{part:,.6g}")
    parts += _times(HALF, x)
    for k, part in enumerate(sums.tolist()):
        at = seen.bins.start_ns + k * size * seen.bins.step_ns
        right = x(at + size * seen.bins.step_ns)
        parts.append(_bar(HALF, x(at), right, y(part), _clock(at), f"{part:,.6g}"))
    return chart(HALF, "Volume over time", parts)


def size_chart(seen: Inspection) -> Markup | None:
    """How many trades (or bars) of each size, by powers of two of a lot."""
    lot = float(seen.listing.lot)
    return _histogram(seen.sizes, "Trades by size", lambda place: _short(2.0**place * lot))


def gap_chart(seen: Inspection) -> Markup | None:
    """How many trades came so long after the one before."""
    return _histogram(
        seen.gaps, "Time between trades", lambda place: GAP_WORDS.get(int(GAP_BINS[place]), "")
        if float(GAP_BINS[place]).is_integer() else "", lambda place: f"{10 ** GAP_BINS[place] / 1e6:,.4g} ms"
    )  # fmt: skip


def _histogram(
    counts: NDArray[np.int64], label: str, words: Callable[[int], str], told: Callable[[int], str] | None = None
) -> Markup | None:
    places = np.flatnonzero(counts)
    if not len(places):
        return None
    first, last = int(places[0]), int(places[-1])
    x, y = HALF.x(first, last + 1), HALF.y(0, float(counts.max()) * 1.05)
    parts = value_axis(HALF, y, [tick for tick in nice_ticks(0, y.high, 4) if tick], lambda count: f"{count:,.0f}")
    base = HALF.height - HALF.bottom
    parts.append(f'<path class="axis" d="M0 {base}H{HALF.width}"/>')
    every = 1 if told else max((last - first) // 7, 1)
    for place in range(first, last + 1):
        said = (told or words)(place)
        parts.append(_bar(HALF, x(place), x(place + 1), y(float(counts[place])), f"from {said}", f"{counts[place]:,}"))
        text = words(place)
        if text and (place - first) % every == 0:
            parts.append(f'<text class="tick" x="{dot(x(place))}" y="{base + 22}" text-anchor="middle">{text}</text>')
    return chart(HALF, label, parts)


def _bar(frame: Frame, left: float, right: float, top: float, *said: str) -> str:
    base = frame.height - frame.bottom
    wide, high = max(right - left - 1, 0.6), max(base - top, 0)
    return f'<rect class="body" x="{dot(left)}" y="{dot(top)}" width="{dot(wide)}" height="{dot(high)}" {tip(*said)}/>'


def _times(frame: Frame, x: Linear) -> list[str]:
    """A time axis: clock times within some days, dates over more."""
    if x.high - x.low <= 4 * DAY:
        return time_axis(frame, x)
    base = frame.height - frame.bottom
    parts = [f'<path class="axis" d="M0 {base}H{frame.width}"/>']
    for share in (0.08, 0.29, 0.5, 0.71, 0.92):
        at = int(x.low + share * (x.high - x.low))
        parts.append(
            f'<text class="tick" x="{dot(x(at))}" y="{base + 22}" text-anchor="middle">{wording.day(at)}</text>'
        )
    return parts


def _central(values: Floats) -> list[float]:
    return [float(np.quantile(values, SHOWN)), float(np.quantile(values, 1 - SHOWN))]


def _in(frame: Frame, y: float) -> float:
    """Kept on the drawing: a stub quote far away ends at its edge."""
    return min(max(y, frame.top), frame.height - frame.bottom)


def _runs(known: NDArray[np.bool_]) -> list[Sequence[int]]:
    """Stretches of places that follow each other, of at least two."""
    places = np.flatnonzero(known)
    cuts = np.flatnonzero(np.diff(places) > max(len(known) // 50, 1)) + 1
    return [piece.tolist() for piece in np.split(places, cuts) if len(piece) > 1]


def _pooled(values: Floats, most: int) -> Floats:
    """Means of neighbours, so that at most so many are left."""
    size = -(-len(values) // most)
    filled = np.append(values, np.full(-len(values) % size, np.nan)).reshape(-1, size)
    known = np.isfinite(filled)
    sums, counts = np.where(known, filled, 0).sum(1), known.sum(1)
    found: Floats = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return found


def _closed(upper: list[tuple[float, float]], lower: list[tuple[float, float]]) -> str:
    corners = [f"{dot(px)} {dot(py)}" for px, py in upper + lower[::-1]]
    return "M" + "L".join(corners) + "Z"


def _short(size: float) -> str:
    """`262k` for 262,144; small ones as they are."""
    for unit, word in ((1e9, "bn"), (1e6, "m"), (1e4, "k")):
        if size >= unit:
            return f"{size / min(unit, 1e3 if word == 'k' else unit):,.3g}{word}"
    return f"{size:,.4g}" if size < 1000 else f"{size:,.0f}"


def _clock(ts: int) -> str:
    return f"{wording.day(ts)} {wording.clock(ts)}"


def _price_words(low: float, high: float) -> Callable[[float], str]:
    places = max(0, 1 - math.floor(math.log10(max((high - low) / 5, 1e-12))))
    return lambda price: f"{price:,.{min(places, 10)}f}"
