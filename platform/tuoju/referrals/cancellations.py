"""What ends referrals from outside: a consent taken back, and a project that ends."""

from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Case, Need
from tuoju.referrals.models import Referral
from tuoju.referrals.service import step
from tuoju.referrals.status import LIVE, ReferralState, ReferralVerb
from tuoju.relief.notices import hide_name
from tuoju.residents.models import Consent, ConsentPurpose
from tuoju.residents.queries import permission_to_share
from tuoju.residents.service import withdraw_consent
from tuoju_projects.models import Project

NOT_BEGUN = (ReferralState.requested, ReferralState.waitlisted, ReferralState.accepted)


def withdraw_consent_and_cancel(session: Session, actor: Actor, consent: Consent) -> list[Referral]:
    """Take a consent back; live referrals that stood on it are taken back too, their needs wait on with the time
    they have waited, and visits already made stay counted (PIPL arts 15, 47). A public notification goes on without the
    name. Raises AlreadyWithdrawn."""
    withdraw_consent(session, actor, consent)
    if consent.purpose is ConsentPurpose.publicity:
        hide_name(session, consent.resident_id)
    if consent.purpose is not ConsentPurpose.referral or consent.organization_id is None:
        return []
    if permission_to_share(session, consent.resident_id, consent.organization_id) is not None:
        return []
    query = (
        select(Referral)
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Case, col(Case.id) == col(Need.case_id))
        .where(
            Case.resident_id == consent.resident_id,
            Referral.organization_id == consent.organization_id,
            col(Referral.state).in_(LIVE),
        )
    )
    found = session.exec(query.order_by(col(Referral.id))).all()
    return [step(session, actor, each, ReferralVerb.cancel, note="服务对象已撤回同意") for each in found]


def cancel_referrals_of_project(session: Session, project: Project) -> list[Referral]:
    """A project that ends lets go of whom it has not begun to serve: their needs wait on. What is being served is
    closed by its charity with an outcome. The caller has ended the project."""
    query = select(Referral).where(Referral.project_id == project.pk, col(Referral.state).in_(NOT_BEGUN))
    found = session.exec(query.order_by(col(Referral.id))).all()
    return [step(session, None, each, ReferralVerb.cancel, note="项目已结束") for each in found]
