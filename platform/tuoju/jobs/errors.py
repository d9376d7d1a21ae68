"""Errors of background jobs."""

from tuoju.jobs.status import JobState, JobVerb


class JobError(Exception):
    """Base class of the errors of background jobs."""


class JobNotFound(JobError):
    """There is no such job, or another account started it."""


class IllegalJobStep(JobError):
    """The verb is not possible in the state of the job."""

    def __init__(self, state: JobState, verb: JobVerb) -> None:
        super().__init__(state, verb)
        self.state, self.verb = state, verb


class FileExpired(JobError):
    """The job has no file to download: it is not done, or the file was destroyed when its time was over."""


class TooManyJobs(JobError):
    """The account has as many jobs under way as one account may have."""


class JobLost(JobError):
    """The worker no longer has the job: it was cancelled, or another worker took it after the lease."""
