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
