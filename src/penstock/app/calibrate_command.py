"""`penstock calibrate`: fit the impact model to one's own executions, and write it for `penstock pretrade --costs`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

EXAMPLES = """
Examples:

    penstock calibrate out/monday out/tuesday out/wednesday --out costs.toml

    penstock calibrate executions.csv --model power_law --confidence 0.9

    penstock pretrade "buy 50000 ACME" --market synthetic --costs costs.toml

A file has the columns quantity, adv, daily_volatility (a fraction), volume_share (of a day's volume, while the order
was worked) and cost_bps (against arrival, without spread and fees). Fit many: what the price does by itself is most of
what an order costs, and a few dozen orders say little, as the intervals will show.
"""


def calibrate(
    sources: Annotated[list[Path], typer.Argument(help="Folders of runs, or files of executions.", show_default=False)],
    model: Annotated[str, typer.Option(help="`square_root`, `power_law` or `linear`; all are shown if left out.")] = "",
    confidence: Annotated[float, typer.Option(help="Of the intervals.", min=0.5, max=0.999)] = 0.95,
    samples: Annotated[int, typer.Option(help="Of the bootstrap.", min=50, max=100_000)] = 1000,
    seed: Annotated[int, typer.Option(help="Of the bootstrap: the same seed gives the same intervals.", min=0)] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the impact template there, as .toml.")] = None,
) -> None:
    """Fit impact to what your own orders cost, with intervals; write it for `penstock pretrade --costs`."""
    from penstock.app.pretrade.executions import read_executions
    from penstock.app.pretrade.fitting import fit_all, tell, write_template

    executions = [each for source in sources for each in read_executions(source)]
    fits = fit_all(executions, model, confidence=confidence, samples=samples, seed=seed)
    tell(fits, Console())
    if out is not None:
        write_template(fits, out)
        Console().print(f"written: {out}", highlight=False, soft_wrap=True, markup=False)
