"""A request's body, as far as it is taken: JSON, and not too large. The connection sees to it that it comes in time."""

from collections.abc import Mapping

from starlette.types import Receive

from penstock.api.problem import Problem


async def read(receive: Receive, headers: Mapping[str, str], bytes_max: int) -> bytes:
    """All of it.

    Raises:
        Problem: too large, of another kind than JSON, or never all there.
    """
    check_length(headers, bytes_max)
    check_kind(headers.get("content-type", ""))
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= bytes_max:
        message = await receive()
        body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise Problem("too_slow", "the body never arrived", headers=CLOSE)
    if len(body) > bytes_max:
        raise Problem("too_large", f"a body has at most {bytes_max} bytes", headers=CLOSE)
    return body


CLOSE = {"Connection": "close"}  # what is still to come of the body is not read


def check_length(headers: Mapping[str, str], bytes_max: int) -> None:
    length = headers.get("content-length", "")
    if length and (not length.isdigit() or int(length[:20]) > bytes_max):
        raise Problem("too_large", f"a body has at most {bytes_max} bytes", headers=CLOSE)


def check_kind(kind: str) -> None:
    if kind[:16] != "application/json" and not is_json(kind):
        raise Problem("unsupported_media_type", "send the body as Content-Type: application/json")


def is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
