"""What a market is measured to be like is what it was made from; symbols move together as far as they are told."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from scripted_book import ScriptedBook
from typer.testing import CliRunner

from penstock.app.cli import app
from penstock.domain.errors import BadInput
from penstock.domain.instruments import Equity
from penstock.domain.time import MINUTE
from penstock.sim.fair_price import FairPrice
from penstock.sim.generated import GeneratedMarket
from penstock.sim.market_profile import MarketProfile
from penstock.sim.measured_profile import measured_profile
from penstock.sim.sources import open_market
from penstock.sim.synthetic import ACME, GLOBEX, START_NS

MEASURED = ("spread", "touch_quantity", "trades_per_second", "quotes_per_second", "daily_volatility")


@pytest.mark.parametrize("profile", [ACME, GLOBEX], ids=lambda profile: profile.instrument.symbol)
def test_the_profile_that_is_measured_is_the_one_it_was_made_from(profile: MarketProfile) -> None:
    found = [
        measured_profile(GeneratedMarket(FairPrice(profile, seed, START_NS, 390), "A", seed=seed)) for seed in (1, 2)
    ]
    for name in (*MEASURED, "adv"):
        mean = np.mean([float(getattr(each, name)) for each in found])
        assert mean == pytest.approx(float(getattr(profile, name)), rel=0.35), name


def test_a_market_too_short_or_too_quiet_is_refused() -> None:
    with pytest.raises(BadInput, match="must show both sides for 5 minutes, and trade"):
        measured_profile(ScriptedBook(end_ns=60 * MINUTE))
    with pytest.raises(BadInput, match="2 minutes, 0 trades"):
        measured_profile(ScriptedBook([(MINUTE, 5)], end_ns=2 * MINUTE))


@pytest.mark.parametrize(("first", "second"), [(0.8, 0.5), (0.6, -0.6), (0.0, 0.9)])
def test_two_symbols_are_correlated_by_the_product_of_theirs(first: float, second: float) -> None:
    minutes = 390
    paths = []
    for symbol, correlation in (("ONE", first), ("TWO", second)):
        instrument = Equity(symbol=symbol, tick_size=ACME.instrument.tick_size, lot_size=ACME.instrument.lot_size)
        profile = msgspec.structs.replace(ACME, instrument=instrument, correlation=correlation)
        paths.append(FairPrice(profile, 5, START_NS, minutes).path)
    returns = [np.diff(np.log(path[::10])) for path in paths]  # by the second
    assert np.corrcoef(*returns)[0, 1] == pytest.approx(first * second, abs=0.05)
    assert returns[0].std() == pytest.approx(ACME.daily_volatility / np.sqrt(390 * 60), rel=0.25)


def test_what_the_command_writes_is_a_market_to_trade_on(tmp_path: Path) -> None:
    made = tmp_path / "short.toml"
    made.write_text(
        "[generated]\nminutes = 12\n[generated.symbols.EQ]\nprice = 50\nadv = 2000000\ndaily_volatility = 0.02\n"
        "spread = 0.02\ntouch_quantity = 400\nvenues = {NYX = 0.6, BATX = 0.4}\n"
        'instrument = {asset_class = "equity", tick_size = 0.01, lot_size = 1}\n'
    )
    like = tmp_path / "like.toml"
    ran = CliRunner().invoke(app, ["market", "profile", f"file:{made}", "--out", str(like)])
    assert ran.exit_code == 0, ran.output
    market = open_market([f"file:{like}"], 1)
    assert market.listings == {"NYX": ("EQ",), "BATX": ("EQ",)}
    assert market.end - market.start == 12 * MINUTE
    again = CliRunner().invoke(app, ["market", "profile", f"file:{made}", "--out", str(like)])
    assert "is there already" in str(again.exception)
