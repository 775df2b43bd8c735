"""Scenarios on positions and working orders, by hand and on recorded days; what they would break and trip."""

from decimal import Decimal
from math import sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from penstock.domain.errors import BadInput
from penstock.domain.time import SECOND
from penstock.risk.breakers import CONSECUTIVE, LATENCY, SLIPPAGE
from penstock.risk.limit_book import read_book
from penstock.risk.scenario import STANDARD, Scenario, day_again, history_of, shocked_covariance, worst_days
from penstock.risk.stress import Market, Working, stress
from penstock.risk.stress_limits import Drill, broken_limits, drill, sentence
from penstock.risk.var import History, covariance, parametric

D = Decimal
MARKETS = {
    "ACME": Market(price=100, adv=1_000_000, volatility=0.02, spread_bps=4, sector="tech"),
    "GLOBEX": Market(price=50, adv=500_000, volatility=0.01, spread_bps=10, sector="energy"),
}
DOWN = Scenario(name="down", market=-0.1, sectors={"energy": -0.2}, symbols={"ACME": -0.05})


def test_a_symbols_own_move_comes_before_its_sectors_and_that_before_the_markets() -> None:
    assert (DOWN.move("ACME", "tech"), DOWN.move("GLOBEX", "energy"), DOWN.move("X", "y")) == (-0.05, -0.2, -0.1)


def test_gains_are_by_name_and_sector_the_worst_first() -> None:
    result = stress(DOWN, {"ACME": 1000, "GLOBEX": -2000}, [], MARKETS)
    assert [(each.symbol, each.gain) for each in result.names] == [("ACME", -5000), ("GLOBEX", 20_000)]
    assert result.sectors == {"tech": -5000, "energy": 20_000}
    assert (result.gain, result.gross, result.net) == (15_000, 95_000 + 80_000, 95_000 - 80_000)


@pytest.mark.parametrize(
    ("sign", "limit", "move", "filled", "gain"),
    [
        (1, 98.0, -0.05, 100, -300),  # bought at 98 on the way down to 95
        (1, 95.0, -0.05, 100, 0),
        (1, 94.9, -0.05, 0, 0),
        (1, 100.0, -0.05, 100, -500),  # may take at today's price
        (1, 120.0, -0.05, 100, -500),
        (1, None, 0.05, 100, 500),
        (-1, 103.0, 0.05, -100, -200),  # sold at 103 on the way up to 105
        (-1, 105.1, 0.05, 0, 0),
        (-1, None, -0.05, -100, 500),
    ],
)
def test_working_orders_fill_on_the_way(
    sign: int, limit: float | None, move: float, filled: float, gain: float
) -> None:
    order = Working(symbol="ACME", sign=sign, quantity=100, limit_price=limit)
    [name] = stress(Scenario(name="s", market=move), {}, [order], MARKETS).names
    assert (name.filled, name.quantity, name.gain) == (filled, filled, pytest.approx(gain))


def test_getting_out_costs_half_the_spread_and_the_square_root_impact_of_the_shocked_market() -> None:
    rough = Scenario(name="rough", volatility=2, spread=3, liquidity=0.25)
    [name] = stress(rough, {"ACME": 10_000}, [], MARKETS).names
    impact_bps = 0.7 * 0.04 * sqrt(10_000 / 250_000) * 1e4
    assert name.exit_cost == pytest.approx(10_000 * 100 * (impact_bps + 6) / 1e4)
    assert name.days == pytest.approx(10_000 / 25_000)
    calm = stress(Scenario(name="calm"), {"ACME": 10_000}, [], MARKETS)
    assert (calm.gain, calm.gross) == (0, 1_000_000)
    assert calm.exit_cost < name.exit_cost


