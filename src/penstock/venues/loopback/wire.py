"""The loopback venue's protocol: one JSON message a line, each way; the first from us is `Hello`, then `Welcome`.

A new `Hello` ends the session before it: nothing that the earlier connection still held is acted on any more.
"""

from typing import Any

import msgspec

from penstock.domain import reports as rep
from penstock.domain.instruments import AnyInstrument
from penstock.domain.orders import OrderTerms
from penstock.domain.quote import Quote
from penstock.domain.venue import Abilities, Fees
from penstock.domain.venue_budget import Budget

LINE_BYTES_MAX = 64 * 1024**2


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The desk is here."""


class New(msgspec.Struct, frozen=True, tag="new"):
    terms: OrderTerms


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    order_id: str
    request_id: str = ""


class Replace(msgspec.Struct, frozen=True, tag="replace"):
    terms: OrderTerms
    request_id: str = ""


class Show(msgspec.Struct, frozen=True, tag="show"):
    """Show every open order, and these even if they have ended."""

    order_ids: tuple[str, ...]
    asked_at: int


class CancelOnDisconnect(msgspec.Struct, frozen=True, tag="cancel_on_disconnect"):
    """Cancel every open order once this session has been gone for `grace_s` and no other has begun; None: do not."""

    grace_s: float | None


class CancelAllAfter(msgspec.Struct, frozen=True, tag="cancel_all_after"):
    """Cancel every open order in `timeout_s`, unless this is said again before; None: do not. It outlives a session."""

    timeout_s: float | None


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    """What the venue trades, what it can do, and how much may be said to it."""

    instruments: tuple[AnyInstrument, ...]
    fees: Fees
    abilities: Abilities = Abilities()
    budgets: tuple[Budget, ...] = ()


class Quotes(msgspec.Struct, frozen=True, tag="quotes"):
    """The touch of each symbol that moved."""

    quotes: dict[str, Quote]


class Told(msgspec.Struct, frozen=True, tag="told"):
    """A report or a picture; `kind` names it as `penstock.domain.reports` does."""

    kind: str
    body: msgspec.Raw


ToVenue = Hello | New | Cancel | Replace | Show | CancelOnDisconnect | CancelAllAfter
FromVenue = Welcome | Quotes | Told
Report = rep.VenueReport | rep.Picture

KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        rep.Accepted,
        rep.Refused,
        rep.Fill,
        rep.Canceled,
        rep.CancelRefused,
        rep.Replaced,
        rep.ReplaceRefused,
        rep.Picture,
    )
}

_encoder = msgspec.json.Encoder()
_to_venue = msgspec.json.Decoder(ToVenue)
_from_venue = msgspec.json.Decoder(FromVenue)


def line(message: ToVenue | FromVenue) -> bytes:
    """A message as it goes over the wire."""
    return _encoder.encode(message) + b"\n"


def told(report: Report) -> Told:
    return Told(type(report).__name__, msgspec.Raw(_encoder.encode(report)))


def report_of(message: Told, venue: str) -> Report:
    """The report in a message, under the name by which the desk knows the venue.

    Raises:
        msgspec.DecodeError: not a report that this protocol has.
    """
    if message.kind not in KINDS:
        raise msgspec.DecodeError(f"no report is called {message.kind!r}")
    report: Report = msgspec.json.decode(message.body, type=KINDS[message.kind])
    renamed = {"fills": tuple(stamp(fill, venue) for fill in report.fills)} if isinstance(report, rep.Picture) else {}
    return msgspec.structs.replace(report, venue=venue, **renamed)


def stamp(fill: rep.Fill, venue: str) -> rep.Fill:
    return msgspec.structs.replace(fill, venue=venue)


def to_venue(text: bytes) -> ToVenue:
    """What the desk says.

    Raises:
        msgspec.DecodeError: not a message of this protocol.
    """
    message: ToVenue = _to_venue.decode(text)
    return message


def from_venue(text: bytes) -> FromVenue:
    """What the venue says.

    Raises:
        msgspec.DecodeError: not a message of this protocol.
    """
    message: FromVenue = _from_venue.decode(text)
    return message
