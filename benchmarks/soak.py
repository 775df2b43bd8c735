"""`python -m benchmarks.soak [MINUTES] [ORDERS_A_SECOND]`: half of the load for long, with a kill in the middle.

Without a rate it is half of what the server takes flat out, measured first. Most orders are as those of `bench_api`;
one in a hundred is of an account that trades, and twenty stream clients follow that account. Each order has an id of
its client's and is given again until it is acknowledged; a stream client that loses its connection goes on behind the
last event it saw. In the middle the server is killed (SIGKILL) and started again on the same journal.

At the end everything is held against the journal: each acknowledged order is there once, and each stream client was
told each event of its account, in order, once. Exit code 1 if not.
"""

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
from array import array
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import httpx
import uvloop
from rich.console import Console
from rich.progress import Progress

from benchmarks.api_listeners import frame, subscribed
from benchmarks.bench_api import CONNECTIONS, ORDER, PREFIX, Line, flat_out, percentile
from penstock.api.stream.messages import TOLD
from penstock.domain.events import AnyEvent
from penstock.engine.families import parent_of
from penstock.engine.order_numbers import number_of
from penstock.journal import read

MINUTES, FOLLOWERS, TRADES_ONE_IN = 10.0, 20, 100
PATIENCE_S, PAUSE_S, STATUS_S = 120.0, 0.05, 0.5
TRADING = {"symbol": "ACME", "quantity": 1, "account_id": "told"}
UNHALTED = 'consecutive_rejects_max = 1_000_000\nposition_value_max = "none"\nbreaker.latency.threshold = 1_000_000\n'
ORDER_ID, SEQ = re.compile(rb'"order_id":"P(\d+)"'), re.compile(rb'"seq":(\d+)')


class Desk:
    """`penstock serve` in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.journal, self._limits = folder / "desk.db", folder / "limits.toml"
        self._limits.write_text(UNHALTED)
        self.port, self.key, self._secret = 0, "", ""
        self._process: asyncio.subprocess.Process

    async def start(self) -> float:
        """Returns after how many seconds it listens."""
        words = ["-m", "penstock.app.cli", "serve", "--journal", str(self.journal), "--port", str(self.port)]
        words += ["--requests-per-second", "1000000", "--limits", str(self._limits)]
        pipe, null, began = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL, perf_counter()
        self._process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=pipe, stderr=null)
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while line := (await self._process.stdout.readline()).decode():
                if line.startswith("  "):
                    self._secret = line.strip()
                if line.startswith("listening on"):
                    self.port = int(line.rpartition(":")[2])
                    return perf_counter() - began
        raise SystemExit("the server did not start")

    async def log_in(self) -> None:
        async with self.client() as http:
            body = {"user_id": "admin", "password": self._secret, "new_password": "a long enough password"}
            token = (await http.post("/auth/token", json=body)).json()["access_token"]
            self.key = (await http.post("/keys", json={}, headers={"authorization": f"Bearer {token}"})).json()["key"]

    def client(self) -> httpx.AsyncClient:
        url, headers = f"http://127.0.0.1:{self.port}{PREFIX}", {"authorization": f"Bearer {self.key}"}
        return httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, headers=headers if self.key else None)

    async def end(self, how: signal.Signals) -> int:
        with suppress(ProcessLookupError):
            self._process.send_signal(how)
        await self._process.communicate()
        assert self._process.returncode is not None
        return self._process.returncode


class Giver:
    """Gives orders at their instants, each until it is acknowledged."""

    def __init__(self, desk: Desk, count: int, rate: float) -> None:
        self.desk, self.rate = desk, rate
        self.acknowledged = array("q", bytes(8 * count))  # the desk's number of each; 0: none yet
        self.latencies = array("d")  # ms from its instant, of those that nothing got in the way of
        self.again = 0
        self.given = 0
        self._numbers = iter(range(count))
        self._began = perf_counter()

    async def run(self) -> None:
        self._began = perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CONNECTIONS):
                tasks.create_task(self._give())

    async def _give(self) -> None:
        line: Line | None = None
        for number in self._numbers:
            due, tries = self._began + number / self.rate, 0
            while (early := due - perf_counter()) > 0:
                await asyncio.sleep(early)
            while not self.acknowledged[number]:
                try:
                    line = line or await Line.open(self.desk.port, f"{PREFIX}/orders", self.desk.key)
                    self.acknowledged[number] = await self._post(line, body_of(number))
                except (OSError, asyncio.IncompleteReadError):
                    line, tries = None, tries + 1
                    await asyncio.sleep(PAUSE_S)
            self.given += 1
            self.again += tries > 0
            if not tries:
                self.latencies.append((perf_counter() - due) * 1000)

    async def _post(self, line: Line, body: bytes) -> int:
        status, answer = await line.ask(body)
        if status not in (200, 201):
            raise SystemExit(f"refused: {status} {answer.decode()[:300]}")
        order_id = ORDER_ID.search(answer)
        assert order_id is not None
        return int(order_id[1])


def body_of(number: int) -> bytes:
    """The same for the same number: it may be given again."""
    order: dict[str, object] = dict(ORDER)
    if number % TRADES_ONE_IN == 0:
        order = {**TRADING, "side": "buy" if number // TRADES_ONE_IN % 2 else "sell"}
    return json.dumps(order | {"client_order_id": f"n{number}"}).encode()


class Follower:
    """A stream client of one account: `told` are the numbers of its events, `reached` what it has heard up to.

    It answers no pings: the server hangs up on it every forty seconds, and it has to come back.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.told, self.reached, self.connections = array("q"), 0, 0

    async def run(self) -> None:
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._listen()
            await asyncio.sleep(PAUSE_S)

    async def _listen(self) -> None:
        topics = ["orders", "fills"]
        reader, _ = await subscribed(
            self._desk.port, self._desk.key, topics=topics, accounts=["told"], since=self.reached
        )
        self.connections += 1
        while True:
            text = await frame(reader)
            seq = SEQ.search(text)
            if text.startswith(b'{"type":"event"'):
                assert seq is not None
                self.told.append(int(seq[1]))
            if text.startswith((b'{"type":"event"', b'{"type":"heartbeat"')) and seq is not None:
                self.reached = int(seq[1])


