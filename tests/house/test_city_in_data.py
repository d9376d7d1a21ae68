"""The city that the platform is run for is data: no code names the one that ships."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = re.compile("滁州|chuzhou|(?<![0-9])3411", re.IGNORECASE)
CODE = [
    path
    for root in ("platform", "matching", "projects", "notifications", "text")
    for path in sorted((ROOT / root).rglob("*"))
    if path.suffix in {".py", ".html", ".js", ".css", ".po", ".sql", ".typ"} and "data" not in path.parts
]


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_code_names_the_city_that_ships(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, start=1) if NAMES.search(line)] == []
