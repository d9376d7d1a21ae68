"""Names that say what they hold, and standard terms (docs/vocabulary.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted(
    path
    for root in ("platform", "matching", "projects", "notifications", "text", "benchmarks", "tests")
    for path in (ROOT / root).rglob("*.py")
)
NAMELESS = {"each", "found", "told", "given", "said", "one", "whole", "most"}
"""Words that say nothing of what a variable or parameter holds."""

REPLACED = {
    "heed": "record_outcome",
    "has_hung": "notice_period_over",
    "wind_clock": "set_next_deadline",
    "take_part": "require_no_conflict_of_interest",
    "living_at": "frozen_time",
    "Gathering": "Batcher",
    "Wish": "Request",
    "Purse": "EarmarkedAccount",
    "Bearer": "LinkHolder",
    "Doer": "Principal",
    "Told": "ErrorResponse",
    "NoticeKind": "NotificationKind",
    "post_office": "deliveries",
}
"""Names that were replaced, and the standard term to use."""


def variables(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_variable_says_what_it_holds(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert [f"{name} in line {line}" for name, line in variables(tree) if name in NAMELESS] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_replaced_name_comes_back(path: Path) -> None:
    tree = ast.parse(path.read_text())
    defined = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    assert sorted(defined & REPLACED.keys()) == []
