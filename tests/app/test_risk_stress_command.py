"""Stress reports from files: by hand on two names, and on fifty with a year of real days."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from risk_command_line import cells, csv, risk, write

from penstock.app.risk.drills import drills
from penstock.app.risk.figures import share, short
from penstock.app.risk.history_files import betas, read_history
from penstock.app.risk.page.day_histogram import day_histogram
from penstock.app.risk.shocks import parse_shocks
from penstock.app.risk.stress_report import RiskLine
from penstock.domain.errors import BadInput
from penstock.risk.breaker_settings import DEFAULTS

ROOT = Path(__file__).resolve().parents[2]
LIMITS = "net_exposure_max = 100_000\n[sector.tech]\nsymbols = ['ACME']\ngross_exposure_max = 109_000\n"


@pytest.fixture
def files(tmp_path: Path) -> list[object]:
    """1,000 ACME at 100, 2,000 GLOBEX short at 50: gross 200,000, net nothing."""
    header = "symbol,price,adv,volatility,spread_bps,sector"
    return [
        "--positions",
        csv(tmp_path / "held.csv", "symbol,quantity", "ACME,1000", "GLOBEX,-2000"),
        "--prices",
        csv(tmp_path / "prices.csv", header, "ACME,100,1000000,0.02,4,tech", "GLOBEX,50,500000,0.01,10,energy"),
    ]


@pytest.fixture(scope="module")
def daily(data_dir: Path) -> list[object]:
    folder = data_dir / "sp500_daily"
    return ["--history", folder / "sp500_201810_201912.parquet", "--sectors", folder / "constituents.csv"]


def report_in(folder: Path) -> Any:
    return json.loads((folder / "stress.json").read_text())


def test_one_own_scenario_has_its_gains_by_name_and_by_sector(files: list[object], tmp_path: Path) -> None:
    shocks = ["--shock", "price=0.1", "--shock", "sector.energy=-20%", "--shock", "volatility=2"]
    result = risk("scenario", *files, *shocks, "--name", "tech rally", "--out", tmp_path / "out")
    assert result.stdout.splitlines()[0] == "tech rally, $30.0k, +15.0 % of gross"
    [outcome] = report_in(tmp_path / "out")["outcomes"]
    assert outcome["names"] == {"ACME": pytest.approx(10_000), "GLOBEX": pytest.approx(20_000)}
    assert outcome["sectors"] == {"tech": pytest.approx(10_000), "energy": pytest.approx(20_000)}
    assert "By name" in result.stdout


def test_the_standard_set_tells_the_worst_first_and_every_sector_by_itself(files: list[object], tmp_path: Path) -> None:
    result = risk("stress", *files, "--out", tmp_path / "out")
    assert result.stdout.splitlines()[0] == "worst: tech down 20 %, −$20.0k, −10.0 % of gross"
    outcomes = {each["name"]: each for each in report_in(tmp_path / "out")["outcomes"]}
    assert {"market down 10 %", "market down 20 %", "market up 10 %", "volatility doubles", "volatility triples"} < {
        *outcomes
    }
    assert outcomes["tech down 20 %"]["gain"] == pytest.approx(-20_000)
    assert outcomes["energy down 20 %"]["gain"] == pytest.approx(20_000)
    assert outcomes["market down 10 %"]["gain"] == pytest.approx(0)
    assert outcomes["spreads are five times as wide"]["exit_cost"] > outcomes["volatility doubles"]["exit_cost"] * 0.5
    assert cells(result.stdout, "volatility doubles")[1:3] == ["$0", "0.0 %"]


def test_working_orders_fill_on_the_way_and_count_in_what_is_held_then(files: list[object], tmp_path: Path) -> None:
    orders = csv(tmp_path / "orders.csv", "symbol,side,quantity,limit_price", "ACME,buy,500,95", "ACME,sell,1,200")
    shocks = ["--shock", "symbol.ACME=-0.1"]
    risk("scenario", *files, "--orders", orders, *shocks, "--out", tmp_path / "out")
    report = report_in(tmp_path / "out")
    [outcome] = report["outcomes"]
    assert outcome["gain"] == pytest.approx(-1000 * 10 - 500 * 5)
    assert (report["orders"], outcome["filled_names"]) == (2, 1)
    assert outcome["gross"] == pytest.approx(1500 * 90 + 100_000)


def test_the_limits_that_would_be_broken_are_told_with_the_scenario(files: list[object], tmp_path: Path) -> None:
    limits = write(tmp_path / "limits.toml", LIMITS + "[account.fund1]\ndaily_loss_max = 12_000\n")
    words = [*files, "--limits", limits, "--account", "fund1", "--day-gain", "-2000"]
    result = risk("scenario", *words, "--shock", "symbol.ACME=0.1", "--shock", "symbol.GLOBEX=0.2", "--name", "up")
    told = [line for line in result.stdout.splitlines() if line.startswith("up: ")]
    assert told == [
        "up: account fund1 limit daily_loss_max 12,000: 12,000",
        "up: sector tech limit gross_exposure_max 109,000: 110,000",
    ]
    assert "would be broken" not in risk("scenario", *words[:-1], "-1999", "--shock", "symbol.GLOBEX=0.1").stdout


def test_a_sector_of_the_limits_comes_before_one_that_is_stated(files: list[object], tmp_path: Path) -> None:
    limits = write(tmp_path / "limits.toml", "[sector.chips]\nsymbols = ['ACME']\n")
    risk("stress", *files, "--limits", limits, "--out", tmp_path / "out")
    sectors = {each["name"] for each in report_in(tmp_path / "out")["outcomes"] if each["kind"] == "sector"}
    assert sectors == {"chips down 20 %", "energy down 20 %"}


def test_a_histogram_has_every_day_once_and_its_tail_in_another_colour() -> None:
    gains = [-100.0, -95.0, *range(-40, 41)]
    line = RiskLine(method="historical", confidence=0.95, var=50, expected_shortfall=90)
    drawn = str(day_histogram(gains, [line], "USD"))
    bars = re.findall(r'<rect class="(\w+)".*?data-tip="[^"]*\|(\d+) of 83 days"', drawn)
    assert sum(int(days) for _, days in bars) == 83
    assert sum(int(days) for css, days in bars if css == "tail") == 2
    assert len(bars) > 10
    assert day_histogram([], [], "USD") is None


def test_a_row_of_bad_measurements_trips_each_breaker_and_one_at_the_threshold_none() -> None:
    lines = drills(DEFAULTS)
    trips = {line.breaker: (line.trips_at, line.after_s) for line in lines if line.trips_at}
    assert trips == {
        "slippage": (3, 20),
        "reject_rate": (5, 40),
        "latency": (5, 40),
        "stress": (2, 10),
        "consecutive": (3, 20),
    }
    assert [line.then for line in lines if not line.trips_at] == ["holds"] * 5


def test_fifty_real_names_over_a_year_of_real_days(daily: list[object], tmp_path: Path) -> None:
    """The figures that a head of risk would check by hand, and the one that should alarm: PCG before its bankruptcy."""
    out = tmp_path / "out"
    result = risk("stress", "--positions", ROOT / "examples" / "portfolio50.csv", *daily, "--out", out)
    assert result.stdout.startswith("worst: market down 20 %, by β, −$16.3m, −11.4 % of gross")
    report = report_in(out)
    assert (report["positions"], report["as_of"], len(report["gains"])) == (50, "2019-12-31", 314)
    days = [each["name"] for each in report["outcomes"] if each["kind"] == "day"]
    assert days[0] == "2019-01-14", "the day on which PCG said that it would go bankrupt"
    assert {"2018-10-24", "2019-08-14", "2019-08-05"} < set(days), "days on which the whole market fell"
    for day in (each for each in report["outcomes"] if each["kind"] == "day"):
        assert day["gain"] == pytest.approx(report["gains"][day["name"]], rel=1e-9)
        assert sum(day["names"].values()) == pytest.approx(day["gain"])
        assert sum(day["sectors"].values()) == pytest.approx(day["gain"])
    risks = {(line["method"], line["confidence"]): line for line in report["risks"]}
    whole = risks["parametric", 0.99]["var"]
    assert sum(each["var"] for each in report["components"]) == pytest.approx(whole)
    assert sum(report["component_sectors"].values()) == pytest.approx(whole)
    assert report["components"][0]["symbol"] == "PCG"
    assert report["components"][0]["var"] / whole > 0.25 > 0.05 > 5_771_970 / report["gross"]
    worst = sorted(report["gains"].values())
    assert risks["historical", 0.99]["var"] == pytest.approx(-worst[3]), "of 314 days, 3.14 are beyond 99 %"
    assert 0.01 < whole / report["gross"] < 0.02, "a long-biased book in a calm year"
    costs = [each["cost_bps"] for each in report["horizons"]]
    assert costs == sorted(costs, reverse=True)
    assert report["notes"] == ["a spread of 5 bps is assumed for all 50 symbols"]


def test_the_page_fetches_nothing_is_small_and_shows_what_the_figures_say(daily: list[object], tmp_path: Path) -> None:
    limits = write(tmp_path / "limits.toml", "position_value_max = 5_000_000\ndaily_loss_max = 2_000_000\n")
    words = ["--positions", ROOT / "examples" / "portfolio50.csv", *daily, "--limits", limits]
    risk("stress", *words, "--out", tmp_path / "one")
    risk("stress", *words, "--out", tmp_path / "two")
    page = (tmp_path / "one" / "stress.html").read_text()
    assert page == (tmp_path / "two" / "stress.html").read_text(), "the same files, the same bytes"
    assert len(page.encode()) < 200_000
    assert not re.search(r"(src|href)=\"(?!#|data:,)|url\(|@import|https?://", page), "something would be fetched"
    assert "default-src 'none'" in page
    assert "<h1>Market down 20" in page
    assert page.count('class="stack"') == 5 + 5 + 11, "market moves, days and sectors; what moves no price has no bar"
    assert page.count('class="chart"') == 2
    report = report_in(tmp_path / "one")
    assert report["broken_today"], "two positions are larger than that"
    for said in ("limits are broken today", "PCG alone is 30", "2019-01-14"):
        assert said in page
    assert "None" not in page
    assert "nan" not in re.sub(r"<style>.*?</style>|<script>.*?</script>|[Ff]inanc", "", page, flags=re.DOTALL)


def test_a_symbol_whose_price_stands_still_is_stressed_but_left_out_of_value_at_risk(
    daily: list[object], tmp_path: Path
) -> None:
    held = csv(tmp_path / "held.csv", "symbol,quantity", "AAPL,100", "SCG,1000")
    prices = csv(tmp_path / "prices.csv", "symbol,price,adv,volatility", "SCG,47,1000000,0.01")
    result = risk("stress", "--positions", held, "--prices", prices, *daily, "--out", tmp_path / "out")
    report = report_in(tmp_path / "out")
    assert [each["symbol"] for each in report["components"]] == ["AAPL"]
    assert {each["symbol"] for each in report["holdings"]} == {"AAPL", "SCG"}
    assert "note: value at risk and recorded days leave out SCG: no usable history" in result.stdout


def test_what_nothing_tells_of_a_symbol_is_named_and_never_guessed(daily: list[object], tmp_path: Path) -> None:
    held = csv(tmp_path / "held.csv", "symbol,quantity", "AAPL,100", "ZZZ,5", "QQQQ,1")
    with pytest.raises(BadInput, match="price: is not known of QQQQ, ZZZ: state it in --prices or give a --history"):
        risk("stress", "--positions", held, *daily)
    prices = csv(tmp_path / "prices.csv", "symbol,price", "QQQQ,1", "ZZZ,1")
    with pytest.raises(BadInput, match="adv: is not known of QQQQ, ZZZ"):
        risk("stress", "--positions", held, *daily, "--prices", prices)


def test_a_symbol_that_no_longer_trades_is_named_as_well(daily: list[object], tmp_path: Path) -> None:
    held = csv(tmp_path / "held.csv", "symbol,quantity", "AAPL,100", "ANDV,5")
    with pytest.raises(BadInput, match="adv: is not known of ANDV: state it in --prices"):
        risk("stress", "--positions", held, *daily)


def test_without_prices_or_history_there_is_nothing_to_value(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="give --prices, --history or both"):
        risk("stress", "--positions", csv(tmp_path / "held.csv", "symbol,quantity", "AAPL,100"))


BARS = [f"2024-01-{day:02d},{100 + day % 3},{101 + day % 3},1000" for day in range(1, 31)]


def test_a_csv_of_one_symbol_is_named_by_its_file_and_splits_are_no_losses(tmp_path: Path) -> None:
    split = [f"2024-01-{day:02d},{(100 if day < 15 else 50) + day % 3},{50 + day % 3},1000" for day in range(1, 31)]
    recorded = read_history([csv(tmp_path / "ACME.csv", "Date,Close,Adj Close,Volume", *split)])
    assert recorded.history.symbols == ("ACME",)
    assert float(recorded.history.returns.min()) > -0.05
    assert recorded.traded["ACME"].price == 50
    assert betas(recorded.history) == {"ACME": pytest.approx(1.0)}


@pytest.mark.parametrize(
    ("header", "rows", "refusal"),
    [
        ("date,close", ["2024-01-01,1"], "volume: there is no such column: there are date, close"),
        ("date,close,adj close,volume", BARS[:5], "date: must have at least 20 days"),
        ("date,close,adj close,volume", [*BARS, BARS[0]], "date: bars has the same day twice"),
        ("date,close,adj close,volume", ["first of May,1,1,1"], "is not a file of daily bars"),
    ],
)
def test_a_history_that_is_none_is_refused(tmp_path: Path, header: str, rows: list[str], refusal: str) -> None:
    with pytest.raises(BadInput, match=refusal):
        read_history([csv(tmp_path / "bars.csv", header, *rows)])


def test_a_history_that_is_not_there_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such file"):
        read_history([tmp_path / "bars.csv"])
    with pytest.raises(BadInput, match=r"must be a file that ends in \.parquet or \.csv"):
        read_history([write(tmp_path / "bars.txt", "x")])
    with pytest.raises(BadInput, match="cannot be read"):
        read_history([write(tmp_path / "bars.parquet", "x")])


@pytest.mark.parametrize(
    ("shocks", "refusal"),
    [
        ([], "must be given at least once"),
        (["price"], "is written NAME=NUMBER"),
        (["price=down"], "is written NAME=NUMBER"),
        (["prce=1"], "prce: is not a known name: did you mean price?"),
        (["sector.tch=-0.1"], "sector.tch: nothing is held there: sectors are energy, tech"),
        (["symbol.ZZ=-0.1"], "symbol.ZZ: nothing is held there: symbols are ACME, GLOBEX"),
        (["price=-0.1", "price=-0.2"], "price: is given twice"),
        (["price=-101%"], "must be a fraction of at least -1"),
        (["volatility=0"], "volatility: must be greater than zero"),
        (["correlation=2"], "correlation: must lie between 0 and 1"),
    ],
)
def test_a_shock_that_cannot_be_is_refused(shocks: list[str], refusal: str) -> None:
    with pytest.raises(BadInput, match=re.escape(refusal)):
        parse_shocks(shocks, {"ACME": "tech", "GLOBEX": "energy"})


def test_shocks_are_fractions_or_per_cent_and_sectors_are_found_in_any_case() -> None:
    scenario = parse_shocks(["price=-10%", "sector.TECH=−0.2", "spread=5"], {"ACME": "tech"})
    assert (scenario.market, scenario.sectors, scenario.spread) == (pytest.approx(-0.1), {"tech": -0.2}, 5)
    assert scenario.name == "price=-10%, sector.TECH=−0.2, spread=5"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "$0"),
        (-999.6, "−$1.00k"),
        (12_345, "$12.3k"),
        (-1_234_567, "−$1.23m"),
        (999_600, "$1.00m"),
        (2.5e9, "$2.50bn"),
    ],
)
def test_money_in_headlines_has_three_digits(value: float, said: str) -> None:
    assert short(value, "USD") == said


def test_a_share_has_its_sign_unless_it_is_nothing() -> None:
    assert (share(-0.1234), share(0.1), share(-0.0001), short(5, "CHF")) == ("−12.3 %", "+10.0 %", "0.0 %", "5 CHF")


def test_a_name_that_came_late_does_not_take_the_others_history_away(daily: list[object], tmp_path: Path) -> None:
    """With it, the days that all names have in common would be those of its last month."""
    held = csv(tmp_path / "held.csv", "symbol,quantity", "AAPL,100", "MSFT,100", "JPM,100")
    bars = [f"2019-12-{day:02d},{10 + day % 3},5000" for day in range(1, 31)]
    late = csv(tmp_path / "LATE.csv", "date,close,volume", *bars)
    held.write_text(held.read_text() + "LATE,10\n")
    result = risk("stress", "--positions", held, "--history", late, *daily, "--out", tmp_path / "out")
    report = report_in(tmp_path / "out")
    assert len(report["gains"]) >= 300
    assert {each["symbol"] for each in report["components"]} == {"AAPL", "MSFT", "JPM"}
    assert "leave out LATE: no usable history" in result.stdout
