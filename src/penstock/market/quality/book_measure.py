"""The book that a tape's events build, message after message: crossed, locked, unusable; and against the quoted touch.

Where levels and touch carry update ids, the two streams describe one book: after each message the best prices and
lots must be those of the newest quote that is not newer. Messages before the first quote and after
the last cannot be compared.
"""

from collections import Counter
from collections.abc import Iterator

from penstock.market.quality.sheet import Severity, Sheet, per_cent
from penstock.market.tapes.book import Touch
from penstock.market.tapes.book_walk import walk
from penstock.market.tapes.schema import Table
from penstock.market.tapes.store import Tape


def measure_book(tape: Tape, sheet: Sheet) -> None:
    """Walk the books, and write what is found to the sheet."""
    total: Counter[str] = Counter()
    checks = [_TouchCheck(tape, number) for number in range(len(tape.listings))]
    books = {}
    for message in walk(tape):
        books[message.listing] = message.book
        total["messages"] += 1
        if not message.book.usable:
            total["unusable"] += 1
            continue
        touch = message.book.touch()
        if touch.crossed:
            total["crossed"] += 1
        elif touch.locked:
            total["locked"] += 1
        if message.seq is not None:
            checks[message.listing].compare(message.seq, touch)
    messages = total["messages"]
    if not messages:
        return
    sheet.comparisons += messages
    sheet.contradictions["book crossed"] += total["crossed"]
    sheet.contradictions["book locked"] += total["locked"]
    if total["crossed"] or total["locked"]:
        sheet.find(
            Severity.BAD,
            f"of {messages:,} messages {total['crossed']:,} ({per_cent(total['crossed'] / messages)}) leave the book"
            f" crossed"
            f" and {total['locked']:,} leave it locked: what should have left it was not taken out",
        )
    else:
        sheet.find(Severity.GOOD, f"the book is never crossed or locked in {messages:,} messages")
    if total["unusable"]:
        sheet.find(
            Severity.BAD, f"the book is not known after {per_cent(total['unusable'] / messages)} of the messages"
        )
    if Table.BOOK not in tape.rows:
        sheet.find(Severity.NOTE, "the book comes from order events alone: what rested before the first is not in it")
    unexplained = sum(book.unexplained_lots for book in books.values())
    if unexplained:
        found = (
            f"{unexplained:,} lots were taken from levels that did not show them: they rested before the first message"
        )
        sheet.find(Severity.NOTE, found)
    _told_touch(checks, sheet)


def _told_touch(checks: list["_TouchCheck"], sheet: Sheet) -> None:
    compared = sum(check.compared for check in checks)
    if not compared:
        return
    price, lots = sum(check.price_differs for check in checks), sum(check.lots_differ for check in checks)
    sheet.comparisons += compared
    sheet.contradictions["book's price is not the quote's"] += price
    sheet.contradictions["book's lots are not the quote's"] += lots
    sheet.find(
        Severity.BAD if price else Severity.GOOD,
        f"after {compared - price - lots:,} of {compared:,} comparable messages the book's touch is the quoted one"
        f" ({per_cent((compared - price - lots) / compared)}); {price:,} differ in price, {lots:,} in lots",
    )


class _TouchCheck:
    """One listing's quotes by update id, read beside its book."""

    def __init__(self, tape: Tape, listing: int) -> None:
        self._quotes = _numbered_quotes(tape, listing)
        self._now: tuple[int, Touch] | None = None
        self._next = next(self._quotes, None)
        self.compared = self.price_differs = self.lots_differ = 0

    def compare(self, seq: int, touch: Touch) -> None:
        while self._next is not None and self._next[0] <= seq:
            self._now, self._next = self._next, next(self._quotes, None)
        if self._now is None or self._next is None:
            return
        quoted = self._now[1]
        self.compared += 1
        if (touch.bid, touch.ask) != (quoted.bid, quoted.ask):
            self.price_differs += 1
        elif touch != quoted:
            self.lots_differ += 1


def _numbered_quotes(tape: Tape, listing: int) -> Iterator[tuple[int, Touch]]:
    newest = -1
    for frame in tape.pieces(Table.QUOTES, listing):
        for seq, *quoted in frame.select("seq", "bid", "bid_lots", "ask", "ask_lots").iter_rows():
            if seq is None:
                return
            if seq > newest:
                newest = seq
                yield seq, Touch(*quoted)
