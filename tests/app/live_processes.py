"""A desk and its venue as processes of their own, and a client that talks to the desk: to be killed at will."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0


class Process:
    """`penstock` with these arguments; `lines` is all that it has printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    @classmethod
    async def start(cls, *arguments: object) -> "Process":
        words = [sys.executable, "-m", "penstock.app.cli", *map(str, arguments)]
        environment = {**os.environ, "COLUMNS": "200"}
        return cls(await asyncio.create_subprocess_exec(*words, stdout=PIPE, stderr=asyncio.subprocess.STDOUT,
                                                        env=environment))  # fmt: skip

    async def line(self, beginning: str) -> str:
        """Read on to the line that begins so; returns the rest of it."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while text := (await self.process.stdout.readline()).decode():
                self.lines.append(text.rstrip())
                if beginning in text:
                    return text.partition(beginning)[2].strip()
        raise AssertionError(f"no line begins with {beginning!r}: {self.lines}")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self.process.returncode is None:
            self.process.kill()
        await self.end()

    async def end(self) -> int:
        """Wait for its end, reading what it still says; returns its exit code."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            self.lines += (await self.process.stdout.read()).decode().splitlines()
            return await self.process.wait()


async def start_venue(folder: Path, *faults: object, step_ms: int = 20) -> tuple[Process, int]:
    """A venue with its ledger in `folder`, and its port."""
    venue = await Process.start("venue-sim", "--ledger", folder / "ledger", "--port", 0, "--step-ms", step_ms, *faults)
    return venue, int(await venue.line("listening on"))


async def start_desk(port: int, journal: Path | str, folder: Path, *options: object) -> Process:
    """A desk that has said what it recovered; it listens a moment later."""
    socket = folder / "s"
    desk = await Process.start(
        "desk", "--venue", f"loopback:{port}", "--journal", journal, "--listen", f"unix:{socket}", *options
    )
    await desk.line("recovered")
    return desk


class Client:
    """One connection to a desk."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, **question: Any) -> None:
        """Ask without waiting for the answer."""
        self._writer.write(json.dumps(question).encode() + b"\n")

    async def answer(self) -> dict[str, Any] | None:
        """The next answer; None if there will be none, because the desk is gone."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                text = await self._reader.readline()
        except ConnectionError:
            return None
        return json.loads(text) if text.endswith(b"\n") else None

    async def ask(self, **question: Any) -> dict[str, Any]:
        self.send(**question)
        answer = await self.answer()
        assert answer is not None, "the desk is gone"
        return answer


@asynccontextmanager
async def connected(desk: Process | None, folder: Path) -> AsyncIterator[Client]:
    """A client, as soon as the desk listens; None for a desk that does already."""
    if desk is not None:
        await desk.line("listening on")
    reader, writer = await asyncio.open_unix_connection(str(folder / "s"), limit=2**20)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
