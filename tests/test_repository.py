"""What must hold of the checkout itself: a stranger can set it up, and nothing of a particular machine is in it."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from penstock.algos.registry import ALGORITHMS, check
from penstock.app.inputs import read_targets
from penstock.portfolio.targets import plan_parents
from penstock.sim.synthetic import LISTINGS, VENUES

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TARGETS = ("help", "setup", "demo", "test", "faults", "lint", "bench", "lock", "clean")


def tracked_texts() -> dict[str, str]:
    """Every tracked file that is text, by its path."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        paths = [str(path.relative_to(ROOT)) for path in (ROOT / "src").rglob("*.py")]
    else:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
        paths = [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]
    texts = {}
    for path in paths:
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            texts[path] = content.decode("utf-8")
    return texts


def requirement(name: str) -> str:
    """The name of a requirement, as the lock writes it."""
    found = re.match(r"[A-Za-z0-9._-]+", name)
    assert found
    return re.sub(r"[._-]+", "-", found.group()).lower()


def test_every_requirement_is_pinned_by_hash_and_comes_from_no_address() -> None:
    assert "://" not in REQUIREMENTS
    assert not re.search(r"^\s*-", REQUIREMENTS.replace("    --hash", ""), re.MULTILINE), "an option is set"
    for block in re.split(r"\n(?=\S)", REQUIREMENTS.strip()):
        assert re.match(r"[a-z0-9.-]+==\S+", block), block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_every_dependency_of_the_project_is_in_the_lock() -> None:
    locked = {requirement(line) for line in REQUIREMENTS.splitlines() if "==" in line}
    wanted = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    assert {requirement(name) for name in wanted} <= locked


def test_no_tracked_file_names_a_machine_or_carries_unfinished_work() -> None:
    machine = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm|root|home)/")
    unfinished = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
    for path, text in tracked_texts().items():
        for number, line in enumerate(text.splitlines(), start=1):
            assert not machine.search(line), f"{path}:{number} names a machine's path"
            assert not unfinished.search(line), f"{path}:{number} is unfinished"


def test_no_recording_is_tracked() -> None:
    for path in tracked_texts():
        if not path.startswith("examples/"):
            assert not path.endswith((".csv", ".parquet", ".gz", ".zst", ".jsonl")), path


@pytest.mark.parametrize("target", TARGETS)
def test_each_make_target_exists_and_is_explained(target: str) -> None:
    assert re.search(rf"^{target}:.*## \w", MAKEFILE, re.MULTILINE)
    assert re.search(rf"^\.PHONY:.*\b{target}\b", MAKEFILE, re.MULTILINE)


def test_ci_runs_lint_and_test_and_stops_at_the_first_failure() -> None:
    ci = ROOT / ".ci" / "run"
    assert ci.stat().st_mode & 0o111, "not executable"
    lines = ci.read_text(encoding="utf-8").splitlines()
    assert "set -euo pipefail" in lines
    assert [line for line in lines if line.startswith("make ")] == ["make lint", "make faults", "make test"]
    assert lines[-1] == "make test", "the tests' own closing line comes last"


def test_the_readme_opens_with_the_two_commands_and_the_main_job() -> None:
    first_screen = "\n".join(README.splitlines()[:24])
    for command in ("make demo", "make test", "penstock execute examples/targets.csv"):
        assert command in first_screen


def test_every_file_and_make_target_that_the_documents_name_exists() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)]+)\)", text):
            assert "://" in link or (ROOT / link).exists(), f"{name} links to {link}"
        for path in re.findall(r"\bexamples/[\w.]+", text):
            assert (ROOT / path).exists(), f"{name} names {path}"
        for target in re.findall(r"^make (\w+)", text, re.MULTILINE):
            assert target in TARGETS, f"{name} names make {target}"


def test_the_readme_names_every_algorithm_and_the_version_is_the_changelogs() -> None:
    for name in ALGORITHMS:
        assert f"`{name}`" in README
    assert PROJECT["version"] in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["demo.json", "targets.toml", "targets.csv"])
def test_each_example_makes_one_parent_a_target_on_the_synthetic_market(name: str) -> None:
    targets = read_targets(ROOT / "examples" / name)
    instruments = {profile.instrument.symbol: profile.instrument for profile, _ in LISTINGS}
    prices = {profile.instrument.symbol: profile.price for profile, _ in LISTINGS}
    listings = {
        spec.name: {profile.instrument.symbol for profile, venues in LISTINGS if spec.name in dict(venues)}
        for spec in VENUES
    }
    parents = plan_parents(targets, {}, instruments, prices, listings, "twap", check)
    assert len(parents) == len(targets) >= 2
    for parent in parents:
        profile = next(profile for profile, _ in LISTINGS if profile.instrument.symbol == parent.symbol)
        half_hour = profile.adv * 1800 / profile.day_s
        assert parent.quantity / half_hour < Decimal("0.06"), "an example is a few percent of the market's volume"


def test_the_demo_buys_and_sells_with_both_schedules_over_half_an_hour() -> None:
    rows = json.loads((ROOT / "examples" / "demo.json").read_text(encoding="utf-8"))["targets"]
    assert {row["algorithm"] for row in rows} == {"twap", "vwap"}
    assert {row.get("duration_minutes", row.get("time_horizon")) for row in rows} == {30}
    assert any(row.get("change", 0) < 0 for row in rows)
    assert any(row.get("change", 0) > 0 for row in rows)
    assert len({row["strategy"] for row in rows}) == len(rows)


def test_a_benchmark_that_does_not_exist_is_refused_by_name() -> None:
    run = subprocess.run([sys.executable, "-m", "benchmarks", "nothing"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.startswith("there is no benchmark 'nothing': known are")


def test_the_licence_is_the_whole_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
