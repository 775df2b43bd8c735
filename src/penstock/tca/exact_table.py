"""The exact parts of every order as text, and their exact sum: what adds up when a spreadsheet's doubles do not."""

import polars as pl

from penstock.tca.study.exact_parts import PARTS
from penstock.tca.study.study import Study


def exact_parts_table(study: Study) -> pl.DataFrame:
    """A row per order: `exact_delay` … `exact_commissions`, `exact_total`, in the order's own currency."""
    rows = []
    for place, order_id in enumerate(study.orders["order_id"]):
        parts = study.parts.of(place)
        total = study.parts.total(place)
        rows.append(
            {
                "order_id": order_id,
                **{f"exact_{part}": format(parts[part], "f") for part in PARTS},
                "exact_total": format(total, "f"),
            }
        )
    schema = {"order_id": pl.String, **{f"exact_{part}": pl.String for part in (*PARTS, "total")}}
    return pl.DataFrame(rows, schema=schema)
