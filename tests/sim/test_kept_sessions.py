"""Recordings are made replayable once; what is kept is the very same session, or is made anew."""

import os
from pathlib import Path

import numpy as np
import pytest

from penstock.domain.errors import BadInput
from penstock.sim import kept_sessions, replay
from penstock.sim.kept_sessions import SESSIONS_MAX, find, keep, place_of
from penstock.sim.replay import load_session
from penstock.sim.session import Session

NAME = "AMZN_2012-06-21_34200000_57600000_message_1.csv"
MESSAGES = """34200.1,1,11,100,2239500,1
34200.2,1,12,50,2240000,-1
34200.3,4,12,20,2240000,-1
"""


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path / "cache"))
    path = tmp_path / NAME
    path.write_text(MESSAGES)
    return path


def same(one: Session, other: Session) -> bool:
    columns = zip(one.tape, other.tape, strict=True)
    return one[:3] == other[:3] and all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in columns)


def test_a_kept_session_is_the_one_that_was_made(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = load_session(recording)
    monkeypatch.setattr(replay, "made_session", lambda path: pytest.fail(f"{path} is made again"))
    assert same(load_session(recording), made)


def test_a_changed_recording_is_another_session(recording: Path) -> None:
    before = load_session(recording)
    recording.write_text(MESSAGES + "34200.4,3,11,100,2239500,1\n")
    assert len(load_session(recording).tape.ts) == len(before.tape.ts) + 1


@pytest.mark.parametrize("left", [b"", b"not a session", None], ids=["nothing", "something else", "half of it"])
def test_a_damaged_session_is_made_anew(recording: Path, left: bytes | None) -> None:
    made, place = load_session(recording), place_of(recording)
    whole = place.read_bytes()
    place.write_bytes(whole[: len(whole) // 2] if left is None else left)
    assert find(place) is None
    assert same(load_session(recording), made)
    assert find(place) is not None


def test_without_a_cache_to_write_a_recording_still_opens(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CACHE", str(recording))  # a file where a folder should be
    assert len(load_session(recording).tape.ts) > 0


def test_the_least_recently_used_goes_first(recording: Path) -> None:
    session, place = load_session(recording), place_of(recording)
    others = [place.with_name(f"other-{number}.npz") for number in range(SESSIONS_MAX)]
    for age, other in enumerate(others):
        keep(other, session)
        os.utime(other, ns=(age, age))
    assert find(place) is not None
    kept_sessions.make_room(place.parent)
    assert place.exists()
    assert not others[0].exists()
    assert others[-1].exists()


def test_a_recording_that_is_not_there_is_named(recording: Path) -> None:
    with pytest.raises(BadInput, match="elsewhere"):
        load_session(recording.with_name(NAME).parent / "elsewhere" / NAME)
