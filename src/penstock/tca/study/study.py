"""The study of fills against a market: from columns in to every figure out, in one function.

Three steps: ask the market once for everything (`look_ups`), leave out what breaks a rule (`exclusions`), and account
for each fill and each order. What groups, scores and comparisons say is made of the two tables that result.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from penstock.tca.study.exact_parts import PARTS, ExactParts, PricedFills, PricedOrders, exact_parts
from penstock.tca.study.exclusions import Exclusions
from penstock.tca.study.fill_costs import fill_costs, inferred_maker
from penstock.tca.study.frames import FILLS, ORDERS, ROUTES, completed, empty_routes
from penstock.tca.study.labels import coded
from penstock.tca.study.look_ups import Asked, Looked, Told, look_up
from penstock.tca.study.order_costs import benchmark_names, benchmark_prices, cost_bps
from penstock.tca.study.quote_reader import NEVER
from penstock.tca.study.settings import Settings, nanoseconds
from penstock.tca.study.tape import Floats, Ints, Market
from penstock.tca.study.trimming import Trimmed, fitting, trimmed
from penstock.tca.study.units import tidy

BPS = 10_000.0


@dataclass(frozen=True)
class Study:
    """Fills, orders and routes with their figures, the exact parts of every order's cost, and what was left out.

    Orders with a fill come first, in the order of their first rows; `parts` are aligned to `orders`.
    """

    fills: pl.DataFrame
    orders: pl.DataFrame
    routes: pl.DataFrame
    parts: ExactParts
    exclusions: Exclusions
    settings: Settings
    spans: dict[str, tuple[int, int]]
    paths: tuple["Path", ...]


@dataclass(frozen=True)
class Path:
    """The market's way around one order: its bid, ask and cumulative volume at `ts`, NaN where not known.

    `plan` is (time, share to be done) by the algorithm's own curve; empty where it has none or that is not known.
    """

    order_id: str
    ts: Ints
    bid: Floats
    ask: Floats
    volume: Floats
    plan: tuple[tuple[int, float], ...] = ()


def study(
    fills: pl.DataFrame,
    orders: pl.DataFrame | None,
    market: Market,
    *,
    settings: Settings | None = None,
    routes: pl.DataFrame | None = None,
    exclusions: Exclusions | None = None,
    told: Told = lambda rows: None,
) -> Study:
    """Account for fills (`frames.FILLS`) of orders (`frames.ORDERS`) in a market.

    Without orders, each order id of the fills is one order for what it filled, decided when it was first filled.
    """
    settings, exclusions = settings or Settings(), exclusions or Exclusions()
    given = trimmed(completed(fills, FILLS), None if orders is None else completed(orders, ORDERS))
    asked = _asked(given, settings)
    looked = look_up(asked, market, settings, told)
    paths = _paths(given, asked, looked)
    kept, looked = fitting(given, looked, exclusions)
    for symbol, quotes in looked.quote_faults.items():
        exclusions.add("crossed_quote", "market", symbol, "quotes", quotes.crossed)
        exclusions.add("no_price", "market", symbol, "quotes", quotes.no_price)
        exclusions.add("late_row", "market", symbol, "quotes", quotes.late)
    for symbol, trades in looked.trade_faults.items():
        exclusions.add("no_price", "market", symbol, "trades", trades.no_price)
        exclusions.add("late_row", "market", symbol, "trades", trades.late)
    made = _accounted(kept, looked, settings, exclusions, completed(_or_none(routes), ROUTES))
    left = set(made.orders["order_id"].to_list())
    return replace(made, paths=tuple(path for path in paths if path.order_id in left))


def _or_none(routes: pl.DataFrame | None) -> pl.DataFrame:
    return empty_routes() if routes is None else routes


def _asked(given: Trimmed, settings: Settings) -> Asked:
    orders = given.orders
    arrival, end = orders["arrival_ts"].to_numpy(), orders["end_ts"].to_numpy()
    value = given.filled * _first_prices(given)
    largest = np.sort(np.argsort(-value, kind="stable")[: settings.paths])
    air = np.maximum((end - arrival)[largest] // 20, nanoseconds(1))
    steps = np.linspace(0, 1, settings.path_points)
    begin, stop = arrival[largest] - air, end[largest] + air
    path_ts = begin[:, None] + ((stop - begin)[:, None] * steps).astype(np.int64)
    return Asked(
        symbols=given.symbols,
        fill_symbol=given.fill_symbol,
        fill_ts=given.fills["ts"].to_numpy(),
        order_symbol=given.order_symbol,
        decision_ts=orders["decision_ts"].to_numpy(),
        arrival_ts=orders["arrival_ts"].to_numpy(),
        end_ts=orders["end_ts"].to_numpy(),
        filled=given.filled,
        path_orders=largest,
        path_ts=path_ts,
    )


def _first_prices(given: Trimmed) -> Floats:
    first = np.zeros(len(given.orders))
    if len(given.starts):
        first[: len(given.starts)] = given.fills["price"].to_numpy()[given.starts]
    worth: Floats = (given.orders["multiplier"] * given.orders["rate"]).to_numpy()
    return first * worth


def _paths(given: Trimmed, asked: Asked, looked: Looked) -> list[Path]:
    ids = given.orders["order_id"].to_list()
    return [
        Path(ids[int(order)], asked.path_ts[n], looked.path_bid[n], looked.path_ask[n], looked.path_volume[n])
        for n, order in enumerate(asked.path_orders)
    ]


def _accounted(
    kept: Trimmed, looked: Looked, settings: Settings, exclusions: Exclusions, routes: pl.DataFrame
) -> Study:
    fills, orders = kept.fills, kept.orders
    order_of, starts = kept.fill_order, kept.starts
    sign = fills["side"].to_numpy().astype(np.int64)
    price, quantity = fills["price"].to_numpy(), fills["quantity"].to_numpy()
    bid, ask = _quotes_before(fills, looked, settings, exclusions)
    maker = inferred_maker(fills["liquidity"], sign, price, bid, ask)
    per_fill = fill_costs(sign, price, bid, ask, maker, looked.marks, settings)
    after_bid, after_ask = _quotes_after(fills, looked, settings)

    decision, arrival, end = _references(orders, looked, per_fill["mid"], price, starts, exclusions)
    multiplier = orders["multiplier"].to_numpy()
    venue, venues = coded(fills["venue"])
    parts = exact_parts(
        PricedFills(
            order_of, venue, len(venues), fills["ts"].to_numpy(), price, quantity, fills["fee"].to_numpy(),
            fills["commission"].to_numpy(), maker, bid, ask, after_bid, after_ask,
        ),
        PricedOrders(
            orders["side"].to_numpy().astype(np.int64), orders["quantity"].to_numpy(), decision, arrival, end,
            multiplier, starts,
        ),
    )  # fmt: skip
    notional = price * quantity * (multiplier * orders["rate"].to_numpy())[order_of]
    arrived = arrival[order_of]
    fill_table = fills.with_columns(
        *(_column(name, column) for name, column in per_fill.items()),
        _column("bid", bid),
        _column("ask", ask),
        pl.Series("maker", maker == 1),
        _column("notional", notional),
        _column("arrival_bps", sign * (price - arrived) / arrived * BPS),
        pl.Series("order", order_of),
    )
    order_table = _orders(
        kept, looked, settings, parts, per_fill["mid"], notional, maker, benchmark_prices, decision, arrival, end
    )
    return Study(fill_table, order_table, routes, parts, exclusions, settings, looked.spans, ())


def _quotes_before(
    fills: pl.DataFrame, looked: Looked, settings: Settings, exclusions: Exclusions
) -> tuple[Floats, Floats]:
    """The fill's own quote where it brings a sound one, else the market's where it is not too old."""
    bid, ask = (fills[name].to_numpy().astype(np.float64) for name in ("bid", "ask"))
    given = ~(np.isnan(bid) & np.isnan(ask))
    own = (bid > 0) & (ask < np.inf) & (bid <= ask)
    for k in np.flatnonzero(given & ~own):
        exclusions.add("crossed_own_quote", "fills", fills["fill_id"][int(k)], f"{bid[k]:g} {ask[k]:g}")
    fresh = (looked.quoted_at > NEVER) & (
        fills["ts"].to_numpy() - np.maximum(looked.quoted_at, 0) <= nanoseconds(settings.quote_age_max_s)
    )
    bid = np.where(own, bid, np.where(fresh, looked.bid, np.nan))
    ask = np.where(own, ask, np.where(fresh, looked.ask, np.nan))
    for k in np.flatnonzero(np.isnan(bid)):
        exclusions.add("no_quote", "fills", fills["fill_id"][int(k)], fills["symbol"][int(k)])
    return bid, ask


def _quotes_after(fills: pl.DataFrame, looked: Looked, settings: Settings) -> tuple[Floats, Floats]:
    """The quote that a fill left behind: its own word, or the market's next, if that comes soon."""
    bid, ask = (fills[name].to_numpy().astype(np.float64) for name in ("bid_after", "ask_after"))
    own = (bid > 0) & (ask < np.inf) & (bid <= ask)
    soon = (looked.after_at > NEVER) & (
        np.maximum(looked.after_at, 0) - fills["ts"].to_numpy() <= nanoseconds(settings.after_max_s)
    )
    return (
        np.where(own, bid, np.where(soon, looked.after_bid, np.nan)),
        np.where(own, ask, np.where(soon, looked.after_ask, np.nan)),
    )


