"""Quality from 0 to 100 in five dimensions, and overall. Each formula is monotone and bounded.

    cost          100 · 2^(−max(c, 0) / 10)      c: cost against arrival with fees, bps of what was traded
    speed         100 · 2^(−t / 100)             t: 95th percentile from sending to acknowledgement, ms
                  or, where no such time is known, 100 · 2^(−o), o: time beyond the planned end / planned duration
    fill rate     100 · min(f, 1)                f: filled share of the ordered value
    impact        100 · 2^(−max(i, 0) / 5)       i: temporary and permanent impact, bps of the decided value
    consistency   100 · 2^(−d / 10)              d: weighted standard deviation of orders' cost against arrival, bps
                  (of one order: of its fills' distance from the mid)

Half-lives are the targets a desk sets itself: 10 bps of cost, 100 ms, 5 bps of impact, 10 bps of spread. Overall is the
mean weighted 30, 15, 20, 20, 15 over the dimensions that are known. More cost, time, impact or scatter never raises a
score; more filled never lowers it.
"""

from dataclasses import dataclass

HALVES = {"cost": 10.0, "speed": 100.0, "impact": 5.0, "consistency": 10.0}
WEIGHTS = {"cost": 30, "speed": 15, "fill_rate": 20, "impact": 20, "consistency": 15}


@dataclass(frozen=True)
class Measured:
    """What the scores are made of; None where it is not known."""

    cost_bps: float | None = None
    latency_ms: float | None = None
    lateness: float | None = None
    fill_rate: float | None = None
    impact_bps: float | None = None
    scatter_bps: float | None = None


def scores(measured: Measured) -> dict[str, float | None]:
    """The five dimensions and `overall`."""
    by: dict[str, float | None] = {
        "cost": _halving(measured.cost_bps, HALVES["cost"]),
        "speed": _halving(measured.latency_ms, HALVES["speed"]),
        "fill_rate": None if measured.fill_rate is None else 100 * min(max(measured.fill_rate, 0.0), 1.0),
        "impact": _halving(measured.impact_bps, HALVES["impact"]),
        "consistency": _halving(measured.scatter_bps, HALVES["consistency"]),
    }
    if by["speed"] is None:
        by["speed"] = _halving(measured.lateness, 1.0)
    known = {name: score for name, score in by.items() if score is not None}
    weight = sum(WEIGHTS[name] for name in known)
    overall = sum(WEIGHTS[name] * score for name, score in known.items()) / weight if weight else None
    return {**by, "overall": overall}


def _halving(value: float | None, half: float) -> float | None:
    return None if value is None else float(100 * 2.0 ** (-max(value, 0.0) / half))
