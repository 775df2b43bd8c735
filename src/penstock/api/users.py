"""Users and API keys, as the server keeps them: few, all in memory, each change on disk before it counts.

A user is a name that never changes and goes on record with every order, a role, and grants. The name says nothing of
the person: what does (`full_name`, `email`) is kept here alone, and can be erased without touching the record.

Passwords are kept as argon2 hashes. A key is 256 random bits: its SHA-256 is kept, and looking it up is enough.
"""

import re
import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from penstock.api.permissions import ROLES, Permission, Role
from penstock.api.store import Store
from penstock.domain.errors import BadInput

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX = 10, 256
KEYS_MAX = 50  # of one user
EVERYBODY = "*"
FIRST = "admin"

_hashes = PasswordHash((Argon2Hasher(),))


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a user may do with an account (`*`: every one): see all of it, trade in it, change others' orders in it."""

    account: str
    see: bool = True
    trade: bool = False
    manage: bool = False


class User(msgspec.Struct, frozen=True, kw_only=True):
    """`version` grows with every change of password, role or grants: tokens of an older one are no longer valid.

    `acts_for` are the users in whose name this one may trade. With `must_change` the password is a one-time secret.
    """

    name: str
    role: Role
    password: str = ""
    must_change: bool = False
    active: bool = True
    version: int = 1
    grants: tuple[Grant, ...] = ()
    acts_for: tuple[str, ...] = ()
    full_name: str = ""
    email: str = ""
    erased: bool = False

    @property
    def permissions(self) -> frozenset[Permission]:
        return ROLES[self.role]


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """An API key of a user: what it may do, and until when (ns; None: for good)."""

    id: str
    user: str
    digest: str
    label: str = ""
    scopes: tuple[Permission, ...] = ()
    created_at: int = 0
    expires_at: int | None = None


class Users:
    """All of them. `now` is the wall clock (ns). Hashing a password takes a tenth of a second: do it in a thread."""

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        self._store, self._now = store, now
        self._users = {row["name"]: msgspec.convert(row, User) for row in store.all("user")}
        keys = (msgspec.convert(row, Key) for row in store.all("key"))
        self._keys = {key.digest: key for key in keys}
        self._nobody = _hashes.hash(secrets.token_urlsafe(16))

    def begin(self) -> str:
        """At the very first start: make the administrator; returns the one-time secret, or nothing later on."""
        if self._users:
            return ""
        secret = secrets.token_urlsafe(18)
        everything = Grant(account=EVERYBODY, trade=True, manage=True)
        self._keep(
            User(
                name=FIRST,
                role=Role.ADMIN,
                password=_hashes.hash(secret),
                must_change=True,
                grants=(everything,),
                acts_for=(EVERYBODY,),
            )
        )
        return secret

    def __iter__(self) -> Any:
        return iter(sorted(self._users.values(), key=lambda user: user.name))

    def find(self, name: str) -> User | None:
        return self._users.get(name)

    def get(self, name: str) -> User:
        """The user of this name.

        Raises:
            KeyError: there is none.
        """
        return self._users[name]

    def add(self, user: User, password: str) -> User:
        """A new user, whose password must be changed at the first log-in.

        Raises:
            BadInput: the name is taken or no name, or the password is too short.
        """
        if not NAME.fullmatch(user.name):
            raise BadInput("user", "name", "must be letters, digits and . _ @ -, 64 at most", user.name)
        if user.name in self._users:
            raise BadInput("user", "name", "is taken", user.name)
        return self._keep(msgspec.structs.replace(user, password=hashed(password), must_change=True))

    def change(self, name: str, **changes: Any) -> User:
        """A user with other fields; tokens given before are no longer valid."""
        user = self._users[name]
        return self._keep(msgspec.structs.replace(user, version=user.version + 1, **changes))

    def check(self, name: str, password: str) -> User | None:
        """The user, if the password is theirs. It takes the same time for a user who does not exist."""
        user = self._users.get(name)
        kept = user.password if user is not None and user.password else self._nobody
        right = _hashes.verify(password[:PASSWORD_CHARS_MAX], kept)
        return user if right and user is not None and user.active and user.password else None

    def set_password(self, name: str, password: str) -> User:
        """Another password.

        Raises:
            BadInput: it is too short, or too long.
        """
        return self.change(name, password=hashed(password), must_change=False)

    def erase(self, name: str) -> User:
        """Forget the person: the name stays, for it is on record, and says nothing of whom it was."""
        for key in self.keys_of(name):
            self.revoke(key.id)
        return self.change(name, full_name="", email="", password="", active=False, erased=True)

    def new_key(
        self, user: User, label: str, scopes: tuple[Permission, ...], expires_at: int | None
    ) -> tuple[Key, str]:
        """A key, and the text of it, which is kept nowhere.

        Raises:
            BadInput: scopes that the user does not have, or too many keys.
        """
        missing = [scope for scope in scopes if scope not in user.permissions]
        if missing:
            raise BadInput("key", "scopes", f"the role {user.role} does not have {', '.join(missing)}")
        if len(self.keys_of(user.name)) >= KEYS_MAX:
            raise BadInput("key", "", f"a user has at most {KEYS_MAX} keys: revoke one first")
        text = f"psk_{secrets.token_urlsafe(32)}"
        key = Key(
            id=f"k_{secrets.token_hex(6)}",
            user=user.name,
            digest=digest(text),
            label=label,
            scopes=scopes,
            created_at=self._now(),
            expires_at=expires_at,
        )
        self._store.put("key", key.id, msgspec.to_builtins(key))
        self._keys[key.digest] = key
        return key, text

    def key(self, text: str) -> Key | None:
        """The key of this text, if it is still good."""
        key = self._keys.get(digest(text))
        return None if key is None or (key.expires_at is not None and key.expires_at <= self._now()) else key

    def holds(self, key: Key) -> bool:
        """Whether a key is still one."""
        return self._keys.get(key.digest) is key

    def keys_of(self, name: str) -> list[Key]:
        return sorted((key for key in self._keys.values() if key.user == name), key=lambda key: key.created_at)

    def revoke(self, key_id: str) -> None:
        """Make a key worthless from now on."""
        self._store.drop("key", key_id)
        self._keys = {digest: key for digest, key in self._keys.items() if key.id != key_id}

    def _keep(self, user: User) -> User:
        self._store.put("user", user.name, msgspec.to_builtins(user))
        self._users[user.name] = user
        return user


def hashed(password: str) -> str:
    """A password as it is kept.

    Raises:
        BadInput: it is too short, or too long.
    """
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        raise BadInput("user", "password", f"must have {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters")
    return _hashes.hash(password)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
