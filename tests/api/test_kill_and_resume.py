"""A server killed in the middle of its work: nothing acknowledged is lost, and clients go on without gap or double.

`PENSTOCK_SOAK_MINUTES` makes it long; without it, it is a few seconds of the same.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from random import Random
from typing import Any

import httpx

from penstock.api.client import AsyncClient
from penstock.api.client.connection import PREFIX

MINUTES = float(os.environ.get("PENSTOCK_SOAK_MINUTES", "0"))
ORDERS = 60
RATE = 100.0  # orders a second, in the long run
PATIENCE_S = 120.0


class Process:
    """`penstock serve`, killed and started again on the same journal and port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.secret = folder, 0, ""
        self._process: asyncio.subprocess.Process

    async def start(self) -> None:
        words = [sys.executable, "-m", "penstock.app.cli", "serve", "--journal", str(self.folder / "desk.db")]
        words += ["--port", str(self.port), "--requests-per-second", "100000"]
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
    acknowledged: dict[str, str] = {}
    events: list[dict[str, Any]] = []
    random = Random(0)
    count = round(MINUTES * 60 * RATE) or ORDERS
    halfway = asyncio.Event()

    async def give(desk: AsyncClient) -> None:
        """Orders, each under an id of the client's: one whose answer was lost is given again."""
        for number in range(count):
            if number == count // 2:
                halfway.set()
            body = {
                "symbol": random.choice(["ACME", "GLOBEX"]),
                "side": random.choice(["buy", "sell"]),
                "quantity": random.randint(1, 5),
                "client_order_id": f"n{number}",
            }
            began = asyncio.get_running_loop().time()
            while True:
                try:
                    order = await desk.ask("POST", "/orders", body)
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                    continue
                acknowledged[f"n{number}"] = order["order_id"]
                break
            if MINUTES:
                await asyncio.sleep(max(began + 1 / RATE - asyncio.get_running_loop().time(), 0))

    async def follow(desk: AsyncClient) -> None:
        async for message in desk.stream("orders", "fills", since=0):
            events.extend([message] if message["type"] == "event" else [])

    async with AsyncClient(server.url, key=key) as desk, AsyncClient(server.url, key=key) as watcher:
        following = asyncio.create_task(follow(watcher))
        giving = asyncio.create_task(give(desk))
        await asyncio.wait({asyncio.create_task(halfway.wait()), giving}, return_when=asyncio.FIRST_COMPLETED)
        await server.kill()
        await server.start()
        await giving
        orders = {order_id: await desk.ask("GET", f"/orders/{order_id}") for order_id in acknowledged.values()}
        async with asyncio.timeout(PATIENCE_S):
            while True:
                status = await desk.ask("GET", "/status")
                if not status["working"]:
                    break
                await asyncio.sleep(0.05)
            while not events or events[-1]["seq"] < last_told(await everything(desk)):
                await asyncio.sleep(0.05)
        following.cancel()
        truth = await everything(desk)

    assert len(set(acknowledged.values())) == count, "every order is one order"
    assert set(orders) == set(acknowledged.values())
    numbers = [event["seq"] for event in events]
    assert numbers == sorted(set(numbers)), "no double, and in order"
    told = {(event["seq"], event["event"]) for event in events}
    assert told == truth, "no gap"
    assert await server.stop() == 0


KINDS = {
    "OrderReceived": "received",
    "OrderSentWhole": "received",
    "OrderDenied": "denied",
    "OrderStopped": "stopping",
    "OrderEnded": "ended",
    "ChildFilled": "fill",
}


async def everything(desk: AsyncClient) -> set[tuple[int, str]]:
    """What is on record of the kinds that were listened to."""
    found = set()
    for kind, name in KINDS.items():
        cursor = None
        while True:
            page = await desk.ask("GET", "/audit/events", kind=kind, limit=1000, cursor=cursor)
            found |= {(event["seq"], name) for event in page["events"]}
            cursor = page["next_cursor"]
            if cursor is None:
                break
    return found


def last_told(record: set[tuple[int, str]]) -> int:
    return max((seq for seq, _ in record), default=0)
