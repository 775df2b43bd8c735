"""A study's fills as the sums that every mean is made of: amounts and the weights they were measured on.

A mean over any set of fills is Σ amount / Σ weight there, and a fill without a quote adds nothing to either. Weights
are traded notional; for the cost against arrival they are the quantity at its arrival price.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from penstock.domain.time import HOUR
from penstock.tca.study.labels import coded
from penstock.tca.study.settings import horizon_name
from penstock.tca.study.study import Study
from penstock.tca.study.summing_kernels import sums_by_row
from penstock.tca.study.tape import Floats, Ints

DIMENSIONS = {
    "venue": "Venue",
    "venue_kind": "Kind of venue",
    "algorithm": "Algorithm",
    "symbol": "Symbol",
    "side": "Side",
    "size": "Size",
    "hour": "Time of day (UTC)",
    "trader": "Trader",
    "liquidity": "Maker or taker",
}
OF_ORDERS = ("algorithm", "symbol", "side", "size", "trader")
SIZES = ("smallest quarter", "second quarter", "third quarter", "largest quarter")
MEANS = ("quoted_bps", "effective_bps", "realised_bps", "impact_bps", "adverse_bps", "improvement_bps")
PLAIN = ("notional", "cost", "weight", "maker", "fees")
DENSE_MAX = 4_000_000


@dataclass(frozen=True)
class Label:
    """One dimension: each fill's group, each order's where the dimension belongs to orders, and the groups' names."""

    of_fill: Ints
    of_order: Ints | None
    names: list[str]