def test_correlation_and_volatility_shocks_change_the_value_at_risk_as_they_should() -> None:
    matrix = np.diag([0.02**2, 0.01**2])
    held = {"ACME": 1000.0, "GLOBEX": 2000.0}
    together = stress(Scenario(name="s", correlation=1.0), held, [], MARKETS, matrix)
    assert together.var_before == pytest.approx(parametric({"A": 1e5, "G": 1e5}, matrix).var)
    assert together.var == pytest.approx(2.3263479 * (2000 + 1000))
    doubled = stress(Scenario(name="s", volatility=2.0), held, [], MARKETS, matrix)
    assert doubled.var == pytest.approx(2 * (together.var_before or 0))


def test_a_shocked_covariance_stays_positive_semi_definite() -> None:
    matrix = covariance(np.random.default_rng(1).normal(0, 0.01, (30, 20)))
    for scenario in STANDARD:
        assert np.linalg.eigvalsh(shocked_covariance(matrix, scenario)).min() > -1e-15


@pytest.mark.parametrize(
    ("field", "value"),
    [("market", -1.1), ("symbols", {"A": float("nan")}), ("volatility", 0), ("liquidity", -1), ("correlation", 1.1)],
)
def test_a_scenario_that_cannot_be_is_refused(field: str, value: object) -> None:
    with pytest.raises(BadInput, match=f"scenario x: {field}: must"):
        Scenario(**{"name": "x", field: value})


def test_what_is_not_known_of_the_market_is_named() -> None:
    with pytest.raises(BadInput, match="nothing is known of the market of HOOLI, OTHER"):
        stress(DOWN, {"OTHER": 1}, [Working(symbol="HOOLI", sign=1, quantity=1)], MARKETS)
    with pytest.raises(BadInput, match="stress: ACME: adv: must be greater than zero"):
        stress(DOWN, {"ACME": 1}, [], {"ACME": Market(price=1, adv=0, volatility=0.1, spread_bps=1)})


def test_the_limits_that_would_be_broken_are_named_with_their_figures() -> None:
    result = stress(Scenario(name="up", market=0.1), {"ACME": -1000, "GLOBEX": 500}, [], MARKETS)
    book = read_book(
        {
            "gross_exposure_max": 137_500,
            "net_exposure_max": 82_499,
            "daily_loss_max": 7501,
            "account": {"fund1": {"daily_loss_max": 7500, "position_value_max": 100_000}},
            "sector": {"tech": {"symbols": ["ACME"], "gross_exposure_max": 100_000}},
            "symbol": {"GLOBEX": {"position_value_max": 27_000}},
        }
    )
    broken = broken_limits(result, book, "fund1")
    assert {(each.scope, each.name, round(each.value)) for each in broken} == {
        ("desk", "net_exposure_max", 82_500),
        ("account/fund1", "daily_loss_max", 7500),
        ("account/fund1", "position_value_max", 110_000),
        ("sector/tech", "gross_exposure_max", 110_000),
        ("symbol/GLOBEX", "position_value_max", 27_500),
    }
    worse = {(each.scope, each.name) for each in broken_limits(result, book, gain_so_far=-2)}
    assert ("desk", "daily_loss_max") in worse
    said = "symbol GLOBEX limit position_value_max 27000 would be broken: 27,500"
    assert said in [sentence(each) for each in broken]


@pytest.mark.parametrize(("most", "broken"), [(4999, True), (5000, True), (5001, False)])
def test_a_loss_breaks_its_limit_when_it_reaches_it(most: int, broken: bool) -> None:
    result = stress(Scenario(name="half", market=-0.5), {"ACME": 100}, [], MARKETS)
    assert bool(broken_limits(result, read_book({"daily_loss_max": most}))) is broken


def test_a_drill_says_at_which_measurement_a_breaker_trips() -> None:
    slips = [(number * SECOND, D(value)) for number, value in enumerate([10, 26, 25, 30, 24, 27])]
    assert drill(SLIPPAGE, slips) == Drill("slippage", 6, 5 * SECOND, "slippage 27 bps is above 25, 3 times in 5 min")
    assert drill(LATENCY, [(0, D(1000))] * 10) is None
    assert drill(CONSECUTIVE, [(0, D(1)), (1, D(0)), (2, D(1)), (3, D(1)), (4, D(1))]) == Drill(
        "consecutive", 5, 4, "3 rejects or time-outs in a row"
    )


