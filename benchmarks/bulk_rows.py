"""Rows written by bulk statements, past the verbs: with the ids, sealed values and hash chains that the verbs give."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic_core import PydanticUndefined
from sqlalchemy import Engine, Table, func
from sqlalchemy import insert as sql_insert
from sqlalchemy import select as sql_select
from sqlmodel import Session, SQLModel, select

from tuoju.accounts.audit_verifier import AuditKey, entry_hash
from tuoju.accounts.models import AuditChain, AuditEntry
from tuoju.database.sealing import bound_value, primary_key, sealed_columns
from tuoju.launch.tables import METADATA

AT_ONCE = 5_000
"""Rows of a statement."""


class Rows:
    """Collects rows by table and inserts them in the order of their foreign keys."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.waiting: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        self.last_ids: dict[Table, int] = {}
        self.written = 0
        self._kinds: dict[type[SQLModel], tuple[Table, Mapping[str, Any], list[tuple[str, str]]]] = {}

    def add(self, model: type[SQLModel], *, row_id: int | None = None, **values: Any) -> int:
        """Add a row, with the defaults of its model, and return its id: the next, or one that `next_id` gave."""
        table, defaults, sealed = self._kinds.get(model) or self._kind(model)
        row_id = row_id or self.next_id(table)
        row = {**defaults, **values, "id": row_id}
        for name, prefix in sealed:
            if row[name] is not None:
                row[name] = bound_value(row[name], f"{prefix}{row_id}")
        self.waiting[table].append(row)
        return row_id

    def next_id(self, table: Table) -> int:
        """The next id of a table, which no other program writes meanwhile."""
        if table not in self.last_ids:
            self.last_ids[table] = self.session.execute(sql_select(func.max(primary_key(table)))).scalar() or 0
        self.last_ids[table] += 1
        return self.last_ids[table]

    def write(self) -> None:
        """Insert what was added since the last call."""
        for table in METADATA.sorted_tables:
            rows = self.waiting.pop(table, [])
            self.written += len(rows)
            for start in range(0, len(rows), AT_ONCE):
                self.session.execute(sql_insert(table), rows[start : start + AT_ONCE])

    def _kind(self, model: type[SQLModel]) -> tuple[Table, Mapping[str, Any], list[tuple[str, str]]]:
        table: Table = model.__table__  # type: ignore[attr-defined]
        defaults = {}
        for name, field in model.model_fields.items():
            value = field.get_default(call_default_factory=True, validated_data={})
            if value is not PydanticUndefined:
                defaults[name] = value
        sealed = [(column.name, f"{table.name}.{column.name}:") for column in sealed_columns(table)]
        self._kinds[model] = (table, defaults, sealed)
        return self._kinds[model]


class Chains:
    """Goes on with the chains of the audit; each chain was begun by a verb."""

    def __init__(self, rows: Rows, key: AuditKey) -> None:
        self.rows, self.key = rows, key
        self.heads = {head.scope: [head.sequence, head.hash] for head in rows.session.exec(select(AuditChain))}

    def add(self, scope: str, at: datetime, actor_id: int, action: str, subject: str, subject_id: int) -> None:
        """Append an entry to a chain."""
        head = self.heads[scope]
        entry: dict[str, Any] = {
            "scope": scope,
            "sequence": head[0] + 1,
            "at": at.astimezone(UTC),
            "actor_id": actor_id,
            "action": action,
            "subject_type": subject,
            "subject_id": str(subject_id),
            "purpose": "",
            "detail": {},
            "session_id": None,
            "address": "",
            "request_id": "",
            "previous_hash": head[1],
            "key_id": self.key.id,
        }
        entry["hash"] = entry_hash(entry)
        entry["mac"] = self.key.mac("entry", entry["hash"])
        self.rows.add(AuditEntry, **entry)
        head[0], head[1] = entry["sequence"], entry["hash"]

    def write(self) -> None:
        """Store the new ends of the chains."""
        for head in self.rows.session.exec(select(AuditChain)):
            sequence, last = self.heads[head.scope]
            if sequence > head.sequence:
                head.sequence, head.hash, head.key_id = sequence, last, self.key.id
                head.mac = self.key.mac("head", head.scope, sequence, last)


def set_sequences(engine: Engine) -> None:
    """Let PostgreSQL count on behind the ids that were given here."""
    if engine.dialect.name != "postgresql":
        return
    with engine.begin() as connection:
        for table in METADATA.sorted_tables:
            key = table.primary_key.columns.get("id")
            if key is not None and key.type.python_type is int:
                last = sql_select(func.max(key)).scalar_subquery()
                name = func.pg_get_serial_sequence(f'"{table.name}"', "id")
                connection.execute(sql_select(func.setval(name, func.coalesce(last, 1), last.is_not(None))))
