"""Every kind of instrument, one for each asset class. `AnyInstrument` is what a journal or a file may hold."""

from penstock.domain.instruments.bond import Bond
from penstock.domain.instruments.contracts import Future, Perpetual
from penstock.domain.instruments.option import Option, Right
from penstock.domain.instruments.owned import Equity, FxPair, Spot

AnyInstrument = Equity | Spot | FxPair | Future | Perpetual | Option | Bond

__all__ = ["AnyInstrument", "Bond", "Equity", "Future", "FxPair", "Option", "Perpetual", "Right", "Spot"]
