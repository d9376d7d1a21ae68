"""Rows written by bulk statements, past the verbs: with the ids, sealed values and hash chains that the verbs give."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic_core import PydanticUndefined
from sqlalchemy import Connection, Engine, Table, func
from sqlalchemy import select as sql_select
from sqlalchemy import update as sql_update
from sqlmodel import SQLModel

from tuoju.accounts.audit_verifier import AuditKey, entry_hash
from tuoju.accounts.models import AuditChain, AuditEntry
from tuoju.database.sealing import bound_value, primary_key, sealed_columns
from tuoju.launch.tables import METADATA

_HEADS: Table = AuditChain.__table__  # type: ignore[attr-defined]


class Rows:
    """Collects rows by table and inserts them in the order of their foreign keys."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
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
            self.last_ids[table] = self.connection.scalar(sql_select(func.max(primary_key(table)))) or 0
        self.last_ids[table] += 1
        return self.last_ids[table]

    def write(self) -> None:
        """Insert what was added since the last call."""
        for table in METADATA.sorted_tables:
            rows = self.waiting.pop(table, [])
            self.written += len(rows)
            if rows:
                _write(self.connection, table, rows)

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


def _write(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows by COPY on PostgreSQL, else by the driver, past the statements of SQLAlchemy."""
    dialect = connection.dialect
    names = list(rows[0])
    processors = [table.columns[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    columns = list(zip(names, processors, strict=True))
    values = ([process(row[name]) if process else row[name] for name, process in columns] for row in rows)
    quoted = ", ".join(f'"{name}"' for name in names)
    driver: Any = connection.connection.cursor()
    if dialect.name == "postgresql":
        with driver.copy(f'COPY "{table.name}" ({quoted}) FROM STDIN') as copy:
            for row in values:
                copy.write_row(row)
    else:
        driver.executemany(f'INSERT INTO "{table.name}" ({quoted}) VALUES ({", ".join("?" * len(names))})', values)
    driver.close()


class Chains:
    """Goes on with the chains of the audit; each chain was begun by a verb."""

    def __init__(self, rows: Rows, key: AuditKey) -> None:
        self.rows, self.key = rows, key
        heads = rows.connection.execute(sql_select(_HEADS.c.scope, _HEADS.c.sequence, _HEADS.c.hash))
        self.heads: dict[str, tuple[int, str]] = {scope: (sequence, last) for scope, sequence, last in heads}

    def add(self, scope: str, at: datetime, actor_id: int, action: str, subject: str, subject_id: int) -> None:
        """Append an entry to a chain."""
        sequence, last = self.heads[scope]
        entry: dict[str, Any] = {
            "scope": scope,
            "sequence": sequence + 1,
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
            "previous_hash": last,
            "key_id": self.key.id,
        }
        entry["hash"] = entry_hash(entry)
        entry["mac"] = self.key.mac("entry", entry["hash"])
        self.rows.add(AuditEntry, **entry)
        self.heads[scope] = entry["sequence"], entry["hash"]

    def write(self) -> None:
        """Store the ends of the chains."""
        for scope, (sequence, last) in self.heads.items():
            mac = self.key.mac("head", scope, sequence, last)
            end = {"sequence": sequence, "hash": last, "key_id": self.key.id, "mac": mac}
            self.rows.connection.execute(sql_update(_HEADS).where(_HEADS.c.scope == scope).values(**end))


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
