"""Which ids were used, remembered in a few bytes each: a fingerprint for every id, and never the id itself.

A fingerprint says *no* for certain and *yes* almost: of a million ids about one in sixteen million strangers looks like
one of them. Nothing is decided by a fingerprint alone, therefore: a *yes* leads to a look into the journal.
"""

from collections.abc import Iterable
from hashlib import blake2b

import msgspec

BUCKET_DIGITS = 3  # hexadecimal
KEPT_BYTES = 4


class Fingerprints(msgspec.Struct, kw_only=True):
    """A set of ids that only grows. Of 8 bytes of BLAKE2b, 12 bits choose a bucket and 4 bytes are kept in it.

    The buckets are few, so that nearly all of the memory is fingerprints; a bucket of a million ids is 1 KB to search.
    """

    buckets: dict[str, bytes] = {}

    def add(self, texts: Iterable[str]) -> None:
        buckets = self.buckets
        for text in texts:
            bucket, kept = fingerprint(text)
            buckets[bucket] = buckets.get(bucket, b"") + kept

    def __contains__(self, text: str) -> bool:
        """Whether this id was added; a few others look as if they were (see the module)."""
        bucket, kept = fingerprint(text)
        among = self.buckets.get(bucket)
        if among is None:
            return False
        at = among.find(kept)
        while at > 0 and at % KEPT_BYTES:  # it straddles two of them
            at = among.find(kept, at + 1)
        return at >= 0


def fingerprint(text: str) -> tuple[str, bytes]:
    """The bucket of an id, and what is kept of it there: the same on every machine."""
    digest = blake2b(text.encode(), digest_size=8).digest()
    return digest[-2:].hex()[:BUCKET_DIGITS], digest[:KEPT_BYTES]
