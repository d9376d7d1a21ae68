"""Documents that say where things are: every room and every setting is in them."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PLATFORM = ROOT / "platform" / "tuoju"
ROOMS = sorted(path.parent.name for path in PLATFORM.glob("*/__init__.py"))
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()


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
