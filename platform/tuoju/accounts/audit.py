"""The audit: append-only, one chain per scope, each entry hashed and keyed.

`hash` is SHA-256 over the entry and the hash before it, which anyone can compute anew; `mac` is an HMAC of it under a
key outside the database, so that nobody who only has the database can write an entry. The beginning of every chain is
an entry of the registry, the chain `audit`. `audit_verifier` has the rules and checks them.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import DDL, event
from sqlalchemy import insert as sql_insert
from sqlalchemy import select as sql_select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import ORMExecuteState, SessionTransaction
from sqlalchemy.orm import Session as OrmSession
from sqlmodel import Session, select

from tuoju.accounts.audit_verifier import (
    BEGIN_CHAIN,
    REGISTRY,
    SEAL_HISTORY,
    AuditKey,
    Evidence,
    Report,
    Row,
    check,
    entry_hash,
)
from tuoju.accounts.models import AuditChain, AuditEntry
from tuoju.accounts.permissions import Actor, LinkHolder, Principal
from tuoju.accounts.request_context import current_request
from tuoju.database.records import now
from tuoju.database.scopes import ScopedSession
from tuoju.regions.queries import county_of

ACCOUNTS = "accounts"
"""The scope of what is done to accounts, and by actors without a region or organization."""
_PENDING = "tuoju.audit.pending"
"""In `session.info`: the entries that are recorded and not yet in their chain."""


class NoAuditKey(RuntimeError):
    """The process was not bootstrapped, so that it can neither write the audit nor verify it."""


class AuditKeys(NamedTuple):
    """The key that writes, and all keys by id that verify."""

    current: AuditKey
    by_id: dict[str, AuditKey]


_keys: AuditKeys | None = None


def use_audit_key(key: bytes, *, retired: Sequence[bytes] = ()) -> None:
    """Set the 32-byte key under which entries are written; `retired` ones only verify what they wrote. Done once by
    launch.bootstrap."""
    global _keys
    current = AuditKey(key)
    _keys = AuditKeys(current, {known.id: known for known in (*map(AuditKey, retired), current)})


def audit_keys() -> AuditKeys:
    """The keys of this process. Raises NoAuditKey before bootstrap."""
    if _keys is None:
        raise NoAuditKey
    return _keys


class Subject(NamedTuple):
    """What an entry is about where that is no row: a route, a list, a chain."""

    type: str
    id: str


def record(
    session: Session,
    actor: Principal | None,
    action: str,
    subject: object,
    *,
    scope: str,
    purpose: str = "",
    **detail: Any,
) -> AuditEntry:
    """Append one entry to the chain of `scope` (a county code or "organization:ID") in this transaction.

    `subject` is a flushed row or a Subject; `detail` holds ids and words, never personal values. One chain per scope:
    a single global chain holds all writers to its pace. The chain's head row is locked until the commit, and the
    entry written with the next flush. What is done through a link says through which, what is done at the command
    line by which account of the operating system.
    """
    context = current_request()
    if isinstance(actor, LinkHolder):
        detail |= {"via_link": actor.link_id, "organization": actor.organization_id}
    if actor is None and context.operator:
        detail |= {"operator": context.operator}
    if not isinstance(subject, Subject):
        subject = Subject(type(subject).__name__, str(getattr(subject, "id", subject)))
    context.rows_recorded.add((subject.type, subject.id))
    entry = AuditEntry(
        scope=scope,
        sequence=0,
        at=now(),
        actor_id=actor.user_id if actor else None,
        action=action,
        subject_type=subject.type,
        subject_id=subject.id,
        purpose=purpose,
        detail=json.loads(json.dumps(detail)),
        session_id=context.session_id,
        address=context.address,
        request_id=context.request_id,
        previous_hash="",
        hash="",
    )
    head = _head(session, scope)
    if isinstance(session, ScopedSession) and not session.in_nested_transaction():
        session.info.setdefault(_PENDING, []).append(entry)
        return entry
    return _append(session, head, entry)


def write_pending(session: OrmSession) -> None:
    """Put the entries recorded so far into their chains, in the order of recording: one INSERT for all of them, and
    one UPDATE of each head."""
    if session.in_nested_transaction():
        return
    entries: list[AuditEntry] = session.info.pop(_PENDING, [])
    for entry in entries:
        _chain(_head(session, entry.scope), entry)  # type: ignore[arg-type]
    if entries:
        session.execute(sql_insert(AuditEntry.__table__), [entry.model_dump(exclude={"id"}) for entry in entries])  # type: ignore[attr-defined]


def _write_before_reading(state: ORMExecuteState) -> None:
    """Whoever reads the audit finds what the same transaction recorded."""
    if _PENDING in state.session.info and any(mapper.class_ is AuditEntry for mapper in state.all_mappers):
        write_pending(state.session)


def _drop_pending(session: OrmSession, previous: SessionTransaction) -> None:
    """What a transaction recorded is gone with it; a savepoint keeps nothing here."""
    if not previous.nested:
        session.info.pop(_PENDING, None)


event.listen(ScopedSession, "before_commit", write_pending)
event.listen(ScopedSession, "do_orm_execute", _write_before_reading)
event.listen(ScopedSession, "after_soft_rollback", _drop_pending)


def _append(session: Session, head: AuditChain, entry: AuditEntry) -> AuditEntry:
    """Add the entry to the chain of a locked head with the next flush."""
    _chain(head, entry)
    session.add(entry)
    return entry


def _chain(head: AuditChain, entry: AuditEntry) -> None:
    """Give the entry the next place in the chain of a locked head, and hash and key it."""
    key = audit_keys().current
    entry.sequence, entry.previous_hash, entry.key_id = head.sequence + 1, head.hash, key.id
    entry.hash = entry_hash(entry.model_dump())
    entry.mac = key.mac("entry", entry.hash)
    head.sequence, head.hash, head.key_id = entry.sequence, entry.hash, key.id
    head.mac = key.mac("head", head.scope, head.sequence, head.hash)


def append_mark(session: Session, chain: AuditChain, action: str, about: str, **detail: Any) -> None:
    """Append an entry that the audit writes about itself, to the chain of a locked head."""
    mark = AuditEntry(
        scope=chain.scope,
        sequence=0,
        at=now(),
        action=action,
        subject_type="AuditChain",
        subject_id=about,
        detail=detail,
        previous_hash="",
        hash="",
    )
    _append(session, chain, mark)


def lock_registry(session: Session) -> AuditChain:
    """The head of the registry, locked until the end of the transaction."""
    return _head(session, REGISTRY)


def _head(session: Session, scope: str) -> AuditChain:
    """The head of a chain, its row locked; what this transaction has locked already it does not ask for again.

    A head locked within a savepoint that was rolled back is not locked any more, so each is kept with the innermost
    transaction of its locking.
    """
    heads: dict[str, tuple[Any, AuditChain]] = session.info.setdefault("audit_heads", {})
    transaction, head = heads.get(scope, (None, None))
    if transaction is None or head is None or not transaction.is_active or head not in session:
        head = _lock(session, scope) or _begin(session, scope)
        heads[scope] = (session.get_nested_transaction() or session.get_transaction(), head)
        if head.sequence and not head.key_id:
            _seal(session, head)
    return head


def _lock(session: Session, scope: str) -> AuditChain | None:
    """The head of a chain as it now stands, locked until the end of the transaction; None for a new chain."""
    locked = select(AuditChain).where(AuditChain.scope == scope).with_for_update(key_share=True)
    return session.exec(locked.execution_options(populate_existing=True)).first()


def _begin(session: Session, scope: str) -> AuditChain:
    """Begin a chain and tell the registry, whose lock lets one transaction at a time do so.

    Whoever waited for that lock finds the chain that the other has begun. The registry itself is begun by whoever
    inserts its head; the others wait for that insertion and then find it.
    """
    if scope != REGISTRY:
        registry = lock_registry(session)
        head = _lock(session, scope)
        if head is not None:
            return head
    _insert_head(session, scope)
    head = _lock(session, scope)
    if head is None:
        raise LookupError(f"the head of chain {scope} has just been inserted and is gone")
    if scope != REGISTRY:
        append_mark(session, registry, BEGIN_CHAIN, scope, entries=0, head="")
    return head


def _insert_head(session: Session, scope: str) -> None:
    on_postgresql = session.connection().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgresql else sqlite.insert
    values = {"scope": scope, "sequence": 0, "hash": "", "key_id": "", "mac": ""}
    session.execute(insert(AuditChain).values(**values).on_conflict_do_nothing())


def _seal(session: Session, head: AuditChain) -> None:
    """End the part of a chain that release 0.1.0 wrote without a key, by a keyed entry that names its end."""
    entries, end = head.sequence, head.hash
    append_mark(session, lock_registry(session), BEGIN_CHAIN, head.scope, entries=entries, head=end)
    append_mark(session, head, SEAL_HISTORY, head.scope, entries=entries, head=end)


def seal_history(session: Session) -> int:
    """Seal every chain that release 0.1.0 wrote; how many there were. `tuoju migrate` does it after an upgrade."""
    plain = select(AuditChain.scope).where(AuditChain.key_id == "", AuditChain.sequence > 0)
    scopes = session.exec(plain.order_by(AuditChain.scope)).all()
    for scope in scopes:
        _head(session, scope)
    session.flush()
    return len(scopes)


def chain_of(session: Session, actor: Principal | None) -> str:
    """The chain for what an actor does that concerns no single row: of the county, or of the organization."""
    if isinstance(actor, Actor) and actor.region_code is not None:
        return county_of(session, actor.region_code)
    organization_id = actor.organization_id if actor else None
    return f"organization:{organization_id}" if organization_id else ACCOUNTS


_REFUSAL = "the audit is append-only"
_TRIGGERS = {
    "sqlite": [
        *(
            f"CREATE TRIGGER audit_entry_{verb.lower()} BEFORE {verb} ON audit_entry"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            for verb in ("UPDATE", "DELETE")
        ),
        # INSERT OR REPLACE deletes a row without its DELETE trigger.
        "CREATE TRIGGER audit_entry_replace BEFORE INSERT ON audit_entry WHEN EXISTS (SELECT 1 FROM audit_entry"
        " WHERE id = NEW.id OR (scope = NEW.scope AND sequence = NEW.sequence))"
        " BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION audit_entry_stays() RETURNS trigger AS $$ BEGIN"
        f" RAISE EXCEPTION '{_REFUSAL}'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stays()",
    ],
}
for dialect, statements in _TRIGGERS.items():
    for statement in statements:
        ddl = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
        event.listen(AuditEntry.__table__, "after_create", ddl)  # type: ignore[attr-defined]


def verify(session: Session, *, anchors: Sequence[Sequence[Row]] = ()) -> Report:
    """Check every chain, with the keys of this process and the lines of files of anchors."""
    write_pending(session)
    entries, heads = AuditEntry.__table__, AuditChain.__table__  # type: ignore[attr-defined]
    rows = session.execute(
        sql_select(entries).order_by(entries.c.scope, entries.c.sequence), execution_options={"yield_per": 1000}
    ).mappings()
    evidence = Evidence(rows, session.execute(sql_select(heads)).mappings().all(), anchors, audit_keys().by_id)
    return check(evidence)
