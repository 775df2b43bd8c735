"""`penstock pretrade`: from what was asked to the analyses, told, written, or both."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from penstock.app.pretrade.asked import (
    Terms,
    Wanted,
    horizon_minutes,
    orders_of,
    read_template,
    read_wanted,
    stated_market,
)
from penstock.app.pretrade.report import document
from penstock.app.pretrade.tables import tell, tell_basket
from penstock.cost.analysis import PreTrade, analyse
from penstock.cost.basket import Basket, JointSchedule, basket_of, joint_schedule
from penstock.cost.market_state import EQUITY_MINUTES, MarketState
from penstock.domain.errors import BadInput


class StatedMarket(msgspec.Struct, frozen=True, kw_only=True):
    """A market in the user's own numbers; beside a named source, what it says otherwise."""

    price: float | None = None
    adv: float | None = None
    volatility: float | None = None
    usual_volatility: float | None = None
    spread_bps: float | None = None
    depth: float | None = None
    trend_bps: float | None = None
    day_minutes: float | None = None
    curve: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """All that the command line says."""

    orders: tuple[str, ...]
    sources: tuple[str, ...] = ()
    seed: int = 0
    at: str = ""
    stated: StatedMarket = StatedMarket()
    terms: Terms = Terms()
    costs: Path | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The analyses, in the order in which they were asked for; of several orders also what they are together."""

    analyses: tuple[PreTrade, ...]
    basket: Basket | None = None
    joint: JointSchedule | None = None


def find(asked: Asked) -> Found:
    """Analyse every order.

    Raises:
        BadInput: anything that was asked cannot be.
    """
    wanted = read_wanted(asked.orders)
    template = read_template(asked.costs)
    markets = markets_of(asked, wanted)
    orders = orders_of(wanted, markets, asked.terms)
    analyses = tuple(analyse(order, markets[order.symbol], template) for order in orders)
    if len(analyses) < 2:
        return Found(analyses=analyses)
    basket = basket_of(analyses, asked.terms.correlation)
    minutes = min(horizon_minutes(asked.terms.horizon, each.market) for each in analyses)
    joint = joint_schedule(analyses, minutes, asked.terms.urgency, asked.terms.correlation)
    return Found(analyses=analyses, basket=basket, joint=joint)


def markets_of(asked: Asked, wanted: Sequence[Wanted]) -> dict[str, MarketState]:
    """The market of each symbol: from the sources, changed by what is stated, or as stated alone."""
    symbols = list(dict.fromkeys(each.symbol for each in wanted))
    stated = asked.stated
    if not asked.sources:
        if len(symbols) > 1:
            raise BadInput(
                "--market", "", f"is needed for orders in {len(symbols)} symbols: one statement is of one", symbols
            )
        made = stated_market(
            symbols[0], price=stated.price, adv=stated.adv, volatility=stated.volatility, spread_bps=stated.spread_bps,
            depth=stated.depth, day_minutes=stated.day_minutes or EQUITY_MINUTES, curve=stated.curve or "flat",
        )  # fmt: skip
        return {symbols[0]: changed(made, stated)}
    from penstock.app.pretrade.market_sources import read_markets

    found: Mapping[str, MarketState] = read_markets(asked.sources, asked.seed, symbols, asked.at)
    return {symbol: changed(market, stated) for symbol, market in found.items()}


def changed(market: MarketState, stated: StatedMarket) -> MarketState:
    """The market with what the user states of it in place of what the source says."""
    if stated.price is not None and market.price != stated.price:
        raise BadInput("--price", "", "is the source's own: leave it out, or leave --market out", stated.price)
    named = {
        "adv": stated.adv,
        "daily_volatility": stated.volatility,
        "usual_volatility": stated.usual_volatility,
        "spread_bps": stated.spread_bps,
        "trend_bps": stated.trend_bps,
    }
    new = {name: value for name, value in named.items() if value is not None}
    return msgspec.structs.replace(market, **new) if new else market


def told(found: Found, console: Console) -> None:
    """The analysis of one order in full, of several in short."""
    if found.basket is None:
        tell(found.analyses[0], console)
    else:
        tell_basket(found.analyses, found.basket, found.joint, console)


def as_json(found: Found) -> str:
    """The analysis as one JSON document."""
    return json.dumps(document(found.analyses, found.basket, found.joint), indent=1, ensure_ascii=False)


def write_page(found: Found, path: Path) -> None:
    """The page.

    Raises:
        BadInput: the file cannot be written.
    """
    from penstock.app.pretrade.page.page import render

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(found.analyses, found.basket, found.joint), encoding="utf-8")
    except OSError as error:
        raise BadInput("--html", str(path), f"cannot be written to: {error.strerror}") from None
