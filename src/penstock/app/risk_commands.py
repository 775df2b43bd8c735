"""`penstock risk`: what a risk manager does from a terminal. Each command's work is in `penstock.app.risk`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from penstock.app.risk.stress_inputs import StressFiles
    from penstock.app.risk.stress_run import Asked

app = typer.Typer(help="Limits, what-ifs, stress reports, and the switches of a running desk.", no_args_is_help=True)

DENIED = 1

LIMITS_EXAMPLES = """
Examples:

    penstock risk limits --example > limits.toml

    penstock risk limits limits.toml

    penstock risk limits limits.toml --for symbol=ACME,account=fund1
"""

CHECK_EXAMPLES = """
Examples:

    penstock risk check "buy 500 ACME @ 10.05" --limits limits.toml --prices prices.csv

    penstock risk check "sell 200 ACME account=fund1 strategy=twap" --positions held.csv --limits limits.toml
    --prices prices.csv

Orders are asked in their order, each with those before it working. Exit code 1: one of them would be stopped.
"""

STRESS_EXAMPLES = """
Examples:

    penstock risk stress --positions examples/portfolio50.csv --history daily.parquet --sectors sectors.csv
    --limits limits.toml --out out/stress

    penstock risk stress --positions held.csv --orders working.csv --prices prices.csv
"""

SCENARIO_EXAMPLES = """
Examples:

    penstock risk scenario --positions held.csv --prices prices.csv --shock price=-10% --shock sector.tech=-20%

    penstock risk scenario --positions held.csv --history daily.parquet --shock symbol.AAPL=-0.3
    --shock volatility=2 --shock spread=5 --shock liquidity=0.25 --shock correlation=1
