"""An anchor is where a journal ended at some time, written down elsewhere: a later cut or rewrite contradicts it.

A chain alone cannot show that its tail was cut off, nor that all of it was made anew. One line `SEQ:HEAD` kept on
another machine, in a mail or on paper can.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from penstock.domain.errors import BadInput

HEAD_HEX_CHARS = 64


class Anchor(msgspec.Struct, frozen=True, order=True):
    """The chain's hash after event `seq`. `str()` is what `parse_anchor` reads."""

    seq: int
    head: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.head.hex()}"


def parse_anchor(text: str, where: str = "--anchor") -> Anchor:
    """The anchor written as `SEQ:HEAD`.

    Raises:
        BadInput: it is not one.
    """
    seq, _, head = text.strip().partition(":")
    try:
        if len(head) != HEAD_HEX_CHARS:
            raise ValueError
        return Anchor(int(seq), bytes.fromhex(head))
    except ValueError:
        raise BadInput(
            where, "", f"an anchor is written SEQ:HEAD, a head being {HEAD_HEX_CHARS} hex digits", text
        ) from None


def read_anchors(path: Path) -> list[Anchor]:
    """The anchors of a file, one a line; empty lines are passed over.

    Raises:
        BadInput: no such file, or a line that is no anchor.
    """
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), "", f"cannot be read: {error}") from None
    anchors = [parse_anchor(line, f"{path}: line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not anchors:
        raise BadInput(str(path), "", "holds no anchor")
    return anchors


def append_anchor(path: Path, anchor: Anchor) -> None:
    """Add a line to a file of anchors, synced to its disk.

    Raises:
        BadInput: the file cannot be written.
    """
    try:
        with path.open("a") as file:
            file.write(f"{anchor}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BadInput(str(path), "", f"cannot be written: {error.strerror}") from None


def given_anchors(texts: list[str]) -> Iterator[Anchor]:
    """Anchors as a user names them: `SEQ:HEAD` itself, or a file of such lines."""
    for text in texts:
        if Path(text).is_file():
            yield from read_anchors(Path(text))
        else:
            yield parse_anchor(text)
