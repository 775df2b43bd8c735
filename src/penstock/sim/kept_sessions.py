"""Recordings made replayable are kept ready to play, in the user's cache beside the columnar tapes.

A session is named by its files' content and names and by the source of what makes it, so that a changed file, or a
changed rule, is simply another session. It appears under its name when it is whole, which makes two processes safe; one
that cannot be read or written is made anew, and of many the least recently used go first. The folder can be deleted at
any time.
"""

import hashlib
import os
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from penstock.domain.instruments import AnyInstrument
from penstock.market import lobster
from penstock.market.tape import Tape
from penstock.market.tapes.store import cache_folder
from penstock.sim import recording, recording_kernel
from penstock.sim.session import Session

MAKERS = (lobster, recording, recording_kernel)
SESSIONS_MAX = 32
KEPT_BYTES_MAX = 4 << 30
UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, msgspec.MsgspecError)


class Heading(msgspec.Struct, frozen=True):
    """What a session is beside its tape."""

    instrument: AnyInstrument
    start_ns: int
    end_ns: int


def place_of(path: Path) -> Path:
    """Where the session of a recording is kept.

    Raises:
        OSError: the recording cannot be read.
    """
    digest = hashlib.sha256(f"{rules()} {path.name}".encode())
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        if file.is_file():
            with file.open("rb") as stream:
                digest.update(f"\0{file.name}\0{hashlib.file_digest(stream, 'sha256').hexdigest()}".encode())
    return cache_folder() / "sessions" / f"{digest.hexdigest()[:32]}.npz"


@cache
def rules() -> str:
    """What the makers' source comes to: changed, it may make another tape of the same files."""
    digest = hashlib.sha256()
    for maker in MAKERS:
        digest.update(Path(maker.__file__ or "").read_bytes())
    return digest.hexdigest()


def find(place: Path) -> Session | None:
    """The session kept there, if there is a whole one."""
    try:
        with place.open("rb") as stream, np.load(stream, allow_pickle=False) as columns:
            heading = msgspec.json.decode(columns["heading"].tobytes(), type=Heading)
            tape = Tape(**{name: columns[name] for name in Tape._fields})
        os.utime(place)  # used now: others go first
    except UNREADABLE:
        return None
    return Session(heading.instrument, heading.start_ns, heading.end_ns, tape)


def keep(place: Path, session: Session) -> None:
    """Keep a session there, whole or not at all; a cache that cannot be written keeps nothing."""
    heading = msgspec.json.encode(Heading(session.instrument, session.start_ns, session.end_ns))
    draft = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".writing-", suffix=".npz", delete=False) as stream:
            draft = Path(stream.name)
            np.savez(stream, heading=np.frombuffer(heading, np.uint8), **session.tape._asdict())
        draft.replace(place)
        make_room(place.parent)
    except OSError:
        if draft is not None:
            draft.unlink(missing_ok=True)


def make_room(folder: Path) -> None:
    """Remove the least recently used, drafts of processes that died included, until the rest is within bounds."""
    newest_first = sorted(((file.stat().st_mtime_ns, file) for file in folder.glob("*.npz")), reverse=True)
    held = 0
    for number, (_, file) in enumerate(newest_first):
        held += file.stat().st_size
        if number and (number >= SESSIONS_MAX or held > KEPT_BYTES_MAX):
            file.unlink(missing_ok=True)
