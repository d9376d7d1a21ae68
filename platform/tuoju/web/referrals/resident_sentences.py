"""The updates of a referral in sentences that can be read update_text to the resident."""

from sqlmodel import Session

from tuoju.referrals.models import Referral
from tuoju.referrals.resident_updates import updates_of
from tuoju.visits.queries import visits_of
from tuoju.words.resident_updates import update_text
from tuoju_projects.queries import get_organization


def update_sentences(session: Session, referral: Referral) -> list[str]:
    """One sentence or two for each update, first to last."""
    organization = get_organization(session, referral.organization_id).name
    visits = sum(1 for visit, _served in visits_of(session, referral) if visit.in_error_at is None)
    return [update_text(update, referral, organization, visits) for update in updates_of(session, referral)]
