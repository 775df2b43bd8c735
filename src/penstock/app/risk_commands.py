"""`penstock risk`: what a risk manager does from a terminal. Each command's work is in `penstock.app.risk`."""

from collections.abc import Callable
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

KILL_EXAMPLES = """
Examples:

    penstock risk kill --desk tcp:7070 --by ann --reason "runaway algorithm"

    penstock risk kill --desk unix:/run/desk.sock --scope venue/okx --mode cancel_all --by ann --reason "okx misprices"

    penstock risk kill --desk tcp:7070 --scope symbol/ACME --mode reduce_only --by ann --reason "news"

    penstock risk kill --journal out/desk.db --venue loopback:7001 --by ann --reason "the desk is down"

Modes, from the loosest to the strictest: reduce_only, no_new, cancel_all, flatten, halted. Exit code 1: refused, or
something still works.
"""

RESET_EXAMPLES = """
Examples:

    penstock risk reset --desk tcp:7070 --by ann --reason "fixed and reviewed"

    penstock risk reset --desk tcp:7070 --scope venue/okx --breaker latency --by ann --reason "their network is back"
"""

SET_LIMIT_EXAMPLES = """
Examples:

    penstock risk set-limit --desk tcp:7070 daily_loss_max 500 --by ann --reason "rough day"

    penstock risk set-limit --desk tcp:7070 order_value_max none --scope account/fund1 --by ann --reason "block trade"
"""

STATUS_EXAMPLES = """
Examples:

    penstock risk status --desk tcp:7070
"""

ACK_EXAMPLES = """
Examples:

    penstock risk ack 3 --desk tcp:7070 --by ann
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
DeskAddress = Annotated[
    str, typer.Option("--desk", help="Where the desk listens: `unix:PATH` or `tcp:PORT`.", show_default=False)
]
Scope = Annotated[
    str,
    typer.Option(
        help="`desk`, `account/x`, `user/x`, `strategy/x`, `symbol/x`, `asset_class/x`, `sector/x`, `venue/x`."
    ),
]
By = Annotated[str, typer.Option(help="Who does it; stays on record.", show_default=False)]
Reason = Annotated[str, typer.Option(help="Why; stays on record.", show_default=False)]
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


@app.command(epilog=KILL_EXAMPLES)
def kill(
    by: By,
    reason: Reason,
    desk: Annotated[str, typer.Option(help="Where the desk listens: `unix:PATH` or `tcp:PORT`.")] = "",
    journal: Annotated[str, typer.Option(help="Of a desk that is down: its journal, file or URL, instead.")] = "",
    venue: Annotated[
        list[str] | None, typer.Option(help="With --journal: `[NAME=]loopback:PORT`, as the desk had it; repeatable.")
    ] = None,
    scope: Scope = "desk",
    mode: Annotated[str, typer.Option(help="How strict: see below.")] = "halted",
    wait: Annotated[float, typer.Option(help="Seconds to wait for what is being cancelled.", min=0)] = 10.0,
) -> None:
    """The kill switch: stop a scope at once, and wait until nothing of it works any more."""
    from penstock.app.risk.live_commands import kill as run
    from penstock.app.risk.live_commands import kill_without_desk
    from penstock.domain.errors import BadInput

    if bool(desk) == bool(journal):
        raise BadInput("--desk", "", "give the address of a running desk or, if it is down, its --journal")
    if desk:
        told(lambda: run(desk, scope, mode, by, reason, wait, Console()))
    else:
        told(lambda: kill_without_desk(journal, tuple(venue or ()), scope, mode, by, reason, wait, Console()))


@app.command(epilog=RESET_EXAMPLES)
def reset(
    desk: DeskAddress,
    by: By,
    reason: Reason,
    scope: Scope = "desk",
    breaker: Annotated[str, typer.Option(help="Close this circuit breaker instead of changing the mode.")] = "",
    mode: Annotated[str, typer.Option(help="The mode that holds from now on.")] = "active",
) -> None:
    """Loosen what a kill or a circuit breaker stopped; nothing else does."""
    from penstock.app.risk.live_commands import reset as run

    told(lambda: run(desk, scope, breaker, mode, by, reason, Console()))


@app.command(name="set-limit", epilog=SET_LIMIT_EXAMPLES)
def set_limit(
    desk: DeskAddress,
    name: Annotated[str, typer.Argument(help="The limit, such as `daily_loss_max`.", show_default=False)],
    value: Annotated[str, typer.Argument(help="As a file would say it; `none` lifts it.", show_default=False)],
    by: By,
    reason: Reason,
    scope: Scope = "desk",
) -> None:
    """Change one limit of a running desk; what is wrong is refused, and the old limits stay in force."""
    from penstock.app.risk.live_commands import set_limit as run

    told(lambda: run(desk, scope, name, value, by, reason, Console()))


@app.command(epilog=STATUS_EXAMPLES)
def status(desk: DeskAddress) -> None:
    """Modes, circuit breakers, limits in use and open alerts of a running desk."""
    from penstock.app.risk.live_commands import status as run

    run(desk, Console())


@app.command(epilog=ACK_EXAMPLES)
def ack(
    alert: Annotated[int, typer.Argument(help="Its number, as `status` shows it.", show_default=False)],
    desk: DeskAddress,
    by: By,
    reason: Annotated[str, typer.Option(help="What is to be said of it; stays on record.")] = "",
) -> None:
    """Acknowledge an alert, on record: it is no longer open, and if it happens again it is a new one."""
    from penstock.app.risk.live_commands import acknowledge as run

    told(lambda: run(desk, alert, by, reason, Console()))


def told(done: Callable[[], bool]) -> None:
    """Exit code 1 unless it was done."""
    if not done():
        raise typer.Exit(DENIED)


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
