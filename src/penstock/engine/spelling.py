"""Orders by id, for readers that need not know which of them are kept in a shorter form until somebody reads them.

Looking an order up spells it out, and so does going through all of them; what a look finds then stays so.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _collections_abc import dict_items, dict_keys, dict_values

T = TypeVar("T")


class Spelled(dict[str, T]):
    """A dict of what is spelled out. `spell` does that for an id, or without one for all, and says whether it did any.

    `has` says whether an id would be here if it were spelled out. `on_spelled` is told of what is about to be.
    """

    __slots__ = ("_has", "_spell", "on_spelled")

    def __init__(self, spelled: dict[str, T], spell: Callable[..., bool], has: Callable[[str], bool]) -> None:
        super().__init__(known(spelled))
        self._spell, self._has = spell, has
        self.on_spelled: Callable[[Any], None] | None = None

    def __missing__(self, order_id: str) -> T:
        if self._has(order_id) and self._spell(order_id):
            return self[order_id]
        raise KeyError(order_id)

    def get(self, order_id: str, default: Any = None) -> Any:
        found = super().get(order_id)
        if found is not None:
            return found
        return self[order_id] if self._has(order_id) and self._spell(order_id) else default

    def __contains__(self, order_id: object) -> bool:
        return dict.__contains__(self, order_id) or (isinstance(order_id, str) and self._has(order_id))

    def __iter__(self) -> Iterator[str]:
        self._spell()
        return super().__iter__()

    def __len__(self) -> int:
        self._spell()
        return super().__len__()

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, T]:
        return deepcopy(known(self), memo)

    def keys(self) -> "dict_keys[str, T]":
        self._spell()
        return super().keys()

    def values(self) -> "dict_values[str, T]":
        self._spell()
        return super().values()

    def items(self) -> "dict_items[str, T]":
        self._spell()
        return super().items()


def known(spelled: dict[str, T]) -> dict[str, T]:
    """What is spelled out already, in a dict of its own."""
    return dict(dict.items(spelled))
