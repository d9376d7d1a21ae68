"""What left the house as a file: its seal is kept, so that whoever holds the file can prove that it is the one."""

import hashlib
from typing import Any

from sqlmodel import Session, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.regions.queries import county_of
from tuoju.reports.models import IssuedFile, IssuedKind
from tuoju.residents.models import Resident


def sha256_of(content: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(content).hexdigest()


def issue(
    session: Session, actor: Actor, kind: IssuedKind, resident: Resident, content: bytes, **detail: Any
) -> IssuedFile:
    """Keep the seal of a file of a resident that is handed out, and audit it. The same bytes are one file."""
    require(actor, Action.reveal_residents)
    seal = sha256_of(content)
    made = find_issued(session, seal)
    if made is None:
        made = IssuedFile(sha256=seal, kind=kind, region_code=resident.region_code, issued_by=actor.user_id)
        session.add(made)
        session.flush()
    scope = county_of(session, resident.region_code)
    audit.record(session, actor, "export_file", resident, scope=scope, sha256=seal, kind=kind.value, **detail)
    return made


def find_issued(session: Session, seal: str) -> IssuedFile | None:
    """For everybody: who holds the file knows what is in it, and learns only that it is ours and of which day."""
    return session.exec(select(IssuedFile).where(IssuedFile.sha256 == seal.strip().lower())).first()
