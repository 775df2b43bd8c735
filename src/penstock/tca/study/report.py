"""The study as plain JSON values: totals, groups, curves, scores, comparisons, outliers, and what was left out.

Totals of money are told by currency and exactly, as text; what spans currencies is told in basis points only.
"""

from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl

from penstock.cost.outcome import Record
from penstock.domain.time import to_iso
from penstock.domain.version import VERSION
from penstock.tca.study import scores as scoring
from penstock.tca.study.comparisons import compare_groups
from penstock.tca.study.curves import distribution, heat_map, markout_curve
from penstock.tca.study.exact_parts import PARTS, added
from penstock.tca.study.exclusions import RULES
from penstock.tca.study.foretold import Foretold, foretold
from penstock.tca.study.groups import attribution, venue_records
from penstock.tca.study.impact_fit import impact_fit
from penstock.tca.study.intervals import Interval, mean_interval
from penstock.tca.study.latency import latencies
from penstock.tca.study.order_costs import benchmark_names
from penstock.tca.study.outliers import outliers, peers
from penstock.tca.study.settings import horizon_name
from penstock.tca.study.study import Study
from penstock.tca.study.targets import against_targets
from penstock.tca.study.weighed import Weighed

BPS = 10_000.0
DIGITS = 6
ORDERS_SPREAD_MIN = 5
DOLLARS = frozenset({"USD", "USDT", "USDC"})
LISTED_MAX = 200


def study_report(study: Study) -> dict[str, Any]:
    """Everything a page, an API or a program wants of a study; every value is JSON, none is NaN."""
    weighed = Weighed(study)
    estimates = foretold(study.orders, study.settings)
    totals = totals_of(weighed, estimated=estimates is not None)
    return {
        "version": VERSION,
        "settings": asdict(study.settings),
        "span": _span(study),
        "totals": totals,
        "tca": summary_of(study),
        "parts_bps": parts_bps(study),
        "shortfall": shortfall_by_currency(study),
        "benchmarks": _benchmarks(study),
        "markouts": [
            {"horizon": horizon_name(at) if at else "fill", "seconds": at, **_interval(each)}
            for at, each in markout_curve(weighed)
        ],
        "groups": {name: _rows(table) for name, table in attribution(weighed).items()},
        "venues": _rows(venue_records(study)) if len(study.routes) else [],
        "heat_map": _rows(heat_map(weighed)),
        "distribution": _distribution(study),
        "latency_ms": latencies(study.routes),
        "scores": {name: _number(value) for name, value in scoring.scores(measured(study, totals)).items()},
        "targets": against_targets(totals),
        "comparisons": [
            {**asdict(each), "significant": each.significant}
            for dimension in ("algorithm", "venue")
            if dimension in weighed.labels
            for each in compare_groups(weighed, dimension)
        ],
        "outliers": _outliers(study),
        "estimates": _estimates(estimates),
        "impact": _impact(study),
        "left_out": left_out(study),
    }


def totals_of(weighed: Weighed, *, estimated: bool) -> dict[str, Any]:
    """Headline figures over all fills and orders; `estimated`: some orders have a pre-trade estimate."""
    study = weighed.study
    orders, routes = study.orders, study.routes
    ordered = float((orders["quantity"] * orders["arrival_price"] * orders["multiplier"] * orders["rate"]).sum())
    value = orders["decision_notional"]
    traded = float(weighed.notional.sum())
    filled_value = float((orders["filled"] * orders["decision_notional"] / orders["quantity"]).sum())
    impact = float((orders["temporary"] + orders["permanent"]).sum())
    fees = float((orders["fees"] + orders["commissions"]).sum())
    stages = latencies(routes)
    waits = stages.get("sent to acknowledged")
    sent = len(routes)
    return {
        "orders": len(orders),
        "orders_filled": int((orders["filled"] > 0).sum()),
        "fills": len(weighed.order),
        "currencies": sorted(set(orders["currency"])),
        "currency": currency_of(study),
        "ordered_notional": _number(ordered),
        "traded_notional": _number(traded),
        "fill_rate": _number(filled_value / float(value.sum())) if value.sum() else None,
        "arrival_bps": _interval(mean_interval(*_weighted(orders, "arrival_bps"), study.settings, 1)),
        "realised_cost_bps": _interval(mean_interval(*_weighted(orders, "realised_cost_bps"), study.settings, 2)),
        "shortfall_bps": _number(float(orders["shortfall"].sum()) / float(value.sum()) * BPS) if value.sum() else None,
        "impact_bps": _number(impact / float(value.sum()) * BPS) if value.sum() else None,
        "fees_bps": _number(fees / traded * BPS) if traded else None,
        "effective_spread_bps": _number(weighed.mean("effective_bps")),
        "quoted_spread_bps": _number(weighed.mean("quoted_bps")),
        "realised_spread_bps": _number(weighed.mean("realised_bps")),
        "adverse_selection_bps": _number(weighed.mean("adverse_bps")),
        "price_improvement_bps": _number(weighed.mean("improvement_bps")),
        "reversion_bps": _interval(mean_interval(*_weighted(orders, "reversion_bps"), study.settings, 3)),
        "passive_ratio": _number(float(weighed.maker.sum()) / traded) if traded else None,
        "participation": _interval(mean_interval(*_weighted(orders, "participation"), study.settings, 4)),
        "children": sent,
        "reject_rate": _number((routes["status"] == "rejected").sum() / sent) if sent else None,
        "timeout_rate": _number((routes["status"] == "timed_out").sum() / sent) if sent else None,
        "latency_ms": None if waits is None else {name: waits[name] for name in ("p50", "p95", "p99")},
        "saving_share": _saving_share(study) if estimated else None,
        "scatter_bps": _scatter(weighed),
        "lateness": _lateness(orders),
    }


