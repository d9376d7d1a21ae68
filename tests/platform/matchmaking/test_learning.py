"""Training of the ranker on past referrals (design.md section 6)."""

import itertools
import threading
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from factories.accounts import make_actor
from factories.cases import make_need
from factories.databases import UnitOfWork
from factories.learning import make_past
from factories.projects import make_project
from factories.referrals import Scene, make_scene
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role
from tuoju.database.records import frozen_time, now
from tuoju.matchmaking import proposals, rankers
from tuoju.matchmaking.errors import IllegalRankerStep, RankerNotFound
from tuoju.matchmaking.models import Match, RankerVersion
from tuoju.matchmaking.ranking import RULES, find_in_use
from tuoju.matchmaking.status import RANKER_STEPS, RankerState, RankerVerb
from tuoju.referrals import service
from tuoju.referrals.proposing import propose, rank_of
from tuoju.referrals.status import ReferralState, ReferralVerb
from tuoju.referrals.training import read_exposure, read_past, train
from tuoju_matching.features import FEATURES
from tuoju_matching.learned import Finding


def proposed(session: Session, scene: Scene) -> list[int]:
    return [ranked.project.id for ranked in propose(session, scene.need).ranked]


class TestMatch:
    def test_the_list_is_stored_with_the_choice(self, session: Session) -> None:
        scene = make_scene(session)
        make_project(session)
        shown = propose(session, scene.need)
        match = session.get_one(Match, scene.send(session).match_id)
        assert [entry["project_id"] for entry in match.slate] == [ranked.project.id for ranked in shown.ranked]
        assert set(match.features) == set(FEATURES)
        assert match.slate[match.rank - 1] == {"project_id": scene.project.pk, "features": match.features}
        assert match.ranker == RULES

    def test_a_single_offer_is_stored_without_a_list(self, session: Session) -> None:
        scene = make_scene(session)
        referral = service.send(session, scene.worker, scene.need, scene.project, from_list=False)
        match = session.get_one(Match, referral.match_id)
        assert match.slate == []
        assert match.features

    def test_a_price_lowers_the_score_and_is_stored_as_a_reason(self, session: Session) -> None:
        scene = make_scene(session)
        prices = {scene.project.pk: 0.2}
        referral = service.send(session, scene.worker, scene.need, scene.project, prices=prices)
        match = session.get_one(Match, referral.match_id)
        assert {"feature": "scarcity", "value": 0.2, "weight": -1.0} in match.reasons
        assert match.score == pytest.approx(sum(reason["value"] * reason["weight"] for reason in match.reasons))


class TestProcessIndex:
    def test_the_index_follows_new_changed_and_closed_projects(self, session: Session) -> None:
        scene = make_scene(session)
        assert proposed(session, scene) == [scene.project.pk]
        other = make_project(session)
        assert set(proposed(session, scene)) == {scene.project.pk, other.pk}
        scene.project.categories = ["B01"]
        session.flush()
        assert proposed(session, scene) == [other.pk]
        assert rank_of(session, scene.need, other.pk) == propose(session, scene.need).ranked[0]
        assert rank_of(session, scene.need, scene.project.pk) is None

    def test_the_index_forgets_a_project_that_was_rolled_back(self, unit_of_work: UnitOfWork) -> None:
        with unit_of_work.write() as session:
            scene = make_scene(session)
        with unit_of_work.write() as session:
            make_project(session)
            assert len(propose(session, scene.need).ranked) == 2
            session.rollback()
        with unit_of_work.read() as session:
            assert proposed(session, scene) == [scene.project.pk]

    def test_a_transaction_that_writes_uses_the_ranker_that_a_reading_one_has_fitted(
        self, unit_of_work: UnitOfWork
    ) -> None:
        with unit_of_work.write() as session:
            scene = make_scene(session)
        with unit_of_work.read() as session:
            assert proposed(session, scene) == [scene.project.pk]
        fitted = proposals._index.ranker
        with unit_of_work.write() as session:
            assert proposed(session, scene) == [scene.project.pk]
        assert proposals._index.ranker is fitted


