"""Small markets, fills and orders for studies, written as one writes them on a napkin."""

import numpy as np
import polars as pl

from penstock.domain.time import SECOND, from_iso
from penstock.tca.study import Settings, Study, study
from penstock.tca.study.exclusions import Exclusions
from penstock.tca.study.tape import HeldMarket, Quotes, Trades

START = from_iso("2025-08-18T14:00:00Z")


def at(seconds: float) -> int:
    return START + round(seconds * SECOND)


def quotes(*rows: tuple[float, float, float]) -> Quotes:
    """(seconds after START, bid, ask) each."""
    return Quotes(
        np.array([at(row[0]) for row in rows], np.int64),
        np.array([row[1] for row in rows], np.float64),
        np.array([row[2] for row in rows], np.float64),
    )


def trades(*rows: tuple[float, float, float]) -> Trades:
    """(seconds after START, price, quantity) each."""
    return Trades(
        np.array([at(row[0]) for row in rows], np.int64),
        np.array([row[1] for row in rows], np.float64),
        np.array([row[2] for row in rows], np.float64),
    )


def fill(seconds: float, price: float, quantity: float, *, side: int = 1, order: str = "O1", **more: object) -> dict:
    known = {"fill_id": f"{order}@{seconds:g}:{price:g}", "order_id": order, "symbol": "ACME", "side": side}
    return {**known, "ts": at(seconds), "price": float(price), "quantity": float(quantity), **more}


def order(order_id: str = "O1", *, quantity: float, side: int = 1, **more: object) -> dict:
    return {"order_id": order_id, "symbol": "ACME", "side": side, "quantity": float(quantity), **more}


def studied(
    fills: list[dict],
    orders: list[dict] | None = None,
    *,
    book: Quotes | None = None,
    tape: Trades | None = None,
    settings: Settings | None = None,
    exclusions: Exclusions | None = None,
) -> Study:
    market = HeldMarket({} if book is None else {"ACME": book}, {} if tape is None else {"ACME": tape})
    return study(
        pl.DataFrame(fills),
        None if orders is None else pl.DataFrame(orders),
        market,
        settings=settings or Settings(draws=50, permutations=99),
        exclusions=exclusions,
    )
