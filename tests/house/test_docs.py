"""Documents that say where things are: every room and every setting is in them."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from tuoju.accounts.fields_table import table_as_markdown
from tuoju.launch.cli import COMMANDS
from tuoju.launch.settings import Settings
from tuoju_notifications.celery_app import QUEUES

ROOT = Path(__file__).parent.parent.parent
PLATFORM = ROOT / "platform" / "tuoju"
ROOMS = sorted(path.parent.name for path in PLATFORM.glob("*/__init__.py"))
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
HANDBOOKS = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()


def test_the_table_of_fields_is_the_one_that_the_code_keeps() -> None:
    assert (ROOT / "docs" / "fields.md").read_text() == table_as_markdown()


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_its_line_in_the_architecture(room: str) -> None:
    assert f"| `{room}` |" in ARCHITECTURE


def test_the_architecture_names_no_room_that_is_gone() -> None:
    table = ARCHITECTURE.split("| room | what it is for |")[1].split("\n\n")[0]
    named = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert named == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_every_room_is_found_from_the_readme(readme: str, room: str) -> None:
    assert room in {"database", "registry"} or f"platform/tuoju/{room}/" in (ROOT / readme).read_text()


def test_the_order_of_rooms_in_the_architecture_is_that_of_the_import_contract() -> None:
    contract = (ROOT / "pyproject.toml").read_text().split('name = "Imports point down"')[1].split("]\n\n")[0]
    layers = [line.strip().strip('",') for line in contract.split("layers = [")[1].splitlines() if '"' in line]
    table = ARCHITECTURE.split("| room | what it is for |")[1].split("\n\n")[0]
    assert [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")] == layers


class TestOperations:
    def test_every_setting_is_explained_once(self) -> None:
        rows = re.findall(r"^\| (`[A-Z`, _]+`) \|", OPERATIONS, re.MULTILINE)
        explained = [name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)]
        settings = {
            str(field.validation_alias or f"TUOJU_{name.upper()}") for name, field in Settings.model_fields.items()
        }
        assert sorted(explained) == sorted(settings)

    def test_every_setting_named_exists(self) -> None:
        named = {name for path in HANDBOOKS for name in re.findall(r"\bTUOJU_[A-Z_]+[A-Z]\b", path.read_text())}
        of_tests = {name for name in named if re.match("TUOJU_(TEST|FUZZ)_", name)}
        assert named - of_tests - {f"TUOJU_{name.upper()}" for name in Settings.model_fields} == set()

    def test_every_queue_is_explained(self) -> None:
        table = OPERATIONS.split("| queue | what waits in it |")[1].split("\n\n")[0]
        assert sorted(re.findall(r"`([a-z_.]+)`", table)) == sorted(QUEUES)

    def test_its_contents_lead_to_its_sections_in_their_order(self) -> None:
        sections = re.findall(r"^## (.*)$", OPERATIONS, re.MULTILINE)
        anchors = [re.sub(r"[^a-z0-9 -]", "", section.lower()).replace(" ", "-") for section in sections]
        assert re.findall(r"\]\(#([a-z-]+)\)", OPERATIONS.split("\n## ")[0]) == anchors


def options_of(command: Any) -> Iterator[str]:
    for parameter in command.params:
        yield from parameter.opts
    for child in getattr(command, "commands", {}).values():
        yield from options_of(child)


@pytest.mark.parametrize("path", HANDBOOKS, ids=lambda path: path.name)
def test_every_command_named_has_the_options_named(path: Path) -> None:
    lines = re.findall(r"(?:^|`|/)tuoju ([a-z]+)([^`#&\n]*)", path.read_text(), re.MULTILINE)
    for name, rest in lines:
        assert name in COMMANDS, name
        options = set(options_of(typer.main.get_command(import_module(COMMANDS[name].module).app)))
        assert set(re.findall(r"--[a-z-]+", rest)) <= options | {"--help"}, f"tuoju {name}{rest}"
