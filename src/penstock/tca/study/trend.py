"""History by day: what each day's orders cost together, how sure that is, and whether it is getting better or worse.

A day's figure is the mean over its orders weighted by traded value (shortfall, fill rate: by decided value), with its
interval by resampling orders. The slope is by least squares over days, in bps a day, weighted by the orders of each.
"""

from typing import Any

import numpy as np
import polars as pl
from scipy import stats  # type: ignore[import-untyped]

from penstock.tca.study.intervals import ratio_interval
from penstock.tca.study.scores import Measured, scores
from penstock.tca.study.settings import Settings

METRICS = {
    "shortfall_bps": "Shortfall",
    "arrival_bps": "Cost against arrival",
    "vwap_bps": "Cost against VWAP",
    "effective_bps": "Effective spread",
    "impact_part_bps": "Market impact",
    "reversion_bps": "Reversion",
    "fill_rate": "Fill rate",
    "passive_ratio": "Passive",
    "quality": "Quality",
}
BY_DECISION = ("shortfall_bps", "impact_part_bps", "fill_rate")
DAYS_MIN = 3


def trend(orders: pl.DataFrame, settings: Settings) -> list[dict[str, Any]]:
    """A row a day from the store's orders: how many, what was traded, and {mean, low, high} of each metric."""
    rows = []
    for n, ((day,), part) in enumerate(orders.partition_by("day", as_dict=True, maintain_order=True).items()):
        row: dict[str, Any] = {
            "day": str(day),
            "orders": len(part),
            "traded_notional": float(part["traded_notional"].fill_null(0).sum()),
        }
        for k, metric in enumerate(METRICS):
            if metric != "quality":
                row[metric] = _figure(part, metric, settings, n * 100 + k)
        row["quality"] = {"mean": _quality(part, row), "low": None, "high": None}
        rows.append(row)
    return rows


def slopes(days: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """By metric known on at least `DAYS_MIN` days: change a day and the p-value of there being none."""
    made = {}
    for metric in METRICS:
        known = [(n, day[metric]["mean"]) for n, day in enumerate(days) if day[metric]["mean"] is not None]
        if len(known) >= DAYS_MIN:
            line = stats.linregress([n for n, _ in known], [value for _, value in known])
            if np.isfinite(line.slope) and np.isfinite(line.pvalue):
                made[metric] = {"per_day": float(line.slope), "p": float(line.pvalue)}
    return made


def _figure(part: pl.DataFrame, metric: str, settings: Settings, salt: int) -> dict[str, float | None]:
    weight = part["decision_notional" if metric in BY_DECISION else "traded_notional"].to_numpy()
    values = part[metric].to_numpy()
    known = np.isfinite(values) & np.isfinite(weight)
    each = ratio_interval(np.where(known, values * weight, 0.0), np.where(known, weight, 0.0), settings, salt)
    return {"mean": each.mean, "low": each.low, "high": each.high}


def _quality(part: pl.DataFrame, row: dict[str, Any]) -> float | None:
    cost = part["arrival_bps"].drop_nulls().to_numpy()
    realised = part.filter(pl.col("realised_cost_bps").is_not_null())
    weight = realised["traded_notional"]
    total = float(weight.sum())
    paid = float((realised["realised_cost_bps"] * weight).sum()) / total if total else None
    return scores(
        Measured(
            cost_bps=paid,
            fill_rate=row["fill_rate"]["mean"],
            impact_bps=row["impact_part_bps"]["mean"],
            scatter_bps=float(np.std(cost)) if len(cost) > 1 else None,
        )
    )["overall"]
