"""What can go wrong with matchmaking; each error carries what its page needs."""

from tuoju.matchmaking.status import RankerState, RankerVerb


class MatchmakingError(Exception):
    """Base class of matchmaking errors."""


class RankerNotFound(MatchmakingError):
    """No training has this number."""


class IllegalRankerStep(MatchmakingError):
    """The ranker's present state, which someone else may just have set, does not allow the step."""

    def __init__(self, state: RankerState, verb: RankerVerb) -> None:
        super().__init__(f"{verb} from {state}")
        self.state, self.verb = state, verb