class Weighed:
    """Sums over fills, by order or by group."""

    def __init__(self, study: Study) -> None:
        self.study = study
        fills, orders = study.fills, study.orders
        self.order: Ints = fills["order"].to_numpy().astype(np.int64)
        self.notional: Floats = fills["notional"].to_numpy()
        arrival = (orders["arrival_price"] * orders["multiplier"] * orders["rate"]).to_numpy()
        self.weight: Floats = fills["quantity"].to_numpy() * arrival[self.order]
        self.cost: Floats = fills["arrival_bps"].to_numpy() * self.weight
        self.maker: Floats = np.where(fills["maker"].to_numpy(), self.notional, 0.0)
        self.fees: Floats = (fills["fee"] + fills["commission"]).to_numpy() * orders["rate"].to_numpy()[self.order]
        self.orders = len(orders)

    @cached_property
    def horizons(self) -> list[str]:
        return [f"markout_{horizon_name(s)}" for s in self.study.settings.horizons_s]

    @cached_property
    def measured(self) -> dict[str, tuple[Floats, Floats]]:
        """(amount, weight) by figure, aligned to the fills."""
        made = {}
        for name in (*MEANS, *self.horizons):
            values = self.study.fills[name].to_numpy()
            known = np.isfinite(values)
            made[name] = (np.where(known, values * self.notional, 0.0), np.where(known, self.notional, 0.0))
        return made

    def mean(self, name: str) -> float | None:
        """Over all fills."""
        amount, weight = self.measured[name]
        total = weight.sum()
        return float(amount.sum() / total) if total else None

    def by_order(self, values: Floats) -> Floats:
        """Sums over each order's fills, which stand together."""
        out = np.zeros(self.orders)
        if len(self.starts):
            out[: len(self.starts)] = np.add.reduceat(values, self.starts)
        return out

    @cached_property
    def starts(self) -> Ints:
        return np.flatnonzero(np.diff(self.order, prepend=-1))

    @cached_property
    def sums(self) -> dict[str, tuple[Floats, ...]]:
        """Every amount and weight by order: what groups of orders are made of."""
        made: dict[str, tuple[Floats, ...]] = {name: (self.by_order(getattr(self, name)),) for name in PLAIN}
        for name, (amount, weight) in self.measured.items():
            made[name] = (self.by_order(amount), self.by_order(weight))
        return made

    @cached_property
    def columns(self) -> dict[str, list[Floats]]:
        """Every amount and weight of the fills, by name."""
        plain = {name: [getattr(self, name)] for name in PLAIN}
        return plain | {name: [amount, weight] for name, (amount, weight) in self.measured.items()}

    @cached_property
    def stacked(self) -> Floats:
        """The same side by side, a row a fill, so that one pass adds them all up."""
        return np.column_stack([each for pair in self.columns.values() for each in pair])

    def group_sums(self, label: "Label") -> dict[str, tuple[Floats, ...]]:
        """The same by a dimension's groups; `fills` counts them."""
        count = len(label.names)
        if label.of_order is not None:
            made = {
                name: tuple(summed(label.of_order, each, count) for each in pair) for name, pair in self.sums.items()
            }
            fills = summed(label.of_order, self.study.orders["fill_count"].to_numpy(), count)
            return made | {"fills": (fills,)}
        sums = iter(sums_by_row(label.of_fill, self.stacked, count).T)
        made = {name: tuple(next(sums) for _ in pair) for name, pair in self.columns.items()}
        return made | {"fills": (np.bincount(label.of_fill, minlength=count).astype(np.float64),)}

    @cached_property
    def labels(self) -> dict[str, Label]:
        """The dimensions that say anything."""
        fills, orders = self.study.fills, self.study.orders
        side = (
            pl.Series(np.where(orders["side"].to_numpy() > 0, "buy", "sell"))
            if self.orders
            else pl.Series([], dtype=pl.String)
        )
        columns = {
            "algorithm": orders["algorithm"],
            "symbol": orders["symbol"],
            "side": side,
            "size": pl.Series(sizes(orders), dtype=pl.String),
            "trader": orders["trader"],
        }
        made = {}
        for name in DIMENSIONS:
            if name in OF_ORDERS:
                codes, names = coded(columns[name])
                made[name] = Label(codes[self.order], codes, names)
            elif name == "hour":
                hours = fills["ts"].to_numpy() // HOUR % 24
                known = np.flatnonzero(np.bincount(hours, minlength=24))
                place = np.zeros(24, np.int64)
                place[known] = np.arange(len(known))
                made[name] = Label(place[hours], None, [str(hour) for hour in known])
            elif name == "liquidity":
                made[name] = Label(fills["maker"].to_numpy().astype(np.int64), None, ["taker", "maker"])
            elif (fills[name] != "").any():
                codes, names = coded(fills[name])
                made[name] = Label(codes, None, names)
        return {name: label for name, label in made.items() if any(label.names)}

    def by_order_in_groups(self, label: Label) -> list[tuple[Floats, Floats]]:
        """For each group (cost, weight) with a row for each order that has fills in it."""
        count = len(label.names)
        if label.of_order is not None:
            (cost,), (weight,) = self.sums["cost"], self.sums["weight"]
            return [(cost[mine], weight[mine]) for mine in (label.of_order == code for code in range(count))]
        if count * self.orders <= DENSE_MAX:
            cells = label.of_fill * self.orders + self.order
            shape = (count, self.orders)
            cost = summed(cells, self.cost, count * self.orders).reshape(shape)
            weight = summed(cells, self.weight, count * self.orders).reshape(shape)
            return [(cost[k][weight[k] > 0], weight[k][weight[k] > 0]) for k in range(count)]
        made = []
        for code in range(count):
            mine = label.of_fill == code
            order, place = np.unique(self.order[mine], return_inverse=True)
            sums = [summed(place, each[mine], len(order)) for each in (self.cost, self.weight)]
            made.append((sums[0], sums[1]))
        return made


def summed(place: Ints, values: Floats, count: int) -> Floats:
    """Sums of values by their place."""
    return np.bincount(place, weights=values, minlength=count).astype(np.float64, copy=False)


def sizes(orders: pl.DataFrame) -> list[str]:
    """Which quarter of the orders each is in, by value at decision; all alike where there are fewer than eight."""
    value = orders["decision_notional"].to_numpy()
    if len(value) < 2 * len(SIZES):
        return ["all"] * len(value)
    edges = np.quantile(value, (0.25, 0.5, 0.75))
    return [SIZES[int(place)] for place in np.searchsorted(edges, value, "left")]
