"""Executions to fit impact to: from the journals of runs, or rows of a file.

Of a run, every parent that was worked and filled counts, of a symbol whose volume and volatility the run knew. Its
cost is the average price against arrival, less the spread that its fills paid: what is left is impact and the price's
own moves.
"""

from pathlib import Path

from penstock.app.execute import recorded_events
from penstock.app.inputs import rows_of
from penstock.cost.calibration import Execution
from penstock.cost.pretrade import AT_ONCE, volume_share
from penstock.domain.errors import BadInput
from penstock.tca.analysis import ParentCosts, analyse

FIELDS = ("quantity", "adv", "daily_volatility", "volume_share", "cost_bps")
FILES = (".csv", ".json", ".toml")


def read_executions(path: Path) -> list[Execution]:
    """Those of a run's folder, or of a .csv, .json (`{"executions": [...]}`) or .toml (`[[executions]]`) file.

    Raises:
        BadInput: nothing there, or a row that is not as described; names the row, the field, the rule and the value.
    """
    if path.suffix.lower() in FILES:
        return _rows(path)
    if not path.is_dir():
        raise BadInput(str(path), "", "must be the folder of a run, or a .csv, .json or .toml file")
    return _run(path)


def _rows(path: Path) -> list[Execution]:
    found = []
    for row in rows_of(path, "executions"):
        row.allow(FIELDS)
        numbers = {name: float(row.required_number(name)) for name in FIELDS}
        try:
            found.append(Execution(**numbers))
        except BadInput as error:
            raise row.refusal(error.field, error.rule, error.value) from None
    return found


def _run(folder: Path) -> list[Execution]:
    analysis = analyse(recorded_events(folder))
    session = analysis.session.started
    found = []
    for parent in analysis.parents:
        terms = parent.record.terms
        profile, slippage = session.profiles.get(terms.symbol), parent.slippage("arrival")
        if profile is None or slippage is None or terms.algorithm in AT_ONCE or profile.daily_volatility <= 0:
            continue
        window = (parent.record.arrived_at, max(parent.ended_at, parent.record.arrived_at + 1))
        asset_class = parent.record.instrument.asset_class
        found.append(
            Execution(
                quantity=float(terms.side.sign * parent.record.filled),
                adv=float(profile.adv),
                daily_volatility=profile.daily_volatility,
                volume_share=volume_share(asset_class, *window, session.market_start, session.market_end),
                cost_bps=float(slippage) - spread_bps(parent),
            )
        )
    return found


def spread_bps(parent: ParentCosts) -> float:
    """What the fills paid of the spread (minus what they earned), in bps of the filled value at arrival."""
    value = parent.filled_value
    return float(parent.shortfall.spread / value * 10_000) if value else 0.0
