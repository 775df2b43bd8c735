"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Where the recorded markets are; tests that need them are skipped, and say so, where they are not."""
    folder = Path(os.environ.get("PENSTOCK_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"recorded market data not found at {folder}: set PENSTOCK_DATA to its folder")
    return folder