"""

Positions = Annotated[
    Path, typer.Option(help="What is held: `symbol,quantity` as .csv, .json or .toml.", show_default=False)
]
Orders = Annotated[
    Path | None, typer.Option(help="Working orders: `symbol,side,quantity,limit_price` as .csv, .json or .toml.")
]
Prices = Annotated[
    Path | None,
    typer.Option(help="Markets as you state them: `symbol,price,adv,volatility,spread_bps,sector`."),
]
History = Annotated[
    list[Path] | None, typer.Option(help="Daily bars: .parquet or .csv with date, symbol, close, volume; repeatable.")
]
Sectors = Annotated[Path | None, typer.Option(help="A .csv with columns symbol and sector.")]
LimitsFile = Annotated[Path | None, typer.Option(help="Limits that might be broken: a .toml file.")]
Account = Annotated[str, typer.Option(help="The account that holds all of it, for limits of its own.")]
Currency = Annotated[str, typer.Option(help="Of all prices and limits.")]
SpreadBps = Annotated[float, typer.Option(help="The spread assumed where none is stated, in bps.", min=0)]
DayGain = Annotated[float, typer.Option(help="The day's gain so far (a loss is negative), for limits on losses.")]
Decay = Annotated[
    float | None,
    typer.Option(help="Weigh recent days more, such as 0.94. Left out: all alike.", min=0.5, max=1),
]
AsOf = Annotated[str, typer.Option(help="The day on the report; the last recorded one if left out.")]
Out = Annotated[Path | None, typer.Option(help="Folder for stress.html and stress.json.")]


@app.command(epilog=LIMITS_EXAMPLES)
def limits(
    file: Annotated[
        Path | None, typer.Argument(help="A .toml file; the defaults are shown without one.", show_default=False)
    ] = None,
    belongs: Annotated[
        str, typer.Option("--for", help="Which limits hold for an order: `symbol=ACME,account=fund1`.")
    ] = "",
    example: Annotated[bool, typer.Option("--example", help="Print a commented file to begin with.")] = False,
) -> None:
    """Check a file of limits and print what it says, in full; whatever is wrong with it is one line."""
    from penstock.app.risk.limits_command import limits as tell

    tell(file, belongs, Console(), example=example)


@app.command(epilog=CHECK_EXAMPLES)
def check(
    order: Annotated[
        list[str], typer.Argument(help="`SIDE QUANTITY SYMBOL [@ PRICE] [account=… venue=…]`", show_default=False)
    ],
    prices: Annotated[Path, typer.Option(help="`symbol,price` as .csv, .json or .toml.", show_default=False)],
    positions: Annotated[Path | None, typer.Option(help="What is held now: .csv, .json or .toml.")] = None,
    limits: Annotated[Path | None, typer.Option(help="A .toml file; the defaults without one.")] = None,
    orders: Annotated[Path | None, typer.Option(help="Orders that work already: .csv, .json or .toml.")] = None,
    instruments: Annotated[
        Path | None, typer.Option(help="Ticks, lots and classes of the symbols; shares without either if left out.")
    ] = None,
    account: Account = "",
    day_gain: DayGain = 0.0,
) -> None:
    """Would an order pass, which check would stop it, and how much of each limit would it use?"""
    from penstock.app.risk.check_command import CheckFiles
    from penstock.app.risk.check_command import check as run

    files = CheckFiles(
        prices=prices, positions=positions, limits=limits, orders=orders, instruments=instruments,
        account=account, day_gain=day_gain,
    )  # fmt: skip
    if not run(order, files, Console()):
        raise typer.Exit(DENIED)


@app.command(epilog=STRESS_EXAMPLES)
def stress(
    positions: Positions,
    orders: Orders = None,
    prices: Prices = None,
    history: History = None,
    sectors: Sectors = None,
    limits: LimitsFile = None,
    account: Account = "",
    days: Annotated[int, typer.Option(help="How many of the worst recorded days.", min=0, max=50)] = 5,
    spread_bps: SpreadBps = 5.0,
    day_gain: DayGain = 0.0,
    decay: Decay = None,
    currency: Currency = "USD",
    as_of: AsOf = "",
    out: Out = None,
) -> None:
    """What standard scenarios and recorded days would do to a portfolio; value at risk, liquidity, limits, breakers."""
    from penstock.app.risk.stress_command import stress as run

    files = stress_files(positions, orders, prices, history, sectors, limits, spread_bps)
    run(files, stress_asked(account, day_gain, decay, currency, as_of, days), out, Console())


@app.command(epilog=SCENARIO_EXAMPLES)
def scenario(
    positions: Positions,
    shock: Annotated[
        list[str],
        typer.Option(
            help="`price`, `sector.NAME`, `symbol.NAME` move prices; `volatility`, `spread`, `liquidity` multiply;"
            " `correlation` goes towards 1.",
            show_default=False,
        ),
    ],
    name: Annotated[str, typer.Option(help="What to call it.")] = "",
    orders: Orders = None,
    prices: Prices = None,
    history: History = None,
    sectors: Sectors = None,
    limits: LimitsFile = None,
    account: Account = "",
    spread_bps: SpreadBps = 5.0,
    day_gain: DayGain = 0.0,
    decay: Decay = None,
    currency: Currency = "USD",
    as_of: AsOf = "",
    out: Out = None,
) -> None:
    """One scenario of your own: gains by name and by sector, and the limits that would be broken."""
    from penstock.app.risk.stress_command import scenario as run

    files = stress_files(positions, orders, prices, history, sectors, limits, spread_bps)
    run(files, stress_asked(account, day_gain, decay, currency, as_of, 0), shock, name, out, Console())


def stress_files(
    positions: Path,
    orders: Path | None,
    prices: Path | None,
    history: list[Path] | None,
    sectors: Path | None,
    limits: Path | None,
    spread_bps: float,
) -> "StressFiles":
    from penstock.app.risk.stress_inputs import StressFiles

    return StressFiles(
        positions=positions,
        orders=orders,
        prices=prices,
        history=tuple(history or ()),
        sectors=sectors,
        limits=limits,
        spread_bps=spread_bps,
    )


def stress_asked(account: str, day_gain: float, decay: float | None, currency: str, as_of: str, days: int) -> "Asked":
    from penstock.app.risk.stress_run import Asked

    return Asked(as_of=as_of, currency=currency, account=account, day_gain=day_gain, decay=decay, days=days)
