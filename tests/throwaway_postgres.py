"""A PostgreSQL of our own, in a folder of its own, on a socket: no other program's server is used or touched."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg

UNPRIVILEGED = ("postgres", "nobody")


class NotInstalled(Exception):
    """PostgreSQL's programs are missing."""

    def __init__(self) -> None:
        super().__init__("PostgreSQL's programs are missing: on Debian 'apt-get install postgresql' brings them")


def program(name: str) -> Path:
    """One of PostgreSQL's programs, on PATH or where Debian puts them."""
    found = shutil.which(name)
    if found:
        return Path(found)
    for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True):
        return path
    raise NotInstalled


class Postgres:
    """A running server; `stop` and `start` it at will, and `remove` it in the end.

    PostgreSQL refuses to run as root, so root starts it as another user.
    """

    def __init__(self) -> None:
        initdb = program("initdb")
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path must be short
        self.data = self.folder / "data"
        self._as: list[str] = []
        if os.geteuid() == 0:
            user = next(
                name for name in UNPRIVILEGED if subprocess.run(["id", name], capture_output=True).returncode == 0
            )
            shutil.chown(self.folder, user)
            self.folder.chmod(0o755)
            self._as = ["setpriv", "--reuid", user, "--clear-groups"]
        self._run(initdb, "--auth=trust", "--username=penstock", "--no-sync", "-D", self.data)
        self.start()

    def start(self) -> None:
        options = f"-c listen_addresses='' -k {self.folder} -c max_connections=50"
        self._run(program("pg_ctl"), "start", "-w", "-D", self.data, "-o", options, "-l", self.folder / "log")

    def stop(self, mode: str = "immediate") -> None:
        self._run(program("pg_ctl"), "stop", "-w", "-m", mode, "-D", self.data)

    def remove(self) -> None:
        self.stop("fast")
        shutil.rmtree(self.folder)

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
