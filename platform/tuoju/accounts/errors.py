"""Errors of accounts; each carries what its page needs to say."""

from collections.abc import Iterable


class AccountError(Exception):
    """Base class of the errors of accounts."""


class NotPermitted(AccountError):
    """The actor's role does not include the action."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class PasswordRefused(AccountError):
    """A password that somebody chose is too short, too long or too easy to guess: carries the PasswordProblem."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class OutOfScope(AccountError):
    """The row exists, but beyond the actor's region; shown like one that does not exist."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class WrongCredentials(AccountError):
    """The sign-in is refused: the name is unknown, the password wrong, the account stopped, or too many attempts were
    made. Which of them it is nobody is told."""


class WrongCode(AccountError):
    """The code of the authenticator app or the recovery code is wrong, was used before, or too many were tried."""


class SecondFactorRequired(AccountError):
    """The password is right, and the account needs a code as well."""


class SecondFactorNotSetUp(AccountError):
    """The role needs a second factor, and the account has none yet."""


class LastSecondFactor(AccountError):
    """The role needs a second factor, so its last one cannot be removed."""


class PasskeyRefused(AccountError):
    """The passkey is unknown here, its answer is not valid or comes too late."""


class SignInTooOld(AccountError):
    """The change needs a sign-in or a confirmation of the last minutes."""


class SessionNotFound(AccountError):
    """The account has no open session with this id."""


class UsernameTaken(AccountError):
    """Another account has this user name."""


class UserNotFound(AccountError):
    """No user has this id."""


class SubscriptionNotFound(AccountError):
    """No subscription of the actor's region has this id."""


class InvitationClosed(AccountError):
    """The invitation was used, replaced or has expired, or there never was one."""


class ConfirmationClosed(AccountError):
    """The link to confirm an address was used, has expired, or is about an address that was changed since."""


class GrantExceeded(AccountError):
    """The role or region is more than the actor's own account may give."""


class RegionLevelWrong(AccountError):
    """Accounts of this role do not work in regions of this level; carries the levels that they work in."""

    def __init__(self, levels: Iterable[str]) -> None:
        super().__init__(", ".join(levels))
        self.levels = tuple(levels)


class OwnAccount(AccountError):
    """Nobody stops, invites again or gives another role to their own account."""


class AccountStopped(AccountError):
    """The account is stopped: nobody is invited to it before it is started."""


class OwnProposal(AccountError):
    """Who proposed an administrator, or is the one proposed, cannot confirm it."""


class ProposalNotFound(AccountError):
    """No proposal in the actor's scope has this id."""


class ProposalClosed(AccountError):
    """The proposal was confirmed, refused or has expired."""


class LastAdministrator(AccountError):
    """No other active administrator is in charge of this region."""


class LastLeader(AccountError):
    """The organization's other staff would have nobody who invites and stops them."""


class RecoveryNotNeeded(AccountError):
    """Two other administrators can sign in and do the same on the pages."""


class SamePerson(AccountError):
    """Two different persons are needed."""
