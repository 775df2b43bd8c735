"""`penstock calibrate`: from own executions to a template that the pre-trade analysis uses."""

import json
from pathlib import Path

import numpy as np
import pytest
from risk_command_line import WIDE, cells, csv
from typer.testing import CliRunner, Result

from penstock.app.cli import app
from penstock.domain.errors import BadInput

HEADER = "quantity,adv,daily_volatility,volume_share,cost_bps"


def penstock(*words: object) -> Result:
    result = CliRunner().invoke(app, [*map(str, words)], env=WIDE)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def executions(tmp_path: Path) -> Path:
    """Sixty orders of 1 to 20 % of a day's volume that cost 0.3·σ·(Q/volume)^0.5 and a little noise."""
    draw = np.random.default_rng(5)
    rows = []
    for size in np.linspace(0.01, 0.2, 60):
        share = float(draw.uniform(0.2, 1.0))
        cost = 0.3 * 0.02 * 1e4 * (size / share) ** 0.5 + draw.normal(0, 0.5)
        rows.append(f"{1e6 * size:.1f},1000000,0.02,{share:.6f},{cost:.6f}")
    return csv(tmp_path / "executions.csv", HEADER, *rows)


def test_a_fit_is_shown_with_its_intervals_and_written_as_a_template(executions: Path, tmp_path: Path) -> None:
    costs = tmp_path / "costs.toml"
    text = penstock("calibrate", executions, "--model", "power_law", "--out", costs).stdout
    assert text.startswith("60 executions\n")
    _, name, value, interval, *_ = cells(text, "power_law a")
    assert name == "a"
    assert float(value) == pytest.approx(0.3, rel=0.05)
    low, high = (float(each) for each in interval.split("…"))
    assert low < 0.3 < high
    stated = ("--price", "10", "--adv", "1m", "--volatility", "0.02", "--spread", "0", "--urgency", "0")
    found = json.loads(penstock("pretrade", "buy 50k XYZ", *stated, "--costs", costs, "--json").stdout)
    assert found["orders"][0]["impact"]["total_bps"] == pytest.approx(60 * 0.05**0.5, rel=0.05)


def test_without_a_model_the_best_comes_first(executions: Path) -> None:
    lines = penstock("calibrate", executions).stdout.splitlines()
    assert [line.split()[0] for line in lines[3:]] == ["power_law", "power_law", "linear", "linear", "square_root"]


def test_the_orders_of_a_run_are_fitted(tmp_path: Path) -> None:
    """Four orders: too few to fit, which is said; given three times over they are enough for the plainest law."""
    targets = csv(
        tmp_path / "targets.csv", "symbol,change,algorithm,duration_minutes", "ACME,4000,twap,5", "GLOBEX,300,twap,5"
    )
    run = tmp_path / "run"
    assert penstock("execute", targets, "--seed", 3, "--out", run).exit_code == 0
    with pytest.raises(BadInput, match=r"executions: must be at least 10 to fit anything \(got 2\)"):
        penstock("calibrate", run)
    assert penstock("calibrate", *([run] * 5), "--model", "square_root").stdout.startswith("10 executions")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("0,1,0.02,1,3", "line 2: quantity: must not be zero"),
        ("5,0,0.02,1,3", "line 2: adv: must be greater than zero"),
        ("5,1,0.02,,3", "line 2: volume_share: is missing"),
    ],
)
def test_a_row_that_no_execution_is_is_named(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(BadInput) as refusal:
        penstock("calibrate", csv(tmp_path / "rows.csv", HEADER, row))
    assert says in str(refusal.value)


def test_what_is_no_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="must be the folder of a run"):
        penstock("calibrate", tmp_path / "nothing")
