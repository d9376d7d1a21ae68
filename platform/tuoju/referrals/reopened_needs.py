"""A need that came back moves on at once: the next best project is offered, within bounds, and a person decides; with
none left it is a gap, and after too many tries the township is asked to step in (design: on rejection or expiry)."""

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


@dataclass(frozen=True)
class Offer:
    """What a person may decide next for an open need: a `proposal` of the best project not tried yet, None if the bound
    is reached; `tries` counts the referrals of the need that were not taken, `at_most` is the rule's bound."""

    proposal: Proposal | None
    tries: int
    at_most: int

    @property
    def best(self) -> Ranked | None:
        """The project proposed; None where none is left."""
        return self.proposal.ranked[0] if self.proposal and self.proposal.ranked else None

    @property
    def stuck(self) -> bool:
        """Tried so often that the township is asked instead."""
        return self.tries >= self.at_most


def find_next_offer(session: Session, need: Need, *, prices: Mapping[int, float] | None = None) -> Offer | None:
    """The offer for a need that came back: the best of the list that its page shows, without the projects that did not
    take it. `prices` as for that list (proposals.propose). None unless it is open and was sent before."""
    tries = _tries(session, need)
    if need.state is not NeedState.open or not tries:
        return None
    at_most = _bound(session, need)
    proposal = propose(session, need, limit=1, exclude_tried=True, prices=prices) if tries < at_most else None
    return Offer(proposal, tries, at_most)


def handle_reopened_need(session: Session, need: Need) -> None:
    """Called in the transaction in which a need comes back: a gap if no project is left, the township's officers
    told, once for each number of tries, when the bound is reached."""
    if note_gap(session, need) is not None:
        return
    tries = _tries(session, need)
    if tries < _bound(session, need):
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


def _tries(session: Session, need: Need) -> int:
    query = select(Referral.id).where(Referral.need_id == need.pk, col(Referral.state).in_(_NOT_TAKEN))
    return len(session.exec(query).all())


def _bound(session: Session, need: Need) -> int:
    case = session.get_one(Case, need.case_id)
    return session.get_one(Policy, case.policy_id).referrals_at_most
