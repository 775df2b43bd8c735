"""`kill -9` on a real desk process under load: what it had answered is there, and the venue saw every order once.

`PENSTOCK_KILLS` is how often each journal's desk is killed; unset, as often as an ordinary run has time for.
"""

import os
from pathlib import Path

import pytest
from live_load import Load, check, finish, start_loaded_desk
from live_processes import connected, start_venue

KILLS = {"sqlite": 12, "postgres": 6}
ORDERS_A_LIFE = 300


async def live_and_die(load: Load, port: int, journal: Path | str, folder: Path) -> None:
    """One life of the desk: sometimes killed while it recovers, mostly under load."""
    desk = await start_loaded_desk(port, journal, folder)
    survived = True
    try:
        if load.random.random() < 0.85:
            async with connected(desk, folder) as client:
                load.through(client)
                survived = await load.press(load.random.randrange(ORDERS_A_LIFE))
                await desk.kill()
    finally:
        await desk.kill()
    assert survived, "\n".join(desk.lines)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_desk_killed_again_and_again_loses_nothing_and_doubles_nothing(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    journal = tmp_path / "journal.db" if kind == "sqlite" else request.getfixturevalue("database")
    load = Load(seed=1)
    venue, port = await start_venue(tmp_path, "--repeat", 0.05)
    try:
        for _ in range(int(os.environ.get("PENSTOCK_KILLS", KILLS[kind]))):
            await live_and_die(load, port, journal, tmp_path)
        await finish(port, journal, tmp_path)
    finally:
        await venue.kill()
    check(load, journal, tmp_path / "ledger")
    assert len(load.acknowledged) > 100, "the desk was hardly under load"
