"""Room in a line: taken at once while there is some, given on in turn, and never lost with who gives up waiting."""

import asyncio

from penstock.app.live.room import Room


async def entered(room: Room, order: list[int], number: int) -> None:
    await room.enter()
    order.append(number)


async def test_who_finds_no_room_waits_in_turn() -> None:
    room, order = Room(2), list[int]()
    tasks = [asyncio.create_task(entered(room, order, number)) for number in range(5)]
    await asyncio.sleep(0)
    assert (order, room.is_full) == ([0, 1], True)
    for _ in range(3):
        room.leave()
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]
    assert room.is_full
    room.leave()
    assert not room.is_full


async def test_nobody_overtakes_who_was_just_given_the_place() -> None:
    room, order = Room(1), list[int]()
    await room.enter()
    waiting = asyncio.create_task(entered(room, order, 1))
    await asyncio.sleep(0)
    room.leave()
    late = asyncio.create_task(entered(room, order, 2))
    await waiting
    await asyncio.sleep(0)
    assert order == [1]
    room.leave()
    await late
    assert order == [1, 2]


async def test_a_place_is_not_lost_with_who_gave_up() -> None:
    room, order = Room(1), list[int]()
    await room.enter()
    gives_up, waits = (asyncio.create_task(entered(room, order, number)) for number in (1, 2))
    await asyncio.sleep(0)
    room.leave()  # the place is the first one's ...
    gives_up.cancel()  # ... who is gone before it could take it
    await asyncio.gather(gives_up, waits, return_exceptions=True)
    assert order == [2]
    room.leave()
    assert not room.is_full
