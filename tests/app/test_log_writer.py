"""The log of a desk: every line in its turn, and nobody waits for a reader who is not there."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from penstock.app.live.log_writer import LogWriter

PATIENCE_S = 30.0
DROPPED = "lines of the log were dropped: nobody read them"


@contextmanager
def log_to_a_pipe(lines_max: int) -> Iterator[tuple[logging.Logger, LogWriter, int]]:
    reader, writer = os.pipe()
    handler = LogWriter(writer, lines_max)
    log = logging.Logger("test of the log")
    log.addHandler(handler)
    yield log, handler, reader
    handler.finish(PATIENCE_S)
    os.close(writer)
    os.close(reader)


def test_lines_go_out_in_their_order() -> None:
    with log_to_a_pipe(100) as (log, handler, reader):
        for number in range(50):
            log.warning("line %d", number)
        handler.finish(PATIENCE_S)
        assert os.read(reader, 100_000).decode().split("\n") == [*(f"line {number}" for number in range(50)), ""]


def test_a_pipe_that_nobody_reads_holds_nobody_up_and_the_log_says_what_it_lacks() -> None:
    with log_to_a_pipe(100) as (log, handler, reader):
        for number in range(5_000):  # many times what a pipe and the queue hold
            log.warning("%d %s", number, "x" * 100)
        os.set_blocking(reader, False)
        text = read_while_written(handler, reader)
        log.warning("read again")
        said = (text + read_while_written(handler, reader)).decode().splitlines()
        dropped = sum(int(line.split()[0]) for line in said if line.endswith(DROPPED))
        written = [line for line in said if not line.endswith(DROPPED)]
        assert written[-1] == "read again"
        assert dropped > 1000
        assert dropped + len(written) == 5_001


def read_while_written(handler: LogWriter, reader: int) -> bytes:
    """All that comes until everything is written."""
    text, waits = b"", True
    while waits:
        waits = bool(handler._lines.unfinished_tasks)
        try:
            text += os.read(reader, 1_000_000)
            waits = True
        except BlockingIOError:
            continue
    return text
