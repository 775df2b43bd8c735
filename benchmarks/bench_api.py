"""The server: orders a second from a POST to a durable acknowledgement, against an echo in the same framework.

The echo is a bare Starlette route with msgspec under the same uvicorn, in a process of its own on the same machine in
the same run; its clients are the same. So the ratio says what checking, risk, the engine and the disk cost; it is the
middle one of three rounds, for the machine's pace varies. Each order
goes to a paper venue, which finds nothing to trade at its price and cancels it. Requests of the second part are due at
fixed instants and their latency counts from then. In the third part every one of a thousand stream clients is told of
the same fill, while orders of another account flow.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, NamedTuple

Row = dict[str, object]
HERE = Path(__file__).resolve().parent
CONNECTIONS, SECONDS, ROUNDS, IDLE_S = 128, 5.0, 3, 3.0
P99_MS_MAX, FILL_MS_MAX = 20.0, 100.0
CLIENTS, FILLS, FLOW = 1_000, 20, 100
PREFIX = "/api/v1/order-management"
ORDER = {
    "symbol": "ACME",
    "side": "buy",
    "quantity": 1,
    "price": 150.5,
    "time_in_force": "IOC",
    "account_id": "flow",
}


def run() -> list[Row]:
    return list(rows())


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        rounds = [rates(Path(folder) / str(number)) for number in range(ROUNDS)]
        most, echo = sorted(rounds, key=lambda pair: pair[0] / pair[1])[ROUNDS // 2]
        yield row("requests/s: order to durable answer / echo", most, "requests/s", echo)
        with serving("echo", Path(folder)) as server:
            echo_us = server.cpu_us(lambda: asyncio.run(flat_out(server.port, "/echo", "")))
        with serving("desk", Path(folder)) as server:
            port, key = server.port, server.key
            desk_us = server.cpu_us(lambda: asyncio.run(flat_out(port, f"{PREFIX}/orders", key)))
            yield row("CPU of the server per request: order / echo", desk_us, "µs", echo_us)
            late = asyncio.run(at_a_rate(port, f"{PREFIX}/orders", key, most / 2))
            yield row(f"order to durable answer at {most / 2:,.0f}/s, p50", percentile(late, 0.5), "ms", None)
            yield row("the same, p99 / the most accepted", percentile(late, 0.99), "ms", P99_MS_MAX)
        with serving("desk", Path(folder) / "stream") as server:
            told = asyncio.run(fan_out(server.port, server.key))
            name = f"a fill to {CLIENTS:,} clients, {FLOW} orders/s beside it"
            yield row(f"{name}, p50", percentile(told, 0.5), "ms", None)
            yield row(f"{name}, p99 / the most accepted", percentile(told, 0.99), "ms", FILL_MS_MAX)


def rates(folder: Path) -> tuple[float, float]:
    """Requests a second of the desk, and of the echo right before it; both have had a second to warm up."""
    with serving("echo", folder) as server:
        asyncio.run(flat_out(server.port, "/echo", "", seconds=1.0))
        echo, _ = asyncio.run(flat_out(server.port, "/echo", ""))
    with serving("desk", folder) as server:
        asyncio.run(flat_out(server.port, f"{PREFIX}/orders", server.key, seconds=1.0))
        orders, _ = asyncio.run(flat_out(server.port, f"{PREFIX}/orders", server.key))
    return orders, echo


def row(name: str, value: float, unit: str, floor: float | None) -> Row:
    ratio = None if floor is None else value / floor
    return {"name": name, "value": value, "unit": unit, "peer_or_floor": floor, "ratio": ratio}


class Server(NamedTuple):
    """A server in a process of its own, and a key of its administrator."""

    pid: int
    port: int
    key: str

    def cpu_us(self, load: Callable[[], tuple[float, list[float]]]) -> float:
        """Microseconds of CPU that the server's process takes for each request of a load (on Linux; else NaN).

        What it takes with nobody asking (markets move) is left out. On a machine that does other things as well, this
        compares better than requests a second.
        """
        before, began = self._cpu_s(), perf_counter()
        sleep(IDLE_S)
        idle = (self._cpu_s() - before) / (perf_counter() - began)
        before, began = self._cpu_s(), perf_counter()
        _, latencies = load()
        took = self._cpu_s() - before - idle * (perf_counter() - began)
        return took / len(latencies) * 1e6

    def _cpu_s(self) -> float:
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return float("nan")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(kind: str, folder: Path) -> Iterator[Server]:
    """Start one, and end it afterwards."""
    words = [sys.executable, "-m", "benchmarks.api_server", kind, str(folder)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=HERE.parent, env=os.environ.copy())
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        yield Server(process.pid, said["port"], said["key"])
    finally:
        process.terminate()
        process.wait()


class Line:
    """One keep-alive connection that asks and waits, with as little Python as that takes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, key: str) -> None:
        self._reader, self._writer = reader, writer
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {key}\r\nContent-Length: %d\r\n\r\n"
        ).encode()

    @classmethod
    async def open(cls, port: int, path: str, key: str) -> "Line":
        return cls(*await asyncio.open_connection("127.0.0.1", port), path, key)

    async def ask(self, body: bytes) -> tuple[int, bytes]:
        """Ask once; returns the status and the body."""
        self._writer.write(self._head % len(body) + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        begin = head.lower().index(b"content-length:") + 15
        return int(head[9:12]), await self._reader.readexactly(int(head[begin : head.index(b"\r", begin)]))

    async def post(self, body: bytes) -> int:
        """Ask once; returns the status."""
        return (await self.ask(body))[0]

    def close(self) -> None:
        self._writer.close()


async def flat_out(port: int, path: str, key: str, seconds: float = SECONDS) -> tuple[float, list[float]]:
    """Requests a second of clients that each wait for their answer, and their latencies (ms)."""
    body = json.dumps(ORDER).encode()
    lines = [await Line.open(port, path, key) for _ in range(CONNECTIONS)]
    end = perf_counter() + seconds
    latencies: list[float] = []

    async def ask(line: Line) -> None:
        while (began := perf_counter()) < end:
            status = await line.post(body)
            assert status in (200, 201), status
            latencies.append((perf_counter() - began) * 1000)

    began = perf_counter()
    await asyncio.gather(*map(ask, lines))
    took = perf_counter() - began
    for line in lines:
        line.close()
    return len(latencies) / took, latencies


async def at_a_rate(port: int, path: str, key: str, rate: float) -> list[float]:
    """Latencies (ms) of requests at their instants, over as many connections as it takes."""
    body = json.dumps(ORDER).encode()
    free = [await Line.open(port, path, key) for _ in range(CONNECTIONS)]
    latencies: list[float] = []
    began = perf_counter()

    async def ask(due: float) -> None:
        line = free.pop() if free else await Line.open(port, path, key)
        assert await line.post(body) == 201
        latencies.append((perf_counter() - due) * 1000)
        free.append(line)

    async with asyncio.TaskGroup() as tasks:
        for number in range(round(rate * SECONDS)):
            due = began + number / rate
            while (early := due - perf_counter()) > 0:
                await asyncio.sleep(early)
            tasks.create_task(ask(due))
    for line in free:
        line.close()
    return latencies


async def fan_out(port: int, key: str) -> list[float]:
    """From the instant an order is given to the instant each client has its fill (ms), for every client and fill.

    The clients are in a process of their own: they tell when each of them was told.
    """
    words = [sys.executable, "-m", "benchmarks.api_listeners", str(port), key, str(CLIENTS), str(FILLS)]
    listeners = await asyncio.create_subprocess_exec(*words, stdout=subprocess.PIPE, cwd=HERE.parent, limit=2**24)
    assert listeners.stdout is not None
    ready = (await listeners.stdout.readline()).decode().strip()
    assert ready == "ready", ready
    flowing = asyncio.create_task(flow(port, key))
    line = await Line.open(port, f"{PREFIX}/orders", key)
    given: list[float] = []
    for number in range(FILLS):
        body = {"symbol": "GLOBEX", "side": "buy" if number % 2 else "sell", "quantity": 1, "account_id": "told"}
        given.append(perf_counter())
        assert await line.post(json.dumps(body).encode()) == 201
        await asyncio.sleep(0.5)
    heard: list[list[float]] = json.loads(await listeners.stdout.readline())
    flowing.cancel()
    await asyncio.gather(flowing, return_exceptions=True)
    line.close()
    await listeners.wait()
    return [(at - given[number]) * 1000 for number, times in enumerate(heard) for at in times]


async def flow(port: int, key: str) -> None:
    """Orders of another account, at a steady rate."""
    line = await Line.open(port, f"{PREFIX}/orders", key)
    body = json.dumps(ORDER).encode()
    began, number = perf_counter(), 0
    while True:
        number += 1
        while (early := began + number / FLOW - perf_counter()) > 0:
            await asyncio.sleep(early)
        await line.post(body)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


def main() -> None:
    any_row: Any
    for any_row in rows():
        print(any_row, flush=True)


if __name__ == "__main__":
    main()
