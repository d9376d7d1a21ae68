"""What can go wrong with cases; each carries what its page needs to say."""

from tuoju.cases.status import CaseState, CaseVerb, NeedState, NeedVerb


class CaseError(Exception):
    """The family."""


class CaseNotFound(CaseError):
    """No case has this id within the actor's scope."""


class NeedNotFound(CaseError):
    """No need has this id within the actor's scope."""


class IllegalCaseStep(CaseError):
    """The case's state does not allow the step."""

    def __init__(self, state: CaseState, verb: CaseVerb) -> None:
        super().__init__(f"{verb} from {state}")
        self.state, self.verb = state, verb


class IllegalNeedStep(CaseError):
    """The need's state does not allow the step."""

    def __init__(self, state: NeedState, verb: NeedVerb) -> None:
        super().__init__(f"{verb} from {state}")
        self.state, self.verb = state, verb


class NeedsStillLive(CaseError):
    """A case does not close while a need of it is open, referred or in service."""


class NoPolicy(CaseError):
    """No policy row of this scheme is in force for the region on the day."""


class DuplicatePolicy(CaseError):
    """A row of this scheme begins on the same day in the same region."""


class PolicyFileError(CaseError):
    """A policy row of the file can not be read, or names an unknown region."""


class ProcedureNotDone(CaseError):
    """The rule of the case asks for investigation, decision and notice before it closes."""


class NoInvestigation(CaseError):
    """An opinion needs an investigation by as many people as the rule asks for."""


class OwnInvestigation(CaseError):
    """Nobody approves their own investigation or opinion where another officer is there to do it."""


class CompanionNotAllowed(CaseError):
    """Whoever goes along on a visit is an officer of the society or of a region above it, and no kin."""


class PublicNoticeRequiredFirst(CaseError):
    """The rule wants what is to be approved on public notice for its days before the decision."""


class ConflictOfInterest(CaseError):
    """Someone who is kin of the person takes no part in the case (单独登记备案)."""


class ReasonRequired(CaseError):
    """The step wants a reason in words."""


class ClockPaused(CaseError):
    """The clock of this case is paused already, or is not."""


class GrantTooHigh(CaseError):
    """More than the rule allows for one payment."""

    def __init__(self, cap_fen: int) -> None:
        super().__init__(str(cap_fen))
        self.cap_fen = cap_fen


class AttachmentNotFound(CaseError):
    """No paper or photo has this id within the actor's scope."""


class FileTooLarge(CaseError):
    """More bytes or pixels than are kept."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(str(max_bytes))
        self.max_bytes = max_bytes


class FileTypeRefused(CaseError):
    """Neither a photo (JPEG, PNG, WebP) nor a PDF, whatever its name says."""


class AlertNotFound(CaseError):
    """No alert has this id within the actor's scope."""


class DuplicateAlert(CaseError):
    """The same person was warned of from the same source on the same day."""


class AlertAlreadyAnswered(CaseError):
    """The alert was verified or dismissed before."""
