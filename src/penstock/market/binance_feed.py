"""Binance's raw websocket lines, decoded: `<receive ns> <json>` becomes one typed message per line.

Known are depth differences, bookTicker and trade streams of the spot, USD-M and COIN-M markets, and one REST depth
snapshot. Every line is one of these or the file is refused, naming the line.
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from penstock.domain.errors import BadInput
from penstock.domain.time import MILLISECOND
from penstock.market.recording import find_file, read_bytes

SUFFIXES = (".jsonl", ".jsonl.zst")

NS_MAX = 4 * 10**18  # the year 2096; twice as much is still an int64

Pair = tuple[str, str]  # price, quantity
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=NS_MAX // MILLISECOND)]


class Diff(msgspec.Struct, frozen=True, gc=False):
    """Levels that changed while the book went from id `first_id` to `last_id`."""

    symbol: str = msgspec.field(name="s")
    sent_ms: Milliseconds = msgspec.field(name="E")
    first_id: int = msgspec.field(name="U")
    last_id: int = msgspec.field(name="u")
    bids: list[Pair] = msgspec.field(name="b")
    asks: list[Pair] = msgspec.field(name="a")
    previous_id: int | None = msgspec.field(name="pu", default=None)  # futures only
    pair: str | None = msgspec.field(name="ps", default=None)  # COIN-M only


class Ticker(msgspec.Struct, frozen=True, gc=False):
    """The touch as it stood at id `last_id`."""

    symbol: str = msgspec.field(name="s")
    last_id: int = msgspec.field(name="u")
    bid: str = msgspec.field(name="b")
    bid_qty: str = msgspec.field(name="B")
    ask: str = msgspec.field(name="a")
    ask_qty: str = msgspec.field(name="A")
    sent_ms: Milliseconds | None = msgspec.field(name="E", default=None)  # futures only


class Print(msgspec.Struct, frozen=True, gc=False):
    symbol: str = msgspec.field(name="s")
    sent_ms: Milliseconds = msgspec.field(name="E")
    trade_id: int = msgspec.field(name="t")
    price: str = msgspec.field(name="p")
    quantity: str = msgspec.field(name="q")
    buyer_is_maker: bool = msgspec.field(name="m")


class Snapshot(msgspec.Struct, frozen=True, gc=False):
    last_id: int = msgspec.field(name="lastUpdateId")
    bids: list[Pair]
    asks: list[Pair]


Message = Diff | Ticker | Print | Snapshot


class Feed(NamedTuple):
    """A file's messages as received; entry `i` is line `i + 1`. `received` is in ns of the receiver's clock."""

    where: str
    received: list[int]
    messages: list[Message]
    snapshot_at: int
    snapshot: Snapshot
    first_diff: Diff

    def bad(self, index: int, rule: str, value: object = None) -> BadInput:
        """The refusal of one line."""
        return BadInput(self.where, f"line {index + 1}", rule, value)


class _Envelope(msgspec.Struct):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")


_envelope = msgspec.json.Decoder(_Envelope)
_snapshot = msgspec.json.Decoder(Snapshot)
_streams: dict[str, msgspec.json.Decoder[Diff] | msgspec.json.Decoder[Ticker] | msgspec.json.Decoder[Print]] = {
    "depth": msgspec.json.Decoder(Diff),
    "bookTicker": msgspec.json.Decoder(Ticker),
    "trade": msgspec.json.Decoder(Print),
}


def read_feed(path: Path) -> Feed:
    """Decode a `.jsonl` or `.jsonl.zst` file of raw lines, or the only one in a folder.

    Raises:
        BadInput: the file, or the first line that breaks a rule.
    """
    file = find_file(path, SUFFIXES)
    lines = read_bytes(file).split(b"\n")
    if not lines[-1]:
        lines.pop()
    received: list[int] = []
    messages: list[Message] = []
    latest = 0
    for number, line in enumerate(lines, 1):
        stamp, _, body = line.partition(b" ")
        try:
            if not stamp.isdigit() or len(stamp) > len(str(NS_MAX)):
                raise ValueError("a line is `<receive time in ns> <json>`")
            ns = int(stamp)
            if ns > NS_MAX:
                raise ValueError("the receive time is in nanoseconds since 1970")
            if ns < latest:
                raise ValueError("the receive time goes backwards")
            messages.append(decode_message(body))
        except ValueError as error:  # msgspec's errors are ValueErrors too
            raise BadInput(str(file), f"line {number}", str(error), _excerpt(line)) from error
        received.append(ns)
        latest = ns
    return _checked(str(file), received, messages)


def decode_message(body: bytes) -> Message:
    """One line's JSON as a message.

    Raises:
        ValueError: not JSON, or none of the known streams.
    """
    envelope = _envelope.decode(body)
    if not envelope.stream:
        return _snapshot.decode(body)
    channel = envelope.stream.split("@")[1:2]
    decoder = _streams.get(channel[0]) if channel else None
    if decoder is None:
        raise ValueError(f"unknown stream {envelope.stream!r}: known are {', '.join(_streams)}")
    return decoder.decode(envelope.data)


def _checked(where: str, received: list[int], messages: list[Message]) -> Feed:
    snapshots = [(index, message) for index, message in enumerate(messages) if isinstance(message, Snapshot)]
    if not snapshots:
        raise BadInput(where, "", "holds no depth snapshot, so the book cannot be built")
    if len(snapshots) > 1:
        raise BadInput(where, f"line {snapshots[1][0] + 1}", "a second depth snapshot: a file holds one")
    first_diff = next((message for message in messages if isinstance(message, Diff)), None)
    if first_diff is None:
        raise BadInput(where, "", "holds no depth updates")
    feed = Feed(where, received, messages, *snapshots[0], first_diff)
    for index, message in enumerate(messages):
        if not isinstance(message, Snapshot) and message.symbol != first_diff.symbol:
            raise feed.bad(index, f"a file holds one market, and this one holds {first_diff.symbol}", message.symbol)
    return feed


def _excerpt(line: bytes) -> str:
    return line[:60].decode(errors="replace")
