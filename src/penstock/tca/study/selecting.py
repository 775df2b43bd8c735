"""Some of a study's orders as a study of their own, and several studies as one."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import polars as pl

from penstock.tca.shortfall import EXACT
from penstock.tca.study.exact_parts import PARTS, ExactParts
from penstock.tca.study.exclusions import Exclusions
from penstock.tca.study.settings import Settings
from penstock.tca.study.study import Path, Study


def only(study: Study, order_ids: Collection[str]) -> Study:
    """The study of these orders alone; what was left out of the whole stays told."""
    chosen = pl.col("order_id").is_in(list(order_ids))
    places = np.flatnonzero(study.orders.select(chosen).to_series().to_numpy())
    orders = study.orders[places]
    return replace(
        study,
        fills=renumbered(study.fills.filter(chosen), orders),
        orders=orders,
        routes=study.routes.filter(chosen),
        parts=study.parts.chosen(places),
        paths=tuple(path for path in study.paths if path.order_id in order_ids),
    )


def renumbered(fills: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Fills with the places of their orders, in the orders' sequence."""
    numbers = pl.DataFrame({"order_id": orders["order_id"], "order": np.arange(len(orders))})
    return (
        fills.drop("order", strict=False)
        .join(numbers, on="order_id", how="left")
        .sort("order", "ts", maintain_order=True)
    )


def parts_of(exact: pl.DataFrame) -> ExactParts:
    """The parts again, from their exact texts (`exact_table.exact_parts_table`)."""
    values, decimals = {}, {}
    for part in PARTS:
        amounts = [Decimal(text) for text in exact[f"exact_{part}"]]
        decimals[part] = max((_decimals(amount) for amount in amounts), default=0)
        values[part] = np.array([int(amount.scaleb(decimals[part], EXACT)) for amount in amounts], object)
    return ExactParts(values, decimals)


class Part(NamedTuple):
    """What of one source goes into a study with others; the orders bear their exact texts."""

    name: str
    fills: pl.DataFrame
    orders: pl.DataFrame
    routes: pl.DataFrame
    paths: tuple[Path, ...] = ()


def together(sources: Sequence[Part], settings: Settings) -> Study:
    """One study of several sources, whose orders' ids then bear their names. It has the paths of its largest orders."""
    several = len(sources) > 1
    fills: list[pl.DataFrame] = []
    orders: list[pl.DataFrame] = []
    routes: list[pl.DataFrame] = []
    paths: list[Path] = []
    for part in sources:
        named = (
            pl.format("{}/{}", pl.lit(part.name), pl.col("order_id")).alias("order_id")
            if several
            else pl.col("order_id")
        )
        for frame, into in ((part.fills, fills), (part.orders, orders), (part.routes, routes)):
            into.append(frame.with_columns(named))
        prefix = f"{part.name}/" if several else ""
        paths += [replace(path, order_id=prefix + path.order_id) for path in part.paths]
    all_orders = pl.concat(orders, how="diagonal_relaxed")
    parts = parts_of(all_orders)
    all_orders = all_orders.drop(*(f"exact_{part}" for part in (*PARTS, "total")))
    by_value = all_orders.sort("traded_notional", descending=True, nulls_last=True)
    largest = set(by_value["order_id"].head(settings.paths))
    return Study(
        fills=renumbered(pl.concat(fills, how="diagonal_relaxed"), all_orders),
        orders=all_orders,
        routes=pl.concat(routes, how="diagonal_relaxed"),
        parts=parts,
        exclusions=Exclusions(),
        settings=settings,
        spans={},
        paths=tuple(path for path in paths if path.order_id in largest),
    )


def _decimals(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