async def soak(folder: Path, minutes: float, rate: float | None, console: Console) -> bool:
    desk = Desk(folder)
    try:
        return await soaked(desk, minutes, rate, console)
    finally:
        await desk.end(signal.SIGKILL)


async def soaked(desk: Desk, minutes: float, rate: float | None, console: Console) -> bool:
    await desk.start()
    await desk.log_in()
    if rate is None:
        await flat_out(desk.port, f"{PREFIX}/orders", desk.key, seconds=2.0)
        most, _ = await flat_out(desk.port, f"{PREFIX}/orders", desk.key)
        rate = most / 2
        console.print(f"flat out: {most:,.0f} orders/s; half of that for {minutes:g} minutes")
    count = round(rate * minutes * 60)
    giver, followers = Giver(desk, count, rate), [Follower(desk) for _ in range(FOLLOWERS)]
    following = [asyncio.create_task(follower.run()) for follower in followers]
    giving = asyncio.create_task(giver.run())
    with Progress(console=console, transient=True) as bar:
        task, killed = bar.add_task("orders", total=count), False
        while not giving.done():
            bar.update(task, completed=giver.given)
            if giver.given >= count // 2 and not killed:
                killed = True
                await desk.end(signal.SIGKILL)
                took = await desk.start()
                console.print(f"killed after {giver.given:,} orders, listens again after {took:.1f} s")
            await asyncio.wait({giving}, timeout=STATUS_S)
    giving.result()
    async with desk.client() as http, asyncio.timeout(PATIENCE_S):
        while (status := (await http.get("/status")).json())["working"] or any(
            follower.reached < status["durable_seq"] for follower in followers
        ):
            await asyncio.sleep(STATUS_S)
    last = status["durable_seq"]
    for each in following:
        each.cancel()
    ended = await desk.end(signal.SIGTERM)
    late = list(giver.latencies)
    console.print(
        f"{count:,} orders acknowledged at {rate:,.0f}/s, {giver.again:,} of them given again; the others within "
        f"{percentile(late, 0.5):.1f} ms (p50), {percentile(late, 0.99):.1f} ms (p99); the server ended with {ended}"
    )
    return held_against(desk.journal, giver, followers, last, console) and ended == 0


def held_against(journal: Path, giver: Giver, followers: list[Follower], last: int, console: Console) -> bool:
    """Whether the journal has what was acknowledged, once, and the stream clients were told what it has."""
    received, double, to_tell, traders, events = bytearray(), 0, array("q"), set[str](), 0
    for seq, event in enumerate(shown(read(journal), console), 1):
        terms = getattr(event, "terms", None)
        if terms is not None and not terms.parent_id and type(event).__name__ in ("OrderReceived", "OrderSentWhole"):
            number = number_of(terms.order_id)
            received.extend(bytes(max(number + 1 - len(received), 0)))
            double += received[number]
            received[number] = 1
            if terms.account == "told":
                traders.add(terms.order_id)
        told = TOLD.get(type(event).__name__)
        if told is not None and told[0] in ("orders", "fills") and seq <= last:
            order_id = getattr(event, "order_id", "") if terms is None else terms.order_id
            if order_id in traders or parent_of(order_id) in traders:
                to_tell.append(seq)
        events = seq
    numbers = giver.acknowledged
    lost = sum(number >= len(received) or not received[number] for number in numbers)
    double += len(numbers) - len(set(numbers))
    wrong = [follower for follower in followers if follower.told != to_tell]
    console.print(f"{events:,} events: of {len(numbers):,} acknowledged orders {lost} lost, {double} double")
    connections = min(follower.connections for follower in followers)
    console.print(
        f"{len(followers)} stream clients, each over at least {connections} connections: "
        f"{len(wrong)} of them not told exactly the {len(to_tell):,} events of their account"
    )
    return not (lost or double or wrong) and connections >= 2


def shown(events: Iterator[AnyEvent], console: Console) -> Iterator[AnyEvent]:
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("events read back", total=None)
        for number, event in enumerate(events):
            if number % 100_000 == 0:
                bar.update(task, completed=number)
            yield event


def main(minutes: float = MINUTES, rate: float | None = None) -> int:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        return 0 if uvloop.run(soak(Path(folder), minutes, rate, Console())) else 1


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
