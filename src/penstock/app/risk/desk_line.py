"""One question to a running desk, one answer: a line of JSON each way, over the socket that the desk listens on.

Whoever asks holds nothing else: it works with every other client gone, and a desk answers it while venues are down.
"""

import json
import socket
from typing import Any

from penstock.domain.errors import BadInput, PenstockError

LOCALHOST = "127.0.0.1"
ANSWER_S = 10.0
LINE_BYTES_MAX = 1024**2


class DeskSilent(PenstockError):
    """No desk there, or no answer from it. `nobody_knows`: what was asked may have been done."""

    def __init__(self, reason: str, *, nobody_knows: bool) -> None:
        super().__init__(reason)
        self.nobody_knows = nobody_knows


def ask(address: str, question: dict[str, Any], answer_s: float = ANSWER_S) -> dict[str, Any]:
    """The desk's answer.

    Raises:
        BadInput: not an address.
        DeskSilent: nobody listens there, or no answer came in time.
    """
    line = socket_at(address, answer_s)
    try:
        with line, line.makefile("rb") as answers:
            line.sendall(json.dumps(question).encode() + b"\n")
            text = answers.readline(LINE_BYTES_MAX)
    except OSError as error:
        reason = f"the desk at {address} did not answer within {answer_s:g} s ({error})"
        raise DeskSilent(f"{reason}: nobody knows what it did, ask again", nobody_knows=True) from None
    if not text.endswith(b"\n"):
        reason = f"the desk at {address} hung up before it answered: nobody knows what it did, ask again"
        raise DeskSilent(reason, nobody_knows=True)
    answer = json.loads(text)
    assert isinstance(answer, dict), "a desk answers with an object"
    return answer


def socket_at(address: str, answer_s: float) -> socket.socket:
    """A connection to `unix:PATH` or `tcp:PORT` of this machine.

    Raises:
        BadInput: it is written in another way.
        DeskSilent: nobody listens there.
    """
    kind, _, place = address.partition(":")
    try:
        if kind == "unix" and place:
            return _unix(place, answer_s)
        if kind == "tcp" and place.isdigit() and int(place) < 65536:
            return socket.create_connection((LOCALHOST, int(place)), answer_s)
    except OSError as error:
        reason = f"no desk listens at {address} ({error.strerror or error}): nothing was asked"
        raise DeskSilent(reason, nobody_knows=False) from None
    raise BadInput("--desk", "", "must be unix:PATH or tcp:PORT", address)


def _unix(path: str, answer_s: float) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(answer_s)
        line.connect(path)
    except BaseException:
        line.close()
        raise
    return line
