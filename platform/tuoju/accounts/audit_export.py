"""Entries of the audit as lines of JSON, which `audit_verifier` reads."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy import select as sql_select
from sqlmodel import Session

from tuoju.accounts.models import AuditChain, AuditEntry
from tuoju.database.records import now


def whole_export(session: Session) -> Iterator[str]:
    """Every entry and the head of every chain; complete, so that gaps and cut chains are found in it."""
    entries, heads = AuditEntry.__table__, AuditChain.__table__  # type: ignore[attr-defined]
    query = sql_select(entries).order_by(entries.c.scope, entries.c.sequence)
    yield _line("audit", version=1, complete=True, exported_at=now().astimezone(UTC).isoformat())
    for entry in session.execute(query, execution_options={"yield_per": 1000}).mappings():
        yield _entry_line(entry)
    for head in session.execute(sql_select(heads).order_by(heads.c.scope)).mappings():
        yield _line("head", **head)


def selected_export(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """Some entries. Each is verified by itself; that none is left out cannot be."""
    yield _line("audit", version=1, complete=False, exported_at=now().astimezone(UTC).isoformat())
    for entry in entries:
        yield _entry_line(entry.model_dump())


def _entry_line(entry: RowMapping | dict[str, Any]) -> str:
    return _line("entry", **{**entry, "at": entry["at"].astimezone(UTC).isoformat()})


def _line(kind: str, **fields: Any) -> str:
    return json.dumps({"kind": kind, **fields}, ensure_ascii=False, separators=(",", ":"))
