"""Errors of referrals; each carries what the page or the problem document shows."""

from collections.abc import Sequence

from tuoju.referrals.status import ReferralState, ReferralVerb


class ReferralError(Exception):
    """Base class of referral errors."""


class ReferralNotFound(ReferralError):
    """No referral with this id is in the actor's scope."""


class ContactChangeNotFound(ReferralError):
    """No change of a contact waits here: it was confirmed, refused, replaced or never proposed."""


class OwnContactChange(ReferralError):
    """Whoever proposed a change of a contact cannot confirm it in person: a second officer does."""


class NoConsent(ReferralError):
    """The resident has not consented to sharing with this organization (PIPL art. 23; 民发〔2023〕46号)."""

    def __init__(self, resident_id: int, organization_id: int) -> None:
        super().__init__(f"resident {resident_id} has not consented to sharing with organization {organization_id}")
        self.resident_id, self.organization_id = resident_id, organization_id


class AlreadyReferred(ReferralError):
    """The need is not open: it has a live referral, or is closed."""


class NotEligible(ReferralError):
    """The project cannot take the need: at least one eligibility rule fails."""


class IllegalReferralStep(ReferralError):
    """The referral's state does not allow the step; another user may have just changed the state."""

    def __init__(self, state: ReferralState, verb: ReferralVerb) -> None:
        super().__init__(f"cannot {verb} a referral that is {state}")
        self.state, self.verb = state, verb


class NotServing(ReferralError):
    """The organization may not read who the person is: it has not accepted, or the referral was cancelled."""

    def __init__(self, state: ReferralState) -> None:
        super().__init__(f"the referral is {state}")
        self.state = state


class ReasonMissing(ReferralError):
    """A rejection needs a coded reason; `other`, a failure and a cancellation need a reason in words."""


class OutcomeMissing(ReferralError):
    """A completed referral needs an outcome."""


class NoVisitYet(ReferralError):
    """The outcomes met and partly met need at least one recorded visit."""


class FirstVisitImpossible(ReferralError):
    """The day of the first visit is in the past or more than FIRST_VISIT_WITHIN_DAYS ahead."""


class LinkClosed(ReferralError):
    """The link is unknown, expired or revoked, or its referral has ended. The user does not learn which of these."""


class NothingWritten(ReferralError):
    """A question or an answer is empty."""


class UpdatePageClosed(ReferralError):
    """The token of the resident's page is unknown, or the page is closed."""


class AlreadyRated(ReferralError):
    """The resident has rated this referral before; the page by link takes one rating."""


class ComplaintNotFound(ReferralError):
    """Nobody has complained about this referral."""


class ComplaintAnswered(ReferralError):
    """The complaint is answered already."""


class NothingToConfirm(ReferralError):
    """The referral is not completed with the outcome met or partly met."""


class SpotChecksDrawn(ReferralError):
    """The spot checks of this month are drawn already; a second draw could choose who is looked at."""


class DrawTooEarly(ReferralError):
    """The month of the draw is not over, or is no month."""


class SentTwice(ReferralError):
    """The person has this service or this project already, and no reason for a second one is given."""

    def __init__(self, doubles: Sequence[object]) -> None:
        super().__init__(f"{len(doubles)} referrals of the same service or project")
        self.doubles = doubles
