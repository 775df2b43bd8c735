"""`penstock desk` trades for real, as far as its venue is real; `penstock venue-sim` is a venue to try it on."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

UNFINISHED = 1


def desk(
    venue: Annotated[
        list[str], typer.Option(help="`loopback:PORT` or `NAME=loopback:PORT`; may be given again.", show_default=False)
    ],
    journal: Annotated[
        str, typer.Option(help="The record: a file, or a PostgreSQL database's URL.", show_default=False)
    ],
    listen: Annotated[str, typer.Option(help="Where commands come in: `unix:PATH` or `tcp:PORT`.")] = "tcp:7070",
    limits: Annotated[Path | None, typer.Option(help="Risk limits, watch and heartbeat: a .toml file.")] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Exchange rates and settled cash: a .toml file, followed as it changes.")
    ] = None,
    hours: Annotated[float, typer.Option(help="How long a session lasts from its first start.", min=0.01)] = 24.0,
    on_stop: Annotated[
        Literal["cancel", "leave", "flatten"], typer.Option(help="What becomes of working orders when told to stop.")
    ] = "cancel",
    deadline: Annotated[float, typer.Option(help="Seconds that stopping may take.", min=0)] = 30.0,
    webhook: Annotated[str, typer.Option(help="URL that alerts are posted to, as JSON.")] = "",
    risk_watch: Annotated[
        bool, typer.Option("--risk-watch", help="Shrink limits and pause symbols when the market grows rough.")
    ] = False,
    cancel_on_disconnect: Annotated[
        float | None,
        typer.Option(help="Venues cancel our orders when the connection is lost for so many seconds.", min=0),
    ] = None,
    cancel_all_after: Annotated[
        float | None,
        typer.Option(help="Venues cancel our orders when the desk is silent for so many seconds.", min=0.1),
    ] = None,
) -> None:
    """Run a live desk: commands as JSON lines, each answered once it is on disk; SIGTERM winds it down.

    A journal that a desk left, however it ended, is taken up again: venues are looked at before anything is sent.
    """
    from penstock.app.inputs import read_limits_and_watch
    from penstock.app.live.log_writer import LogWriter
    from penstock.app.live.serve import DeskRequest, serve
    from penstock.app.live.settings import LiveSettings, RiskWatchSettings
    from penstock.app.live.wind_down import Policy

    log = LogWriter(sys.stderr.fileno())
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", handlers=[log])
    book, watch = read_limits_and_watch(limits)
    for line in book.warnings():
        say(line)
    request = DeskRequest(
        journal=journal,
        venues=tuple(venue),
        listen=listen,
        hours=hours,
        limits=book,
        policy=Policy(cancel=on_stop != "leave", flatten=on_stop == "flatten", deadline_s=deadline),
        webhook=webhook,
        settings=watch.settings(
            LiveSettings(
                risk_watch=RiskWatchSettings() if risk_watch else None,
                cancel_on_disconnect_s=cancel_on_disconnect,
                cancel_all_after_s=cancel_all_after,
            )
        ),
        reference=reference,
    )
    remains = asyncio.run(serve(request, say))
    done = remains is not None and (remains.is_clean or on_stop == "leave")
    raise typer.Exit(0 if done else UNFINISHED)


def venue_sim(
    ledger: Annotated[Path, typer.Option(help="Its own record of orders and fills.", show_default=False)],
    port: Annotated[int, typer.Option(help="Of this machine; 0 takes any that is free.", min=0, max=65535)] = 7001,
    seed: Annotated[int, typer.Option(help="Of its market's randomness.", min=0)] = 0,
    step_ms: Annotated[int, typer.Option(help="How often its market moves.", min=1)] = 50,
    drop: Annotated[float, typer.Option(help="Fault: chance that a report is swallowed.", min=0, max=1)] = 0.0,
    repeat: Annotated[float, typer.Option(help="Fault: chance that a report comes twice.", min=0, max=1)] = 0.0,
    delay_ms: Annotated[float, typer.Option(help="Fault: everything it says is this late.", min=0)] = 0.0,
    hang_up_after: Annotated[int, typer.Option(help="Fault: hang up after so many messages.", min=0)] = 0,
    budgets: Annotated[
        Literal["none", "binance"], typer.Option(help="How much may be said to it before it answers 429.")
    ] = "none",
) -> None:
    """Run a venue to try a desk on: a random market, real matching, a ledger of its own, and faults on request."""
    from penstock.domain.errors import BadInput
    from penstock.domain.venue_budget import BUDGETS
    from penstock.venues.loopback.faults import Faults
    from penstock.venues.loopback.server import LoopbackServer

    faults = Faults(drop=drop, repeat=repeat, delay_ms=delay_ms, hang_up_after=hang_up_after)

    async def run() -> None:
        allowed = BUDGETS.get(budgets, ())
        server = LoopbackServer(ledger, port=port, seed=seed, step_ms=step_ms, faults=faults, budgets=allowed)
        try:
            await server.start()
        except OSError as error:
            raise BadInput("--port", str(port), f"cannot be listened on: {error}") from None
        say(f"listening on {server.port}")
        await server.run()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        say("stopped")


def say(text: str) -> None:
    """One line, at once: whoever started the process may be waiting for it."""
    print(text, flush=True)
