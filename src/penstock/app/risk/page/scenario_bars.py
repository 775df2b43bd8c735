"""Each scenario as a bar of its gains, stacked by sector: losses to the left of zero, gains to the right.

The bars are drawings that stretch with the page; labels and figures beside them are text of the page.
"""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from penstock.app.risk.figures import full, share, short
from penstock.app.risk.stress_report import Outcome
from penstock.tca.html.svg import dot, tip

WIDTH = 1000
HEIGHT = 26


class ScenarioRow(NamedTuple):
    """One row: the name, the drawing, and the figures beside it."""

    name: str
    bar: Markup
    gain: str
    fraction: str
    tone: str
    limits: int


def scenario_rows(outcomes: Sequence[Outcome], colours: dict[str, int], currency: str) -> list[ScenarioRow]:
    """A row for each outcome, all to one scale, and a tick at the sum of each."""
    losses = [sum(gain for gain in each.sectors.values() if gain < 0) for each in outcomes]
    gains = [sum(gain for gain in each.sectors.values() if gain > 0) for each in outcomes]
    low, high = min([*losses, 0.0]), max([*gains, 0.0])
    span = (high - low) or 1.0
    scale = WIDTH / span
    return [
        ScenarioRow(
            name=each.name,
            bar=_bar(each, colours, currency, -low * scale, scale),
            gain=short(each.gain, currency),
            fraction=share(each.fraction),
            tone="cost" if each.gain < 0 else "gain" if each.gain > 0 else "",
            limits=len(each.broken),
        )
        for each in outcomes
    ]


def _bar(outcome: Outcome, colours: dict[str, int], currency: str, zero: float, scale: float) -> Markup:
    parts, left, right = [], zero, zero
    for sector, gain in sorted(outcome.sectors.items(), key=lambda pair: colours[pair[0]]):
        wide = abs(gain) * scale
        if wide < 0.05:
            continue
        if gain < 0:
            left -= wide
        x = left if gain < 0 else right
        told = tip(sector, f"{outcome.name}: {full(gain, currency)}")
        parts.append(f'<rect class="s{colours[sector]}" x="{dot(x)}" y="5" width="{dot(wide)}" height="16" {told}/>')
        if gain > 0:
            right += wide
    parts.append(f'<path class="zero" d="M{dot(zero)} 0V{HEIGHT}"/>')
    if parts[:-1]:
        parts.append(f'<path class="sum" d="M{dot(zero + outcome.gain * scale)} 1V{HEIGHT - 1}"/>')
    label = escape(f"{outcome.name}: {full(outcome.gain, currency)}")
    head = f'<svg class="stack" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img"'
    return Markup(f'{head} aria-label="{label}">{"".join(parts)}</svg>')
