"""The log of a desk: every line in its turn, and nobody waits for a reader who is not there."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from penstock.app.live.log_writer import LogWriter

PATIENCE_S = 30.0


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
        assert handler.dropped > 1000
        os.set_blocking(reader, False)
        text = b""
        log.warning("the last")  # there may be no room for it
        while handler._lines.unfinished_tasks:
            try:
                text += os.read(reader, 1_000_000)
            except BlockingIOError:
                continue
        log.warning("read again")
        handler.finish(PATIENCE_S)
        text += os.read(reader, 1_000_000)
        said = text.decode()
        assert said.startswith("0 x")
        assert said.endswith("read again\n")
        assert "lines of the log were dropped: nobody read them" in said
