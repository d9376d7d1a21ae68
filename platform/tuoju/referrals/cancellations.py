"""Referrals cancelled for an outside cause: their consent was withdrawn, or their project was closed."""

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

_NOT_STARTED = (ReferralState.requested, ReferralState.waitlisted, ReferralState.accepted)


def withdraw_consent_and_cancel(session: Session, actor: Actor, consent: Consent) -> list[Referral]:
    """Withdraw a consent, and cancel the live referrals that rest on it (PIPL arts 15, 47).

    Their needs are open again with their waiting time, and visits already made still count. A public notice that
    rests on the consent continues without the name. Returns the cancelled referrals. Raises AlreadyWithdrawn.
    """
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
    referrals = session.exec(query.order_by(col(Referral.id))).all()
    return [step(session, actor, referral, ReferralVerb.cancel, note="服务对象已撤回同意") for referral in referrals]


def cancel_referrals_of_project(session: Session, project: Project) -> list[Referral]:
    """Cancel the referrals to a closed project that have not started; their needs are open again.

    Referrals in service stay: the charity completes them with an outcome. The caller has closed the project and checked
    the permission. Returns the cancelled referrals.
    """
    query = select(Referral).where(Referral.project_id == project.pk, col(Referral.state).in_(_NOT_STARTED))
    referrals = session.exec(query.order_by(col(Referral.id))).all()
    return [step(session, None, referral, ReferralVerb.cancel, note="项目已结束") for referral in referrals]
