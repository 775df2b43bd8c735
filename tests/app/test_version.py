"""The command line says which version it is, the one that the package is installed as."""

from importlib.metadata import version

from typer.testing import CliRunner

from penstock.app.cli import app


def test_the_version_is_that_of_the_package() -> None:
    said = CliRunner().invoke(app, ["--version"])
    assert said.exit_code == 0
    assert said.stdout.split() == ["penstock", version("penstock")]
