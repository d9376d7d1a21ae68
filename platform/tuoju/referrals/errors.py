"""What can go wrong with referrals; each carries what its page needs to say."""

from tuoju.referrals.status import ReferralState, ReferralVerb


class ReferralError(Exception):
    """The family."""


class ReferralNotFound(ReferralError):
    """No referral has this id within the actor's scope."""


class NoConsent(ReferralError):
    """The resident has not agreed that this organization be told (PIPL art. 23; 民发〔2023〕46号)."""

    def __init__(self, resident_id: int, organization_id: int) -> None:
        super().__init__(f"resident {resident_id} has not agreed to organization {organization_id}")
        self.resident_id, self.organization_id = resident_id, organization_id


class AlreadyReferred(ReferralError):
    """The need has a live referral, or is no longer open."""


class NotEligible(ReferralError):
    """The project can not take the need: at least one hard rule fails."""


class IllegalReferralStep(ReferralError):
    """The referral's present state, which someone else may just have set, does not allow the step."""

    def __init__(self, state: ReferralState, verb: ReferralVerb) -> None:
        super().__init__(f"{verb} from {state}")
        self.state, self.verb = state, verb


class NotServing(ReferralError):
    """Before it has accepted, and once it was taken back, an organization is not told who the person is."""

    def __init__(self, state: ReferralState) -> None:
        super().__init__(f"it is {state}")
        self.state = state


class ReasonMissing(ReferralError):
    """A refusal or an ending needs its coded reason, and `other` its words."""


class OutcomeMissing(ReferralError):
    """A completed referral needs an outcome."""


class NoVisitYet(ReferralError):
    """An outcome of met or partly met needs at least one recorded visit."""


class FirstVisitImpossible(ReferralError):
    """The day of a first visit lies in the past or too far off."""


class LinkClosed(ReferralError):
    """The link is none of ours, or has expired, was replaced or stopped, or its referral no longer stands. Which of
    these is not told."""


class NothingWritten(ReferralError):
    """A question or an answer needs words."""


class UpdatePageClosed(ReferralError):
    """The resident's page is none of ours, or is not open or no longer."""


class AlreadyRated(ReferralError):
    """The resident has said how content they are."""
