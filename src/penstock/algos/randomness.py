"""Anti-gaming randomness: uniform numbers that depend on a parent's id and a counter, and on nothing else.

A restart asks the same question and gets the same answer; a counterparty that does not know the key learns nothing.
"""

from hashlib import blake2b, shake_128
from struct import unpack

SPAN = float(1 << 64)
HALF = float(1 << 31)


def uniform(key: str, purpose: str, number: int) -> float:
    """A number in [−1, 1), the same for the same arguments everywhere."""
    digest = blake2b(f"{key}/{purpose}/{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / SPAN * 2 - 1


def uniforms(key: str, purpose: str, number: int, count: int) -> tuple[float, ...]:
    """So many numbers like that of `uniform`, of 32 bits each, for one digest."""
    digest = shake_128(f"{key}/{purpose}/{number}".encode()).digest(4 * count)
    return tuple([word / HALF - 1 for word in unpack(f">{count}I", digest)])
