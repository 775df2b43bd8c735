"""Places in a list as clients hand them back to be led on: opaque, and refused if this server gave none such."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from typing import TypeVar

from penstock.api.order_form import wrong

T = TypeVar("T")


def shown_cursor(*place: object) -> str:
    """A place, as its parts."""
    return urlsafe_b64encode("/".join(map(str, place)).encode()).decode()


def cursor_of(text: str, read: Callable[..., T]) -> T:
    """What `read` makes of a place's parts.

    Raises:
        Problem: it is no such place.
    """
    try:
        return read(*urlsafe_b64decode(text.encode()).decode().split("/", 1))
    except (NotBase64, ValueError, UnicodeError, TypeError):
        raise wrong("cursor", "is none that this server gave", "?cursor") from None
