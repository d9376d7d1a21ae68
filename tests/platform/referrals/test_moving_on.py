"""On rejection or expiry the next best match is offered at once, within bounds; none left is a gap (design)."""

from datetime import timedelta

import pytest
import time_machine
from sqlmodel import Session, select

from factories.accounts import make_actor
from factories.projects import make_project
from factories.referrals import Scene, make_scene
from factories.residents import make_consent
from tuoju.accounts.models import Role
from tuoju.cases.policies import Policy
from tuoju.cases.status import NeedState
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


class TestExpiry:
    def test_at_the_end_of_the_second_working_day(self, session: Session, scene: Scene) -> None:
        """Domain rule R6 across a make-up Sunday: sent on Friday 2026-09-18, worked Sunday the 20th, due Monday."""
        with time_machine.travel("2026-09-18T02:00:00Z"):
            project = make_project(session, organization=None)
            make_consent(session, scene.worker, scene.resident, project.organization_id)
            referral = service.send(session, scene.worker, scene.need, project)
        with time_machine.travel("2026-09-21T15:59:00Z"):
            assert service.expire_due(session, now()) == []
        with time_machine.travel("2026-09-21T16:00:00Z"):
            assert service.expire_due(session, now()) == [referral]
        assert referral.state is ReferralState.expired
        assert scene.need.state is NeedState.open

    def test_by_the_case_s_own_rule(self, session: Session, scene: Scene) -> None:
        session.get_one(Policy, scene.case.policy_id).answer_within = 4
        with time_machine.travel("2026-09-07T02:00:00Z"):
            project = make_project(session)
            make_consent(session, scene.worker, scene.resident, project.organization_id)
            referral = service.send(session, scene.worker, scene.need, project)
        assert referral.answer_due_at.isoformat() == "2026-09-12T00:00:00+08:00"


class TestOffer:
    def test_is_the_best_that_was_not_tried(self, session: Session, scene: Scene) -> None:
        second, third = make_project(session), make_project(session, description="")
        referral = scene.send(session)
        assert find_next_offer(session, scene.need) is None
        service.step(session, None, referral, ReferralVerb.expire)
        ranked = [
            each.project.id for each in propose(session, scene.need).ranked if each.project.id != scene.project.pk
        ]
        offer = find_next_offer(session, scene.need)
        assert offer is not None
        assert offer.best is not None
        assert offer.best.project.id == ranked[0]
        assert {second.pk, third.pk} == set(ranked)
        assert offer.tries == 1
        assert gaps(session, scene) == []

    def test_keeps_scarce_places_as_the_list_does(self, session: Session, scene: Scene) -> None:
        second, third = make_project(session), make_project(session)
        service.step(session, None, scene.send(session), ReferralVerb.expire)
        for dear, other in ((second, third), (third, second)):
            prices = {dear.pk: 0.5}
            offer = find_next_offer(session, scene.need, prices=prices)
            assert offer is not None
            assert offer.best is not None
            listed = propose(session, scene.need, prices=prices).ranked
            assert offer.best.project.id == other.pk
            assert other.pk == next(each.project.id for each in listed if each.project.id != scene.project.pk)

    def test_one_that_wants_to_know_more_is_asked_again(self, session: Session, scene: Scene) -> None:
        reject(session, scene, scene.send(session), RejectionReason.missing_information)
        offer = find_next_offer(session, scene.need)
        assert offer is not None
        assert offer.best is not None
        assert offer.best.project.id == scene.project.pk

    @pytest.mark.parametrize("reason", [RejectionReason.no_capacity, RejectionReason.safety, None])
    def test_none_left_is_a_gap(self, session: Session, scene: Scene, reason: RejectionReason | None) -> None:
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

    def test_the_bound_asks_the_township_instead_and_once(self, session: Session, scene: Scene) -> None:
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
        told = session.exec(select(Notification).where(Notification.kind == NotificationKind.referral_stuck)).all()
        assert [each.recipient_id for each in told] == [officer.user_id]
        assert gaps(session, scene) == []

    def test_a_person_may_still_choose_another(self, session: Session, scene: Scene) -> None:
        """Nothing is sent by the machine: after an expiry the need is open until a person decides."""
        service.step(session, None, scene.send(session), ReferralVerb.expire)
        again = service.send(session, scene.worker, scene.need, scene.project)
        assert again.state is ReferralState.requested
        assert again.answer_due_at > now() + timedelta(days=1)
        assert find_next_offer(session, scene.need) is None
