"""The study as one printed sheet: PNG for a message, PDF for a file. The page has more; this is what fits on paper."""

from pathlib import Path
from typing import Any

COST, GAIN, ACCENT, MUTED, GRID = "#b3372f", "#0b7d5c", "#2456c9", "#5d6b7a", "#e3e7ec"
SHEET = (11.7, 8.3)  # A4, landscape, inches


def draw(report: dict[str, Any], title: str, lead: str, paths: list[Path]) -> None:
    """Write the sheet to each path, in the format of its ending; the same report gives the same picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    room = ConstrainedLayoutEngine(rect=(0.02, 0.02, 0.96, 0.86), hspace=0.08, wspace=0.05)
    figure = Figure(figsize=SHEET, layout=room, facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 3)
    figure.text(0.03, 0.93, title, fontsize=18, fontweight="bold")
    figure.text(0.03, 0.895, lead, fontsize=9, color=MUTED)
    _waterfall(figure.add_subplot(grid[0, :2]), report)
    _scores(figure.add_subplot(grid[0, 2]), report)
    _markouts(figure.add_subplot(grid[1, 0]), report)
    _spread(figure.add_subplot(grid[1, 1]), report)
    _benchmarks(figure.add_subplot(grid[1, 2]), report)
    for path in paths:
        stamp = {"CreationDate": None, "Creator": "Penstock"} if path.suffix == ".pdf" else {"Software": "Penstock"}
        figure.savefig(path, dpi=150, metadata=stamp)


def _dress(axes: Any, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    axes.tick_params(labelsize=8, colors=MUTED, length=0)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def _waterfall(axes: Any, report: dict[str, Any]) -> None:
    from penstock.tca.text_summary import PART_LABELS

    parts = {name: size for name, size in report["parts_bps"].items() if size or name != "commissions"}
    at = low = high = 0.0
    for place, size in enumerate(parts.values()):
        axes.barh(place, size, left=at, color=COST if size > 0 else GAIN, height=0.62)
        axes.text(max(at, at + size), place, f"  {size:+.2f}", va="center", fontsize=8.5, color=MUTED)
        at += size
        low, high = min(low, at), max(high, at)
    axes.barh(len(parts), at, color=ACCENT, height=0.62)
    axes.text(max(at, 0.0), len(parts), f"  {at:+.2f}", va="center", fontsize=9, fontweight="bold")
    axes.set_yticks(range(len(parts) + 1), [*(PART_LABELS[name] for name in parts), "Shortfall"])
    axes.invert_yaxis()
    axes.axvline(0, color=MUTED, linewidth=0.6)
    air = (high - low) or 1.0
    axes.set_xlim(low - air * 0.03, high + air * 0.14)
    _dress(axes, "What it cost, and why (bps of the decision value)")


def _scores(axes: Any, report: dict[str, Any]) -> None:
    scores = {name.replace("_", " "): value for name, value in report["scores"].items() if value is not None}
    axes.barh(range(len(scores)), [100] * len(scores), color=GRID, height=0.4)
    axes.barh(range(len(scores)), list(scores.values()), color=ACCENT, height=0.4)
    for place, value in enumerate(scores.values()):
        axes.text(103, place, f"{value:.0f}", va="center", fontsize=9, fontweight="bold")
    axes.set_yticks(range(len(scores)), [name.capitalize() for name in scores])
    axes.set_xticks([])
    axes.set_xlim(0, 116)
    axes.invert_yaxis()
    _dress(axes, "Execution quality")


def _markouts(axes: Any, report: dict[str, Any]) -> None:
    known = [point for point in report["markouts"] if point["mean"] is not None]
    sure = [(n, point) for n, point in enumerate(known) if point["low"] is not None]
    axes.fill_between(
        [n for n, _ in sure], [p["low"] for _, p in sure], [p["high"] for _, p in sure], color=ACCENT, alpha=0.15
    )
    axes.plot(range(len(known)), [point["mean"] for point in known], color=ACCENT, marker="o", markersize=4)
    axes.set_xticks(range(len(known)), [point["horizon"] for point in known])
    axes.axhline(0, color=MUTED, linewidth=0.6, linestyle="--")
    axes.grid(axis="y", color=GRID)
    _dress(axes, "Mark-out after the fill, bps")


def _spread(axes: Any, report: dict[str, Any]) -> None:
    bins = report["distribution"]["bins"]
    middles = [(low + high) / 2 for low, high, _ in bins]
    widths = [(high - low) * 0.92 for low, high, _ in bins]
    axes.bar(middles, [count for *_, count in bins], width=widths, color=[COST if m > 0 else GAIN for m in middles])
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    _dress(axes, f"{report['distribution']['of'].capitalize()} by cost against arrival, bps")


def _benchmarks(axes: Any, report: dict[str, Any]) -> None:
    known = [row for row in report["benchmarks"] if row["mean"] is not None]
    for place, row in enumerate(known):
        if row["low"] is not None:
            axes.plot([row["low"], row["high"]], [place, place], color=GRID, linewidth=5, solid_capstyle="round")
        axes.plot(row["mean"], place, "o", color=COST if row["mean"] > 0 else GAIN, markersize=6)
    axes.set_yticks(range(len(known)), [row["benchmark"].replace("_", " ") for row in known])
    axes.axvline(0, color=MUTED, linewidth=0.6)
    axes.invert_yaxis()
    _dress(axes, "Against each benchmark, bps")
