"""Refuses what a flush writes out of the transaction's scope, by the rules of `row_scopes`, on SQLite.

PostgreSQL checks every statement by its policies. SQLite has none: there each row of a flush is looked up under the
rule of its table, before the flush as it was and after it as it has become. Reads, and statements that do not go
through a flush, are not checked there.
"""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session, UOWTransaction

from tuoju.database.row_scopes import REACHED, ROW_RULES, RowRule, fill, own_referral
from tuoju.database.scopes import Reach, RowOutOfScope, RowScope, scope_in_force


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
        changed = [row for row in session.dirty if session.is_modified(row)]
        _require(session, scope, [*session.new, *changed], "keep")


def _scope_to_check(session: Session) -> RowScope | None:
    scope = scope_in_force(session)  # type: ignore[arg-type]
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    return scope if on_sqlite and scope is not None and scope.reach is not Reach.system else None


def _require(session: Session, scope: RowScope, rows: Iterable[object], kind: str) -> None:
    ids: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        table = inspect(type(row)).local_table.name
        if table in ROW_RULES:
            ids[table].append(row.id)  # type: ignore[attr-defined]
    for table, of_table in ids.items():
        rule = ROW_RULES[table]
        predicate = condition(table, rule, getattr(rule, kind) or rule.read)
        listed = ", ".join(str(row_id) for row_id in of_table)
        query = text(f"SELECT count(*) FROM {table} WHERE id IN ({listed}) AND ({predicate})")
        with session.no_autoflush:
            passing = session.connection().execute(query, _values(scope)).scalar_one()
        if passing < len(of_table):
            raise RowOutOfScope(table)


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