def measured(study: Study, totals: dict[str, Any]) -> scoring.Measured:
    """What the scores of a whole study are made of."""
    latency = totals["latency_ms"]
    return scoring.Measured(
        cost_bps=totals["realised_cost_bps"]["mean"],
        latency_ms=None if latency is None else latency["p95"],
        lateness=totals["lateness"],
        fill_rate=totals["fill_rate"],
        impact_bps=totals["impact_bps"],
        scatter_bps=totals["scatter_bps"],
    )


def summary_of(study: Study) -> dict[str, float | None]:
    """The TCA summary: costs of all orders together, in bps of what was to be traded at its decision prices.

    Timing holds the delay too; fees hold commissions; total cost is the shortfall without the opportunity cost.
    """
    orders = study.orders
    value = float(orders["decision_notional"].sum())

    def bps(*parts: str) -> float | None:
        return _number(sum(float(orders[part].sum()) for part in parts) / value * BPS) if value else None

    return {
        "implementation_shortfall_bps": bps(*PARTS),
        "market_impact_bps": bps("temporary", "permanent"),
        "timing_cost_bps": bps("delay", "timing"),
        "fees_bps": bps("fees", "commissions"),
        "total_cost_bps": bps(*(part for part in PARTS if part != "opportunity")),
    }


def parts_bps(study: Study) -> dict[str, float]:
    """Each part of the shortfall over all orders, in bps of what was decided."""
    value = float(study.orders["decision_notional"].sum())
    return {part: _number(float(study.orders[part].sum()) / value * BPS) if value else 0.0 for part in PARTS}


def shortfall_by_currency(study: Study) -> list[dict[str, Any]]:
    """The exact parts and their exact sum as text, for each currency, and each part in bps of its value."""
    currency = study.orders["currency"].to_numpy()
    rows = []
    for name in dict.fromkeys(currency.tolist()):
        chosen = np.flatnonzero(currency == name)
        value = float((study.orders["decision_notional"] / study.orders["rate"]).to_numpy()[chosen].sum())
        parts = {part: study.parts.sum(part, chosen) for part in PARTS}
        exact = {**parts, "total": added(parts.values())}
        rows.append(
            {
                "currency": name,
                "orders": len(chosen),
                "notional": _number(value),
                "exact": {part: format(amount, "f") for part, amount in exact.items()},
                "bps": {
                    part: _number(float(amount) / value * BPS) if value else None for part, amount in exact.items()
                },
            }
        )
    return sorted(rows, key=lambda row: -(row["notional"] or 0))


def currency_of(study: Study) -> str:
    """What totals are told in: the one currency of the orders, or the settings' where rates lead there."""
    currencies = set(study.orders["currency"])
    if len(currencies) == 1:
        return str(currencies.pop())
    return study.settings.currency or ("USD" if currencies <= DOLLARS else "mixed currencies")


def left_out(study: Study) -> dict[str, Any]:
    """Counts by rule, what each means, and the first rows of the list."""
    listed = study.exclusions.frame()
    counts = study.exclusions.counts()
    return {
        "counts": counts,
        "rules": {rule: {"says": RULES[rule].says, "effect": RULES[rule].effect} for rule in counts},
        "rows": listed.head(LISTED_MAX).select("rule", "where", "row", "value", "count").to_dicts(),
        "listed": min(len(listed), LISTED_MAX),
        "total": len(listed),
    }


def _benchmarks(study: Study) -> list[dict[str, Any]]:
    rows = []
    for salt, name in enumerate(benchmark_names(study.settings)):
        cost = mean_interval(*_weighted(study.orders, f"{name}_bps"), study.settings, 20 + salt)
        rows.append({"benchmark": name, **_interval(cost)})
    return rows


def _distribution(study: Study) -> dict[str, Any]:
    """Of orders' costs against arrival, or of fills' where there are few orders."""
    of = "orders" if len(study.orders) >= ORDERS_SPREAD_MIN else "fills"
    values = study.orders["arrival_bps"] if of == "orders" else study.fills["arrival_bps"]
    return {"of": of, "bins": [list(each) for each in distribution(values)]}


