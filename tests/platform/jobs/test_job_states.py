"""The table of steps of a background job, walked by a state machine: no order of clicks and workers leaves it."""

from datetime import timedelta

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from factories.accounts import make_actor
from factories.databases import UnitOfWork
from tuoju.database.records import now
from tuoju.jobs import service
from tuoju.jobs.errors import IllegalJobStep, JobLost
from tuoju.jobs.models import BackgroundJob
from tuoju.jobs.status import ENDED, JOB_STEPS, UNDER_WAY, JobKind, JobProblem, JobState, JobVerb
from tuoju.jobs.work import LEASE, Claim, _claim


class JobMachine(RuleBasedStateMachine):
    """One job; persons confirm, cancel and retry it, workers claim, check, finish and fail it, in any order."""

    unit_of_work: UnitOfWork

    @initialize()
    def begin(self) -> None:
        with self.unit_of_work.write() as session:
            self.actor = make_actor(session)
            job = service.start_import(session, self.actor, "residents", b"sheet", file_name="a.xlsx", language="zh_CN")
            self.job_id = job.pk
        self.claims: list[Claim] = []
        self.expected = JobState.queued

    def person(self, verb: JobVerb) -> None:
        with self.unit_of_work.write() as session:
            job = session.get_one(BackgroundJob, self.job_id)
            step = {JobVerb.confirm: service.confirm, JobVerb.cancel: service.cancel, JobVerb.retry: service.retry}
            try:
                step[verb](session, self.actor, job)
            except IllegalJobStep:
                assert (self.expected, verb) not in JOB_STEPS
                return
        self.expected = JOB_STEPS[self.expected, verb]

    @rule()
    def confirm(self) -> None:
        self.person(JobVerb.confirm)

    @rule()
    def cancel(self) -> None:
        self.person(JobVerb.cancel)

    @rule()
    def retry(self) -> None:
        self.person(JobVerb.retry)

    @rule()
    def claim(self) -> None:
        """A worker takes it if it is queued; a running one has a worker."""
        claim = _claim(self.unit_of_work, self.job_id)
        assert (claim is not None) == (self.expected is JobState.queued)
        if claim is not None:
            self.claims.append(claim)
            self.expected = JobState.running

    @rule()
    def take_over(self) -> None:
        """The worker is silent for longer than its lease, and another takes the job."""
        if self.expected is not JobState.running:
            return
        with self.unit_of_work.write() as session:
            job = session.get_one(BackgroundJob, self.job_id)
            job.worked_at, job.stalled_runs = now() - LEASE - timedelta(seconds=1), 0
        claim = _claim(self.unit_of_work, self.job_id)
        assert claim is not None
        self.claims.append(claim)

    def end(self, verb: JobVerb, number: int, **values: object) -> None:
        if not self.claims:
            return
        claim = self.claims[number % len(self.claims)]
        is_held = claim is self.claims[-1] and self.expected is JobState.running
        try:
            claim.in_steps(lambda session: claim.end(session, verb, **values), rows=1)
        except (JobLost, IllegalJobStep):
            assert not is_held
            return
        assert is_held
        self.expected = JOB_STEPS[JobState.running, verb]

    @rule()
    def check(self) -> None:
        self.end(JobVerb.check, -1, stalled_runs=0)

    @rule()
    def finish(self) -> None:
        self.end(JobVerb.finish, -1)

    @rule()
    def finish_as_an_earlier_worker(self) -> None:
        self.end(JobVerb.finish, 0)

    @rule()
    def fail(self) -> None:
        self.end(JobVerb.fail, -1, problem=JobProblem.broken)

    @invariant()
    def the_row_is_as_the_table_says(self) -> None:
        with self.unit_of_work.read() as session:
            job = session.exec(select(BackgroundJob).where(BackgroundJob.id == self.job_id)).one()
            assert job.state is self.expected
            assert (job.ended_at is not None) == (job.state in ENDED)
            assert job.kind is JobKind.import_list
            keeps_file = job.state in UNDER_WAY | {JobState.checked, JobState.failed}
            assert (job.file_key is not None) == keeps_file


def test_no_order_of_steps_leaves_the_table(unit_of_work: UnitOfWork) -> None:
    JobMachine.unit_of_work = unit_of_work
    run_state_machine_as_test(JobMachine, settings=settings(max_examples=12, stateful_step_count=12, deadline=None))
