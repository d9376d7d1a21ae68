"""Imports and exports that a worker does."""

from collections.abc import Mapping

from tuoju.jobs.status import JobKind, JobProblem, JobState, JobVerb, RowOutcome
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_

ENUMS = (
    EnumWords(JobKind, "job_kind", {JobKind.import_list: N_("Import"), JobKind.export_list: N_("Export")}),
    EnumWords(
        JobState,
        "job_state",
        {
            JobState.queued: N_("Waiting to start"),
            JobState.running: N_("Being processed"),
            JobState.checked: N_("Waiting for you to confirm"),
            JobState.done: N_("Finished"),
            JobState.failed: N_("Not finished"),
            JobState.cancelled: N_("Cancelled"),
        },
    ),
    EnumWords(
        JobVerb,
        "job_verb",
        {
            JobVerb.claim: N_("Start"),
            JobVerb.check: N_("Finish the trial run"),
            JobVerb.finish: N_("Finish"),
            JobVerb.fail: N_("Give up"),
            JobVerb.confirm: N_("Import"),
            JobVerb.cancel: N_("Cancel"),
            JobVerb.retry: N_("Continue"),
        },
    ),
    EnumWords(
        RowOutcome,
        "row_outcome",
        {
            RowOutcome.ready: N_("Not imported"),
            RowOutcome.added: N_("Added"),
            RowOutcome.refused: N_("Not accepted"),
        },
    ),
    EnumWords(
        JobProblem,
        "job_problem",
        {
            JobProblem.unreadable: N_("This file cannot be read. Save it as .xlsx."),
            JobProblem.too_long: N_("There are too many rows. Split the file."),
            JobProblem.columns_missing: N_("This is a different sheet. Columns are missing."),
            JobProblem.empty: N_("The sheet has no rows."),
            JobProblem.not_parsed: N_(
                "The file cannot be opened: it is damaged, or too much to open. Save it again or choose another file."
            ),
            JobProblem.not_permitted: N_("Your account may no longer do this."),
            JobProblem.broken: N_("Something went wrong. What was done before stays done, and you can continue."),
        },
    ),
)

CODES: Mapping[str, Mapping[str, str]] = {}