def _weighted(orders: pl.DataFrame, column: str) -> tuple[Any, Any]:
    return orders[column].to_numpy(), orders["traded_notional"].to_numpy()


def _scatter(weighed: Weighed) -> float | None:
    """Weighted standard deviation of orders' cost against arrival; of a lone order's fills against the mid."""
    done = weighed.study.orders.filter(pl.col("arrival_bps").is_not_null())
    if len(done) > 1:
        values, weight = done["arrival_bps"].to_numpy(), done["traded_notional"].to_numpy()
    else:
        known = weighed.study.fills.filter(pl.col("effective_bps").is_not_null())
        values, weight = known["effective_bps"].to_numpy() / 2, known["notional"].to_numpy()
    if len(values) < 2 or weight.sum() <= 0:
        return None
    middle = np.average(values, weights=weight)
    return round(float(np.sqrt(np.average((values - middle) ** 2, weights=weight))), DIGITS)


def _lateness(orders: pl.DataFrame) -> float | None:
    """Time worked beyond the planned end, as a share of the planned time, weighted by traded value."""
    planned = (orders["planned_end_ts"] - orders["arrival_ts"]).to_numpy().astype(np.float64)
    over = (orders["last_fill_ts"] - orders["planned_end_ts"]).to_numpy().astype(np.float64)
    weight = orders["traded_notional"].to_numpy()
    known = np.isfinite(planned) & np.isfinite(over) & (planned > 0) & (weight > 0)
    if not known.any():
        return None
    return round(float(np.average(np.maximum(over[known], 0) / planned[known], weights=weight[known])), DIGITS)


def _saving_share(study: Study) -> float | None:
    """How much less was paid than taking everything at arrival was estimated to cost, as a share of that."""
    orders = study.orders.filter(pl.col("immediate_bps").is_not_null() & pl.col("realised_cost_bps").is_not_null())
    weight = orders["traded_notional"]
    at_once = float((orders["immediate_bps"] * weight).sum())
    paid = float((orders["realised_cost_bps"] * weight).sum())
    return _number((at_once - paid) / at_once) if at_once > 0 else None


def _outliers(study: Study) -> list[dict[str, Any]]:
    orders = study.orders
    found = outliers(orders, study.settings)[:50]
    ranks = peers(orders, study.settings)
    rows = []
    for each in found:
        parts = {part: orders[f"{part}_part_bps"][each.order] or 0.0 for part in PARTS}
        rows.append(
            {
                "order_id": orders["order_id"][each.order],
                "symbol": orders["symbol"][each.order],
                "side": "buy" if orders["side"][each.order] > 0 else "sell",
                "cost_bps": _number(each.cost_bps),
                "score": _number(each.score),
                "largest_part": max(parts, key=lambda part: abs(parts[part])),
                "peers": int(ranks["peers"][each.order]),
                "peers_median_bps": _number(ranks["peers_median_bps"][each.order]),
                "percentile": _number(ranks["percentile"][each.order]),
            }
        )
    return rows


def _estimates(made: Foretold | None) -> dict[str, Any] | None:
    if made is None:
        return None
    return {
        "orders": made.orders,
        "bias_bps": _interval(made.bias),
        "error_bps": _number(made.error_bps),
        "factor": _interval(made.factor),
        "saving_bps": _interval(made.saving),
        "recalibrate": made.recalibrate,
        "coverage": _coverage(made.record),
    }


def _coverage(record: Record | None) -> dict[str, Any] | None:
    """How many costs lay in the intervals that were foretold; None where no interval was."""
    if record is None or record.coverage is None:
        return None
    return {
        "mean": _number(record.coverage),
        "low": _number(record.coverage_low),
        "high": _number(record.coverage_high),
        "promised": record.promised,
        "as_promised": record.foretells,
    }


def _impact(study: Study) -> dict[str, Any] | None:
    fit = impact_fit(study)
    if fit is None:
        return None
    return {"permanent": _interval(fit.permanent), "temporary": _interval(fit.temporary), "orders": fit.orders}


def _span(study: Study) -> dict[str, str | None]:
    ts = study.fills["ts"]
    first, last = ts.min(), ts.max()
    return {
        "first_fill": None if first is None else to_iso(int(first)),  # type: ignore[arg-type]
        "last_fill": None if last is None else to_iso(int(last)),  # type: ignore[arg-type]
    }


def _interval(each: Interval) -> dict[str, Any]:
    return {"mean": _number(each.mean), "low": _number(each.low), "high": _number(each.high), "orders": each.orders}


def _rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    return [{name: _number(value) for name, value in row.items()} for row in table.to_dicts()]


def _number(value: Any) -> Any:
    """A double to `DIGITS` decimals; nothing for what is not finite; all else as it is."""
    if isinstance(value, float):
        return round(value, DIGITS) if np.isfinite(value) else None
    if isinstance(value, np.generic):
        return _number(value.item())
    return value
