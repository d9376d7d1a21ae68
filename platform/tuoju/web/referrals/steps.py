"""Taking a step of a referral from a page: the same for the signed-in page and the page behind a link."""

from dataclasses import dataclass
from typing import Self

from sqlmodel import Session

from tuoju.accounts.permissions import Principal
from tuoju.referrals import service
from tuoju.referrals.errors import NoVisitYet, OutcomeMissing, ReasonMissing
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralVerb, RejectionReason
from tuoju.visits.service import complete
from tuoju.web.kit.error_table import TABLE
from tuoju.web.referrals.inputs import MAX_NOTE_LENGTH, TypedStep
from tuoju.words.languages import gettext as _

STEP_ERRORS = (ReasonMissing, OutcomeMissing, NoVisitYet)
"""What is wrong with the form of a step: the page is shown again with what was typed."""


@dataclass(frozen=True)
class RefusedStep:
    """A step that was refused: its page is shown again with what was typed, why, and the status of the answer."""

    typed: TypedStep
    sentence: str
    status: int

    @classmethod
    def of(cls, error: Exception, typed: TypedStep) -> Self:
        answer = TABLE[type(error)]
        return cls(typed, _(answer.sentence), answer.status)


def take_step(session: Session, actor: Principal, referral: Referral, verb: ReferralVerb, typed: TypedStep) -> None:
    """Take a step with what was typed. Raises what service.step raises."""
    reason = RejectionReason(typed.reason) if typed.reason in set(RejectionReason) else None
    note = typed.note[:MAX_NOTE_LENGTH]
    if verb is not ReferralVerb.complete:
        service.step(session, actor, referral, verb, reason=reason, note=note)
        return
    if typed.outcome not in set(Outcome):
        raise OutcomeMissing
    complete(session, actor, referral, outcome=Outcome(typed.outcome), note=note)


def confirmation_of(verb: ReferralVerb) -> str:
    """The message after a step."""
    match verb:
        case ReferralVerb.accept:
            return _("Accepted. You can now see the name and address of the person.")
        case ReferralVerb.reject:
            return _("Rejected. The social worker has been notified and sees the next project.")
        case ReferralVerb.complete:
            return _("Completed. Thank you.")
        case ReferralVerb.cancel:
            return _("Withdrawn. The need is open again and the place is free.")
        case ReferralVerb.reopen:
            return _("Sent again. The organization has been notified and has the full time to answer.")
        case _:
            return _("Done.")
