"""Exported files: their SHA-256 is kept, so that anyone who holds a copy can prove that it is authentic."""

import hashlib
from typing import Any

from sqlmodel import Session, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.database.scopes import Escape, system_scope
from tuoju.regions.queries import county_of
from tuoju.reports.models import IssuedFile, IssuedKind
from tuoju.residents.models import Resident


def sha256_of(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def issue(
    session: Session, actor: Actor, kind: IssuedKind, resident: Resident, content: bytes, **detail: Any
) -> IssuedFile:
    """Record the SHA-256 of an exported file of a resident, and audit the export. The same bytes are one file."""
    require(actor, Action.reveal_residents)
    sha256 = sha256_of(content)
    issued = find_issued(session, sha256)
    if issued is None:
        issued = IssuedFile(sha256=sha256, kind=kind, region_code=resident.region_code, issued_by=actor.user_id)
        session.add(issued)
        session.flush()
    scope = county_of(session, resident.region_code)
    audit.record(session, actor, "export_file", resident, scope=scope, sha256=sha256, kind=kind.value, **detail)
    return issued


def find_issued(session: Session, sha256: str) -> IssuedFile | None:
    """The exported file with this SHA-256. Open to everybody: it discloses only that, and when, it was exported."""
    with system_scope(session, Escape.issued_files):
        return session.exec(select(IssuedFile).where(IssuedFile.sha256 == sha256.strip().lower())).first()
