"""Finding events in a record by what they are, what they trade, when they happened and what they say."""

from collections.abc import Iterator

import msgspec

from penstock.domain.events import AnyEvent, spelled_out
from penstock.journal.codec import decode
from penstock.journal.history import Numbered
from penstock.journal.record import Record
from penstock.journal.verify import sound_batches


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for; an empty filter lets everything pass. Times are in ns, `until` is not included.

    `text` is looked for in the event as it is recorded, upper and lower case alike.
    """

    kind: str = ""
    symbol: str = ""
    since: int | None = None
    until: int | None = None
    text: str = ""

    def lets_pass(self, event: AnyEvent, symbol: str) -> bool:
        return (
            (not self.kind or type(event).__name__ == self.kind)
            and (not self.symbol or symbol == self.symbol)
            and (self.since is None or event.ts >= self.since)
            and (self.until is None or event.ts < self.until)
        )


def search(record: Record, wanted: Wanted, after: int = 0) -> Iterator[Numbered]:
    """The events after event `after` that pass, in order.

    Raises:
        JournalCorrupt: the record does not hold together.
    """
    traded = Traded()
    text = wanted.text.encode().lower()
    for batch in sound_batches(record):
        is_before = batch.last_seq <= after or (wanted.since is not None and batch.ts < wanted.since)
        if is_before and not wanted.symbol:  # what a symbol's orders are is learned from their beginning
            continue
        for seq, line in enumerate(batch.lines(), batch.first_seq):
            says_it = not text or text in line.lower()
            if not says_it and not (wanted.symbol and b'"terms":' in line):
                continue
            event = decode(line)
            symbol = traded.symbol_of(event) if wanted.symbol else ""
            if seq > after and says_it and wanted.lets_pass(event, symbol):
                yield Numbered(seq, event)


class Traded:
    """Which symbol each order trades, learned from the events in their order."""

    def __init__(self) -> None:
        self._symbols: dict[str, str] = {}

    def symbol_of(self, event: AnyEvent) -> str:
        """The symbol that an event is about; empty if it is about none, or all."""
        terms = getattr(event, "terms", None)
        if terms is not None:
            for each in spelled_out(event):
                self._symbols[getattr(each, "terms", terms).order_id] = terms.symbol
            symbol: str = terms.symbol
            return symbol
        return getattr(event, "symbol", "") or self._symbols.get(getattr(event, "order_id", ""), "")
