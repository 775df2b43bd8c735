"""A server killed in the middle of its work: nothing acknowledged is lost, and clients go on without gap or double.

`python -m benchmarks.soak` does the same for long and under load.
"""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from random import Random

import httpx

from penstock.api.client import AsyncClient
from penstock.api.client.connection import PREFIX
from penstock.api.stream.messages import TOLD
from penstock.journal import read

ORDERS = 60
CLIENTS = 10  # who give them
PATIENCE_S = 120.0
# orders that were under way when the server was killed count as time-outs when it is back: that is not tested here
UNHALTED = """
consecutive_rejects_max = 1_000_000
position_value_max = "none"
breaker.latency.threshold = 1_000_000
"""


class Process:
    """`penstock serve`, killed and started again on the same journal and port."""

    def __init__(self, folder: Path, journal: str = "") -> None:
        self.folder, self.port, self.secret = folder, 0, ""
        self.journal = journal or str(folder / "desk.db")
        self._process: asyncio.subprocess.Process

    async def start(self) -> None:
        words = [sys.executable, "-m", "penstock.app.cli", "serve", "--journal", self.journal]
        limits = self.folder / "limits.toml"
        limits.write_text(UNHALTED)
        words += ["--port", str(self.port), "--requests-per-second", "100000", "--limits", str(limits)]
        self._process = await asyncio.create_subprocess_exec(*words, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL)
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while line := (await self._process.stdout.readline()).decode():
                if line.startswith("  "):
                    self.secret = line.strip()
                if line.startswith("listening on"):
                    self.port = int(line.rpartition(":")[2])
                    return
        raise AssertionError("the server did not start")

    async def kill(self) -> None:
        self._process.kill()
        await self._process.communicate()

    async def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            await self._process.communicate()
        assert self._process.returncode is not None
        return self._process.returncode

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


async def first_key(server: Process) -> str:
    async with httpx.AsyncClient(base_url=server.url + PREFIX, timeout=PATIENCE_S) as http:
        body = {"user_id": "admin", "password": server.secret, "new_password": "a long enough password"}
        token = (await http.post("/auth/token", json=body)).json()["access_token"]
        key: str = (await http.post("/keys", json={}, headers={"authorization": f"Bearer {token}"})).json()["key"]
        return key


async def test_a_killed_server_forgets_nothing_and_its_clients_go_on(tmp_path: Path) -> None:
    server = Process(tmp_path)
    await server.start()
    key = await first_key(server)
    acknowledged: dict[int, str] = {}
    told: list[int] = []
    random = Random(0)
    numbers = iter(range(ORDERS))
    half_done = asyncio.Event()

    async def give(desk: AsyncClient) -> None:
        """Orders, each under an id of the client's: one whose answer was lost is given again."""
        for number in numbers:
            if number == ORDERS // 2:
                half_done.set()
            body = {
                "symbol": random.choice(["ACME", "GLOBEX"]),
                "side": random.choice(["buy", "sell"]),
                "quantity": random.randint(1, 5),
                "client_order_id": f"n{number}",
            }
            while number not in acknowledged:
                try:
                    acknowledged[number] = (await desk.ask("POST", "/orders", body))["order_id"]
                except httpx.TransportError:
                    await asyncio.sleep(0.1)

    async with AsyncClient(server.url, key=key) as desk, AsyncClient(server.url, key=key) as watcher:
        stream = watcher.stream("orders", "fills", since=0)

        async def follow() -> None:
            async for message in stream:
                told.extend([message["seq"]] if message["type"] == "event" else [])

        following = asyncio.create_task(follow())
        giving = asyncio.gather(*(give(desk) for _ in range(CLIENTS)))
        half = asyncio.create_task(half_done.wait())
        await asyncio.wait({half, giving}, return_when=asyncio.FIRST_COMPLETED)
        await server.kill()
        await server.start()
        await giving
        async with asyncio.timeout(PATIENCE_S):
            while (status := await desk.ask("GET", "/status"))["working"] or (stream.seq or 0) < status["durable_seq"]:
                await asyncio.sleep(0.1)
        following.cancel()
        assert stream.connections >= 2
        last = status["durable_seq"]
    assert await server.stop() == 0

    received: set[str] = set()
    to_tell: list[int] = []
    for seq, event in enumerate(read(tmp_path / "desk.db"), 1):
        terms = getattr(event, "terms", None)
        if terms is not None and not terms.parent_id:
            received.add(terms.order_id)
        if seq <= last and type(event).__name__ in KINDS:
            to_tell.append(seq)
    assert len(acknowledged) == len(set(acknowledged.values())) == ORDERS, "every order is one order"
    assert set(acknowledged.values()) <= received, "nothing acknowledged is lost"
    assert told == sorted(set(told)), "no double, and in order"
    assert told == to_tell, "no gap"


KINDS = {name for name, (topic, _) in TOLD.items() if topic in ("orders", "fills")}


async def test_a_desk_on_postgresql_comes_back_from_a_kill_with_everything_it_acknowledged(
    tmp_path: Path, database: str
) -> None:
    server = Process(tmp_path, database)
    await server.start()
    key = await first_key(server)
    given = []
    async with AsyncClient(server.url, key=key) as desk:
        for number in range(12):
            body = {"symbol": "ACME", "side": "buy", "quantity": 1 + number, "client_order_id": f"n{number}"}
            given.append((await desk.ask("POST", "/orders", body | {"price": 150.5}))["order_id"])
    await server.kill()
    await server.start()
    async with AsyncClient(server.url, key=key) as desk:  # users and keys are there as before, too
        found = await desk.ask("GET", "/orders")
        assert [order["order_id"] for order in found["orders"]] == given[::-1]
        assert {order["status"] for order in found["orders"]} == {"new"}
        again = {"symbol": "ACME", "side": "buy", "quantity": 1, "price": 150.5, "client_order_id": "n0"}
        assert (await desk.ask("POST", "/orders", again))["order_id"] == given[0]
        kinds = [
            (await desk.ask("GET", "/audit/events", kind=kind, limit=1000))["events"]
            for kind in ("OrderReceived", "OrderSentWhole")
        ]
        assert sum(map(len, kinds)) == 12
    assert await server.stop() == 0