def _references(
    orders: pl.DataFrame, looked: Looked, mid: Floats, price: Floats, starts: Ints, exclusions: Exclusions
) -> tuple[Floats, Floats, Floats]:
    """Decision, arrival and end price of every order, none of them missing."""
    first = np.full(len(orders), np.nan)
    first[: len(starts)] = np.where(np.isnan(mid[starts]), price[starts], mid[starts])
    arrival = _first_known(orders["arrival_price"].to_numpy(), tidy(looked.arrival_mid))
    for k in np.flatnonzero(np.isnan(arrival)):
        exclusions.add("no_arrival", "orders", orders["order_id"][int(k)], orders["symbol"][int(k)])
    arrival = _first_known(arrival, tidy(first))
    own_decision = orders["decision_price"].to_numpy()
    earlier = orders["decision_ts"].to_numpy() < orders["arrival_ts"].to_numpy()
    decision = _first_known(own_decision, np.where(earlier, tidy(looked.decision_mid), np.nan), arrival)
    last = np.full(len(orders), np.nan)
    if len(starts):
        ends = np.append(starts[1:], len(price)) - 1
        last[: len(starts)] = np.where(np.isnan(mid[ends]), price[ends], mid[ends])
    end = _first_known(orders["end_price"].to_numpy(), tidy(looked.end_mid), tidy(last), arrival)
    return decision, arrival, end


