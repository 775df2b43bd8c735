"""The two servers that `bench_api` asks: an echo, and a desk on paper venues, each as it would be run."""

import asyncio
import json
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from penstock.api.permissions import Role
from penstock.api.service import ApiSettings
from penstock.api.users import Grant, User
from penstock.app.live.interpreter import tune
from penstock.app.server.logs import begin
from penstock.app.server.serve import ServeRequest, built, playing, server_of
from penstock.risk.limit_book import read_book

# a load is to be measured here, not stopped by a breaker
LIMITS = {
    "position_value_max": "none",
    "consecutive_rejects_max": 1_000_000,
    "breaker": {"latency": {"threshold": 1_000_000}},
}


async def echo(request: Request) -> Response:
    body = msgspec.json.decode(await request.body())
    return Response(msgspec.json.encode(body), media_type="application/json")


async def serve_echo() -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    app = Starlette(routes=[Route("/echo", echo, methods=["POST"])])
    config = uvicorn.Config(app, log_config=None, access_log=False, http="httptools", lifespan="off")
    say(listening.getsockname()[1], "")
    await uvicorn.Server(config).serve([listening])


async def serve_desk(folder: Path) -> None:
    begin(sys.stderr.fileno(), verbose=False)
    api = ApiSettings(requests_per_second=10_000_000)
    request = ServeRequest(journal=folder / "desk.db", port=0, limits=read_book(LIMITS), api=api)
    parts = await built(request)
    tune(request.settings.switch_interval_s)
    parts.driver.begin(parts.opening)
    users = parts.service.users
    everything = Grant(account="*", trade=True, manage=True)
    user = users._keep(User(name="bench", role=Role.ADMIN, grants=(everything,)))
    _, key = users.new_key(user, "bench", tuple(user.permissions), None)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with playing(parts.markets):
        driving = asyncio.create_task(parts.driver.run())
        await parts.driver.until(lambda: not parts.driver.state.venue_status)
        server = server_of(request, parts.service)
        await server.start()
        say(int(server.address.rpartition(":")[2]), key)
        await stop.wait()
        await server.close()
        driving.cancel()
        with suppress(asyncio.CancelledError):
            await driving
    await parts.close()


def say(port: int, key: str) -> None:
    print(json.dumps({"port": port, "key": key}), flush=True)


if __name__ == "__main__":
    kind, place = sys.argv[1:]
    uvloop.run(serve_echo() if kind == "echo" else serve_desk(Path(place)))
