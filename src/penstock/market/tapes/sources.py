"""From `KIND:PATH` to a tape: the loader of each kind."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from penstock.market.tapes import bars, binance, bitstamp, funding, lobster, store, taq, us_ticks, wire
from penstock.market.tapes.faults import Policy
from penstock.market.tapes.kinds import KINDS, parse_source
from penstock.market.tapes.reading import Piece, Reading
from penstock.market.tapes.store import Tape


class Loader(NamedTuple):
    """How one kind of recording is found and read."""

    files: Callable[[Path], list[Path]]
    read: Callable[[Path, Reading], Iterator[Piece]]


LOADERS: dict[str, Loader] = {
    "lobster": Loader(lobster.files, lobster.read),
    "binance": Loader(binance.files, binance.read),
    "bitstamp": Loader(bitstamp.files, bitstamp.read),
    "ticks": Loader(us_ticks.files, us_ticks.read),
    "taq": Loader(taq.files, taq.read),
    "minute": Loader(bars.minute_files, bars.read_minute),
    "lean": Loader(bars.lean_files, bars.read_lean),
    "daily": Loader(bars.daily_files, bars.read_daily),
    "funding": Loader(funding.files, funding.read),
    "wire": Loader(wire.files, wire.read),
}
assert LOADERS.keys() == KINDS.keys()


def open_tape(source: str, policy: Policy = Policy.REFUSE) -> Tape:
    """The tape of a source: from the cache, or read now and kept there.

    Raises:
        BadInput: the source, or the first fault where the policy is to refuse.
    """
    name, path = parse_source(source)
    loader = LOADERS[name]
    key = store.content_key(name, policy, loader.files(path), path)
    found = store.find(source, key)
    if found is not None:
        return found
    reading = Reading(policy)
    return store.keep(source, key, name, reading, loader.read(path, reading))
