"""Anchors: the heads of all chains written outside the database, so that a chain cannot be cut back unnoticed.

Each anchor is a line of a file that is only ever appended to, hashed with the line before it and keyed, and is posted
to a webhook if one is named. The registry tells of every anchor, so that a cut file is noticed too.
"""

import errno
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlmodel import Session, col, select
from standardwebhooks import Webhook

from tuoju.accounts.audit import append_mark, audit_keys, lock_registry
from tuoju.accounts.audit_verifier import ANCHOR, REGISTRY, anchor_hash, canonical, read_anchors
from tuoju.accounts.models import AuditChain, AuditEntry
from tuoju.database.records import now
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju_notifications.channels.http import Answer, make_client, post_request
from tuoju_notifications.copies import find_copy

log = structlog.get_logger()

ANCHOR_FAILED = "anchor_failed"
ANCHOR_SENT = "anchor_sent"
MOST_SENT = 100
"""Lines that one run posts at most, after the webhook was away for long."""


@dataclass(frozen=True)
class AnchorTarget:
    """Where anchors go: the file, and a webhook as `https://...#whsec_...` if there is one."""

    file: Path
    webhook: str = ""
    webhook_may_be_private: bool = False


class AnchorFailed(Exception):
    """An anchor was not written or not posted; `problem` is a code, which is in the audit and in the log."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def anchor(unit_of_work: UnitOfWork, target: AnchorTarget) -> int:
    """Anchor all chains; the number of the new line. Raises AnchorFailed, after log and audit have told of it."""
    try:
        with unit_of_work.write(SYSTEM) as session:
            line = _anchor_to_file(session, target.file)
    except OSError as error:
        raise _failed(unit_of_work, f"file_{type(error).__name__}") from error
    if target.webhook and _may_post(unit_of_work):
        problem, sent = _post_lines(unit_of_work, target)
        if problem:
            raise _failed(unit_of_work, f"webhook_{problem}")
        with unit_of_work.write(SYSTEM) as session:
            append_mark(session, lock_registry(session), ANCHOR_SENT, REGISTRY, file=line["file"], number=sent)
    number: int = line["number"]
    return number


def _may_post(unit_of_work: UnitOfWork) -> bool:
    """A restored copy keeps its anchors to itself."""
    with unit_of_work.read(SYSTEM) as session:
        return find_copy(session) is None


def _failed(unit_of_work: UnitOfWork, problem: str) -> AnchorFailed:
    log.error("audit_anchor_failed", problem=problem)
    with unit_of_work.write(SYSTEM) as session:
        append_mark(session, lock_registry(session), ANCHOR_FAILED, REGISTRY, problem=problem)
    return AnchorFailed(problem)


def _anchor_to_file(session: Session, file: Path) -> dict[str, Any]:
    """Append a line with the heads that changed, and tell the registry, whose lock allows one anchor at a time."""
    registry = lock_registry(session)
    lines = read_anchors(file.read_text(encoding="utf-8")) if file.exists() else []
    known = {scope: sequence for line in lines for scope, sequence, _ in line["heads"]}
    heads = session.exec(select(AuditChain).where(AuditChain.sequence > 0).order_by(AuditChain.scope)).all()
    changed = [[head.scope, head.sequence, head.hash] for head in heads if known.get(head.scope) != head.sequence]
    line = _next_line(lines[-1] if lines else None, changed, len(heads))
    _append(file, line)
    append_mark(session, registry, ANCHOR, REGISTRY, file=line["file"], number=line["number"], hash=line["hash"])
    return line


def _next_line(last: dict[str, Any] | None, heads: list[list[Any]], chains: int) -> dict[str, Any]:
    key = audit_keys().current
    line: dict[str, Any] = {
        "kind": "anchor",
        "version": 1,
        "file": last["file"] if last else secrets.token_hex(6),
        "number": last["number"] + 1 if last else 1,
        "at": now().astimezone(UTC).isoformat(),
        "chains": chains,
        "heads": heads,
        "previous": last["hash"] if last else "",
        "key_id": key.id,
    }
    line["hash"] = anchor_hash(line)
    line["mac"] = key.mac("anchor", line["hash"])
    return line


def _append(file: Path, line: dict[str, Any]) -> None:
    """Append a line and wait until the disk has it. A line that a crash left half written is ended first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        content = (b"\n" if torn else b"") + canonical(line) + b"\n"
        if os.write(descriptor, content) < len(
            content
        ):  # a disk that became full takes the beginning, without an error
            os.ftruncate(descriptor, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _post_lines(unit_of_work: UnitOfWork, target: AnchorTarget) -> tuple[str, int]:
    """Post the lines that the webhook does not have yet, in order; the problem if there was one, and the last sent."""
    lines = read_anchors(target.file.read_text(encoding="utf-8"))
    with unit_of_work.read(SYSTEM) as session:
        sent = _last_sent(session, lines[-1]["file"])
    for line in [line for line in lines if line["number"] > sent][:MOST_SENT]:
        problem = _post(target, line)
        if problem:
            return problem, sent
        sent = line["number"]
    return "", sent


def _last_sent(session: Session, file: str) -> int:
    mark = _latest(session, (ANCHOR_SENT,))
    return mark.detail["number"] if mark and mark.detail["file"] == file else 0


def _post(target: AnchorTarget, line: dict[str, Any]) -> str:
    """Post one line, signed as a standard webhook; a code of the problem, empty if it was accepted."""
    parts, body, moment = urlsplit(target.webhook), json.dumps(line, ensure_ascii=False), datetime.now(UTC)
    message_id = f"anchor-{line['file']}-{line['number']}"
    try:
        signature = Webhook(parts.fragment).sign(message_id, moment, body)
    except ValueError:
        return "bad_secret"
    answer = post_request(
        make_client(guarded=not target.webhook_may_be_private),
        parts._replace(fragment="").geturl(),
        content=body.encode(),
        headers={
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": signature,
        },
    )
    if not isinstance(answer, Answer):
        return answer.code
    return "" if 200 <= answer.status < 300 else f"http_{answer.status}"


@dataclass(frozen=True)
class AnchorState:
    """How the anchors stand: when the latest was made, and what is wrong ("" if nothing is, "late" if none was made
    for two intervals, else the code of the latest failure)."""

    anchored_at: datetime | None
    number: int
    problem: str


def anchor_state(session: Session, interval: timedelta) -> AnchorState:
    """The state of the anchors, for the operator's page. A new database has two intervals for its first anchor."""
    latest, anchored = _latest(session, (ANCHOR, ANCHOR_FAILED, ANCHOR_SENT)), _latest(session, (ANCHOR,))
    waiting_since = anchored.at if anchored else _begun_at(session)
    problem = ""
    if latest is not None and latest.action == ANCHOR_FAILED:
        problem = latest.detail["problem"]
    elif waiting_since is not None and now() - waiting_since > 2 * interval:
        problem = "late"
    return AnchorState(anchored.at if anchored else None, anchored.detail["number"] if anchored else 0, problem)


def _begun_at(session: Session) -> datetime | None:
    """When the registry was begun."""
    return session.exec(select(AuditEntry.at).where(AuditEntry.scope == REGISTRY, AuditEntry.sequence == 1)).first()


def _latest(session: Session, actions: Sequence[str]) -> AuditEntry | None:
    query = select(AuditEntry).where(AuditEntry.scope == REGISTRY, col(AuditEntry.action).in_(actions))
    return session.exec(query.order_by(col(AuditEntry.sequence).desc()).limit(1)).first()
