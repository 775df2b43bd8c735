"""Every call that was made, on record: who, what, when, how it ended. Written by a thread of its own, in batches.

What a call did is in the journal, durable before it was answered. These rows are about the calls themselves, those that
were refused too; a crash may take the last fraction of a second of them.
"""

from collections import deque
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

from penstock.api.store import CallRow, Store

WAITING_MAX = 200_000
BATCH_MAX = 5_000
PAUSE_S = 0.2


class Calls:
    """`add` never waits; rows beyond all bounds are counted in `dropped`, and told by `trouble`."""

    def __init__(self, store: Store, trouble: Callable[[str], object]) -> None:
        self.dropped = 0
        self._store, self._trouble = store, trouble
        self._rows: deque[CallRow] = deque()
        self._writing = 0
        self._closing = Event()
        self._thread = Thread(target=self._write, name="penstock calls", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        return len(self._rows) + self._writing

    def add(self, row: CallRow) -> None:
        if len(self._rows) < WAITING_MAX:
            self._rows.append(row)
        else:
            self.dropped += 1

    def flush(self, patience_s: float = 5.0) -> None:
        """Return once what waits is written, or after this time. For threads that may wait."""
        until = monotonic() + patience_s
        while self.waiting and monotonic() < until:
            self._closing.wait(0.01)

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def _write(self) -> None:
        while True:
            closing = self._closing.is_set()
            self._writing = min(len(self._rows), BATCH_MAX)
            rows = [self._rows.popleft() for _ in range(self._writing)]
            if rows:
                try:
                    self._store.add_calls(rows)
                except Exception as error:  # whatever it is: the calls themselves were served
                    self.dropped += len(rows)
                    self._trouble(f"{len(rows)} calls are not on record: {error}")
                self._writing = 0
            elif closing:
                return
            if not closing:
                self._closing.wait(PAUSE_S)
