"""The audit: append-only, one hash chain per scope, which `verify` recomputes."""

import hashlib
import json
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from tuoju.accounts.errors import AuditBroken
from tuoju.accounts.models import AuditChain, AuditEntry
from tuoju.accounts.permissions import LinkHolder, Principal
from tuoju.database.integrity import violated_unique
from tuoju.database.records import now


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

    `subject` is a flushed row; `detail` holds ids and words, never personal values. One chain per scope:
    a single global chain holds all writers to its pace. The chain's head row is locked until the commit, and the
    entry written with the next flush. What is done through a link says through which.
    """
    if isinstance(actor, LinkHolder):
        detail |= {"via_link": actor.link_id, "organization": actor.organization_id}
    head = _head(session, scope)
    entry = AuditEntry(
        scope=scope,
        sequence=head.sequence + 1,
        at=now(),
        actor_id=actor.user_id if actor else None,
        action=action,
        subject_type=type(subject).__name__,
        subject_id=str(getattr(subject, "id", subject)),
        purpose=purpose,
        detail=detail,
        previous_hash=head.hash,
        hash="",
    )
    entry.hash = digest(entry)
    head.sequence, head.hash = entry.sequence, entry.hash
    session.add(entry)
    return entry


def _head(session: Session, scope: str) -> AuditChain:
    """The head of a chain, its row locked; what this transaction has locked already it does not ask for again."""
    transaction, heads = session.info.get("audit_heads", (None, {}))
    if transaction is not session.get_transaction():
        transaction, heads = session.get_transaction(), {}
    head: AuditChain | None = heads.get(scope)
    if head is None or head not in session:
        locked = select(AuditChain).where(AuditChain.scope == scope).with_for_update(key_share=True)
        head = session.exec(locked).first() or _first_head(session, scope) or session.exec(locked).one()
    heads[scope] = head
    session.info["audit_heads"] = (session.get_transaction(), heads)
    return head


def _first_head(session: Session, scope: str) -> AuditChain | None:
    """The head of a new chain; None if another transaction has just made it."""
    head = AuditChain(scope=scope)
    try:
        with session.begin_nested():
            session.add(head)
    except IntegrityError as error:
        if violated_unique(error) != "pk_audit_chain":
            raise
        return None
    return head


def digest(entry: AuditEntry) -> str:
    """SHA-256 over the entry and the hash before it, hex."""
    body = entry.model_dump(mode="json", exclude={"id", "hash", "at"})
    body["at"] = entry.at.isoformat()
    return hashlib.sha256(
        json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def verify(session: Session) -> dict[str, int]:
    """Recompute every chain; the number of entries per scope. Raises AuditBroken at the first difference."""
    counts: dict[str, int] = {}
    hashes: dict[str, str] = {}
    ordered = select(AuditEntry).order_by(AuditEntry.scope, col(AuditEntry.sequence))
    for entry in session.exec(ordered):
        expected = counts.get(entry.scope, 0) + 1
        follows = entry.sequence == expected and entry.previous_hash == hashes.get(entry.scope, "")
        if not follows or entry.hash != digest(entry):
            raise AuditBroken(entry.scope, expected)
        counts[entry.scope], hashes[entry.scope] = expected, entry.hash
    for head in session.exec(select(AuditChain)):
        if head.sequence != counts.get(head.scope, 0) or head.hash != hashes.get(head.scope, ""):
            raise AuditBroken(head.scope, counts.get(head.scope, 0) + 1)
    return counts
