"""What can go wrong with plans; each error carries what its page needs."""

from tuoju.plans.status import LineState, LineVerb, PlanState, PlanVerb


class PlanError(Exception):
    """Base class of plan errors."""


class PlanNotFound(PlanError):
    """No plan, or line of a plan, has this id within the actor's scope."""


class PlanUnderWay(PlanError):
    """A plan of this region is being computed or sent."""


class NotPlannable(PlanError):
    """Plans are made for a county or a city."""


class PlanChanged(PlanError):
    """The plan was changed after the person looked at it."""


class RankingChanged(PlanError):
    """The plan was scored by another ranking than the one in use; it must be repaired before a line is changed."""


class NotAnOption(PlanError):
    """The need is no longer open, or the project may not take it."""


class InvalidTrial(PlanError):
    """A change to try out names a project that is not open, or a value that its condition does not take."""


class NoFeasiblePlan(PlanError):
    """All places of the project are fixed by persons, or the bound between groups cannot be kept."""


class IllegalPlanStep(PlanError):
    """The plan's state does not allow the step; another person may just have changed it."""

    def __init__(self, state: PlanState, verb: PlanVerb) -> None:
        super().__init__(f"{verb} from {state}")
        self.state, self.verb = state, verb


class IllegalLineStep(PlanError):
    """The line's state, or its plan's state, does not allow the step."""

    def __init__(self, state: LineState, verb: LineVerb) -> None:
        super().__init__(f"{verb} from {state}")
        self.state, self.verb = state, verb
