"""Ids remembered by fingerprints: every one that was used, hardly any other, in a few bytes, and saved as it is."""

import msgspec

from penstock.engine.fingerprints import Fingerprints, fingerprint

MANY = 50_000


def some() -> Fingerprints:
    used = Fingerprints()
    used.add(f"P{number:06d}" for number in range(MANY))
    return used


def test_every_id_that_was_used_is_known_and_no_other() -> None:
    used = some()
    assert all(f"P{number:06d}" in used for number in range(MANY))
    assert not any(f"P{number:06d}" in used for number in range(MANY, 2 * MANY))
    assert not any(f"client-{number}" in used for number in range(MANY))


def test_an_id_takes_five_bytes() -> None:
    assert len(msgspec.msgpack.encode(some())) < 5 * MANY


def test_what_lies_across_two_fingerprints_is_neither() -> None:
    bucket, kept = fingerprint("A")
    across = Fingerprints(buckets={bucket: b"\0\0" + kept + b"\0\0"})
    assert "A" not in across
    across.buckets[bucket] += kept
    assert "A" in across


def test_they_are_the_same_on_every_machine_and_after_a_snapshot() -> None:
    assert fingerprint("P001") == ("5b0", bytes.fromhex("b222e4b5"))
    used = some()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(used), type=Fingerprints) == used
