"""Restarted and reconciled ten times, the ledger does not change after the first."""

from hashlib import sha256

import msgspec
import pytest
from scripted_world import ScriptedWorld

from penstock.engine.engine import Engine
from penstock.engine.ledger import Ledger
from penstock.journal.replay import replay


def hash_of(ledger: Ledger) -> str:
    return sha256(msgspec.json.encode(ledger, order="deterministic")).hexdigest()


@pytest.mark.parametrize("lists_fills", [True, False])
def test_ten_restarts_and_looks_leave_the_ledger_as_the_first_did(lists_fills: bool) -> None:
    world = ScriptedWorld(lists_fills=lists_fills)
    for number in range(1, 6):
        world.submit(f"P{number}")
    world.pass_time(1)
    for number in range(1, 6):
        world.fill(f"P{number}-001", 20 * number)
    world.lose_reports()
    seen = []
    for _ in range(10):
        world.engine = Engine(replay(world.record))
        world.pass_time(40)
        world.give(world.xa.picture(world.clock, world.clock, tuple(world.xa.orders)))
        seen.append(hash_of(world.engine.state.ledger))
    assert world.books_are_equal()
    assert len(set(seen)) == 1
