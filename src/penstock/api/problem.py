"""What is answered when something cannot be done: RFC 9457 problem details, with codes that stay.

A problem has one `code`, a sentence in `detail` that says what to change, and where fields of a body or query are
wrong, `errors` with a JSON pointer to each (into the body; `?name` for a query's).
"""

from typing import Any

import msgspec
from starlette.responses import Response

from penstock.api.json import encode
from penstock.domain.errors import BadInput

MEDIA_TYPE = "application/problem+json"

# Every code that is not one of risk's (those: `penstock.risk.denials.MEANINGS`), its status, and what it means.
CODES: dict[str, tuple[int, str]] = {
    "malformed": (400, "the body is no JSON, or a number in it is none that JSON has"),
    "not_authenticated": (401, "no token or key was given, or it is not valid any more"),
    "wrong_password": (401, "there is no such user with this password"),
    "password_change_required": (403, "the one-time secret is good for setting a password, and nothing else"),
    "forbidden": (403, "the caller's role, or the key's scopes, do not allow this"),
    "account_not_granted": (403, "the caller may not trade for this account"),
    "not_acting_for": (403, "the caller may not act for the user named in user_id"),
    "not_found": (404, "there is no such thing, or the caller may not see it"),
    "method_not_allowed": (405, "the path has no such method"),
    "too_slow": (408, "the request took too long to arrive"),
    "conflict": (409, "it cannot be done as things stand"),
    "too_large": (413, "the body is larger than the server takes"),
    "unsupported_media_type": (415, "a body is application/json"),
    "bad_input": (422, "a field breaks a rule"),
    "idempotency_key_reused": (422, "the key or client_order_id was used for another request"),
    "unknown_sequence": (422, "the journal has no such event yet"),
    "rate_limited": (429, "too many requests; Retry-After says when to come again"),
    "journal_unavailable": (503, "the journal cannot be written: nothing is taken until it can"),
    "winding_down": (503, "the desk takes no new orders"),
    "busy": (503, "too many clients are connected"),
    "internal": (500, "a bug of ours; the log has it under the request's id"),
}


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field."""

    pointer: str
    detail: str


class Problem(Exception):
    """Raised anywhere within a request, and answered as it says. `extra` are more members of the answer."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int | None = None,
        errors: tuple[FieldError, ...] = (),
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        self.code, self.detail, self.errors, self.extra = code, detail, errors, extra
        self.status = status or CODES[code][0]
        self.headers = headers or {}
        super().__init__(f"{code}: {detail}")


def answer(problem: Problem) -> Response:
    """A problem as it goes out."""
    body: dict[str, Any] = {
        "type": f"urn:penstock:problem:{problem.code}",
        "title": problem.code.replace("_", " "),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in problem.errors]
    headers = dict(problem.headers)
    if problem.status == 401:
        headers.setdefault("WWW-Authenticate", 'Bearer realm="penstock"')
    return Response(encode(body | problem.extra), problem.status, headers, MEDIA_TYPE)


# An order's fields by the domain's names, and as the API calls them.
POINTERS = {
    "change": "/quantity",
    "quantity": "/quantity",
    "limit_price": "/price",
    "algorithm": "/algo_parameters",
    "parameters": "/algo_parameters",
    "tif": "/time_in_force",
    "account": "/account_id",
}


def refused(error: BadInput, pointers: dict[str, str] = POINTERS) -> Problem:
    """Bad input as a problem that points to the field."""
    pointer = pointers.get(error.field, f"/{error.field}" if error.field else "")
    got = str(BadInput("", pointer.lstrip("/?"), error.rule, error.value))
    return Problem("bad_input", got, errors=(FieldError(pointer, error.rule),))
