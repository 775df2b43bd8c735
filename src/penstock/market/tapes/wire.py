"""Captures of venues' public wires, `<seconds>: <json>` a line: Coinbase, Kraken, OKX, Binance; with book checksums.

A folder holds, for each venue, `<VENUE>.ws.*` (what came) and, for Binance, `<VENUE>.http.*` (the snapshots). Lines
that tell of the capture itself (`-> `, `<-`, `<->`, `configuration:`) are passed over. Where a venue sends a checksum
of its book, ours is held against it at every message; if they differ, the book is unusable until the next snapshot.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from penstock.domain.errors import BadInput
from penstock.domain.time import MILLISECOND, SECOND, from_iso
from penstock.market.tapes.book_checksum import TextBook, kraken_checksum, okx_checksum
from penstock.market.tapes.depth_rows import DepthRows, Stamp
from penstock.market.tapes.pieces import line_pieces
from penstock.market.tapes.reading import CRYPTO_STEP, Piece, Reading
from penstock.market.tapes.schema import Listing

VENUES = ("BINANCE", "COINBASE", "KRAKEN", "OKX")
REST = "-> "


def files(path: Path) -> list[Path]:
    """The captures in a folder, snapshots before streams; or the one named.

    Raises:
        BadInput: none of a known venue.
    """
    if not path.is_dir():
        found = [path] if path.is_file() else []
    else:
        found = sorted(each for each in path.iterdir() if ".ws." in each.name or ".http." in each.name)
    found = [each for each in found if each.name.startswith(VENUES)]
    if not found:
        raise BadInput(str(path), "", f"must hold captures named <VENUE>.ws.*, of {', '.join(VENUES)}")
    return found


def read(path: Path, reading: Reading) -> Iterator[Piece]:
    snapshots: dict[str, Any] = {}
    for file in files(path):
        venue = file.name.partition(".")[0]
        wire = _WIRES[venue](str(file), reading, snapshots)
        for lines in line_pieces(file, str(file), reading.faults):
            for row, line in enumerate(lines.data.splitlines(), lines.first):
                wire.line(row, line)
                if row & 1023 == 0:
                    yield from wire.rows.ready()
        yield from wire.rows.rest()
        if wire.checked:
            reading.notes.append(f"{file.name}: {wire.checked - wire.wrong} of {wire.checked} book checksums agree")


class _Wire:
    """One venue's capture; a subclass knows its messages."""

    def __init__(self, file: str, reading: Reading, snapshots: dict[str, Any]) -> None:
        self.file, self.reading, self.snapshots = file, reading, snapshots
        self.rows = DepthRows(file, reading)
        self.venue_name = Path(file).name.partition(".")[0].lower()
        self.venue = reading.venue(self.venue_name)
        self.books: dict[str, TextBook] = {}
        self.checked = self.wrong = 0

    def line(self, row: int, line: bytes) -> None:
        stamp, colon, body = line.partition(b": ")
        if stamp.startswith((b"wss:", b"configuration")) or not line.strip():
            return
        if b" -> " in stamp:
            url, _, stamp = stamp.partition(b" -> ")
            self.snapshots[url.decode()] = body
            return
        try:
            if not colon:
                raise ValueError("a line is `<seconds>: <json>`")
            received = nanoseconds(stamp.decode())
            self.message(received, row, msgspec.json.decode(body))
        except (ValueError, KeyError, TypeError, IndexError, msgspec.DecodeError) as error:
            text = line[:60].decode(errors="replace")
            self.reading.fault("malformed", self.file, row, "", f"not a known message: {error}", text)

    def message(self, received: int, row: int, message: Any) -> None:
        raise NotImplementedError

    def stamp(self, received: int, sent: int | None, symbol: str, row: int) -> Stamp:
        listing = Listing(symbol=symbol, venue=self.venue_name, tick=CRYPTO_STEP, lot=CRYPTO_STEP)
        return received, sent, self.reading.listing(listing), row

    def verify(self, stamp: Stamp, told: int, ours: int) -> None:
        """Hold our book's checksum against the venue's."""
        self.checked += 1
        if told != ours:
            self.wrong += 1
            self.reading.fault("checksum", self.file, stamp[3], "checksum", f"the book's must be {told}", ours)
            self.rows.gap(stamp, None)


class _Coinbase(_Wire):
    def message(self, received: int, row: int, message: Any) -> None:
        kind = message["type"]
        if kind in ("subscriptions", "heartbeat", "last_match"):
            return
        symbol = message["product_id"]
        sent = None if kind == "snapshot" else from_iso(message["time"])
        stamp = self.stamp(received, sent, symbol, row)
        if kind == "snapshot":
            self.rows.clear(stamp, None)
            self.rows.levels(stamp, None, _pairs(message["bids"]), _pairs(message["asks"]))
        elif kind == "l2update":
            changes = message["changes"]
            bids = [(price, size) for side, price, size in changes if side == "buy"]
            asks = [(price, size) for side, price, size in changes if side == "sell"]
            self.rows.levels(stamp, None, bids, asks)
        elif kind == "match":  # `side` is the maker's
            sign = -1 if message["side"] == "buy" else 1
            self.rows.trade(stamp, self.venue, message["trade_id"], message["price"], message["size"], sign)
        elif kind == "ticker":
            return  # tells the last trade again, and the touch without its sizes
        else:
            raise ValueError(f"unknown type {kind}")