class TestReadPast:
    def test_young_and_cancelled_referrals_are_left_out(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        service.step(session, scene.worker, referral, ReferralVerb.cancel, note="发错了")
        with frozen_time(now() + timedelta(days=90)):
            assert len(read_past(session).decisions) == 0
        make_past(session, 10, youngest=40)
        assert len(read_past(session).decisions) == 0

    def test_an_expired_referral_counts_as_not_met(self, session: Session) -> None:
        scene = make_scene(session)
        referral = scene.send(session)
        service.step(session, None, referral, ReferralVerb.expire)
        assert referral.state is ReferralState.expired
        with frozen_time(now() + timedelta(days=90)):
            past = read_past(session)
        assert (past.decisions.accepted.tolist(), past.decisions.met.tolist()) == ([0.0], [0.0])
        assert past.decisions.groups["county"].tolist() == ["341124000000"]

    def test_exposure_counts_needs_sent_and_all_needs(self, session: Session) -> None:
        scene = make_scene(session, sex="female")
        make_need(session, scene.worker, scene.case)
        scene.send(session)
        assert read_exposure(session)["sex", "female"] == (1, 2)


@pytest.fixture
def learned(unit_of_work: UnitOfWork) -> UnitOfWork:
    """A city with a learned ranker in use."""
    with unit_of_work.write() as session:
        make_past(session, 900)
    assert train(unit_of_work) is not None
    return unit_of_work


class TestTrain:
    def test_with_too_few_decisions_the_rules_stay(self, unit_of_work: UnitOfWork) -> None:
        assert train(unit_of_work) is not None
        with unit_of_work.read() as session:
            version = session.exec(select(RankerVersion)).one()
            assert (version.state, version.finding) == (RankerState.not_adopted, Finding.too_few)
            assert find_in_use(session) is None

    def test_a_better_ranker_is_adopted_and_ranks(self, learned: UnitOfWork) -> None:
        with learned.write() as session:
            version = find_in_use(session)
            assert version is not None
            assert version.finding is Finding.better
            assert version.met is not None
            assert max(version.met["log_odds"], key=version.met["log_odds"].get) == "success"
            assert version.report["gain"]["low"] > 0
            scene = make_scene(session)
            proposal = propose(session, scene.need)
            assert (proposal.ranking.number, proposal.ranking.signature) == (1, "learned-1")
            chances = proposal.chances[scene.project.pk]
            assert 0 < chances.met < chances.acceptance < 1

    def test_without_new_decisions_there_is_no_training(self, learned: UnitOfWork) -> None:
        assert train(learned) is None

    def test_a_drifted_ranker_is_taken_out_of_use(self, learned: UnitOfWork) -> None:
        with learned.write() as session:
            make_past(session, 60, luck=-30.0, youngest=46, seed=1)
        train(learned)
        with learned.read() as session:
            first = session.exec(select(RankerVersion).where(RankerVersion.number == 1)).one()
            assert first.state is RankerState.drifted

    @pytest.mark.postgres
    def test_two_concurrent_trainings_make_one_version(self, unit_of_work: UnitOfWork) -> None:
        threads = [threading.Thread(target=train, args=(unit_of_work,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with unit_of_work.read() as session:
            assert len(session.exec(select(RankerVersion)).all()) == 1


class TestDecisionsOfPersons:
    def test_no_ranker_is_adopted_after_a_person_has_put_one_out_of_use(self, learned: UnitOfWork) -> None:
        with learned.write() as session:
            administrator = make_actor(session, role=Role.administrator)
            version = rankers.get_version(session, administrator, 1)
            rankers.put_out_of_use(session, administrator, version)
            make_past(session, 60, seed=2)
            scene = make_scene(session)
            assert propose(session, scene.need).ranking.signature == RULES
        again = train(learned)
        assert again is not None
        assert again.state is RankerState.ready
        with learned.write() as session:
            make_past(session, 60, seed=3)
        third = train(learned)
        assert third is not None
        assert third.state is RankerState.ready
        with learned.write() as session:
            assert find_in_use(session) is None
            rankers.adopt(session, administrator, rankers.get_version(session, administrator, 3))
            entries = session.exec(select(AuditEntry.action).where(AuditEntry.scope == rankers.AUDIT_SCOPE)).all()
            assert entries == ["train_ranker", "put_out_ranker", "train_ranker", "train_ranker", "adopt_ranker"]

    def test_only_an_administrator_changes_a_ranker_and_a_worker_cannot_read_it(self, learned: UnitOfWork) -> None:
        with learned.write() as session:
            manager = make_actor(session, role=Role.program_manager)
            version = rankers.get_version(session, manager, 1)
            with pytest.raises(NotPermitted):
                rankers.put_out_of_use(session, manager, version)
            with pytest.raises(NotPermitted):
                rankers.find_versions(session, make_actor(session))
            with pytest.raises(RankerNotFound):
                rankers.get_version(session, manager, 7)

    @pytest.mark.parametrize(("state", "verb"), list(itertools.product(RankerState, RankerVerb)))
    def test_only_the_steps_of_the_table_are_possible(
        self, session: Session, state: RankerState, verb: RankerVerb
    ) -> None:
        version = RankerVersion(number=1, state=state, finding=Finding.better)
        session.add(version)
        session.flush()
        if (state, verb) in RANKER_STEPS:
            rankers.move(session, version, verb)
            assert version.state is RANKER_STEPS[state, verb]
        else:
            with pytest.raises(IllegalRankerStep):
                rankers.move(session, version, verb)
