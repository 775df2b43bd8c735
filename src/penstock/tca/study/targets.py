"""What a desk aims at, shown against what it got."""

from typing import Any

TARGETS: tuple[tuple[str, str, str, float, str], ...] = (
    ("slippage against arrival", "arrival_bps", "below", 5.0, "bps"),
    ("fill rate", "fill_rate", "above", 0.95, "share"),
    ("total cost of what was traded", "realised_cost_bps", "below", 10.0, "bps"),
    ("reject rate", "reject_rate", "below", 0.01, "share"),
    ("latency, 95th percentile", "latency_ms", "below", 100.0, "ms"),
    ("implementation shortfall", "shortfall_bps", "below", 10.0, "bps"),
    ("saving against taking all at once", "saving_share", "above", 0.30, "share"),
)


def against_targets(totals: dict[str, Any]) -> list[dict[str, Any]]:
    """Each target with the result and whether it was met; `met` is None where the result is not known."""
    rows = []
    for says, key, direction, target, unit in TARGETS:
        value = totals[key]
        if isinstance(value, dict):
            value = value.get("mean", value.get("p95"))
        met = None if value is None else (value < target if direction == "below" else value > target)
        rows.append({"target": says, "is": direction, "bound": target, "unit": unit, "result": value, "met": met})
    return rows
