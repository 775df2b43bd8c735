"""Logging in, passwords, keys, users. What is secret is said once, to whom it is for, and is nowhere in a log."""

import asyncio
from typing import Any

import structlog
from fastapi import Request

from penstock.api import schemas as s
from penstock.api.guard import caller_of, router, service_of
from penstock.api.json import Json
from penstock.api.order_form import moment, wrong
from penstock.api.permissions import Permission
from penstock.api.problem import FieldError, Problem
from penstock.api.service import Service
from penstock.api.tokens import LIFE_S
from penstock.api.users import Grant, Key, User
from penstock.domain.errors import BadInput
from penstock.domain.time import to_iso

routes = router()
log = structlog.stdlib.get_logger("penstock.api")

_hashing = asyncio.Semaphore(2)  # passwords take a core for a tenth of a second each


async def hashing(work: Any, *given: Any) -> Any:
    """Have a password hashed or checked in a thread, two at a time."""
    async with _hashing:
        return await asyncio.to_thread(work, *given)


@routes.post("/auth/token", response_model=s.TokenShape, tags=["auth"])
async def log_in(request: Request, body: s.Login) -> Json:
    """Exchange a password for a token of a quarter of an hour."""
    service = service_of(request)
    address = request.client.host if request.client is not None else ""
    service.rates.login(f"{body.user_id}/{address}")
    user = await hashing(service.users.check, body.user_id, body.password)
    if user is None:
        log.warning("login_refused", user=body.user_id[:64], client=address)
        raise Problem("wrong_password", "there is no such user with this password")
    if body.new_password is not None:
        user = await new_password(service, user, body.password, body.new_password)
    text, _ = service.tokens.make(user.name, user.version)
    log.info("login", user=user.name, client=address)
    answer = {
        "access_token": text,
        "token_type": "Bearer",
        "expires_in": LIFE_S,
        "user_id": user.name,
        "role": user.role.value,
        "must_change_password": user.must_change,
    }
    return Json(answer)


@routes.post("/auth/password", response_model=s.UserShape, tags=["auth"])
async def change_password(request: Request, body: s.NewPassword) -> Json:
    """Set another password; tokens given before are no longer valid."""
    service, caller = service_of(request), caller_of(request)
    if caller.key_id:
        raise Problem("forbidden", "a key cannot change its owner's password: log in")
    service.rates.login(f"{caller.name}/password")
    if await hashing(service.users.check, caller.name, body.password) is None:
        raise Problem("wrong_password", "this is not the present password", status=403)
    return Json(user_view(await new_password(service, caller.user, body.password, body.new_password)))


async def new_password(service: Service, user: User, old: str, new: str) -> User:
    if new == old:
        raise wrong("new_password", "must be another one than before")
    try:
        changed: User = await hashing(service.users.set_password, user.name, new)
    except BadInput as error:
        raise wrong("new_password", error.rule) from None
    return changed


@routes.get("/auth/me", response_model=s.MeShape, tags=["auth"])
async def who_am_i(request: Request) -> Json:
    """Who calls, and what they may do."""
    caller = caller_of(request)
    return Json(user_view(caller.user) | {"permissions": sorted(caller.permissions), "key_id": caller.key_id or None})


@routes.get("/keys", response_model=s.KeyList, tags=["auth"])
async def list_keys(request: Request) -> Json:
    """The caller's own keys; an administrator sees all."""
    service, caller = service_of(request), caller_of(request)
    names = [user.name for user in service.users] if manages(request) else [caller.name]
    return Json({"keys": [key_view(key) for name in names for key in service.users.keys_of(name)]})


@routes.post("/keys", status_code=201, response_model=s.NewKeyShape, tags=["auth"])
async def make_key(request: Request, body: s.NewKey) -> Json:
    """A key for programs. Its text is shown now, and never again."""
    service, caller = service_of(request), caller_of(request)
    if caller.user.must_change:
        raise Problem("password_change_required", "set a password first: POST /auth/password")
    scopes = tuple(sorted(caller.permissions)) if body.scopes is None else tuple(dict.fromkeys(body.scopes))
    beyond = [scope for scope in scopes if scope not in caller.permissions]
    if beyond:
        raise wrong("scopes", f"are beyond your own: {', '.join(beyond)}")
    expires_at = None if body.expires_at is None else moment("expires_at", body.expires_at)
    try:
        key, text = service.users.new_key(caller.user, body.label, scopes, expires_at)
    except BadInput as error:
        raise wrong(error.field or "key", error.rule) from None
    return Json(key_view(key) | {"key": text}, 201)


