"""The desk's ledger: positions by account and symbol, cash by account and currency at trade date, and their undoing.

An execution that is busted or corrected is undone as if it had never been: the position is folded anew from a copy that
lies `RECENT` to twice as many entries back. One that is older is undone by its opposite at its own price: quantity,
cash, fees and the total gain are then exact too, only what of the gain counts as realised may differ.
"""

from decimal import Decimal, localcontext

import msgspec

from penstock.domain.accounts import CostMethod
from penstock.domain.instrument import Instrument
from penstock.domain.money import EXACT
from penstock.engine.amounts import add_all
from penstock.engine.position import Entry, Execution, Position

ZERO = Decimal(0)
AVERAGE = CostMethod.AVERAGE  # by name: looking up an enum's member takes longer than a booking step
RECENT = 128


class Book(msgspec.Struct, kw_only=True):
    """A position, its latest entries, and copies of it from before the first of them and, once there, the 129th."""

    position: Position
    start: Position
    middle: Position | None = None
    entries: list[Entry] = []

    def book(self, instrument: Instrument, entry: Entry, method: CostMethod) -> Decimal:
        entries, position = self.entries, self.position
        if len(entries) >= RECENT:
            if len(entries) == 2 * RECENT:
                assert self.middle is not None
                del entries[:RECENT]
                self.start = self.middle
            if len(entries) == RECENT:
                self.middle = position.copy()
        entries.append(entry)
        return position.book(instrument, entry, method)

    def replace(self, instrument: Instrument, key: str, right: list[Entry], method: CostMethod) -> bool:
        """Put `right` where the execution of this key stands and fold anew; False if that lies too far back."""
        places = (n for n, entry in enumerate(self.entries) if isinstance(entry, Execution) and entry.key == key)
        at = next(places, None)
        if at is None:
            return False
        entries = self.entries[:at] + right + self.entries[at + 1 :]
        self.position, self.middle, self.entries = self.start.copy(), None, []
        for entry in entries:
            self.book(instrument, entry, method)
        return True


class Ledger(msgspec.Struct, kw_only=True):
    """What every account holds. `methods` names the cost method of accounts that do not count at average cost.

    `books` is by symbol, then account; `net` is each symbol's quantity over all accounts.
    """

    methods: dict[str, CostMethod] = {}
    books: dict[str, dict[str, Book]] = {}
    net: dict[str, Decimal] = {}

    def open(self, instrument: Instrument, account: str, quantity: Decimal, entry_price: Decimal | None) -> None:
        """Start an account with a holding; the entry price may not be known."""
        position = Position()
        position.open(instrument, quantity, entry_price)
        self.books.setdefault(instrument.symbol, {})[account] = Book(position=position, start=position.copy())
        self.net[instrument.symbol] = self.net.get(instrument.symbol, ZERO) + quantity

    def book(self, instrument: Instrument, account: str, entry: Entry) -> Decimal:
        """Take in an execution or a payment; returns what it realised, in the settlement currency."""
        symbol, net = instrument.symbol, self.net
        book = self._book(symbol, account)
        position = book.position
        before = position.quantity
        gain = book.book(instrument, entry, self.methods.get(account, AVERAGE) if self.methods else AVERAGE)
        net[symbol] = net.get(symbol, ZERO) + (position.quantity - before)
        return gain

    def reverse(self, instrument: Instrument, account: str, execution: Execution) -> bool:
        """Undo the execution of this key. True: as if it had never been; False: by its opposite (see the module)."""
        return self._replace(instrument, account, execution, [])

    def correct(self, instrument: Instrument, account: str, wrong: Execution, right: Execution) -> bool:
        """Let an execution have been another one; what is returned is as for `reverse`."""
        return self._replace(instrument, account, wrong, [right])

    def method(self, account: str) -> CostMethod:
        return self.methods.get(account, AVERAGE)

    def position(self, account: str, symbol: str) -> Position:
        """What an account holds of a symbol; an empty position if it never did."""
        book = self.books.get(symbol, {}).get(account)
        return Position() if book is None else book.position

    def positions(self) -> dict[str, Position]:
        """Every symbol's position over all accounts together."""
        return {symbol: together([book.position for book in books.values()]) for symbol, books in self.books.items()}

    def cash(self, account: str | None = None) -> dict[str, Decimal]:
        """What an account's trading (all accounts' by default) did to cash, by currency."""
        total: dict[str, Decimal] = {}
        for books in self.books.values():
            add_all(total, (book.position.cash for name, book in books.items() if account in (None, name)))
        return total

    def _book(self, symbol: str, account: str) -> Book:
        try:
            return self.books[symbol][account]
        except KeyError:
            book = self.books.setdefault(symbol, {})[account] = Book(position=Position(), start=Position())
            return book

    def _count(self, symbol: str, change: Decimal) -> None:
        self.net[symbol] = self.net.get(symbol, ZERO) + change

    def _replace(self, instrument: Instrument, account: str, wrong: Execution, right: list[Entry]) -> bool:
        book, method = self._book(instrument.symbol, account), self.method(account)
        before = book.position.quantity
        exactly = book.replace(instrument, wrong.key, right, method)
        if not exactly:
            for entry in [opposite(wrong), *right]:
                book.book(instrument, entry, method)
        self._count(instrument.symbol, book.position.quantity - before)
        return exactly


def opposite(execution: Execution) -> Execution:
    """What undoes an execution when it follows it: the other side at the same price, its fee given back."""
    return msgspec.structs.replace(execution, quantity=-execution.quantity, fee=-execution.fee)


def together(positions: list[Position]) -> Position:
    """Positions of several accounts as one, which has no entry price of its own."""
    if len(positions) == 1:
        return positions[0]
    whole = Position()
    with localcontext(EXACT):
        for position in positions:
            whole.quantity += position.quantity
            whole.cost += position.cost
            whole.realized += position.realized
            whole.lots += position.lots
        for name in ("income", "fees", "cash"):
            add_all(getattr(whole, name), (getattr(position, name) for position in positions))
    return whole
