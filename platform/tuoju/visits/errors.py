"""Errors of visits."""


class VisitError(Exception):
    """Base class of visit errors."""


class VisitNotFound(VisitError):
    """The referral has no visit with this id."""


class NotInService(VisitError):
    """The referral is neither accepted nor in progress, so no visit can be recorded."""


class ServedOnImpossible(VisitError):
    """The day of the visit is in the future or before the referral was accepted."""


class NobodyServed(VisitError):
    """Nobody was served, or somebody outside the household."""


class AlreadyInError(VisitError):
    """The visit is already marked as entered in error."""


class VisitThatDay(VisitError):
    """A visit of the same referral and day is recorded already, and nobody said that this is another one."""


class MinutesImpossible(VisitError):
    """The visits of one referral on one day last longer than the day."""
