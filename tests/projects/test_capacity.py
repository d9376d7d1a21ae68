"""No place is given twice, and the ledger always sums to the places that are left."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine
from sqlmodel import Session

from factories.databases import UnitOfWork
from factories.projects import days_from_today, ledger_sum, make_project
from tuoju.database.engine import WRITES
from tuoju_projects import capacity
from tuoju_projects.errors import (
    NoPlaceLeft,
    OutsideIntake,
    PlaceAlreadyHeld,
    PlaceNotHeld,
    PlacesAlreadyPublished,
    PlacesBelowTaken,
    ProjectNotFound,
    ProjectNotOpen,
)
from tuoju_projects.models import PlaceMove
from tuoju_projects.queries import place_entries, registry_stamp
from tuoju_projects.status import ProjectState


class TestPublish:
    def test_its_places_are_available(self, session: Session) -> None:
        project = make_project(session, places=7)
        assert capacity.available(session, project.pk) == 7
        assert project.places_left == ledger_sum(session, project.pk) == 7

    def test_can_be_done_only_once(self, session: Session) -> None:
        project = make_project(session, places=7)
        with pytest.raises(PlacesAlreadyPublished):
            capacity.publish(session, project, 7, by=None)


class TestHold:
    def test_takes_one_place_and_writes_one_row(self, session: Session) -> None:
        project = make_project(session, places=2)
        entry = capacity.hold(session, project.pk, 11, by=3)
        assert (entry.move, entry.change, entry.referral_id, entry.by) == (PlaceMove.held, -1, 11, 3)
        assert project.places_left == 1

    def test_a_full_project_takes_no_referral(self, session: Session) -> None:
        project = make_project(session, places=1)
        capacity.hold(session, project.pk, 11, by=None)
        with pytest.raises(NoPlaceLeft):
            capacity.hold(session, project.pk, 12, by=None)
        assert len(place_entries(session, project.pk)) == 2

    def test_a_referral_cannot_hold_two_places(self, session: Session) -> None:
        project = make_project(session, places=2)
        capacity.hold(session, project.pk, 11, by=None)
        with pytest.raises(PlaceAlreadyHeld):
            capacity.hold(session, project.pk, 11, by=None)
        assert project.places_left == 1

    @pytest.mark.parametrize("state", [state for state in ProjectState if state is not ProjectState.open])
    def test_only_open_projects_take_people(self, session: Session, state: ProjectState) -> None:
        project = make_project(session, state=state)
        with pytest.raises(ProjectNotOpen) as refused:
            capacity.hold(session, project.pk, 11, by=None)
        assert refused.value.state is state

    @pytest.mark.parametrize(
        ("period", "day", "taken"),
        [
            ((-3, 3, None), -3, True),
            ((-3, 3, None), 3, True),
            ((-3, 3, None), -4, False),
            ((-3, 3, None), 4, False),
            ((-3, 3, 1), 1, True),
            ((-3, 3, 1), 2, False),
        ],
    )
    def test_a_place_is_held_only_within_period_and_intake(
        self, session: Session, period: tuple[int, int, int | None], day: int, taken: bool
    ) -> None:
        starts, ends, last = period
        project = make_project(
            session,
            starts_on=days_from_today(starts),
            ends_on=days_from_today(ends),
            last_intake_on=None if last is None else days_from_today(last),
        )
        on: date = days_from_today(day)
        if taken:
            assert capacity.hold(session, project.pk, 11, by=None, on=on).change == -1
            return
        with pytest.raises(OutsideIntake):
            capacity.hold(session, project.pk, 11, by=None, on=on)

    def test_raises_the_version_and_the_stamp(self, session: Session) -> None:
        project = make_project(session)
        version, changed, stamp = project.version, project.changed_at, registry_stamp(session)
        capacity.hold(session, project.pk, 11, by=None)
        assert project.version == version + 1
        assert project.changed_at > changed
        assert registry_stamp(session) != stamp
        project.description = "改过"
        session.flush()  # the ORM knows the version that the conditional update left

    def test_an_unknown_project_is_not_found(self, session: Session) -> None:
        with pytest.raises(ProjectNotFound):
            capacity.hold(session, 999_999, 11, by=None)


class TestUseAndFree:
    def test_a_used_place_stays_taken_until_it_is_freed(self, session: Session) -> None:
        project = make_project(session, places=1)
        capacity.hold(session, project.pk, 11, by=None)
        capacity.use(session, project.pk, 11, by=None)
        assert project.places_left == 0
        assert capacity.free(session, project.pk, 11, by=None) is not None
        assert project.places_left == ledger_sum(session, project.pk) == 1

    def test_freeing_twice_frees_one_place(self, session: Session) -> None:
        project = make_project(session, places=1)
        capacity.hold(session, project.pk, 11, by=None)
        capacity.free(session, project.pk, 11, by=None)
        assert capacity.free(session, project.pk, 11, by=None) is None
        assert project.places_left == 1

    def test_a_place_that_is_not_held_cannot_be_used(self, session: Session) -> None:
        project = make_project(session)
        with pytest.raises(PlaceNotHeld):
            capacity.use(session, project.pk, 11, by=None)

    def test_a_place_of_a_closed_project_can_be_freed(self, session: Session) -> None:
        project = make_project(session, places=1)
        capacity.hold(session, project.pk, 11, by=None)
        project.state = ProjectState.closed
        session.flush()
        assert capacity.free(session, project.pk, 11, by=None) is not None


class TestCorrect:
    def test_places_left_excludes_taken_places(self, session: Session) -> None:
        project = make_project(session, places=5)
        capacity.hold(session, project.pk, 11, by=None)
        entry = capacity.correct(session, project.pk, 3, by=1, note="少了一名护理员")
        assert (entry.change, project.places_left) == (-2, 2)

    def test_a_total_below_the_taken_places_is_refused(self, session: Session) -> None:
        project = make_project(session, places=5)
        capacity.hold(session, project.pk, 11, by=None)
        with pytest.raises(PlacesBelowTaken) as refused:
            capacity.correct(session, project.pk, 0, by=None)
        assert (refused.value.total, refused.value.taken) == (0, 1)

    def test_the_same_total_renews_the_time_stated(self, session: Session) -> None:
        project = make_project(session, places=5)
        stated = project.places_stated_at
        assert capacity.correct(session, project.pk, 5, by=None).change == 0
        assert project.places_stated_at > stated

    def test_no_capacity_sets_the_total_to_the_taken_places(self, session: Session) -> None:
        project = make_project(session, places=5)
        capacity.hold(session, project.pk, 11, by=None)
        capacity.no_capacity(session, project.pk, by=None)
        assert (project.places_total, project.places_taken, project.places_left) == (1, 1, 0)


class Ledger(RuleBasedStateMachine):
    """Whatever is done in whatever order, the ledger's sum is what is left and what is taken is who holds."""

    session: Session

    def __init__(self) -> None:
        super().__init__()
        self.project = make_project(self.session, places=2)
        self.model_total, self.holding = 2, dict[int, bool]()

    referrals = st.integers(1, 5)

    @rule(referral=referrals)
    def hold(self, referral: int) -> None:
        try:
            capacity.hold(self.session, self.project.pk, referral, by=None)
        except (NoPlaceLeft, PlaceAlreadyHeld):
            assert referral in self.holding or len(self.holding) == self.model_total
        else:
            self.holding[referral] = False

    @rule(referral=referrals)
    def use(self, referral: int) -> None:
        try:
            capacity.use(self.session, self.project.pk, referral, by=None)
        except PlaceNotHeld:
            assert self.holding.get(referral) is not False
        else:
            self.holding[referral] = True

    @rule(referral=referrals)
    def free(self, referral: int) -> None:
        freed = capacity.free(self.session, self.project.pk, referral, by=None)
        assert (freed is not None) == (referral in self.holding)
        self.holding.pop(referral, None)

    @rule(total=st.integers(0, 6))
    def correct(self, total: int) -> None:
        try:
            capacity.correct(self.session, self.project.pk, total, by=None)
        except PlacesBelowTaken:
            assert total < len(self.holding)
        else:
            self.model_total = total

    @rule()
    def no_capacity(self) -> None:
        capacity.no_capacity(self.session, self.project.pk, by=None)
        self.model_total = len(self.holding)

    @invariant()
    def the_ledger_sums_to_the_places_left(self) -> None:
        left = self.model_total - len(self.holding)
        assert left == self.project.places_left == capacity.available(self.session, self.project.pk)
        assert left == ledger_sum(self.session, self.project.pk)


