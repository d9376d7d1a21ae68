"""What can go wrong with matchmaking; each error carries what its page needs."""

from tuoju.matchmaking.status import RankerState, RankerVerb


class MatchmakingError(Exception):
    """Base class of matchmaking errors."""


class RankerNotFound(MatchmakingError):
    """No ranker has this number."""


class IllegalRankerStep(MatchmakingError):
    """The ranker's state does not allow the step; another person may just have changed it."""

    def __init__(self, state: RankerState, verb: RankerVerb) -> None:
        super().__init__(f"{verb} from {state}")
        self.state, self.verb = state, verb
