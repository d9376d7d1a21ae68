"""Every table is scoped or stands on the list of those that need no scope; every way beyond the scope is named and used
(design.md section 7)."""

import re
from pathlib import Path

import pytest

from tuoju.database import row_scopes
from tuoju.database.row_scopes import APPEND_ONLY, DELETABLE, REACHED, ROW_RULES, UNSCOPED
from tuoju.database.scopes import Escape
from tuoju.launch.tables import METADATA

SOURCES = Path(row_scopes.__file__).parents[1]
PYTHON = {path: path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py")}


def test_every_table_is_scoped_or_has_a_reason() -> None:
    assert ROW_RULES.keys() | UNSCOPED.keys() == METADATA.tables.keys()
    assert not ROW_RULES.keys() & UNSCOPED.keys()
    assert all(len(reason) > 10 for reason in UNSCOPED.values())


def test_what_is_appended_only_is_never_removed() -> None:
    assert not APPEND_ONLY & DELETABLE
    assert METADATA.tables.keys() >= APPEND_ONLY | DELETABLE


@pytest.mark.parametrize("table", ROW_RULES)
def test_a_rule_names_tables_that_have_one(table: str) -> None:
    rule = ROW_RULES[table]
    predicates = f"{rule.read} {rule.keep} {rule.change}"
    assert set(re.findall(r"\{parent:(\w+)\}", predicates)) <= ROW_RULES.keys()
    assert set(re.findall(r"\{reached:(\w+)\}", predicates)) <= REACHED.keys()


@pytest.mark.parametrize("escape", Escape)
def test_every_escape_is_used(escape: Escape) -> None:
    assert any(f"Escape.{escape.name}" in text for text in PYTHON.values())


def test_the_system_scope_is_for_tasks_and_commands() -> None:
    """In `web` only delivery reports have it: a gateway names messages of any recipient."""
    pattern = re.compile(r"\((SYSTEM|[^()]*, SYSTEM)\)")
    users = {path.relative_to(SOURCES).parts[0] for path, text in PYTHON.items() if pattern.search(text)}
    assert users <= {
        "launch",
        "accounts",
        "plans",
        "jobs",
        "matchmaking",
        "referrals",
        "reports",
        "simulation",
        "backups",
        "invariants",
        "database",
        "web",
    }
    web = [path.name for path, text in PYTHON.items() if "web" in path.parts and pattern.search(text)]
    assert web == ["machines.py"]
