"""One paper server for all tests here: they use users and accounts of their own."""

from collections.abc import Iterator

import pytest
from serving import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server") / "desk.db").start()
    yield running
    running.stop()
