"""The cost as a waterfall: each part starts where the one before it ended, and the last bar is the whole."""

from collections.abc import Sequence
from typing import NamedTuple

from penstock.tca.html import wording
from penstock.tca.shortfall import PARTS, Shortfall

LABELS = {
    "delay": "Delay",
    "spread": "Spread",
    "temporary": "Temporary impact",
    "permanent": "Permanent impact",
    "timing": "Timing (market drift)",
    "opportunity": "Opportunity (unfilled)",
    "fees": "Fees",
    "commissions": "Commissions",
}
Part = tuple[str, wording.Number, float]


class Bar(NamedTuple):
    """One row: where its bar begins and how wide it is, in percent of the track, and its figures."""

    label: str
    left: float
    width: float
    zero: float
    tone: str
    amount: str
    bps: str
    total: bool = False


def cost_bars(costs: Shortfall, currency: str) -> list[Bar]:
    """A row per part, then the total."""
    parts = [(LABELS[name], costs.parts[name], float(costs.bps(costs.parts[name]))) for name in PARTS]
    return waterfall(parts, (costs.total, float(costs.bps(costs.total))), currency)


def waterfall(parts: Sequence[Part], whole: tuple[wording.Number, float], currency: str) -> list[Bar]:
    """Rows of (label, amount, bps), then the whole of them as (amount, bps)."""
    spans, at = [], 0.0
    for label, amount, size in parts:
        spans.append((label, amount, at, at + size))
        at += size
    spans.append(("Implementation shortfall", whole[0], 0.0, whole[1]))
    low = min(min(start, end) for _, _, start, end in spans)
    high = max(max(start, end) for _, _, start, end in spans)
    scale = 100 / (high - low) if high > low else 0.0
    return [
        Bar(
            label=label,
            left=round((min(start, end) - low) * scale, 2),
            width=round(abs(end - start) * scale, 2),
            zero=round(-low * scale, 2),
            tone=wording.tone(end - start),
            amount=wording.money(amount, currency),
            bps=wording.signed(end - start),
            total=n == len(parts),
        )
        for n, (label, amount, start, end) in enumerate(spans)
    ]
