"""A client of the stream: what it asked for, and its line of what it is to be sent."""

import asyncio
from collections import deque

from penstock.api.reach import Acting
from penstock.api.stream.messages import About, Subscribe


class Client:
    """One connection's line: messages that wait to be sent, and the latest quotes by symbol."""

    def __init__(self, act: Acting, messages_max: int) -> None:
        self.act, self._max = act, messages_max
        self.asked: Subscribe | None = None
        self.after = 0
        self.line: deque[bytes] = deque()
        self.quotes: dict[str, bytes] = {}
        self.ring = asyncio.Event()
        self.is_slow = False

    @property
    def names_orders(self) -> bool:
        """Whether it asked for certain orders only."""
        return self.asked is not None and bool(self.asked.order_ids)

    def concerns(self, whom: About) -> bool:
        """Whether the client asked for such events and may hear of them."""
        asked = self.asked
        if asked is None or whom.topic not in asked.topics:
            return False
        if asked.symbols and whom.symbol not in asked.symbols:
            return False
        if asked.accounts and whom.account not in asked.accounts:
            return False
        if asked.order_ids and whom.parent_id not in asked.order_ids:
            return False
        return not whom.parent_id or self.act.sees(whom.account, whom.owner)

    def put(self, text: bytes) -> bool:
        """Put a message in line; False if there is no room: the client is too slow."""
        if len(self.line) >= self._max:
            self.is_slow = True
            self.line.clear()
            return False
        self.line.append(text)
        return True
