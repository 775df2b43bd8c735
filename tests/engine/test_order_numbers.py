"""Numbered orders remembered by a bit each: exactly those, however they were written, and saved as they are."""

import msgspec
import pytest

from penstock.engine.order_numbers import NUMBER_MAX, Numbers, is_own, number_of
from penstock.engine.state import Archived


def test_a_number_is_in_once_it_was_added_and_no_other_is() -> None:
    numbers = Numbers()
    added = {1, 7, 8, 4095, 4096, 50_000, NUMBER_MAX}
    for number in added:
        numbers.add(number)
    tried = {each + step for each in added for step in (-1, 0, 1)}
    assert {number for number in tried if number in numbers} == added
    assert msgspec.json.decode(msgspec.json.encode(numbers), type=Numbers) == numbers


@pytest.mark.parametrize(
    ("order_id", "number", "own"),
    [
        ("P001", 1, True),
        ("P999", 999, True),
        ("P1000", 1000, True),
        ("P1", 1, False),
        ("P0001", 1, False),
        ("P000", 0, False),
        (f"P{NUMBER_MAX + 1}", NUMBER_MAX + 1, False),
        ("P", 0, False),
        ("PX", 0, False),
        ("Q001", 0, False),
        ("", 0, False),
        ("P٣٣٣", 0, False),
    ],
)
def test_only_an_id_as_the_desk_writes_it_is_known_by_its_number(order_id: str, number: int, own: bool) -> None:
    assert (number_of(order_id), is_own(order_id, number)) == (number, own)


def test_two_ids_of_one_number_are_two_orders() -> None:
    archived = Archived()
    archived.add(["P001", "P0002", "mine"])
    assert [each for each in ("P001", "P1", "P0001", "P002", "P0002", "mine", "yours") if each in archived] == [
        *("P001", "P0002", "mine")
    ]
    assert archived.highest == 2


def test_a_hundred_thousand_numbers_take_a_few_kilobytes() -> None:
    archived = Archived()
    archived.add(f"P{number:03d}" for number in range(1, 100_001))
    assert len(msgspec.msgpack.encode(archived)) < 14_000
