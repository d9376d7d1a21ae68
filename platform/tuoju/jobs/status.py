"""States of a background job and the steps between them: one table for buttons, workers and tests."""

from collections.abc import Mapping
from enum import StrEnum


class JobKind(StrEnum):
    """What the worker does."""

    import_list = "import_list"
    """Reads a sheet into a list: a trial run first, then the rows without errors."""
    export_list = "export_list"
    """Writes a list to a workbook."""


class JobState(StrEnum):
    queued = "queued"
    """A worker will take it."""
    running = "running"
    """A worker has it, as long as its lease is renewed."""
    checked = "checked"
    """The trial run of an import is over; the person confirms or cancels it."""
    done = "done"
    failed = "failed"
    """It could not be done; JobProblem says why, and the counts say what was done before."""
    cancelled = "cancelled"


class JobVerb(StrEnum):
    claim = "claim"
    check = "check"
    finish = "finish"
    fail = "fail"
    confirm = "confirm"
    cancel = "cancel"
    retry = "retry"


_S, _V = JobState, JobVerb

JOB_STEPS: Mapping[tuple[JobState, JobVerb], JobState] = {
    (_S.queued, _V.claim): _S.running,
    (_S.running, _V.claim): _S.running,
    (_S.running, _V.check): _S.checked,
    (_S.running, _V.finish): _S.done,
    (_S.running, _V.fail): _S.failed,
    (_S.checked, _V.confirm): _S.queued,
    (_S.queued, _V.cancel): _S.cancelled,
    (_S.running, _V.cancel): _S.cancelled,
    (_S.checked, _V.cancel): _S.cancelled,
    (_S.failed, _V.retry): _S.queued,
}
"""`claim`, `check`, `finish` and `fail` are the worker's verbs; a running job is claimed again after its lease."""

UNDER_WAY = frozenset({JobState.queued, JobState.running})
"""A worker has something to do."""

ENDED = frozenset({JobState.done, JobState.failed, JobState.cancelled})

VERBS_OF_PERSONS = frozenset({JobVerb.confirm, JobVerb.cancel, JobVerb.retry})


def verbs_from(state: JobState) -> tuple[JobVerb, ...]:
    """What a person may do with a job in `state`, in table order."""
    return tuple(verb for (start, verb) in JOB_STEPS if start is state and verb in VERBS_OF_PERSONS)


class RowOutcome(StrEnum):
    """What became of one row of an import."""

    ready = "ready"
    """The trial run found no error."""
    added = "added"
    refused = "refused"
    """It has errors, or could no longer be added when its turn came."""


class JobProblem(StrEnum):
    """Why a job failed."""

    unreadable = "unreadable"
    """The file is no sheet."""
    too_long = "too_long"
    columns_missing = "columns_missing"
    empty = "empty"
    not_parsed = "not_parsed"
    """The file is damaged, or took more memory or time than a file may."""
    not_permitted = "not_permitted"
    """The account may no longer do this."""
    broken = "broken"
    """A defect, or workers that died: trying again continues after the last row done."""


TO_RETRY = frozenset({JobProblem.broken})
"""Problems after which the same file may succeed."""
