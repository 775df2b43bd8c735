"""The desk's log goes out by a thread of its own: a pipe that nobody reads, or a slow terminal, never holds up trading.

What waits is bounded. When it is full, lines are dropped, and the next line that goes out says how many.
"""

import atexit
import logging
import os
import time
from contextlib import suppress
from queue import Full, Queue
from threading import Thread

LINES_MAX = 10_000
LAST_WORDS_S = 1.0  # how long the end of the process waits for what is still to be written


class LogWriter(logging.Handler):
    """Writes formatted records to a file descriptor, each in its turn; `emit` never waits."""

    def __init__(self, fd: int, lines_max: int = LINES_MAX) -> None:
        super().__init__()
        self.dropped = 0
        self._fd = fd
        self._lines: Queue[str] = Queue(lines_max)
        self._thread = Thread(target=self._write, name="penstock log", daemon=True)
        self._thread.start()
        atexit.register(self.finish)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put_nowait(self.format(record))
        except Full:
            self.dropped += 1

    def finish(self, patience_s: float = LAST_WORDS_S) -> None:
        """Give what waits a moment to be written."""
        until = time.monotonic() + patience_s
        while self._lines.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.01)

    def _write(self) -> None:
        while True:
            line = self._lines.get()
            dropped, self.dropped = self.dropped, 0
            if dropped:
                line = f"{dropped} lines of the log were dropped: nobody read them\n{line}"
            text = line.encode() + b"\n"
            with suppress(OSError):  # whoever read it is gone
                while text:
                    text = text[os.write(self._fd, text) :]
            self._lines.task_done()
