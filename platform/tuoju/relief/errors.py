"""What can go wrong with funds, payments and public notices."""

from collections.abc import Sequence

from tuoju.relief.leaks.kinds import Leak


class ReliefError(Exception):
    """The family."""


class FundNotFound(ReliefError):
    """No fund of this region within the actor's scope."""


class PaymentNotFound(ReliefError):
    """No payment has this id within the actor's scope."""


class NotEnoughMoney(ReliefError):
    """The account holds less than is to be paid."""

    def __init__(self, balance_fen: int) -> None:
        super().__init__(str(balance_fen))
        self.balance_fen = balance_fen


class AboveGrant(ReliefError):
    """More than was granted, or than may be given before the decision."""


class AboveYearlyCap(ReliefError):
    """More than the rule allows one person in a year."""


class NotYetApproved(ReliefError):
    """Nothing is paid before the decision, unless the case is one to help first (先行救助)."""


class SecondPersonNeeded(ReliefError):
    """Whoever prepared a payment does not confirm it."""


class PaymentAnswered(ReliefError):
    """The payment was paid or cancelled before."""


class NotAllPaid(ReliefError):
    """Something granted is not paid yet."""


class PaymentFrozen(ReliefError):
    """Nothing is paid while an objection is open."""


class NoticeNotFound(ReliefError):
    """No public notice has this id within the actor's scope."""


class NoticeLeaks(ReliefError):
    """The remark says what no board may say."""

    def __init__(self, leaks: Sequence[Leak]) -> None:
        super().__init__(", ".join(leak.kind for leak in leaks))
        self.leaks = tuple(leaks)


class ObjectionAnswered(ReliefError):
    """The objection was answered before."""


class ReviewerWasInvolved(ReliefError):
    """Whoever investigated, reviewed, decided or paid does not answer what is said against it."""


class RecheckMissing(ReliefError):
    """An objection is answered after a second visit by as many people as the rule asks for, or a deliberation."""


class NoticePeriodOver(ReliefError):
    """The days of the notice are over; an objection now is a complaint to the township."""
