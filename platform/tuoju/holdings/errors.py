"""Errors of the erasure and the export of what is held on a person."""

from collections.abc import Sequence

from tuoju.holdings.status import EraseBlock, ErasureState, ErasureVerb


class HoldingsError(Exception):
    """Base class of these errors."""


class ErasureNotFound(HoldingsError):
    """No erasure has this id within the actor's scope."""


class ErasureUnderWay(HoldingsError):
    """An erasure of this person is under way already."""


class ErasureBlocked(HoldingsError):
    """Something stands against it now: an open case, a live referral, a period that the law sets."""

    def __init__(self, blocks: Sequence[EraseBlock]) -> None:
        super().__init__(", ".join(blocks))
        self.blocks = blocks


class IllegalErasureStep(HoldingsError):
    """The step is not possible in this state."""

    def __init__(self, state: ErasureState, verb: ErasureVerb) -> None:
        super().__init__(f"{verb} in {state}")
        self.state, self.verb = state, verb


class SecondPersonRequired(HoldingsError):
    """Two different persons decide on an erasure."""


class ErasureReasonMissing(HoldingsError):
    """A request says who asked and how; keeping the data says why, and until when."""
