"""Short-lived tokens, signed with Ed25519: who logged in, until when, and at which version of the user.

The key is made at the first start and kept in the server's store. A token that was verified once is remembered until it
ends, so that only the first request with it pays for the signature.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from penstock.api.store import Store
from penstock.domain.time import SECOND

LIFE_S = 15 * 60
REMEMBERED_MAX = 10_000
ALGORITHMS = ["Ed25519"]


class Pass(msgspec.Struct, frozen=True):
    """What a token says."""

    user: str
    version: int
    expires_at: int


class Tokens:
    """Makes and reads them; `now` is the wall clock (ns)."""

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        self._now = now
        kept = store.all("signing_key")
        if kept:
            self._key = OKPKey.import_key(kept[0])
        else:
            self._key = OKPKey.generate_key("Ed25519")
            store.put("signing_key", "current", dict(self._key.as_dict(private=True)))
        self._known: dict[str, Pass] = {}

    def make(self, user: str, version: int) -> tuple[str, int]:
        """A token, and when it ends (ns)."""
        ends = self._now() // SECOND + LIFE_S
        claims = {"sub": user, "ver": version, "exp": ends, "iss": "penstock"}
        return jwt.encode({"alg": ALGORITHMS[0]}, claims, self._key, algorithms=ALGORITHMS), ends * SECOND

    def read(self, text: str) -> Pass | None:
        """What a token says; None if it is not ours, or over."""
        known = self._known.get(text)
        if known is None:
            known = self._verified(text)
            if known is None:
                return None
            if len(self._known) >= REMEMBERED_MAX:
                self._known.clear()
            self._known[text] = known
        return known if known.expires_at > self._now() else None

    def _verified(self, text: str) -> Pass | None:
        try:
            claims: dict[str, Any] = jwt.decode(text, self._key, algorithms=ALGORITHMS).claims
            return Pass(claims["sub"], claims["ver"], claims["exp"] * SECOND)
        except (JoseError, ValueError, KeyError, TypeError):
            return None
