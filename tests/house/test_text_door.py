"""Every string that comes from outside is cleaned (docs/decisions/0021-one-way-in-for-text.md)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for root in ("platform", "projects", "notifications") for path in (ROOT / root).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_model_of_what_is_typed_cleans_its_text(path: Path) -> None:
    classes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ClassDef)]
    bases = {node.name: {ast.unparse(base) for base in node.bases} for node in classes}
    assert [name for name, of in bases.items() if name.endswith(("Input", "Row")) and "BaseModel" in of] == []
