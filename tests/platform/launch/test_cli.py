"""The command line lists its commands without importing them."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tuoju.launch.cli import COMMANDS, app
from tuoju.launch.language import systems_language

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
    slow = ("numba", "scipy", "sklearn", "numpy", "sqlalchemy", "celery", "tuoju.launch.bootstrap")
    assert [name for name in slow if f"'{name}'" in ended.stdout] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_imports_what_it_may_not_need(name: str) -> None:
    script = (
        f"import sys; import {COMMANDS[name].module}; print(sorted({{'numba', 'scipy', 'sklearn'}} & {{*sys.modules}}))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


class TestLanguage:
    @pytest.mark.parametrize(
        ("environment", "language"),
        [
            ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
            ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
            ({"LC_MESSAGES": "zh_HK.UTF-8", "LANG": "en_GB.UTF-8"}, "zh_CN"),
            ({"LANG": "de_DE.UTF-8"}, "en"),
        ],
    )
    def test_is_that_of_the_system(
        self, environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert systems_language() == language

    def test_is_what_the_option_says(self) -> None:
        assert "更新数据库中的数据表" in CliRunner().invoke(app, ["--language", "zh", "--help"]).output
        assert "显示本说明并退出" in CliRunner().invoke(app, ["--language", "zh", "migrate", "--help"]).output
        assert "Update the tables" in CliRunner().invoke(app, ["--language", "en", "--help"]).output

    def test_does_not_change_how_sheets_are_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The words in the sheets are Chinese, whatever the operator speaks."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TUOJU_DATA_FOLDER", str(tmp_path / "var"))
        runner, english = CliRunner(), ["--language", "en", "match"]
        assert runner.invoke(app, [*english, "--sample", "samples"]).exit_code == 0
        result = runner.invoke(app, [*english, "samples/needs.xlsx", "samples/projects.xlsx"])
        assert result.exit_code == 0, result.output


def test_a_terminal_that_cannot_print_chinese_gets_escapes(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from tuoju.launch.cli import app; app()",
        "--language",
        "zh",
        "city",
        "check",
        "x",
    ]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "\\u" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
