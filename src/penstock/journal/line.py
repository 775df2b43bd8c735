"""The line between a desk and the writer of its journal: messages over a pair of sockets, large ones beside it.

What would fill the line goes into a file in memory, and only the file's descriptor goes down the line: so a desk hands
over any batch at once, however busy the writer is.
"""

import os
import socket
from array import array
from collections import deque
from struct import Struct
from tempfile import TemporaryFile

import msgspec

from penstock.journal.batch import Batch
from penstock.journal.record import Durability

HEADER = Struct("<Q?")  # a message's bytes, and whether they are in a file
INLINE_BYTES_MAX, RECEIVE_BYTES = 64 * 1024, 256 * 1024
FILES_BYTES = socket.CMSG_SPACE(16 * array("i").itemsize)


class Begin(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """To the writer, first of all: the journal to open."""

    location: str
    durability: Durability


class Write(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """To the writer: a batch that follows the one before."""

    batch: Batch


class Resume(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """To a writer that failed: say what is on record, and take what comes from there on."""


class Finish(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """To the writer: nothing comes any more, let go of the journal."""


class OnRecord(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """From a writer that begins or resumes: the last event on record, and the chain's hash there."""

    seq: int
    head: bytes


class Durable(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """From the writer: everything up to event `seq` is durable."""

    seq: int


class Failed(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """From the writer: why it could not write, which it will not try again before it is told to."""

    reason: str
    is_fenced: bool = False


class Finished(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """From the writer, last of all; `fault` says what could not be tidied up."""

    fault: str = ""


Message = Begin | Write | Resume | Finish | OnRecord | Durable | Failed | Finished

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)


class Line:
    """One end of the line; it waits, or does not, as its socket does."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._buffer, self._incoming = bytearray(RECEIVE_BYTES), bytearray()
        self._files: deque[int] = deque()
        self._outgoing: deque[tuple[bytes, bytes]] = deque()  # what goes down the line, and what beside it

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: Message) -> bool:
        """Put a message in line and let it out; see `flush`."""
        self.put(message)
        return self.flush()

    def put(self, message: Message) -> None:
        """Put a message in line: it leaves with the next `flush`."""
        body = _encoder.encode(message)
        is_large = len(body) > INLINE_BYTES_MAX
        header = HEADER.pack(len(body), is_large)
        self._outgoing.append((header, body) if is_large else (header + body, b""))

    def flush(self) -> bool:
        """Whether everything has left; what has not is waiting for room in the line.

        Raises:
            ConnectionError: nobody is at the other end.
            OSError: there are no more files to be had; what waits goes on waiting.
        """
        while self._outgoing:
            data, beside = self._outgoing[0]
            try:
                sent = self._send_with_file(data, beside) if beside else self._socket.send(data)
            except BlockingIOError:
                return False
            if sent < len(data):
                self._outgoing[0] = data[sent:], b""
            else:
                self._outgoing.popleft()
        return True

    def _send_with_file(self, data: bytes, beside: bytes) -> int:
        file = in_a_file(beside)
        try:
            return socket.send_fds(self._socket, [data], [file])
        finally:
            os.close(file)

    def receive(self) -> list[Message]:
        """What has come since: at least one message if the socket waits.

        Raises:
            EOFError: nobody is at the other end, and nothing comes any more.
        """
        while True:
            try:
                size, beside, _, _ = self._socket.recvmsg_into([self._buffer], FILES_BYTES)
            except BlockingIOError:
                return []
            except ConnectionError:
                raise EOFError from None
            if not size:
                raise EOFError
            for _, _, files in beside:
                self._files.extend(array("i", files))
            self._incoming += memoryview(self._buffer)[:size]
            messages = self._messages()
            if messages:
                return messages

    def close(self) -> None:
        self._socket.close()
        for file in self._files:
            os.close(file)
        self._files.clear()

    def _messages(self) -> list[Message]:
        """The messages that are here as a whole, taken off what came."""
        messages: list[Message] = []
        at, came = 0, self._incoming
        with memoryview(came) as view:
            while len(came) - at >= HEADER.size:
                size, is_in_file = HEADER.unpack_from(view, at)
                body = at + HEADER.size
                if is_in_file:
                    messages.append(_decoder.decode(content(self._files.popleft())))
                    at = body
                elif len(came) - body >= size:
                    messages.append(_decoder.decode(view[body : body + size]))
                    at = body + size
                else:
                    break
        del came[:at]
        return messages


def in_a_file(body: bytes) -> int:
    """The descriptor of a file without a name that holds these bytes."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("penstock batch")
    else:
        with TemporaryFile() as temporary:
            file = os.dup(temporary.fileno())
    with os.fdopen(os.dup(file), "wb") as written:
        written.write(body)
    return file


def content(file: int) -> bytes:
    """What a file holds, from its beginning; it is closed."""
    with os.fdopen(file, "rb") as written:
        written.seek(0)
        return written.read()
