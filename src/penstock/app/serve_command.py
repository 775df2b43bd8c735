"""`penstock serve`: the desk as a service, with paper venues, a REST API and a stream."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from penstock.app.live_commands import UNFINISHED, say

EXAMPLES = """
Examples:

    penstock serve --journal out/desk.db

    penstock serve --journal out/desk.db --speed 10 --port 8080

    penstock serve --journal out/desk.db --market binance:spot.jsonl.zst --market lobster:AMZN.zip

    penstock serve --journal postgresql://desk@db/penstock --host 0.0.0.0 --tls-certificate tls.pem --tls-key tls.key
"""


def serve(
    journal: Annotated[
        str, typer.Option(help="The record: a file, or a PostgreSQL database's URL.", show_default=False)
    ],
    market: Annotated[
        list[str] | None,
        typer.Option(help="`synthetic` (the default), `lobster:`, `binance:` or `file:PATH`; may be given again."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the generated market's randomness.", min=0)] = 0,
    speed: Annotated[float, typer.Option(help="How much quicker than the wall clock desk and markets go.")] = 1.0,
    host: Annotated[str, typer.Option(help="Where to listen; other machines are let in with TLS only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any that is free.", min=0, max=65535)] = 8000,
    tls_certificate: Annotated[Path | None, typer.Option(help="A PEM file with the certificate chain.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="A PEM file with its key.")] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy before this does TLS: let other machines in without.")
    ] = False,
    limits: Annotated[Path | None, typer.Option(help="Risk limits, watch and heartbeat: a .toml file.")] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Exchange rates and settled cash: a .toml file, followed as it changes.")
    ] = None,
    on_stop: Annotated[
        Literal["cancel", "leave", "flatten"], typer.Option(help="What becomes of working orders when told to stop.")
    ] = "cancel",
    deadline: Annotated[float, typer.Option(help="Seconds that stopping may take.", min=0)] = 30.0,
    webhook: Annotated[str, typer.Option(help="URL that alerts are posted to, as JSON.")] = "",
    risk_watch: Annotated[
        bool, typer.Option("--risk-watch", help="Shrink limits and pause symbols when the market grows rough.")
    ] = False,
    requests_per_second: Annotated[int, typer.Option(help="The most that one caller may make.", min=1)] = 2000,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log every order, log-in and change.")] = False,
) -> None:
    """Serve a paper desk: REST and WebSocket on an embedded journal, ready in seconds; SIGTERM winds it down.

    The first start makes the user admin, and prints a secret that sets its password once. Try it with the examples of
    the page on the server.
    """
    from penstock.api.service import ApiSettings
    from penstock.app.inputs import read_limits_and_watch
    from penstock.app.live.settings import LiveSettings, RiskWatchSettings
    from penstock.app.live.wind_down import Policy
    from penstock.app.server.logs import begin
    from penstock.app.server.serve import ServeRequest
    from penstock.app.server.serve import serve as run
    from penstock.journal.location import is_database

    begin(sys.stderr.fileno(), verbose=verbose)
    book, watch = read_limits_and_watch(limits)
    for line in book.warnings():
        say(line)
    request = ServeRequest(
        journal=journal if is_database(journal) else Path(journal),
        markets=tuple(market or ["synthetic"]),
        seed=seed,
        pace=speed,
        host=host,
        port=port,
        certificate=tls_certificate,
        certificate_key=tls_key,
        behind_proxy=behind_proxy,
        limits=book,
        policy=Policy(cancel=on_stop != "leave", flatten=on_stop == "flatten", deadline_s=deadline),
        webhook=webhook,
        settings=watch.settings(LiveSettings(risk_watch=RiskWatchSettings() if risk_watch else None)),
        reference=reference,
        api=ApiSettings(requests_per_second=requests_per_second),
    )
    import uvloop

    remains = uvloop.run(run(request, say))
    done = remains is not None and (remains.is_clean or on_stop == "leave")
    raise typer.Exit(0 if done else UNFINISHED)
