"""The cost as a waterfall: each part starts where the one before it ended, and the last bar is the whole."""

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
}


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
    spans, at = [], 0.0
    for name in PARTS:
        size = float(costs.bps(costs.parts[name]))
        spans.append((LABELS[name], costs.parts[name], at, at + size))
        at += size
    whole = float(costs.bps(costs.total))
    spans.append(("Implementation shortfall", costs.total, 0.0, whole))
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
            total=n == len(PARTS),
        )
        for n, (label, amount, start, end) in enumerate(spans)
    ]
