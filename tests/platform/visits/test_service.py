"""Visits and the counting of person-times (domain.md section 5.7; golden scenario S6)."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from factories.accounts import make_actor
from factories.referrals import Scene, make_scene
from factories.residents import make_resident
from tuoju.database.records import now
from tuoju.referrals import service as referrals
from tuoju.referrals.errors import NoVisitYet
from tuoju.referrals.models import Referral
from tuoju.referrals.status import Outcome, ReferralState, ReferralVerb
from tuoju.regions.calendar import china_day
from tuoju.reports.facts import Slice
from tuoju.reports.figures import Dimension, Figure, FigureCounts
from tuoju.visits import service
from tuoju.visits.errors import MinutesImpossible, NobodyServed, NotInService, ServedOnImpossible, VisitThatDay
from tuoju.visits.inputs import VisitInput
from tuoju.visits.queries import visits_of


def accepted(session: Session) -> tuple[Scene, Referral]:
    scene = make_scene(session)
    referral = scene.send(session)
    return scene, referrals.step(session, scene.charity, referral, ReferralVerb.accept)


def visit_input(served: list[int], key: str = "key-00001", **values: object) -> VisitInput:
    defaults = {"submission_key": key, "served_on": china_day(now()), "minutes": 60, "served": served}
    return VisitInput.model_validate({**defaults, **values})


class TestRecordVisit:
    def test_a_couple_visited_once_is_two_person_times_and_one_household_time(self, session: Session) -> None:
        scene, referral = accepted(session)
        spouse = make_resident(session, scene.worker, household_of=scene.resident.pk)
        service.record_visit(session, scene.charity, referral, visit_input([scene.resident.pk, spouse.pk]))
        service.record_visit(
            session, scene.charity, referral, visit_input([scene.resident.pk], key="key-00002", again=True)
        )
        counts = FigureCounts(session, scene.worker)
        assert counts.value(Figure.person_times) == 3
        assert counts.value(Figure.household_times) == 2
        assert counts.value(Figure.persons) == 2

    def test_the_first_visit_starts_the_service(self, session: Session) -> None:
        scene, referral = accepted(session)
        service.record_visit(session, scene.charity, referral, visit_input([scene.resident.pk]))
        assert referral.state is ReferralState.in_progress

    def test_the_same_submission_twice_is_one_visit(self, session: Session) -> None:
        scene, referral = accepted(session)
        first = service.record_visit(session, scene.charity, referral, visit_input([scene.resident.pk]))
        assert service.record_visit(session, scene.charity, referral, visit_input([scene.resident.pk])) == first
        assert len(visits_of(session, referral)) == 1

    def test_the_same_day_twice_is_asked(self, session: Session) -> None:
        """One visit that is sent by page, by link and by sheet is one person-time (domain section 5.7)."""
        scene, referral = accepted(session)
        first = service.record_visit(session, scene.charity, referral, visit_input([scene.resident.pk]))
        second = visit_input([scene.resident.pk], key="key-00002")
        with pytest.raises(VisitThatDay):
            service.record_visit(session, scene.charity, referral, second)
        service.mark_in_error(session, scene.charity, referral, first, reason="填错了人")
        assert service.record_visit(session, scene.charity, referral, second).minutes == 60

    def test_the_visits_of_a_day_do_not_last_longer_than_the_day(self, session: Session) -> None:
        scene, referral = accepted(session)
        service.record_visit(session, scene.charity, referral, visit_input([scene.resident.pk], minutes=1000))
        another = visit_input([scene.resident.pk], key="key-00002", again=True, minutes=441)
        with pytest.raises(MinutesImpossible):
            service.record_visit(session, scene.charity, referral, another)

    def test_a_visit_is_neither_in_the_future_nor_before_the_acceptance(self, session: Session) -> None:
        scene, referral = accepted(session)
        for days in (1, -1):
            day = china_day(now()) + timedelta(days=days)
            with pytest.raises(ServedOnImpossible):
                service.record_visit(session, scene.charity, referral, visit_input([scene.resident.pk], served_on=day))

    def test_only_people_of_the_household_are_served(self, session: Session) -> None:
        scene, referral = accepted(session)
        stranger = make_resident(session, scene.worker)
        with pytest.raises(NobodyServed):
            service.record_visit(session, scene.charity, referral, visit_input([stranger.pk]))

    def test_no_visit_before_the_referral_is_accepted(self, session: Session) -> None:
        scene = make_scene(session)
        with pytest.raises(NotInService):
            service.record_visit(session, scene.charity, scene.send(session), visit_input([scene.resident.pk]))


class TestMarkInError:
    def test_the_visit_stays_and_no_longer_counts(self, session: Session) -> None:
        scene, referral = accepted(session)
        visit = service.record_visit(session, scene.charity, referral, visit_input([scene.resident.pk]))
        service.mark_in_error(session, scene.charity, referral, visit, reason="填错了人")
        assert FigureCounts(session, scene.worker).value(Figure.person_times) == 0
        assert len(visits_of(session, referral)) == 1
        with pytest.raises(NoVisitYet):
            service.complete(session, scene.charity, referral, outcome=Outcome.met)


class TestFigures:
    def test_every_figure_has_as_many_rows(self, session: Session) -> None:
        """The figures and the rows behind them agree. Persons are counted once among the rows."""
        scene, referral = accepted(session)
        service.record_visit(session, scene.charity, referral, visit_input([scene.resident.pk]))
        service.complete(session, scene.charity, referral, outcome=Outcome.met)
        counts = FigureCounts(session, scene.worker)
        rate = counts.got_help_rate()
        assert (rate.part, rate.total, rate.share) == (1, 1, 1.0)
        for dimension in Dimension:
            for line in counts.table(dimension):
                for figure, value in line.values.items():
                    part = FigureCounts(session, scene.worker, Slice(**{dimension.value: line.key}))
                    rows = part.rows(figure, limit=100)
                    if figure not in (Figure.persons, Figure.household_times):
                        assert len(rows) == value

    def test_another_village_counts_nothing(self, session: Session) -> None:
        accepted(session)
        counts = FigureCounts(session, make_actor(session, region_code="341122103213"))
        assert set(counts.values().values()) == {0}
        assert [counts.rows(figure, limit=1) for figure in Figure] == [[]] * len(Figure)
