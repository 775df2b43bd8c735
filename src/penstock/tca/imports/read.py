"""From files to a study: fills, and if given orders and a market; without a market the fills' own quotes are one."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from penstock.domain.errors import BadInput
from penstock.tca.imports.fills_file import read_fills
from penstock.tca.imports.market_files import FileMarket
from penstock.tca.imports.orders_file import implied_orders, matched, read_orders
from penstock.tca.imports.rates import base_of, rates_to
from penstock.tca.imports.routes_file import read_routes
from penstock.tca.study.exclusions import Exclusions
from penstock.tca.study.look_ups import Told
from penstock.tca.study.settings import Settings
from penstock.tca.study.study import Study, study
from penstock.tca.study.tape import HeldMarket, Market

OWN_QUOTE_AGE_MAX_S = 1.0


def study_of_files(
    fills: Path,
    market: Path | None = None,
    orders: Path | None = None,
    *,
    routes: Path | None = None,
    zone: str = "UTC",
    currency: str = "",
    settings: Settings | None = None,
    told: Told = lambda rows: None,
) -> Study:
    """Read and account for them. `zone` is that of times without one; `currency` that of prices where none is known.

    Raises:
        BadInput: a file or a needed column is missing, or no fill is sound.
    """
    exclusions = Exclusions()
    done = read_fills(fills, zone, exclusions)
    if orders is None:
        done = _with_side(done, fills)
        asked = implied_orders(done)
    else:
        asked = read_orders(orders, done, zone, exclusions)
        done = matched(done, asked, fills.name, exclusions)
    asked = _extras(asked, done)
    if currency:
        given = pl.when(pl.col("currency") == "").then(pl.lit(currency)).otherwise(pl.col("currency"))
        asked = asked.with_columns(given.alias("currency"))
    if not len(done):
        rules = ", ".join(f"{rule}: {count}" for rule, count in exclusions.counts().items())
        raise BadInput(str(fills), "", f"no row is a sound fill ({rules or 'the file is empty'})")
    settings = settings or Settings()
    asked, settings = _rated(asked, done, settings)
    symbols = asked["symbol"].unique(maintain_order=True).to_list()
    place = market or _own_quotes(fills, done)
    if market is None:  # quotes at one's own events say nothing of the time between them
        settings = replace(settings, quote_age_max_s=OWN_QUOTE_AGE_MAX_S)
    held: Market = HeldMarket() if place is None else FileMarket(place, zone, exclusions, symbols)
    sent = None if routes is None else read_routes(routes, zone, exclusions)
    return study(done, asked, held, settings=settings, routes=sent, exclusions=exclusions, told=told)


def _rated(orders: pl.DataFrame, fills: pl.DataFrame, settings: Settings) -> tuple[pl.DataFrame, Settings]:
    """Orders with their rates into one currency.

    Raises:
        BadInput: the fills' pairs do not lead from one of the currencies to the others.
    """
    currencies = orders["currency"].to_list()
    if len(set(currencies)) < 2:
        return orders, settings
    base = settings.currency or base_of(currencies)
    rates = rates_to(base, fills)
    missing = sorted(set(currencies) - set(rates))
    if missing:
        rule = f"no pair among the fills leads from it to {base}: analyse each currency by itself"
        raise BadInput("orders", "currency", rule, ", ".join(missing))
    return orders.with_columns(pl.col("currency").replace_strict(rates).alias("rate")), replace(settings, currency=base)


def _with_side(fills: pl.DataFrame, path: Path) -> pl.DataFrame:
    if fills["side"].null_count() == len(fills) and len(fills):
        raise BadInput(str(path), "side", "no column for it: name it side, or give --orders with one")
    return fills


def _own_quotes(path: Path, fills: pl.DataFrame) -> Path | None:
    """The fills' file itself, where its rows bring quotes.

    Raises:
        BadInput: they do not: there is no market to hold the fills against.
    """
    if "bid" in fills.columns and "ask" in fills.columns:
        return path
    raise BadInput(str(path), "--market", "is needed: the fills bring no bid and ask of their own")


def _extras(orders: pl.DataFrame, fills: pl.DataFrame) -> pl.DataFrame:
    """What only the fills say of their orders."""
    for name in ("algorithm", "strategy", "trader", "account"):
        if name in fills.columns and (orders[name] == "").all():
            said = fills.group_by("order_id").agg(pl.col(name).first().alias("_said"))
            orders = orders.join(said, on="order_id", how="left", maintain_order="left")
            orders = orders.with_columns(pl.col("_said").fill_null("").alias(name)).drop("_said")
    return orders
