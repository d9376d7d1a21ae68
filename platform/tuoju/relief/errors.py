"""Errors of funds, payments and public notices."""

from collections.abc import Sequence

from tuoju.residents.leaks.kinds import Leak


class ReliefError(Exception):
    """Base class of relief errors."""


class FundNotFound(ReliefError):
    """No fund of this region within the actor's scope."""


class PaymentNotFound(ReliefError):
    """No payment has this id within the actor's scope."""


class NotEnoughMoney(ReliefError):
    """The account holds less than is to be paid; `balance_fen` is what it holds."""

    def __init__(self, balance_fen: int) -> None:
        super().__init__(str(balance_fen))
        self.balance_fen = balance_fen


class AboveLimit(ReliefError):
    """The payment is more than is left of a limit; `left_fen` is what is left."""

    def __init__(self, left_fen: int) -> None:
        super().__init__(str(left_fen))
        self.left_fen = left_fen


class AboveGrant(AboveLimit):
    """The payment exceeds the grant, or before the decision the cap of first help."""


class AboveYearlyCap(AboveLimit):
    """The payment exceeds what the policy allows for one person in a year."""


class NotYetApproved(ReliefError):
    """The case is not approved; before the decision only first help is paid (先行救助)."""


class SecondPersonNeeded(ReliefError):
    """The person who prepared a payment may not confirm it; `who` are the names of those who may."""

    def __init__(self, who: Sequence[str] = ()) -> None:
        super().__init__(f"{len(who)} others may")
        self.who = tuple(who)


class PaymentAnswered(ReliefError):
    """The payment was already paid, cancelled or recovered."""


class NotAllPaid(ReliefError):
    """A part of the grant is not paid yet."""


class PaymentFrozen(ReliefError):
    """Nothing is paid while an objection is open."""


class NoticeNotFound(ReliefError):
    """No public notice has this id within the actor's scope."""


class NoticeLeaks(ReliefError):
    """The remark discloses what a public notice must not; `leaks` are the places."""

    def __init__(self, leaks: Sequence[Leak]) -> None:
        super().__init__(", ".join(leak.kind for leak in leaks))
        self.leaks = tuple(leaks)


class ObjectionAnswered(ReliefError):
    """The objection was already answered."""


class ReviewerWasInvolved(ReliefError):
    """A person who investigated, reviewed, decided or paid may not answer the objection."""


class RecheckMissing(ReliefError):
    """An objection is answered after a deliberation, or a second visit by as many people as the policy requires."""


class NoticePeriodOver(ReliefError):
    """The days of the notice are over. An objection after them is a complaint to the township."""
