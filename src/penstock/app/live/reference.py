"""Exchange rates and settled cash from a file that somebody keeps: read anew whenever it changes, told to the engine.

[rates]                 # what one unit is worth in the desk's base currency
EUR = 1.0832

[settled_cash]          # by account, in the base currency
main = 1_000_000

What has changed is told; what is no longer in the file stays as it was last told. A file that cannot be read, or has
one wrong value, changes nothing: an alert says why until it is right again.
"""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.app.documents import load_document
from penstock.app.live.alarms import Alarms
from penstock.app.live.answers import NotTaken
from penstock.app.row import refuse_unknown
from penstock.domain import commands as cmd
from penstock.domain.errors import BadInput
from penstock.risk.document import number_of, table_of

if TYPE_CHECKING:
    from penstock.app.live.driver import LiveDriver

LOOK_EVERY_S = 1.0
TABLES = ("rates", "settled_cash")

Key = tuple[str, str]  # table and name
Told = dict[Key, Decimal]


def read_reference(path: Path) -> Told:
    """Every value of the file, by table and name.

    Raises:
        BadInput: the file cannot be read, or a table, a name or a value is wrong.
    """
    found: Told = {}
    for table, values in load_document(path).items():
        refuse_unknown(str(path), table, TABLES)
        for name, value in table_of(str(path), table, values).items():
            found[table, name] = _value(f"{path}: [{table}]", table, name, value)
    return found


def untold(values: Told, told: Told) -> list[tuple[Key, cmd.TellRate | cmd.TellCash]]:
    """What the engine has to be told of values that are not those it was told."""
    return [(key, command(*key, value)) for key, value in values.items() if told.get(key) != value]


def command(table: str, name: str, value: Decimal) -> cmd.TellRate | cmd.TellCash:
    if table == "rates":
        return cmd.TellRate(ts=0, currency=name, rate=value)
    return cmd.TellCash(ts=0, account=name, settled=value)


class Reference:
    """The file of a live desk.

    Raises:
        BadInput: at the start, see `read_reference`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = _stamp(path)
        self._values = read_reference(path)
        self._told: Told = {}

    async def follow(self, driver: "LiveDriver") -> None:
        """Tell the engine everything, then what changes, for ever."""
        while True:
            self.read(driver.alarms)
            await self.tell(driver)
            await asyncio.sleep(LOOK_EVERY_S)

    def read(self, alarms: Alarms) -> None:
        """Read the file if it is another than it was."""
        stamp = _stamp(self.path)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._values |= read_reference(self.path)
        except BadInput as fault:
            alarms.raise_("reference", f"exchange rates and cash stay as they were: {fault}")
        else:
            alarms.clear("reference", f"{self.path} is followed again")

    async def tell(self, driver: "LiveDriver") -> None:
        """Tell the engine what it has not been told; while the desk takes nothing, that waits."""
        for key, command in untold(self._values, self._told):
            try:
                await driver.put(command)
            except NotTaken:
                return
            self._told[key] = self._values[key]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file does; None while there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _value(place: str, table: str, name: str, value: Any) -> Decimal:
    number = Decimal(number_of(place, name, value))
    if table == "rates" and number <= 0:
        raise BadInput(place, name, "must be above zero", value)
    return number