def test_the_ledger_sums_to_the_places_left_after_any_steps(session: Session) -> None:
    machine = type("Machine", (Ledger,), {"session": session})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture],
        ),
    )


def race(engine: Engine, places: int, threads: int, attempts: int) -> int:
    """How many holds succeed when many threads hold places at the same time."""
    with UnitOfWork(engine).write() as session:
        project_id = make_project(session, places=places).pk

    def work(number: int) -> int:
        held = 0
        with Session(engine.execution_options(**WRITES)) as session:
            for attempt in range(attempts):
                try:
                    capacity.hold(session, project_id, number * attempts + attempt, by=None)
                    session.commit()
                    held += 1
                except NoPlaceLeft:
                    session.rollback()
        return held

    with ThreadPoolExecutor(threads) as pool:
        held = sum(pool.map(work, range(threads)))
    with Session(engine) as session:
        assert capacity.available(session, project_id) == ledger_sum(session, project_id) == 0
    return held


class TestRace:
    def test_two_threads_never_share_a_place(self, engine: Engine) -> None:
        assert race(engine, places=3, threads=2, attempts=8) == 3

    @pytest.mark.postgres
    def test_sixteen_threads_get_exactly_the_places(self, engine: Engine) -> None:
        assert race(engine, places=7, threads=16, attempts=200) == 7

    @pytest.mark.postgres
    def test_concurrent_frees_free_one_place(self, engine: Engine) -> None:
        with UnitOfWork(engine).write() as session:
            project_id = make_project(session, places=1).pk
            capacity.hold(session, project_id, 1, by=None)

        def free(_: int) -> bool:
            with UnitOfWork(engine).write() as session:
                return capacity.free(session, project_id, 1, by=None) is not None

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(free, range(8))) == 1
        with Session(engine) as session:
            assert capacity.available(session, project_id) == 1
