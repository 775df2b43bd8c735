"""Requests and their answers: who calls, exact numbers in both directions, problems as exceptions.

What was not answered is asked again where that is harmless: an order that carries its `client_order_id`, or a look.
"""

import asyncio
import json
from decimal import Decimal
from secrets import token_hex
from typing import Any, Self

import httpx
import msgspec

PREFIX = "/api/v1/order-management"
TRIES = 4
FIRST_PAUSE_S = 0.2

_encoder = msgspec.json.Encoder(decimal_format="number")
Answer = dict[str, Any]


class ApiProblem(Exception):
    """What the server would not do: `code` is stable, `detail` for people, `errors` point to fields."""

    def __init__(self, status: int, answer: Answer) -> None:
        self.status, self.answer = status, answer
        self.code: str = answer.get("code", f"http_{status}")
        self.detail: str = answer.get("detail", "")
        self.errors: list[dict[str, str]] = answer.get("errors", [])
        super().__init__(f"{self.code}: {self.detail}")


class Connection:
    """One server, one caller: by a key, or by a user's password, for which tokens are fetched as they are needed."""

    def __init__(
        self, url: str, *, key: str = "", user: str = "", password: str = "", timeout_s: float = 30.0, **options: Any
    ) -> None:
        if not key and not (user and password):
            raise ValueError("give a key, or user and password")
        self.url = url.rstrip("/")
        self._key, self._user, self._password = key, user, password
        self._http = httpx.AsyncClient(base_url=self.url + PREFIX, timeout=timeout_s, **options)
        self._token = key

    async def token(self) -> str:
        """What to call by."""
        if not self._token:
            body = {"user_id": self._user, "password": self._password}
            said = await self._http.post("/auth/token", content=_encoder.encode(body), headers=JSON)
            self._token = answered(said)["access_token"]
        return self._token

    def renew(self) -> bool:
        """The token is not good any more: log in again before the next request. False for a key: there is no other."""
        self._token = self._key
        return not self._key

    async def ask(
        self, method: str, path: str, body: Answer | None = None, *, repeatable: bool | None = None, **query: Any
    ) -> Answer:
        """One request, again where the answer was lost and that is harmless.

        Raises:
            ApiProblem: the server refused.
            httpx.TransportError: it cannot be reached, or did not answer.
        """
        may_repeat = method == "GET" if repeatable is None else repeatable
        parameters = {name: value for name, value in query.items() if value is not None}
        for number in range(TRIES):
            last = number == TRIES - 1
            try:
                said = await self._once(method, path, body, parameters)
            except httpx.TransportError:
                if last or not may_repeat:
                    raise
            else:
                if said.status_code == 401 and not self._key and not last:
                    self._token = ""
                    continue
                if said.status_code not in (429, 503) or last:
                    return answered(said)
            await asyncio.sleep(FIRST_PAUSE_S * 2**number)
        raise AssertionError("the last try returns or raises")

    async def _once(self, method: str, path: str, body: Answer | None, query: Answer) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self.token()}"}
        content = None
        if body is not None:
            headers |= JSON
            content = _encoder.encode({name: value for name, value in body.items() if value is not None})
        return await self._http.request(method, path, content=content, headers=headers, params=query)

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


JSON = {"Content-Type": "application/json"}


def answered(said: httpx.Response) -> Answer:
    """The answer's body.

    Raises:
        ApiProblem: it is a refusal.
    """
    try:
        body = json.loads(said.content, parse_float=Decimal) if said.content else {}
    except ValueError:
        body = {"detail": said.text[:200]}
    if said.status_code >= 400:
        raise ApiProblem(said.status_code, body if isinstance(body, dict) else {})
    return body if isinstance(body, dict) else {"value": body}


def new_id() -> str:
    """A client's id for an order that was given none: what makes asking again harmless."""
    return f"c-{token_hex(8)}"
