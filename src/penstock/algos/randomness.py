"""Anti-gaming randomness: uniform numbers that depend on a parent's id and a counter, and on nothing else.

A restart asks the same question and gets the same answer; a counterparty that does not know the key learns nothing.
"""

from functools import lru_cache
from hashlib import blake2b

SPAN = float(1 << 64)


@lru_cache(maxsize=1 << 16)  # slices are asked for again at every look
def uniform(key: str, purpose: str, number: int) -> float:
    """A number in [−1, 1), the same for the same arguments everywhere."""
    digest = blake2b(f"{key}/{purpose}/{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / SPAN * 2 - 1
