"""Errors of cases; each carries what its page needs."""

from collections.abc import Sequence

from tuoju.cases.status import CaseState, CaseVerb, NeedState, NeedVerb


class CaseError(Exception):
    """Base class of case errors."""


class CaseNotFound(CaseError):
    """No case with this id is in the actor's scope."""


class NeedNotFound(CaseError):
    """No need with this id is in the actor's scope."""


class IllegalCaseStep(CaseError):
    """The state of the case does not allow the step."""

    def __init__(self, state: CaseState, verb: CaseVerb) -> None:
        super().__init__(f"{verb} from {state}")
        self.state, self.verb = state, verb


class IllegalNeedStep(CaseError):
    """The state of the need does not allow the step."""

    def __init__(self, state: NeedState, verb: NeedVerb) -> None:
        super().__init__(f"{verb} from {state}")
        self.state, self.verb = state, verb


class NeedsStillLive(CaseError):
    """A case cannot end while one of its needs is open, referred or in service."""


class NoPolicy(CaseError):
    """No policy of this scheme is in force in the region on that day, or none has this id."""


class DuplicatePolicy(CaseError):
    """A policy of this scheme begins on the same day in the same region."""


class ProcedureNotDone(CaseError):
    """The policy of the case requires investigation, decision and public notice before it closes."""


class NoInvestigation(CaseError):
    """An opinion requires an investigation by as many people as the policy says."""


class ChairDecides(CaseError):
    """An aide may neither decide nor confirm a payment while the society has a chair who can sign in."""


class ForOthers(CaseError):
    """A step that this officer may not take; `who` are the names of those who may."""

    def __init__(self, who: Sequence[str] = ()) -> None:
        super().__init__(f"{len(who)} others may")
        self.who = tuple(who)


class OwnInvestigation(ForOthers):
    """Whoever investigated or gave the opinion may not decide while the society has another officer."""


class CompanionNotAllowed(CaseError):
    """Only officers of the society or of a region above it, and no kin of the person, go along on a visit."""


class PublicNoticeRequiredFirst(CaseError):
    """The policy requires the public notice, for all its days, before an approval."""


class ConflictOfInterest(ForOthers):
    """An officer who is kin of the person takes no part in the case (单独登记备案)."""


class ReasonRequired(CaseError):
    """The step requires a reason in words."""


class ClockPaused(CaseError):
    """The clock of the case is already paused, or it is not paused and cannot be resumed."""


class GrantTooHigh(CaseError):
    """More than the policy allows for one payment; `cap_fen` is its limit."""

    def __init__(self, cap_fen: int) -> None:
        super().__init__(str(cap_fen))
        self.cap_fen = cap_fen


class AttachmentNotFound(CaseError):
    """No paper or photo with this id is in the actor's scope."""


class FileMissing(CaseError):
    """No paper or photo was chosen."""


class FileTooLarge(CaseError):
    """The upload has too many bytes or pixels; `max_bytes` is the limit to show to users."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(str(max_bytes))
        self.max_bytes = max_bytes


class FileTypeRefused(CaseError):
    """The content is neither a photo (JPEG, PNG, WebP) nor a PDF, whatever its name says."""


class AlertNotFound(CaseError):
    """No alert with this id is in the actor's scope."""


class DuplicateAlert(CaseError):
    """An alert for the same person, source and day is already recorded."""


class AlertAlreadyAnswered(CaseError):
    """The alert is already verified or dismissed."""
