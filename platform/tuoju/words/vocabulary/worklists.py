"""What waits for a person: the headings of the start page."""

from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_
from tuoju.worklists.kinds import WorkKind

ENUMS = (
    EnumWords(
        WorkKind,
        "work_kind",
        {
            WorkKind.handle_alarm: N_("Reports of danger to follow up"),
            WorkKind.promised_visit: N_("Visits promised for today or earlier"),
            WorkKind.decide: N_("Cases awaiting your decision"),
            WorkKind.confirm_payment: N_("Payments awaiting your confirmation"),
            WorkKind.answer_referral: N_("Referrals awaiting your answer"),
            WorkKind.answer_complaint: N_("Complaints to answer"),
            WorkKind.answer_objection: N_("Objections to answer"),
            WorkKind.review_override: N_("Emergency referrals awaiting your review"),
            WorkKind.accept_summary: N_("Monthly summaries awaiting your acceptance"),
            WorkKind.investigate: N_("Homes to visit"),
            WorkKind.give_opinion: N_("Review opinions to give"),
            WorkKind.give_relief: N_("Relief to prepare or report"),
            WorkKind.post_notice: N_("Public notices to post"),
            WorkKind.close_case: N_("Cases to close"),
            WorkKind.check_alert: N_("Alerts to check"),
            WorkKind.first_visit: N_("First visits to make"),
            WorkKind.find_project: N_("Needs waiting for a project"),
            WorkKind.unanswered: N_("Referrals the charity has not answered"),
            WorkKind.late_visit: N_("First visits the charity has missed"),
            WorkKind.ask_feedback: N_("Residents to ask how the service was"),
            WorkKind.prepare_summary: N_("Monthly summary to count"),
            WorkKind.sign_summary: N_("Monthly summary awaiting your signature"),
            WorkKind.settle_duplicate: N_("Files that may be about one person"),
            WorkKind.decide_erasure: N_("Erasures awaiting your decision"),
            WorkKind.confirm_account: N_("Accounts awaiting your confirmation"),
            WorkKind.approve_plan: N_("Plans awaiting your approval"),
            WorkKind.confirm_call: N_("Calls awaiting your confirmation"),
            WorkKind.with_others: N_("Cases that others have to act on by the next working day"),
        },
    ),
)
