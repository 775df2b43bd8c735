"""What the tests of recorded markets share: one cache, so that each recording is read once."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of tapes for the recordings; tests of small files have one of their own."""
    return tmp_path_factory.mktemp("tapes")
