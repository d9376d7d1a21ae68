"""No command shows a traceback, SQL or a value that it was given to an operator, in either language."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tuoju.launch.cli import COMMANDS, app

HOSTILE = (
    "",
    " ",
    "-1",
    "999999999999999999999999",
    "'; DROP TABLE user_account; --",
    "../../../../etc/passwd",
    "%s%(x)s{0}",
    "[red]markup[/red][/]",
    "托举\u202e\U0001f9d1\u200d",
    "a" * 70_000,
    "nul\x00byte",
    "\udcff",
)
NEVER_SAID = ("Traceback", "SELECT", "INSERT", "UPDATE ", "password_hash", "[SQL", "Errno")
STARTS_PROCESSES = {"demo", "serve", "web"}
"""Their one number is refused before anything starts; the address to listen on is not tried here."""


def commands() -> Iterator[tuple[str, ...]]:
    """The path of each command. `audit verifier` is left out: what it prints is a program."""
    for name, entry in COMMANDS.items():
        command: Any = typer.main.get_command(import_module(entry.module).app)
        children = getattr(command, "commands", None)
        yield from [(name,)] if children is None else ((name, child) for child in children if child != "verifier")


def parameters_of(path: tuple[str, ...]) -> list[Any]:
    command: Any = typer.main.get_command(import_module(COMMANDS[path[0]].module).app)
    return list((command.commands[path[1]] if len(path) > 1 else command).params)


def arguments(path: tuple[str, ...], text: str) -> list[str]:
    """Every parameter that takes a value, with the same hostile one."""
    options: list[str] = []
    for parameter in parameters_of(path):
        if parameter.param_type_name == "option" and not parameter.is_flag:
            options += [f"{parameter.opts[0]}={text}"]
    positional = [text for parameter in parameters_of(path) if parameter.param_type_name == "argument"]
    return [*options, "--", *positional] if positional else options


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TUOJU_ENVIRONMENT", "demo")
    monkeypatch.setenv("TUOJU_DATA_FOLDER", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)


def check(result: Any) -> None:
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code in (0, 1, 2)
    assert [text for text in NEVER_SAID if text in result.output] == []


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
@pytest.mark.parametrize("path", [path for path in commands() if arguments(path, "")], ids=" ".join)
def test_a_hostile_argument_is_answered_in_a_sentence(path: tuple[str, ...], text: str) -> None:
    if path[0] in STARTS_PROCESSES and not text:
        pytest.skip("an empty port is the default")
    check(CliRunner().invoke(app, [*path, *arguments(path, text)]))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", [*commands()], ids=" ".join)
def test_a_database_without_tables_is_told(path: tuple[str, ...], language: str, database_of_nothing: str) -> None:
    if path[0] in STARTS_PROCESSES | {"simulate", "match"} or any(item.required for item in parameters_of(path)):
        pytest.skip("makes its tables, uses no database or needs arguments")
    check(CliRunner().invoke(app, ["--language", language, *path]))


@pytest.fixture
def database_of_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path / 'empty.db'}"
    monkeypatch.setenv("TUOJU_DATABASE_URL", address)
    return address
