"""Referrals cancelled for an outside cause: their consent was withdrawn, or their project was closed."""

from datetime import date, timedelta

from sqlmodel import Session, col, select

from tuoju.accounts.permissions import Actor
from tuoju.cases.models import Case, Need
from tuoju.database.scopes import Escape, system_scope
from tuoju.referrals.models import Referral
from tuoju.referrals.service import step
from tuoju.referrals.status import LIVE, ReferralState, ReferralVerb
from tuoju.relief.notices import hide_name
from tuoju.residents.consents import expired_between, has_agreed, permission_to_share, withdraw_consent
from tuoju.residents.models import Consent, ConsentPurpose
from tuoju.residents.telephone import call_off_news, lock_resident
from tuoju_projects.models import Project

SETTLE_BACK = timedelta(days=7)
"""How far back expired consents are looked for, so that days without a worker miss none."""

_NOT_STARTED = (ReferralState.requested, ReferralState.waitlisted, ReferralState.accepted)


def withdraw_consent_and_cancel(session: Session, actor: Actor | None, consent: Consent) -> list[Referral]:
    """Withdraw a consent, and cancel the live referrals that rest on it (PIPL arts 15, 47; domain scenario S12).

    Their needs are open again with their waiting time, and visits already made still count. A public notice that
    rests on the consent continues without the name. `actor` is None for the resident's own page. Returns the cancelled
    referrals. Raises AlreadyWithdrawn.
    """
    with system_scope(session, Escape.withdrawn_consent):
        return _withdraw_and_cancel(session, actor, consent)


def _withdraw_and_cancel(session: Session, actor: Actor | None, consent: Consent) -> list[Referral]:
    withdraw_consent(session, actor, consent)
    if consent.purpose is ConsentPurpose.publicity:
        hide_name(session, consent.resident_id)
    if consent.purpose is not ConsentPurpose.referral or consent.organization_id is None:
        return []
    query = (
        select(Referral, Need)
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Case, col(Case.id) == col(Need.case_id))
        .where(
            Case.resident_id == consent.resident_id,
            Referral.organization_id == consent.organization_id,
            col(Referral.state).in_(LIVE),
        )
    )
    rows = session.exec(query.order_by(col(Referral.id))).all()
    return [
        step(session, actor, referral, ReferralVerb.cancel, note="服务对象已撤回同意")
        for referral, need in rows
        if not _still_allowed(session, consent.resident_id, referral, need)
    ]


def _still_allowed(session: Session, resident_id: int, referral: Referral, need: Need) -> bool:
    """Whether something else permits the referral: an emergency override made after the resident's no."""
    organization_id = referral.organization_id
    grant = permission_to_share(session, resident_id, organization_id, need_id=need.pk, category=need.category)
    return grant is not None


def settle_expired(session: Session, today: date) -> int:
    """End what rests on consents that expired in the last days: the name leaves the public notice, and messages that
    wait are called off. Referrals stop by themselves, because every step asks for a consent of the day; a new consent
    lets them go on. Returns how many consents were settled; may run twice."""
    settled = 0
    for consent in expired_between(session, today - SETTLE_BACK, today - timedelta(days=1)):
        if has_agreed(session, consent.resident_id, consent.purpose):
            continue
        settled += 1
        if consent.purpose is ConsentPurpose.publicity:
            hide_name(session, consent.resident_id)
        elif consent.purpose is ConsentPurpose.notifications:
            resident = lock_resident(session, consent.resident_id)
            call_off_news(session, resident, code="consent_expired")
    return settled


def cancel_referrals_of_project(session: Session, project: Project) -> list[Referral]:
    """Cancel the referrals to a closed project that have not started; their needs are open again.

    Referrals in service stay: the charity completes them with an outcome. The caller has closed the project and checked
    the permission. Returns the cancelled referrals.
    """
    query = select(Referral).where(Referral.project_id == project.pk, col(Referral.state).in_(_NOT_STARTED))
    with system_scope(session, Escape.closed_project):
        referrals = session.exec(query.order_by(col(Referral.id))).all()
        return [step(session, None, referral, ReferralVerb.cancel, note="项目已结束") for referral in referrals]
