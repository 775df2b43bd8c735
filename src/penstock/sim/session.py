"""A session that can be replayed: a tape and what it is a tape of."""

from typing import NamedTuple

from penstock.domain.instruments import AnyInstrument
from penstock.market.tape import Tape


class Session(NamedTuple):
    """Read-only, so any number of replays may share one. Times in ns."""

    instrument: AnyInstrument
    start_ns: int
    end_ns: int
    tape: Tape
