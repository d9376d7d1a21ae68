"""Refuses what a flush writes out of the transaction's scope, by the rules of `row_scopes`, on SQLite.

PostgreSQL checks every statement by its policies. SQLite has none: there each row of a flush is looked up under the
rule of its table, before the flush as it was and after it as it has become. Reads, and statements that do not go
through a flush, are not checked there.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Set
from functools import cache
from typing import Any

from sqlalchemy import TextClause, inspect, text
from sqlalchemy.orm import Session, UOWTransaction

from tuoju.database.row_scopes import REACHED, ROW_RULES, THROUGH, RowRule, fill, own_referral
from tuoju.database.scopes import Reach, RowOutOfScope, RowScope, scope_in_force

_WORD = re.compile(r"\w+")
_PASSED = "tuoju.write_guard.passed"
"""In `session.info`, by scope: table and id of the rows that were found within it."""


def check_before(session: Session, _context: UOWTransaction, _instances: object) -> None:
    """The rows as they were, of what was changed or deleted. Raises RowOutOfScope."""
    scope = _scope_to_check(session)
    if scope is not None:
        changed = [row for row in session.dirty if session.is_modified(row)]
        _require(session, scope, [*changed, *session.deleted], "change")


def check_after(session: Session, context: UOWTransaction) -> None:
    """The rows as they have become. Raises RowOutOfScope."""
    scope = _scope_to_check(session)
    if scope is not None:
        moved = [row for row in session.dirty if _may_have_left(row)]
        _require(session, scope, [*session.new, *moved], "keep")


def _may_have_left(row: object) -> bool:
    """Whether a change touched what decides who reaches the row; otherwise the check before the flush holds after."""
    state = inspect(row)
    rule = ROW_RULES.get(state.mapper.local_table.name)
    if rule is None:
        return False
    changed = {attribute.key for attribute in state.attrs if attribute.history.has_changes()}
    predicate = rule.keep or rule.read
    same_rule = predicate == (rule.change or rule.read)
    return bool(changed) and not (same_rule and changed.isdisjoint(_WORD.findall(predicate)))


def _scope_to_check(session: Session) -> RowScope | None:
    scope = scope_in_force(session)  # type: ignore[arg-type]
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    return scope if on_sqlite and scope is not None and scope.reach is not Reach.system else None


def _require(session: Session, scope: RowScope, rows: Iterable[object], kind: str) -> None:
    passed: set[tuple[str, int]] = session.info.setdefault(_PASSED, {}).setdefault(scope, set())
    ids: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        table = inspect(type(row)).local_table.name
        if table in ROW_RULES and not _is_known(row, table, kind, passed):
            ids[table].append(row.id)  # type: ignore[attr-defined]
    if not ids:
        return
    listed = {f"ids_{table}": json.dumps(of_table) for table, of_table in ids.items()}
    with session.no_autoflush:
        row = session.connection().execute(_counting(tuple(ids), kind), _values(scope) | listed).one()
    for (table, of_table), passing in zip(ids.items(), row, strict=True):
        if passing < len(of_table):
            raise RowOutOfScope(table)
        if _is_read_rule(table, kind):
            passed.update((table, row_id) for row_id in of_table)


def _is_read_rule(table: str, kind: str) -> bool:
    rule = ROW_RULES[table]
    return (getattr(rule, kind) or rule.read) == rule.read


def _is_known(row: Any, table: str, kind: str, passed: Set[tuple[str, int]]) -> bool:
    """Whether this transaction has seen the row pass, or for a row that follows its parent the parent. A row that may
    have left the scope since was checked again after that flush."""
    if not _is_read_rule(table, kind):
        return False
    parent, column = THROUGH.get(table, ("", ""))
    before = kind == "change" and (table, row.id) in passed
    return before or (parent, getattr(row, column, None)) in passed


@cache
def _counting(tables: tuple[str, ...], kind: str) -> TextClause:
    """One query that counts, for each table, those of its listed rows that pass."""
    counts = []
    for table in tables:
        rule = ROW_RULES[table]
        predicate = condition(table, rule, getattr(rule, kind) or rule.read)
        listed = f"SELECT value FROM json_each(:ids_{table})"
        counts.append(f'(SELECT count(*) FROM "{table}" WHERE id IN ({listed}) AND ({predicate}))')
    return text(f"SELECT {', '.join(counts)}")


def _values(scope: RowScope) -> dict[str, object]:
    return {
        "reach": scope.reach.value,
        "region_code": scope.region_code,
        "organization": scope.organization_id,
        "referral": scope.referral_id,
        "user": scope.user_id,
        "administers": "on" if scope.administers else None,
    }


def condition(table: str, rule: RowRule, predicate: str) -> str:
    """A predicate as SQL of SQLite over bound values; the rule of a parent stands in it as a whole."""
    at_entrance = ":reach = 'entrance' OR " if rule.at_entrance else ""
    return f"{at_entrance}{_scoped(table, predicate)}"


_WITHIN = "SELECT code FROM region WHERE path LIKE (SELECT path FROM region WHERE code = :region_code) || '%'"


def _scoped(table: str, predicate: str) -> str:
    return f"(:reach = 'scope' AND ({fill(predicate, lambda name, of: _resolve(table, name, of))}))"


def _resolve(table: str, name: str, of: str) -> str:
    if name == "parent":
        return _scoped(of, ROW_RULES[of].read)
    if name == "reached":
        own = fill(own_referral(), lambda setting, _of: f":{setting}")
        return fill(REACHED[of], lambda _name, _of: own)
    if name == "regions":
        return _WITHIN
    if name == "whole_city":
        return "EXISTS (SELECT 1 FROM region WHERE code = :region_code AND parent_code IS NULL)"
    return table if name == "table" else f":{name}"
