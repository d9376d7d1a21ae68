"""The signed paper of a consent, or a photo of it: checked and sealed like the papers of a case, readings audited."""

import hashlib

from sqlmodel import Session, col, select

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require, require_in
from tuoju.cases.attachments import CleanFile
from tuoju.database.sealed_files import get_file, put_file
from tuoju.regions.queries import county_of
from tuoju.residents.consents import get_consent
from tuoju.residents.errors import ConsentPaperNotFound
from tuoju.residents.life import require_use
from tuoju.residents.models import Consent, ConsentPaper, Resident


def add_consent_paper(session: Session, actor: Actor, consent: Consent, file: CleanFile) -> ConsentPaper:
    """Add a page to the paper of a consent; the same content is stored once.

    Raises NotPermitted, OutOfScope, ResidentErased, ProcessingRestricted.
    """
    resident = session.get_one(Resident, consent.resident_id)
    require_in(session, actor, Action.record_residents, resident.region_code)
    require_use(resident)
    digest = hashlib.sha256(file.content).hexdigest()
    for known in papers_of(session, [consent.pk]).get(consent.pk, []):
        if known.sha256 == digest:
            return known
    paper = ConsentPaper(
        consent_id=consent.pk,
        media_type=file.media_type,
        size=len(file.content),
        sha256=digest,
        file_key=put_file(file.content),
        added_by=actor.user_id,
    )
    session.add(paper)
    session.flush()
    _audit(session, actor, "add_consent_paper", consent, paper)
    return paper


def papers_of(session: Session, consent_ids: list[int]) -> dict[int, list[ConsentPaper]]:
    """The pages of each consent whose content is held, first to last, in one query."""
    query = select(ConsentPaper).where(
        col(ConsentPaper.consent_id).in_(consent_ids), col(ConsentPaper.erased_at).is_(None)
    )
    papers: dict[int, list[ConsentPaper]] = {}
    for paper in session.exec(query.order_by(col(ConsentPaper.id))):
        papers.setdefault(paper.consent_id, []).append(paper)
    return papers


def read_consent_paper(session: Session, actor: Actor, paper_id: int) -> tuple[ConsentPaper, bytes]:
    """A page and its content; the reading is audited.

    Raises NotPermitted, ConsentPaperNotFound (also where the content was destroyed), ConsentNotFound out of scope.
    """
    require(actor, Action.reveal_residents)
    paper = session.get(ConsentPaper, paper_id)
    if paper is None or paper.erased_at is not None:
        raise ConsentPaperNotFound
    consent = get_consent(session, actor, paper.consent_id)
    _audit(session, actor, "read_consent_paper", consent, paper)
    return paper, get_file(paper.file_key)


def _audit(session: Session, actor: Actor, verb: str, consent: Consent, paper: ConsentPaper) -> None:
    resident = session.get_one(Resident, consent.resident_id)
    scope = county_of(session, resident.region_code)
    audit.record(session, actor, verb, resident, scope=scope, consent=consent.pk, paper=paper.pk, sha256=paper.sha256)
