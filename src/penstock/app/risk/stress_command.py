"""`penstock risk stress` and `penstock risk scenario`: what would happen to positions and working orders."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from penstock.app.risk.shocks import parse_shocks
from penstock.app.risk.stress_inputs import StressFiles, StressInputs, read_inputs
from penstock.app.risk.stress_report import StressReport
from penstock.app.risk.stress_run import Asked, report_of
from penstock.app.risk.stress_tables import tell
from penstock.domain.errors import BadInput

PAGE = "stress.html"
DATA = "stress.json"


def stress(files: StressFiles, asked: Asked, out: Path | None, console: Console) -> StressReport:
    """The standard scenarios, the sectors and the worst recorded days; told, and written if a folder is given."""
    inputs = read_inputs(files)
    return _finish(report_of(inputs, _dated(asked, inputs)), out, console)


def scenario(
    files: StressFiles, asked: Asked, shocks: Sequence[str], name: str, out: Path | None, console: Console
) -> StressReport:
    """One scenario of one's own."""
    inputs = read_inputs(files)
    own = parse_shocks(shocks, {symbol: market.sector for symbol, market in inputs.markets.items()}, name)
    return _finish(report_of(inputs, msgspec.structs.replace(_dated(asked, inputs), own=own)), out, console)


def write(report: StressReport, out: Path) -> list[Path]:
    """Page and data in a folder, which is made if it is not there; returns both files.

    Raises:
        BadInput: the folder cannot be written to.
    """
    from penstock.app.risk.page.page import render

    page, data = out / PAGE, out / DATA
    try:
        out.mkdir(parents=True, exist_ok=True)
        page.write_text(render(report), encoding="utf-8")
        data.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    except OSError as error:
        raise BadInput("--out", str(out), f"cannot be written to: {error.strerror}") from None
    return [page, data]


def _dated(asked: Asked, inputs: StressInputs) -> Asked:
    """With the day that the report is of: as given, else the last recorded one, else today."""
    last = inputs.recorded.days[-1] if inputs.recorded else f"{datetime.now(UTC):%Y-%m-%d}"
    return msgspec.structs.replace(asked, as_of=asked.as_of or last)


def _finish(report: StressReport, out: Path | None, console: Console) -> StressReport:
    tell(report, console)
    if out is not None:
        for path in write(report, out):
            console.print(f"written: {path}", highlight=False, soft_wrap=True, markup=False)
    return report
