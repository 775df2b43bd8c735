"""What the README shows works as it stands there."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from penstock.app.cli import main

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text()


def test_the_python_example_prints_quality_and_costs(capsys: pytest.CaptureFixture[str]) -> None:
    code = next(block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "Desk" in block)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    printed = capsys.readouterr().out
    assert "'fill_rate': 1.0" in printed
    assert "'total_cost_usd'" in printed


def test_the_first_command_after_set_up_leaves_its_three_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (command,) = re.findall(r"^\.venv/bin/(penstock execute .*)$", README, re.MULTILINE)
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setattr(sys, "argv", shlex.split(command.replace("out/mine", str(tmp_path / "mine"))))
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code in (0, None)
    named = set(re.findall(r"^\| `([\w.]+)` \|", README, re.MULTILINE)) & {
        "ExecutionReport.json",
        "report.html",
        "journal.db",
    }
    assert len(named) == 3
    assert named <= {path.name for path in (tmp_path / "mine").iterdir()}
