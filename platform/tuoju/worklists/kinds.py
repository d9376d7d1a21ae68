"""The kinds of work that wait for a person, and one thing of such a kind."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tuoju.cases.models import Alert, ClockStep
from tuoju.referrals.queries import ReferralRow


class WorkKind(StrEnum):
    """What waits, named by the step that is next. The order is that of the start page."""

    handle_alarm = "handle_alarm"
    promised_visit = "promised_visit"
    decide = "decide"
    confirm_payment = "confirm_payment"
    answer_referral = "answer_referral"
    answer_complaint = "answer_complaint"
    answer_objection = "answer_objection"
    review_override = "review_override"
    accept_summary = "accept_summary"
    investigate = "investigate"
    give_opinion = "give_opinion"
    give_relief = "give_relief"
    post_notice = "post_notice"
    check_alert = "check_alert"
    first_visit = "first_visit"
    find_project = "find_project"
    unanswered = "unanswered"
    late_visit = "late_visit"
    ask_feedback = "ask_feedback"
    close_case = "close_case"
    prepare_summary = "prepare_summary"
    sign_summary = "sign_summary"
    settle_duplicate = "settle_duplicate"
    decide_erasure = "decide_erasure"
    confirm_account = "confirm_account"
    approve_plan = "approve_plan"
    confirm_call = "confirm_call"
    with_others = "with_others"
    """Of cases: a step is overdue or due by the next working day, and somebody else has to take it."""


VISITS = frozenset({WorkKind.promised_visit, WorkKind.investigate})
"""Work at people's homes: listed village by village, with a way to call first."""


@dataclass(frozen=True)
class WorkItem:
    """One thing that waits, with its page."""

    kind: WorkKind
    link: str
    due_on: date | None = None
    """The last day for it; None where none is set."""
    provisional: bool = False
    """Whether the working days up to `due_on` are not all published."""
    region_code: str = ""
    resident_id: int | None = None
    """The person it is about, where the reader sees them as officers do."""
    referral: ReferralRow | None = None
    """Where it is about a referral: the reader sees as much of the person as its state allows."""
    alert: Alert | None = None
    category: str = ""
    """The service of the need, where there is one."""
    detail: str = ""
    """What else tells it apart and names nobody: a month, a number."""
    step: ClockStep | None = None
    """The step that somebody else has to take."""
