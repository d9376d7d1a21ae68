"""Satisfaction of residents with a completed referral: recorded by the sending side or through the resident's page."""

from sqlmodel import Session

from tuoju.accounts import audit
from tuoju.accounts.permissions import Action, Actor, require
from tuoju.database.records import now
from tuoju.referrals.complaints import cause_of, open_complaint
from tuoju.referrals.errors import AlreadyRated, IllegalReferralStep
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Answerer, AskedBy, ReferralState, ReferralVerb
from tuoju.regions.queries import county_of

MAX_COMMENT_LENGTH = 300
"""Characters of a comment; the rest is cut off."""


def record_satisfaction(
    session: Session,
    actor: Actor | None,
    referral: Referral,
    satisfaction: int,
    *,
    solved: bool | None = None,
    by: Answerer = Answerer.self,
    asked_by: AskedBy = AskedBy.in_person,
    comment: str = "",
) -> Referral:
    """Record how content the resident is (1 to 5) and whether the difficulty is solved (domain section 5.8).

    `actor` is None for the resident's own page, which takes one answer and cannot correct it. The charity that served
    never asks. A low rating or "not solved" opens a complaint.

    Raises NotPermitted for other roles than the sending side, IllegalReferralStep unless the referral is completed,
    and AlreadyRated for a second answer from the resident's page.
    """
    if actor is not None:
        require(actor, Action.send_referrals)
    if referral.state is not ReferralState.completed:
        raise IllegalReferralStep(referral.state, ReferralVerb.complete)
    if actor is None and referral.satisfaction is not None:
        raise AlreadyRated
    referral.satisfaction, referral.solved = satisfaction, solved
    referral.satisfaction_by, referral.asked_by, referral.satisfaction_at = by, asked_by, now()
    referral.satisfaction_comment = comment.strip()[:MAX_COMMENT_LENGTH] or None
    session.flush()
    scope = county_of(session, referral.region_code)
    audit.record(session, actor, "record_satisfaction", referral, scope=scope, asked_by=asked_by.value)
    cause = cause_of(satisfaction, solved)
    if cause is not None:
        open_complaint(session, actor, referral, cause)
    return referral