def _first_known(*columns: Floats) -> Floats:
    known = columns[0].astype(np.float64)
    for column in columns[1:]:
        known = np.where(known > 0, known, column)
    return np.where(known > 0, known, np.nan)


def _column(name: str, values: Any) -> pl.Series:
    """A column of doubles whose gaps are nulls, so that no total can swallow a NaN."""
    return pl.Series(name, values, dtype=pl.Float64, nan_to_null=True)


def _orders(
    kept: Trimmed,
    looked: Looked,
    settings: Settings,
    parts: ExactParts,
    mid: Floats,
    notional: Floats,
    maker: Ints,
    prices_of: Any,
    decision: Floats,
    arrival: Floats,
    end: Floats,
) -> pl.DataFrame:
    """The table of orders: what was done, benchmarks, costs against them, and the parts in amounts and bps."""
    orders, fills, starts = kept.orders, kept.fills, kept.starts
    size = len(orders)

    def summed(values: Floats) -> Floats:
        out = np.zeros(size)
        if len(starts):
            out[: len(starts)] = np.add.reduceat(values, starts)
        return out

    price, quantity, ts = (fills[name].to_numpy() for name in ("price", "quantity", "ts"))
    sign = orders["side"].to_numpy().astype(np.int64)
    multiplier = orders["multiplier"].to_numpy()
    filled = kept.filled
    with np.errstate(invalid="ignore", divide="ignore"):
        average = np.where(filled > 0, summed(price * quantity) / filled, np.nan)
        quoted = np.where(np.isnan(mid), 0.0, quantity)
        mid_at_fill = summed(np.nan_to_num(mid) * quantity) / summed(quoted)
        traded = summed(notional)
        marks = prices_of(looked, decision, arrival, mid_at_fill, settings)
        rate = orders["rate"].to_numpy()
        value = orders["quantity"].to_numpy() * decision * multiplier * rate
        table: dict[str, Floats] = {
            "filled": filled,
            "fill_rate": np.minimum(filled / orders["quantity"].to_numpy(), 1.0),
            "average_price": average,
            "traded_notional": traded,
            "decision_notional": value,
            "passive_ratio": summed(np.where(maker == 1, notional, 0.0)) / traded,
            "market_volume": looked.volume,
            "participation": np.where(looked.volume > 0, filled / looked.volume, np.nan),
            "day_share": np.where(looked.day_volume > 0, orders["quantity"].to_numpy() / looked.day_volume, np.nan),
            "reversion_bps": sign * (looked.end_mid - looked.settled_mid) / looked.end_mid * BPS,
            "permanent_move_bps": sign * (looked.settled_mid - arrival) / arrival * BPS,
        }
        for name in benchmark_names(settings):
            table[f"{name}_price"] = marks[name]
            table[f"{name}_bps"] = cost_bps(sign, average, marks[name])
        total = np.zeros(size)
        for part in PARTS:
            amount = parts.amounts(part) * rate
            total += amount
            table[part] = amount
            table[f"{part}_part_bps"] = amount / value * BPS
        table["shortfall"] = total
        table["shortfall_bps"] = total / value * BPS
        table["impact_part_bps"] = (table["temporary"] + table["permanent"]) / value * BPS
        table["realised_cost_bps"] = table["arrival_bps"] + (table["fees"] + table["commissions"]) / traded * BPS
        table["end_price"] = end
    first, last = np.zeros(size, np.int64), np.zeros(size, np.int64)
    if len(starts):
        first[: len(starts)] = ts[starts]
        last[: len(starts)] = ts[np.append(starts[1:], len(ts)) - 1]
    has = pl.Series(filled > 0)
    return orders.with_columns(
        *(_column(name, column) for name, column in table.items()),
        pl.when(has).then(pl.Series(first)).alias("first_fill_ts"),
        pl.when(has).then(pl.Series(last)).alias("last_fill_ts"),
        pl.Series("fill_count", kept.fill_counts),
    )
