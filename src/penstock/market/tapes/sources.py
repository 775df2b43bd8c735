"""`KIND:PATH`: the one way in which a recorded market is named, and the loader of each kind."""

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from penstock.domain.errors import BadInput
from penstock.market.tapes import bars, binance, bitstamp, funding, lobster, store, taq, us_ticks, wire
from penstock.market.tapes.faults import Policy
from penstock.market.tapes.reading import Piece, Reading
from penstock.market.tapes.store import Tape


class Kind(NamedTuple):
    """How one kind of recording is found and read."""

    what: str
    files: Callable[[Path], list[Path]]
    read: Callable[[Path, Reading], Iterator[Piece]]


KINDS: dict[str, Kind] = {
    "lobster": Kind("LOBSTER order-by-order messages, with book rows or without", lobster.files, lobster.read),
    "binance": Kind("raw Binance websocket lines: depth, touch, trades", binance.files, binance.read),
    "bitstamp": Kind("Bitstamp order-by-order events as CSV", bitstamp.files, bitstamp.read),
    "ticks": Kind("US equity quotes and trades with exchange codes", us_ticks.files, us_ticks.read),
    "taq": Kind("TAQ quotes and trades with conditions", taq.files, taq.read),
    "minute": Kind("one-minute bars labelled in US Central time", bars.minute_files, bars.read_minute),
    "lean": Kind("LEAN's zipped one-minute trade and quote bars", bars.lean_files, bars.read_lean),
    "daily": Kind("daily bars of many names, with sectors", bars.daily_files, bars.read_daily),
    "funding": Kind("funding rates of perpetuals on several venues", funding.files, funding.read),
    "wire": Kind("captures of Binance, Coinbase, Kraken and OKX wires", wire.files, wire.read),
}


def parse_source(source: str) -> tuple[str, Path]:
    """The kind and the path of `KIND:PATH`.

    Raises:
        BadInput: not of that form, or a kind that is not known.
    """
    kind, colon, path = source.partition(":")
    if not colon or not path:
        raise BadInput("SOURCE", "", f"is written KIND:PATH, with KIND one of {', '.join(KINDS)}", source)
    if kind not in KINDS:
        near = get_close_matches(kind, KINDS, 1)
        rule = f"did you mean {near[0]}?" if near else f"known are {', '.join(KINDS)}"
        raise BadInput("SOURCE", kind, f"is not a known kind: {rule}")
    found = Path(path)
    if not found.exists():
        raise BadInput("SOURCE", kind, "there is no such file or folder", path)
    return kind, found


def open_tape(source: str, policy: Policy = Policy.REFUSE) -> Tape:
    """The tape of a source: from the cache, or read now and kept there.

    Raises:
        BadInput: the source, or the first fault where the policy is to refuse.
    """
    name, path = parse_source(source)
    kind = KINDS[name]
    key = store.content_key(name, policy, kind.files(path), path)
    found = store.find(source, key)
    if found is not None:
        return found
    reading = Reading(policy)
    return store.keep(source, key, name, reading, kind.read(path, reading))
