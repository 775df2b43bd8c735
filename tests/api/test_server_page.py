"""The page on the server names every call, code, role and topic; the deployment files name options that there are."""

import re
from pathlib import Path

from typer.main import get_command

from penstock.api.permissions import CALLS, Role
from penstock.api.problem import CODES
from penstock.api.stream.messages import TOLD, Topic
from penstock.app.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")


def test_every_call_is_on_the_page() -> None:
    for call in CALLS:
        last = "/" + call.path.rpartition("/")[2] if call.path.count("/") > 1 else call.path
        assert call.path in PAGE or last in PAGE, call.path


def test_every_code_role_and_topic_is_on_the_page() -> None:
    for code in CODES:
        assert f"`{code}`" in PAGE or code in ("method_not_allowed", "internal", "busy"), code
    for word in (*Role, *Topic):
        assert f"`{word}`" in PAGE, word
    for topic, event in TOLD.values():
        assert topic in (Topic.EXECUTIONS, Topic.ALERTS) or f"`{event}`" in PAGE, event


def test_what_is_deployed_is_started_by_options_that_there_are() -> None:
    command = get_command(app).commands["serve"]  # type: ignore[attr-defined]
    known = {option for parameter in command.params for option in parameter.opts}
    for name in ("docs/server.md", "deploy/Containerfile", "deploy/penstock.service"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for line in re.findall(r"penstock[\", ]+serve[^\n]*", text):
            assert set(re.findall(r"--[a-z-]+", line)) <= known, line
