"""Who calls: by a token, or by a key. A caller is found in a few microseconds, and is as the user is now."""

from typing import NamedTuple

from penstock.api.permissions import Permission
from penstock.api.problem import Problem
from penstock.api.tokens import Tokens
from penstock.api.users import Key, User, Users

KEY_BEGINS = "psk_"


class Caller(NamedTuple):
    """A user, and what this call may do: all that the user may, or what the key was given."""

    user: User
    permissions: frozenset[Permission]
    key_id: str = ""

    @property
    def name(self) -> str:
        return self.user.name

    def need(self, permission: Permission) -> None:
        """Raise a Problem unless the caller has this permission."""
        if permission not in self.permissions:
            by = "the key's scopes do" if self.key_id else f"the role {self.user.role} does"
            raise Problem("forbidden", f"{by} not include {permission}", permission=permission.value)


class Callers:
    """Finds them."""

    def __init__(self, users: Users, tokens: Tokens) -> None:
        self._users, self._tokens = users, tokens
        self._by_key: dict[str, tuple[Key, Caller]] = {}

    def of(self, authorization: str, api_key: str) -> Caller:
        """The caller of a request's headers `Authorization` and `X-API-Key`.

        Raises:
            Problem: nobody, or nobody any more.
        """
        scheme, _, text = authorization.partition(" ")
        text = text.strip() if scheme.lower() == "bearer" else ""
        text = api_key or text
        if not text:
            raise Problem("not_authenticated", "give a token or key: Authorization: Bearer …")
        caller = self._by_key_text(text) if text.startswith(KEY_BEGINS) else self._by_token(text)
        if caller is None:
            raise Problem("not_authenticated", "the token or key is not valid, or not any more: log in again")
        return caller

    def is_current(self, caller: Caller) -> bool:
        """Whether a caller found before still is one: for connections that last."""
        user = self._users.find(caller.name)
        if user is None or not user.active or user.version != caller.user.version:
            return False
        return not caller.key_id or any(key.id == caller.key_id for key in self._users.keys_of(caller.name))

    def _by_token(self, text: str) -> Caller | None:
        told = self._tokens.read(text)
        user = None if told is None else self._users.find(told.user)
        if told is None or user is None or not user.active or user.version != told.version:
            return None
        return Caller(user, user.permissions)

    def _by_key_text(self, text: str) -> Caller | None:
        key = self._users.key(text)
        user = None if key is None else self._users.find(key.user)
        if key is None or user is None or not user.active:
            return None
        known = self._by_key.get(key.id)
        if known is not None and known[0] is key and known[1].user is user:
            return known[1]
        caller = Caller(user, frozenset(key.scopes) & user.permissions, key.id)
        self._by_key[key.id] = (key, caller)
        return caller
