"""What happens to a need that is open again after a referral ended without service.

The next best project is offered, and a person decides whether to send. If no project is left, a gap is recorded. After
as many tries as the policy allows, the township's officers are asked to step in (design section 4).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from tuoju.accounts.queries import officers_above
from tuoju.cases.models import Case, Need
from tuoju.cases.policies import Policy
from tuoju.cases.status import NeedState
from tuoju.matchmaking.proposals import Proposal
from tuoju.referrals.models import Referral
from tuoju.referrals.proposing import note_gap, propose
from tuoju.referrals.status import ReferralState
from tuoju_matching.ranker import Ranked
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user

_NOT_TAKEN = (ReferralState.rejected, ReferralState.expired)
"""Final states of a referral that count as a try."""


@dataclass(frozen=True)
class Offer:
    """The next project for an open need that was not taken before, for a person to decide."""

    proposal: Proposal | None
    """The best project not tried yet; None once `max_tries` is reached."""
    tries: int
    """How many referrals of the need were rejected or expired."""
    max_tries: int
    """How many tries the policy allows."""

    @property
    def best(self) -> Ranked | None:
        """The proposed project; None if no project is left or `max_tries` is reached."""
        return self.proposal.ranked[0] if self.proposal and self.proposal.ranked else None

    @property
    def stuck(self) -> bool:
        """Whether `max_tries` is reached, so that the township has to step in."""
        return self.tries >= self.max_tries


def find_next_offer(session: Session, need: Need, *, prices: Mapping[int, float] | None = None) -> Offer | None:
    """The next offer for a need: the best of the list on its page, without the projects that did not take it.

    `prices` as for that list (see propose). None unless the need is open and was not taken at least once.
    """
    tries = _count_tries(session, need)
    if need.state is not NeedState.open or not tries:
        return None
    max_tries = _max_tries(session, need)
    proposal = propose(session, need, limit=1, exclude_tried=True, prices=prices) if tries < max_tries else None
    return Offer(proposal, tries, max_tries)


def handle_reopened_need(session: Session, need: Need) -> None:
    """Record a gap if no project is left; otherwise notify the township's officers once the allowed tries are used up.

    Called in the transaction in which the need opens again. The officers are notified once for each number of tries.
    """
    if note_gap(session, need) is not None:
        return
    tries = _count_tries(session, need)
    if tries < _max_tries(session, need):
        return
    case = session.get_one(Case, need.case_id)
    for officer in officers_above(session, case.region_code):
        post(
            session,
            NotificationKind.referral_stuck,
            recipient=user(officer.pk),
            key=f"stuck:{need.pk}:{tries}",
            link=f"/needs/{need.pk}/matches",
            number=case.number,
        )


def _count_tries(session: Session, need: Need) -> int:
    query = select(Referral.id).where(Referral.need_id == need.pk, col(Referral.state).in_(_NOT_TAKEN))
    return len(session.exec(query).all())


def _max_tries(session: Session, need: Need) -> int:
    case = session.get_one(Case, need.case_id)
    return session.get_one(Policy, case.policy_id).referrals_at_most
