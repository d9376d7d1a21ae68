"""Errors of accounts; each carries what its page needs to say."""


class AccountError(Exception):
    """Base class of the errors of accounts."""


class NotPermitted(AccountError):
    """The actor's role does not include the action."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class WrongCredentials(AccountError):
    """The user name and password do not belong together."""


class AccountLocked(AccountError):
    """Too many wrong passwords; try again later."""


class UsernameTaken(AccountError):
    """Another account has this user name."""


class AuditBroken(AccountError):
    """A chain was changed: carries its scope and the number of the first wrong entry."""

    def __init__(self, scope: str, sequence: int) -> None:
        super().__init__(f"audit chain {scope}: entry {sequence} does not follow from the one before")
        self.scope, self.sequence = scope, sequence


class UserNotFound(AccountError):
    """No user has this id."""


class SubscriptionNotFound(AccountError):
    """No subscription of the actor's region has this id."""
