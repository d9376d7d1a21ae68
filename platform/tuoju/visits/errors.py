"""What can go wrong with visits; each carries what its page needs to say."""


class VisitError(Exception):
    """The family."""


class VisitNotFound(VisitError):
    """No visit has this id within the actor's scope."""


class NotInService(VisitError):
    """Visits are recorded while a referral is accepted or in progress."""


class ServedOnImpossible(VisitError):
    """The day lies in the future or before the referral was accepted."""


class NobodyServed(VisitError):
    """A visit serves at least one person of the household."""


class AlreadyInError(VisitError):
    """The visit was marked as entered in error before."""
