"""What can go wrong with plans; each carries what its page needs to say."""

from tuoju.plans.status import LineState, LineVerb, PlanState, PlanVerb


class PlanError(Exception):
    """The family."""


class PlanNotFound(PlanError):
    """No plan, or line of one, has this id within the actor's scope."""


class PlanUnderWay(PlanError):
    """A plan of this region is being computed or sent."""


class NotPlannable(PlanError):
    """Plans are made for a county or a city."""


class PlanChanged(PlanError):
    """The plan was changed since the change was looked at."""


class RankingChanged(PlanError):
    """Another ranking than the one in use has scored the plan; it is repaired before a line of it is changed."""


class NotAnOption(PlanError):
    """The need is no longer open, or the project may not take it."""


class InvalidTrial(PlanError):
    """What should be tried names a project that is not open, or a value that is none."""


class NoFeasiblePlan(PlanError):
    """Every place of the project is given by hand already, or the bound between groups can no longer be kept."""


class IllegalPlanStep(PlanError):
    """The plan's present state, which someone else may just have set, does not allow the step."""

    def __init__(self, state: PlanState, verb: PlanVerb) -> None:
        super().__init__(f"{verb} from {state}")
        self.state, self.verb = state, verb


class IllegalLineStep(PlanError):
    """The line is no longer where this is possible."""

    def __init__(self, state: LineState, verb: LineVerb) -> None:
        super().__init__(f"{verb} from {state}")
        self.state, self.verb = state, verb
