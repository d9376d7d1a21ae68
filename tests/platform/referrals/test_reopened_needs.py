"""After a rejection or expiry the next best project is offered; with none left there is a gap (design section 4)."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from factories.accounts import make_actor
from factories.projects import make_project
from factories.referrals import Scene, make_scene
from factories.residents import make_consent
from tuoju.accounts.models import Role
from tuoju.cases.policies import Policy
from tuoju.database.records import now
from tuoju.matchmaking.models import Gap
from tuoju.referrals import service
from tuoju.referrals.models import Referral
from tuoju.referrals.proposing import propose
from tuoju.referrals.reopened_needs import find_next_offer
from tuoju.referrals.status import ReferralState, ReferralVerb, RejectionReason
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.models import Notification
from tuoju_projects.models import Project


@pytest.fixture
def scene(session: Session) -> Scene:
    return make_scene(session)


def reject(session: Session, scene: Scene, referral: Referral, reason: RejectionReason) -> None:
    service.step(session, scene.charity, referral, ReferralVerb.reject, reason=reason)


def gaps(session: Session, scene: Scene) -> list[Gap]:
    return list(session.exec(select(Gap).where(Gap.need_id == scene.need.pk)))


class TestFindNextOffer:
    def test_it_is_the_best_project_not_tried_yet(self, session: Session, scene: Scene) -> None:
        second, third = make_project(session), make_project(session, description="")
        referral = scene.send(session)
        assert find_next_offer(session, scene.need) is None
        service.step(session, None, referral, ReferralVerb.expire)
        project_ids = [
            ranked.project.id for ranked in propose(session, scene.need).ranked if ranked.project.id != scene.project.pk
        ]
        offer = find_next_offer(session, scene.need)
        assert offer is not None
        assert offer.best is not None
        assert offer.best.project.id == project_ids[0]
        assert {second.pk, third.pk} == set(project_ids)
        assert offer.tries == 1
        assert gaps(session, scene) == []

    def test_it_applies_the_prices_of_the_list(self, session: Session, scene: Scene) -> None:
        second, third = make_project(session), make_project(session)
        service.step(session, None, scene.send(session), ReferralVerb.expire)
        for priced, other in ((second, third), (third, second)):
            prices = {priced.pk: 0.5}
            offer = find_next_offer(session, scene.need, prices=prices)
            assert offer is not None
            assert offer.best is not None
            listed = propose(session, scene.need, prices=prices).ranked
            assert offer.best.project.id == other.pk
            assert other.pk == next(ranked.project.id for ranked in listed if ranked.project.id != scene.project.pk)

    def test_a_project_that_missed_information_is_offered_again(self, session: Session, scene: Scene) -> None:
        reject(session, scene, scene.send(session), RejectionReason.missing_information)
        offer = find_next_offer(session, scene.need)
        assert offer is not None
        assert offer.best is not None
        assert offer.best.project.id == scene.project.pk

    @pytest.mark.parametrize("reason", [RejectionReason.no_capacity, RejectionReason.safety, None])
    def test_with_no_project_left_there_is_a_gap(
        self, session: Session, scene: Scene, reason: RejectionReason | None
    ) -> None:
        referral = scene.send(session)
        if reason is None:
            service.step(session, None, referral, ReferralVerb.expire)
        else:
            reject(session, scene, referral, reason)
        offer = find_next_offer(session, scene.need)
        assert offer is not None
        assert offer.best is None
        assert not offer.stuck
        assert [gap.closed_at for gap in gaps(session, scene)] == [None]

    def test_after_the_allowed_tries_the_township_is_notified_once(self, session: Session, scene: Scene) -> None:
        officer = make_actor(session, role=Role.township_officer)
        session.get_one(Policy, scene.case.policy_id).referrals_at_most = 2
        projects: list[Project] = [scene.project, make_project(session), make_project(session)]
        for project in projects[1:]:
            make_consent(session, scene.worker, scene.resident, project.organization_id)
        for project in projects[:2]:
            referral = service.send(session, scene.worker, scene.need, project)
            service.step(session, None, referral, ReferralVerb.expire)
        offer = find_next_offer(session, scene.need)
        assert offer is not None
        assert (offer.best, offer.stuck, offer.tries) == (None, True, 2)
        query = select(Notification).where(Notification.kind == NotificationKind.referral_stuck)
        assert [notification.recipient_id for notification in session.exec(query)] == [officer.user_id]
        assert gaps(session, scene) == []

    def test_a_person_may_send_to_the_same_project_again(self, session: Session, scene: Scene) -> None:
        """The platform sends nothing itself: after an expiry the need is open until a person decides."""
        service.step(session, None, scene.send(session), ReferralVerb.expire)
        again = service.send(session, scene.worker, scene.need, scene.project)
        assert again.state is ReferralState.requested
        assert again.answer_due_at > now() + timedelta(days=1)
        assert find_next_offer(session, scene.need) is None
