"""How long each stage took: 50th, 95th and 99th percentile in milliseconds, by nearest rank."""

import numpy as np
import polars as pl

STAGES = {
    "decided to sent": ("decided_ts", "sent_ts"),
    "sent to acknowledged": ("sent_ts", "acked_ts"),
    "acknowledged to first fill": ("acked_ts", "filled_ts"),
    "sent to end": ("sent_ts", "ended_ts"),
}
PERCENTILES = (50, 95, 99)


def latencies(routes: pl.DataFrame) -> dict[str, dict[str, float | int]]:
    """By stage: how many, and the percentiles; stages without two times on record are not there."""
    table: dict[str, dict[str, float | int]] = {}
    for stage, (start, end) in STAGES.items():
        waits = (routes[end] - routes[start]).drop_nulls().to_numpy() / 1e6
        if len(waits):
            ranks = np.percentile(waits, PERCENTILES, method="nearest")
            figures = {f"p{p}": round(float(value), 6) for p, value in zip(PERCENTILES, ranks, strict=True)}
            table[stage] = {"count": len(waits), **figures}
    return table
