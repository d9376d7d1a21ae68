"""The command line lists its commands without importing them."""

import subprocess
import sys
from importlib import import_module

import pytest
import typer
from typer.testing import CliRunner

from tuoju.launch.cli import COMMANDS, app

HELP = (
    "import sys; from tuoju.launch.cli import app; app(['--help'], standalone_mode=False); print(sorted(sys.modules))"
)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_begins_its_own_help(name: str) -> None:
    command = typer.main.get_command(import_module(COMMANDS[name].module).app)
    own_help = " ".join((command.help or "").split())
    assert own_help.startswith(COMMANDS[name].help.removesuffix("."))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_shows_its_own_help(name: str) -> None:
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert f"{name} " in result.output


def test_an_unknown_command_is_an_error() -> None:
    assert CliRunner().invoke(app, ["nothing"]).exit_code == 2


def test_the_list_of_commands_imports_nothing_slow() -> None:
    ended = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    assert "'typer'" in ended.stdout
    assert [
        name for name in ("numba", "scipy", "sqlalchemy", "tuoju.launch.bootstrap") if f"'{name}'" in ended.stdout
    ] == []
