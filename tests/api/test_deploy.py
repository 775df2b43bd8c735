"""The unit and the container file are run as they stand: their own command, environment, probe and stop signal.

Only the places differ: this checkout's program, a folder of the test's and a free port.
"""

import asyncio
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE
from configparser import ConfigParser
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
UNIT, CONTAINER = ROOT / "deploy" / "penstock.service", ROOT / "deploy" / "Containerfile"
PROGRAM = Path(sys.executable).with_name("penstock")
PATIENCE_S = 120.0


def unit() -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(UNIT, encoding="utf-8")
    return parser


def instruction(name: str) -> str:
    """The last of the container file's instructions of this name, without it."""
    lines = [line for line in CONTAINER.read_text(encoding="utf-8").splitlines() if line.startswith(f"{name} ")]
    return lines[-1].removeprefix(f"{name} ")


def settings(text: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in shlex.split(text))


async def lived(words: list[str], environment: dict[str, str], folder: Path, stop: int, probe: list[str]) -> int:
    """Start a server, ask it how it is by its probe and by hand, tell it to stop; its exit status."""

    def placed(word: str) -> str:
        return word.replace("/opt/penstock/bin/penstock", str(PROGRAM)).replace("/var/lib/penstock", str(folder))

    assert environment["NUMBA_CACHE_DIR"].startswith("/var/lib/penstock/"), "kernels are kept where it may write"
    ours = ("PATH", "NUMBA_CACHE_DIR")  # kernels that are compiled already spare half a minute
    given = {name: placed(value) for name, value in environment.items() if name not in ours}
    started = [str(PROGRAM) if word == "penstock" else placed(word) for word in words]
    process = await asyncio.create_subprocess_exec(
        *started, "--port", "0", stdout=PIPE, stderr=DEVNULL, cwd=folder, env=os.environ | given
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            said: list[str] = []
            while not said or not said[-1].startswith("listening on"):
                line = (await process.stdout.readline()).decode()
                assert line, f"it did not start: {said}"
                said.append(line)
            port = said[-1].strip().rpartition(":")[2]
            assert any("first start" in line for line in said), said
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
                while (await http.get("/readyz")).status_code != 200:
                    await asyncio.sleep(0.05)
            probing = await asyncio.create_subprocess_exec(*(word.replace(":8000/", f":{port}/") for word in probe))
            assert await probing.wait() == 0
            process.send_signal(stop)
            await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode


async def test_the_unit_starts_a_desk_and_stops_it(tmp_path: Path) -> None:
    service = unit()["Service"]
    stop = signal.Signals[service["KillSignal"]]
    words = shlex.split(service["ExecStart"])
    assert words[words.index("--journal") + 1].startswith(f"/var/lib/{service['StateDirectory']}/")
    probe = [sys.executable, "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz')"]
    assert await lived(words, settings(service["Environment"]), tmp_path, stop, probe) == 0
    assert (tmp_path / "desk.db").exists()


async def test_the_container_starts_a_desk_and_stops_it(tmp_path: Path) -> None:
    words = [*json.loads(instruction("ENTRYPOINT")), *json.loads(instruction("CMD"))]
    probe = json.loads(instruction("HEALTHCHECK").partition(" CMD ")[2])
    stop = signal.Signals[instruction("STOPSIGNAL")]
    assert words[words.index("--journal") + 1].startswith(instruction("VOLUME"))
    assert await lived(words, settings(instruction("ENV")), tmp_path, stop, [sys.executable, *probe[1:]]) == 0
    assert (tmp_path / "desk.db").exists()


def test_the_container_file_builds_from_what_there_is() -> None:
    text = CONTAINER.read_text(encoding="utf-8")
    copied = [word for line in text.splitlines() if line.startswith("COPY ") for word in line.split()[1:-1]]
    for name in copied:
        assert name.startswith(("--from=", "/opt/")) or (ROOT / name).exists(), name
    setup = (ROOT / "Makefile").read_text(encoding="utf-8")
    for step in (
        "install --compile --only-binary :all: --require-hashes -r requirements.txt",
        "--no-deps --no-build-iso",
    ):
        assert step in setup
        assert step in text.replace(" --no-cache-dir", "")


def test_the_unit_has_nothing_that_systemd_does_not_know(tmp_path: Path) -> None:
    assert unit().sections() == ["Unit", "Service", "Install"]
    checker = shutil.which("systemd-analyze")
    if checker is None:  # then it is read, and not checked by systemd itself
        return
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/penstock/bin/penstock", str(PROGRAM)))
    found = subprocess.run([checker, "verify", "--man=no", str(here)], capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stderr
    assert "penstock.service:" not in found.stderr, found.stderr
