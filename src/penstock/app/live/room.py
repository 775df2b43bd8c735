"""Room for so many things in a line: whoever finds none waits, in turn. While there is some it costs nothing."""

import asyncio
from collections import deque


class Room:
    """As `asyncio.Semaphore`, for one event loop, without a look at who waits where nobody does."""

    def __init__(self, capacity: int) -> None:
        self._left = capacity
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def is_full(self) -> bool:
        return self._left <= 0

    def take(self) -> bool:
        """Take a place if there is one that nobody waits for."""
        if self._left > 0 and not self._waiting:
            self._left -= 1
            return True
        return False

    async def enter(self) -> None:
        """Take a place, waiting while there is none."""
        if self.take():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # the place was given just before
            raise

    def leave(self) -> None:
        """Give a place back: to who waits longest, if anybody does."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._left += 1