class _Kraken(_Wire):
    def message(self, received: int, row: int, message: Any) -> None:
        if isinstance(message, dict):
            return  # heartbeats and states of subscriptions
        *parts, channel, symbol = message[1:]
        if channel.startswith("book"):
            for part in parts:
                self._book(received, row, symbol, part)
        elif channel == "trade":
            for price, volume, at, side, _, _ in parts[0]:
                stamp = self.stamp(received, nanoseconds(at), symbol, row)
                self.rows.trade(stamp, self.venue, None, price, volume, 1 if side == "b" else -1)
        elif channel == "ticker":
            stamp = self.stamp(received, None, symbol, row)
            bid, ask = parts[0]["b"], parts[0]["a"]
            self.rows.touch(stamp, self.venue, None, (bid[0], bid[2]), (ask[0], ask[2]))
        elif not channel.startswith(("ohlc", "spread")):
            raise ValueError(f"unknown channel {channel}")

    def _book(self, received: int, row: int, symbol: str, part: Any) -> None:
        sides = part.get("bs", part.get("b", [])), part.get("as", part.get("a", []))
        times = [nanoseconds(level[2]) for side in sides for level in side]
        bids, asks = (_pairs(side) for side in sides)
        snapshot = "as" in part or "bs" in part
        stamp = self.stamp(received, None if snapshot else max(times, default=received), symbol, row)
        if snapshot:
            self.rows.clear(stamp, None)
            self.books[symbol] = TextBook()
        self.rows.levels(stamp, None, bids, asks)
        book = self.books[symbol]
        book.change(bids, asks)
        if "c" in part:
            self.verify(stamp, int(part["c"]), kraken_checksum(book))


class _Okx(_Wire):
    def message(self, received: int, row: int, message: Any) -> None:
        if "event" in message:
            return
        channel, symbol = message["arg"]["channel"], message["arg"]["instId"]
        for each in message["data"]:
            stamp = self.stamp(received, int(each["ts"]) * MILLISECOND, symbol, row)
            if channel == "books":
                bids, asks = _pairs(each["bids"]), _pairs(each["asks"])
                if message["action"] == "snapshot":
                    self.rows.clear(stamp, None)
                    self.books[symbol] = TextBook()
                self.rows.levels(stamp, None, bids, asks)
                book = self.books[symbol]
                book.change(bids, asks)
                self.verify(stamp, each["checksum"], okx_checksum(book))
            elif channel == "trades":
                sign = 1 if each["side"] == "buy" else -1
                self.rows.trade(stamp, self.venue, int(each["tradeId"]), each["px"], each["sz"], sign)
            elif channel == "tickers":
                bid, ask = (each["bidPx"], each["bidSz"]), (each["askPx"], each["askSz"])
                self.rows.touch(stamp, self.venue, None, bid, ask)
            else:
                raise ValueError(f"unknown channel {channel}")


class _Binance(_Wire):
    def __init__(self, file: str, reading: Reading, snapshots: dict[str, Any]) -> None:
        super().__init__(file, reading, snapshots)
        self.ids: dict[str, int] = {}

    def message(self, received: int, row: int, message: Any) -> None:
        if "stream" not in message:
            return
        channel = message["stream"].split("@")[1]
        each = message["data"]
        symbol = each.get("s", "")
        sent = each["E"] * MILLISECOND if "E" in each else None
        stamp = self.stamp(received, sent, symbol, row)
        if channel == "bookTicker":
            self.rows.touch(stamp, self.venue, each["u"], (each["b"], each["B"]), (each["a"], each["A"]))
        elif channel == "aggTrade":
            self.rows.trade(stamp, self.venue, each["a"], each["p"], each["q"], -1 if each["m"] else 1)
        elif channel == "depth":
            self._diff(stamp, symbol, each)
        elif not channel.startswith("kline"):
            raise ValueError(f"unknown stream {message['stream']}")

    def _diff(self, stamp: Stamp, symbol: str, each: Any) -> None:
        if symbol not in self.ids:
            self.ids[symbol] = self._snapshot(stamp, symbol)
        reached = self.ids[symbol]
        if each["u"] <= reached:
            return  # before the snapshot
        if each["U"] > reached + 1:
            self.reading.fault("gap", self.file, stamp[3], "u", f"must follow id {reached}", each["U"] - 1)
            self.rows.gap(stamp, each["u"])
        self.ids[symbol] = each["u"]
        self.rows.levels(stamp, each["u"], _pairs(each["b"]), _pairs(each["a"]))

    def _snapshot(self, stamp: Stamp, symbol: str) -> int:
        for url, body in self.snapshots.items():
            if f"symbol={symbol}&" in url:
                told = msgspec.json.decode(body)
                self.rows.clear(stamp, told["lastUpdateId"])
                self.rows.levels(stamp, told["lastUpdateId"], _pairs(told["bids"]), _pairs(told["asks"]))
                return int(told["lastUpdateId"])
        raise ValueError(f"no snapshot of {symbol}")


_WIRES: dict[str, type[_Wire]] = {"COINBASE": _Coinbase, "KRAKEN": _Kraken, "OKX": _Okx, "BINANCE": _Binance}


def nanoseconds(seconds: str) -> int:
    """A decimal text of seconds in ns, exactly."""
    whole, _, part = seconds.partition(".")
    return int(whole) * SECOND + int(part[:9].ljust(9, "0") or 0)


def _pairs(levels: Any) -> list[tuple[str, str]]:
    return [(level[0], level[1]) for level in levels]