def test_a_recorded_day_comes_again_and_a_symbol_it_does_not_have_moves_with_the_rest() -> None:
    history = History(("A", "B", "C"), np.array([[0.1, -0.2, np.nan]]))
    again = day_again("day", history, 0)
    assert (again.symbols, again.market) == ({"A": 0.1, "B": -0.2}, pytest.approx(-0.05))


def test_the_worst_days_are_those_of_these_holdings() -> None:
    history = History(("A", "B"), np.array([[0.1, 0.0], [-0.1, 0.1], [0.0, -0.3]]))
    assert worst_days({"A": 1.0}, history, 2) == [1, 2]
    assert worst_days({"A": -1.0, "B": 1.0}, history, 1) == [2]
    with pytest.raises(BadInput, match="history of ZZ"):
        worst_days({"ZZ": 1.0}, history, 1)


@pytest.fixture(scope="module")
def daily(data_dir: Path) -> tuple[list[str], History, tuple[str, ...], dict[str, Market]]:
    """A year of daily data: the days, their returns, what was left out, and each symbol's market on the last day."""
    folder = data_dir / "sp500_daily"
    rows = pl.read_parquet(folder / "sp500_201810_201912.parquet").sort("Date", "symbol")
    closes = rows.pivot("symbol", index="Date", values="Adj Close").sort("Date")
    symbols = closes.columns[1:]
    history, left_out = history_of(symbols, closes.select(symbols).cast(pl.Float64).to_numpy())
    sector = dict(pl.read_csv(folder / "constituents.csv").select("Symbol", "GICS Sector").iter_rows())
    latest = rows.group_by("symbol").agg(pl.col("Close").last(), pl.col("Volume").tail(20).mean())
    spread = {symbol: float(np.nanstd(history.returns[:, place])) for place, symbol in enumerate(history.symbols)}
    markets = {
        symbol: Market(price=close, adv=adv, volatility=spread[symbol], spread_bps=3, sector=sector.get(symbol, ""))
        for symbol, close, adv in latest.iter_rows()
        if symbol in spread
    }
    return [f"{day:%Y-%m-%d}" for day in closes["Date"][1:]], history, left_out, markets


def test_a_symbol_whose_price_stands_still_is_left_out_of_the_history(
    daily: tuple[list[str], History, tuple[str, ...], dict[str, Market]],
) -> None:
    _, history, left_out, _ = daily
    assert left_out == ("ANDV", "CA", "COL", "SCG", "XL"), "taken over or mispriced, as their volumes show"
    assert len(history.symbols) > 450


def test_the_worst_days_of_a_fifty_name_portfolio_are_the_crash_days_of_that_year(
    daily: tuple[list[str], History, tuple[str, ...], dict[str, Market]],
) -> None:
    days, history, _, markets = daily
    names = [symbol for symbol in history.symbols if markets[symbol].sector][:50]
    holdings = dict.fromkeys(names, 1e6)
    worst = [days[row] for row in worst_days(holdings, history, 5)]
    assert {"2018-10-10", "2018-12-04", "2019-08-14"} < set(worst)
    returns = history.of(names)
    matrix = covariance(returns)
    positions = {symbol: 1e6 / markets[symbol].price for symbol in names}
    row = worst_days(holdings, history, 1)[0]
    result = stress(day_again(days[row], history, row), positions, [], markets, matrix)
    assert result.gain == pytest.approx(
        float(np.nansum(history.returns[row, [history.symbols.index(n) for n in names]]) * 1e6)
    )
    assert result.gain / 50e6 == pytest.approx(-0.037, abs=0.01)
    assert result.var_before == pytest.approx(50e6 * 0.01 * 2.33, rel=0.2), "about one percent a day, in that year"
    assert sum(result.sectors.values()) == pytest.approx(result.gain)
    assert 0 < result.exit_cost < 0.01 * result.gross