@routes.delete("/keys/{key_id}", response_model=s.KeyShape, tags=["auth"])
async def revoke_key(request: Request, key_id: str) -> Json:
    """Make a key worthless, from now on."""
    service = service_of(request)
    owners = [user.name for user in service.users] if manages(request) else [caller_of(request).name]
    for name in owners:
        for key in service.users.keys_of(name):
            if key.id == key_id:
                service.users.revoke(key_id)
                return Json(key_view(key))
    raise Problem("not_found", "there is no such key")


@routes.get("/users", response_model=s.UserList, tags=["users"])
async def list_users(request: Request) -> Json:
    """Everybody."""
    return Json({"users": [user_view(user) for user in service_of(request).users]})


@routes.post("/users", status_code=201, response_model=s.UserShape, tags=["users"])
async def add_user(request: Request, body: s.NewUser) -> Json:
    """A new user, whose password is good for setting another one."""
    user = User(
        name=body.name,
        role=body.role,
        grants=grants_of(body.grants),
        acts_for=tuple(body.acts_for),
        full_name=body.full_name,
        email=body.email,
    )
    try:
        added: User = await hashing(service_of(request).users.add, user, body.password)
    except BadInput as error:
        if error.rule == "is taken":
            raise Problem("conflict", str(error), errors=(FieldError("/name", error.rule),)) from None
        raise wrong(error.field, error.rule) from None
    log.info("user_added", user=added.name, role=added.role.value, by=caller_of(request).name)
    return Json(user_view(added), 201)


@routes.put("/users/{name}", response_model=s.UserShape, tags=["users"])
async def change_user(request: Request, name: str, body: s.UserChange) -> Json:
    """Another role, other grants, a new one-time secret. The user's tokens are no longer valid."""
    service = service_of(request)
    existing(service, name)
    changes: dict[str, Any] = {
        field: value
        for field in ("role", "active", "full_name", "email")
        if (value := getattr(body, field)) is not None
    }
    if body.grants is not None:
        changes["grants"] = grants_of(body.grants)
    if body.acts_for is not None:
        changes["acts_for"] = tuple(body.acts_for)
    losing = "role" in changes or changes.get("active") is False
    if name == caller_of(request).name and losing:
        raise Problem("conflict", "nobody takes the role or the access from themselves: ask another administrator")
    if body.password is not None:
        try:
            await hashing(service.users.set_password, name, body.password)
        except BadInput as error:
            raise wrong("password", error.rule) from None
        changes["must_change"] = True
    user = service.users.change(name, **changes)
    log.info("user_changed", user=name, fields=sorted(changes), by=caller_of(request).name)
    return Json(user_view(user))


@routes.delete("/users/{name}/personal-data", response_model=s.UserShape, tags=["users"])
async def erase_user(request: Request, name: str) -> Json:
    """Forget the person behind a name. The name stays on record, and the record stays whole."""
    service = service_of(request)
    existing(service, name)
    if name == caller_of(request).name:
        raise Problem("conflict", "nobody erases themselves: ask another administrator")
    log.info("user_erased", user=name, by=caller_of(request).name)
    return Json(user_view(service.users.erase(name)))


def existing(service: Service, name: str) -> User:
    user = service.users.find(name)
    if user is None:
        raise Problem("not_found", f"there is no user {name[:64]}")
    return user


def grants_of(forms: list[s.GrantForm]) -> tuple[Grant, ...]:
    return tuple(Grant(account=each.account, see=each.see, trade=each.trade, manage=each.manage) for each in forms)


def manages(request: Request) -> bool:
    return Permission.USERS_MANAGE in caller_of(request).permissions


def user_view(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role.value,
        "active": user.active,
        "must_change": user.must_change,
        "grants": [
            {"account": each.account, "see": each.see, "trade": each.trade, "manage": each.manage}
            for each in user.grants
        ],
        "acts_for": list(user.acts_for),
        "full_name": user.full_name,
        "email": user.email,
        "erased": user.erased,
    }


def key_view(key: Key) -> dict[str, Any]:
    return {
        "key_id": key.id,
        "user_id": key.user,
        "label": key.label,
        "scopes": [scope.value for scope in key.scopes],
        "created_at": to_iso(key.created_at),
        "expires_at": None if key.expires_at is None else to_iso(key.expires_at),
    }
