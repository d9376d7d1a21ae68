"""Satisfaction of residents with a completed referral (domain section 5.8)."""

import pytest
from sqlmodel import Session

from factories.accounts import make_actor
from factories.referrals import Scene, make_scene
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import Role
from tuoju.database.records import now
from tuoju.referrals import service
from tuoju.referrals.errors import AlreadyRated, IllegalReferralStep
from tuoju.referrals.models import Referral
from tuoju.referrals.satisfaction import record_satisfaction
from tuoju.referrals.status import Answerer, AskedBy, Outcome, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.visits.inputs import VisitInput
from tuoju.visits.service import complete, record_visit


def serve(session: Session, scene: Scene) -> Referral:
    referral = scene.send(session)
    service.step(session, scene.charity, referral, ReferralVerb.accept)
    inputs = VisitInput(
        submission_key="rating-0001", served_on=china_day(now()), minutes=30, served=[scene.resident.pk]
    )
    record_visit(session, scene.charity, referral, inputs)
    return complete(session, scene.charity, referral, outcome=Outcome.met)


class TestRecordSatisfaction:
    def test_the_resident_rates_once(self, session: Session) -> None:
        scene = make_scene(session)
        referral = serve(session, scene)
        record_satisfaction(
            session, None, referral, 2, solved=False, by=Answerer.family, asked_by=AskedBy.link, comment=" 来晚了 "
        )
        assert (referral.satisfaction, referral.solved, referral.satisfaction_comment) == (2, False, "来晚了")
        with pytest.raises(AlreadyRated):
            record_satisfaction(session, None, referral, 5)

    def test_neither_charity_nor_manager_may_ask(self, session: Session) -> None:
        """Domain section 5.8: whoever served, or steers who serves, does not ask."""
        scene = make_scene(session)
        referral = serve(session, scene)
        for actor in (scene.charity, make_actor(session, role=Role.program_manager)):
            with pytest.raises(NotPermitted):
                record_satisfaction(session, actor, referral, 5)

    def test_only_a_completed_referral_is_rated(self, session: Session) -> None:
        scene = make_scene(session)
        with pytest.raises(IllegalReferralStep):
            record_satisfaction(session, scene.worker, scene.send(session), 5)
