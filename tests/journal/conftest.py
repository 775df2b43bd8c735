"""Journals of every kind, each new and empty, and a PostgreSQL of our own that no other program uses."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from penstock.journal import MemoryJournal, WritableRecord, open_journal

sys.path.insert(0, str(Path(__file__).parent))

GET_IT = "PostgreSQL's programs are missing: on Debian 'apt-get install postgresql', or put initdb and pg_ctl on PATH"
UNPRIVILEGED = ("postgres", "nobody")


def program(name: str) -> Path:
    """One of PostgreSQL's programs; in CI it must be there, elsewhere the test is skipped."""
    on_path = shutil.which(name)
    if on_path:
        return Path(on_path)
    for found in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True):
        return found
    if os.environ.get("CI"):
        pytest.fail(GET_IT)
    pytest.skip(GET_IT)


class Postgres:
    """A throwaway server on a socket in a folder of its own. It refuses to run as root, so root becomes another."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self._as: list[str] = []
        if os.geteuid() == 0:
            user = next(
                name for name in UNPRIVILEGED if subprocess.run(["id", name], capture_output=True).returncode == 0
            )
            shutil.chown(folder, user)
            self._as = ["setpriv", "--reuid", user, "--regid", str(folder.stat().st_gid), "--clear-groups"]
            folder.chmod(0o755)
        self._run(program("initdb"), "--auth=trust", "--username=penstock", "--no-sync", "-D", self.data)
        self.start()

    def start(self) -> None:
        options = f"-c listen_addresses='' -k {self.folder} -c max_connections=50"
        self._run(program("pg_ctl"), "start", "-w", "-D", self.data, "-o", options, "-l", self.folder / "log")

    def stop(self, mode: str = "immediate") -> None:
        self._run(program("pg_ctl"), "stop", "-w", "-m", mode, "-D", self.data)

    def url(self, schema: str) -> str:
        """A place for a journal: a schema of its own, made here."""
        base = f"postgresql://penstock@/postgres?host={quote(str(self.folder), safe='')}"
        with psycopg.connect(base, autocommit=True) as db:
            db.execute(f"CREATE SCHEMA {schema}")
        return f"{base}&options={quote(f'-csearch_path={schema}', safe='')}"

    def _run(self, *command: object) -> None:
        words = [*self._as, *map(str, command)]
        done = subprocess.run(words, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path must be short
    server = Postgres(folder)
    yield server
    server.stop("fast")
    shutil.rmtree(folder)


schemas = count(1)


@pytest.fixture
def database(postgres: Postgres) -> str:
    """The URL of an empty place for a journal."""
    return postgres.url(f"test_{next(schemas)}")


Opener = Callable[[], WritableRecord]


@pytest.fixture(params=["sqlite", "memory", "postgres"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens one and the same journal for its writer, again and again."""
    if request.param == "memory":
        journal = MemoryJournal()
        return lambda: journal
    location = tmp_path / "journal.db" if request.param == "sqlite" else request.getfixturevalue("database")
    return lambda: open_journal(location)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a lasting journal may be made: a file, or a database's URL."""
    location: Path | str = tmp_path / "journal.db" if request.param == "sqlite" else request.getfixturevalue("database")
    return location
