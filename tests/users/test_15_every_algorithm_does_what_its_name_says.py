"""On a recorded day every algorithm keeps to its own benchmark, and costs far less than taking everything at once."""

from functools import cache
from pathlib import Path

import pytest

from penstock.app.evaluation.play import played
from penstock.app.evaluation.trials import Contender, Draw, Outcome
from penstock.domain.time import HOUR

PARAMETERS = {"iceberg": {"end_policy": "sweep"}, "peg": {"end_policy": "sweep"}, "display": {"end_policy": "sweep"}}
NAMES = ("market", "twap", "vwap", "pov", "is", "adaptive", "momentum", "mean_reversion", "sniper", "iceberg", "peg",
         "display")  # fmt: skip


@cache
def outcomes(folder: Path) -> dict[str, Outcome]:
    """20 minutes from noon, 10 % of what traded in them, bought and sold."""
    (recording,) = (folder / "lobster").glob("*AMZN*")
    draw = Draw(0, (f"lobster:{recording}",), 1, "AMZN", 0.1, 2 * HOUR + HOUR // 2, 20.0)
    contenders = [Contender(name, name, PARAMETERS.get(name, {})) for name in NAMES]
    return {outcome.label: outcome for outcome in played(draw, contenders)}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "market"])
def test_it_is_filled_and_costs_less_than_an_immediate_order(name: str, data_dir: Path) -> None:
    found = outcomes(data_dir)
    assert found[name].filled == 1
    assert found[name].cost < found["market"].cost


@pytest.mark.parametrize(("name", "bps"), [("twap", 3.0), ("vwap", 10.0), ("pov", 10.0)])
def test_it_keeps_to_its_benchmark(name: str, bps: float, data_dir: Path) -> None:
    assert max(map(abs, outcomes(data_dir)[name].benchmark)) < bps


def test_pov_is_the_share_that_was_asked_for(data_dir: Path) -> None:
    assert outcomes(data_dir)["pov"].participation == pytest.approx(0.1, abs=0.02)


def test_shortfall_bears_less_of_the_markets_risk_than_an_even_pace(data_dir: Path) -> None:
    found = outcomes(data_dir)
    spread = {name: abs(found[name].costs[0] - found[name].costs[1]) for name in ("is", "twap")}
    assert spread["is"] < spread["twap"]
