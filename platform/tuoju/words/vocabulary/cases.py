"""Cases: warnings, the procedure, the visit and the decision."""

from collections.abc import Mapping

from tuoju.cases.clock import DueStatus
from tuoju.cases.inputs import Conclusion, Finding, Ownership, Safety, Structure
from tuoju.cases.models import AlertSource, AlertState, ClockStep, DismissalReason, OpenedBy, Opinion, RefusalReason
from tuoju.cases.policies import DayUnit, Scheme
from tuoju.cases.status import CaseState, CaseVerb
from tuoju.referrals.confirmations import HelpState
from tuoju.referrals.models import ComplaintCause
from tuoju.relief.models import Help, Recheck
from tuoju.reminders.sources import Matter
from tuoju.residents.models import ReportedTo, TextSource
from tuoju.words.enum_words import EnumWords
from tuoju.words.languages import N_

ENUMS = (
    EnumWords(
        CaseState,
        "case_state",
        {
            CaseState.recorded: N_("Case opened"),
            CaseState.investigating: N_("Being investigated"),
            CaseState.under_review: N_("Awaiting a decision"),
            CaseState.announced: N_("On public notice before the decision"),
            CaseState.approved: N_("Approved"),
            CaseState.refused: N_("Refused"),
            CaseState.relieved: N_("Relief complete"),
            CaseState.publicised: N_("On public notice"),
            CaseState.objected: N_("Objection raised"),
            CaseState.closed: N_("Closed"),
            CaseState.withdrawn: N_("Withdrawn"),
            CaseState.entered_in_error: N_("Entered in error"),
        },
    ),
    EnumWords(
        CaseVerb,
        "case_verb",
        {
            CaseVerb.investigate: N_("Investigation started"),
            CaseVerb.give_opinion: N_("Opinion given"),
            CaseVerb.return_back: N_("Sent back to be investigated again"),
            CaseVerb.announce: N_("Public notice posted before the decision"),
            CaseVerb.approve: N_("Approved"),
            CaseVerb.refuse: N_("Refused"),
            CaseVerb.complete_relief: N_("Relief complete"),
            CaseVerb.publicise: N_("Public notice posted"),
            CaseVerb.object: N_("Objection received"),
            CaseVerb.answer_objection: N_("Objection answered"),
            CaseVerb.answer_before_decision: N_("Objection answered before the decision"),
            CaseVerb.close: N_("Closed"),
            CaseVerb.withdraw: N_("Withdrawn"),
            CaseVerb.reopen: N_("Reopened"),
            CaseVerb.mark_in_error: N_("Entered in error"),
        },
    ),
    EnumWords(
        Scheme,
        "scheme",
        {
            Scheme.society_relief: N_("Mutual-aid society relief"),
            Scheme.small_urgent: N_("Small urgent relief"),
            Scheme.temporary_relief: N_("Temporary relief"),
            Scheme.low_income: N_("Minimum living allowance"),
            Scheme.charity_referral: N_("Referral to charity only"),
        },
    ),
    EnumWords(
        ClockStep,
        "clock_step",
        {
            ClockStep.opinion: N_("Visit and opinion"),
            ClockStep.relief: N_("Relief or report of the service need"),
            ClockStep.notice: N_("Post the public notice"),
            ClockStep.objection: N_("Answer the objection"),
        },
    ),
    EnumWords(
        Matter,
        "matter",
        {
            Matter.opinion: N_("Visit and opinion"),
            Matter.relief: N_("Relief or report of the service need"),
            Matter.notice: N_("Post the public notice"),
            Matter.objection: N_("Answer the objection"),
            Matter.alert: N_("Check the alert"),
            Matter.answer: N_("Answer the referral"),
            Matter.first_visit: N_("First visit by the charity"),
            Matter.summary: N_("Monthly summary"),
            Matter.complaint: N_("Answer the complaint"),
            Matter.consent: N_("Renew the consent"),
        },
    ),
    EnumWords(
        DueStatus,
        "due_status",
        {
            DueStatus.overdue: N_("Overdue"),
            DueStatus.due_today: N_("Due today"),
            DueStatus.due_next: N_("Due next working day"),
            DueStatus.later: N_("In time"),
        },
    ),
    EnumWords(
        DayUnit,
        "day_unit",
        {
            DayUnit.working_day: N_("working days"),
            DayUnit.calendar_day: N_("calendar days"),
        },
    ),
    EnumWords(
        OpenedBy,
        "opened_by",
        {
            OpenedBy.application: N_("Application"),
            OpenedBy.proactive_discovery: N_("Found by a visit or a hint"),
        },
    ),
    EnumWords(
        Opinion,
        "opinion",
        {
            Opinion.relieve: N_("Give relief"),
            Opinion.services_only: N_("Services only"),
            Opinion.refuse: N_("Refuse"),
        },
    ),
    EnumWords(
        RefusalReason,
        "refusal_reason",
        {
            RefusalReason.not_in_hardship: N_("Not in hardship as the policy defines it"),
            RefusalReason.helped_already: N_("Already helped for the same reason"),
            RefusalReason.other_scheme: N_("Another scheme applies"),
            RefusalReason.not_as_stated: N_("The facts differ from what was stated"),
            RefusalReason.other: N_("Another reason (explain it)"),
        },
    ),
    EnumWords(
        Help,
        "help",
        {
            Help.money: N_("Relief money"),
            Help.goods: N_("Goods"),
            Help.services: N_("A service"),
        },
    ),
    EnumWords(
        Recheck,
        "recheck",
        {
            Recheck.revisit: N_("A second visit"),
            Recheck.deliberation: N_("Discussion by the council"),
        },
    ),
    EnumWords(
        ReportedTo,
        "reported_to",
        {
            ReportedTo.police: N_("The police (110)"),
            ReportedTo.civil_affairs: N_("The civil affairs office"),
            ReportedTo.hotline: N_("A hotline (12345, 12355)"),
            ReportedTo.township: N_("The township, by this platform"),
        },
    ),
    EnumWords(
        ComplaintCause,
        "complaint_cause",
        {
            ComplaintCause.low_rating: N_("Dissatisfied"),
            ComplaintCause.not_solved: N_("The problem is not solved"),
            ComplaintCause.worrying_words: N_("The words may mean danger"),
        },
    ),
    EnumWords(
        HelpState,
        "help_state",
        {
            HelpState.confirmed: N_("Help confirmed"),
            HelpState.unconfirmed: N_("Help not confirmed yet"),
            HelpState.contested: N_("Complaint: does not count as help"),
        },
    ),
    EnumWords(
        TextSource,
        "text_source",
        {
            TextSource.report: N_("Reported by a person"),
            TextSource.need: N_("A case or a need"),
            TextSource.household_visit: N_("A household visit"),
            TextSource.service_visit: N_("A service visit"),
            TextSource.message: N_("A message about a referral"),
            TextSource.feedback: N_("Feedback from the resident"),
            TextSource.alert: N_("An alert"),
            TextSource.note: N_("A note or a reason"),
        },
    ),
    EnumWords(
        Finding,
        "finding",
        {
            Finding.none: N_("None"),
            Finding.mild: N_("Mild"),
            Finding.severe: N_("Severe"),
        },
    ),
    EnumWords(
        Ownership,
        "ownership",
        {
            Ownership.own: N_("Owned"),
            Ownership.rented: N_("Rented"),
            Ownership.public: N_("Public housing"),
            Ownership.borrowed: N_("Lent by others"),
            Ownership.none: N_("No home"),
        },
    ),
    EnumWords(
        Structure,
        "structure",
        {
            Structure.concrete: N_("Reinforced concrete"),
            Structure.brick_and_concrete: N_("Brick and concrete"),
            Structure.brick_and_wood: N_("Brick and wood"),
            Structure.earth_and_wood: N_("Earth and wood"),
            Structure.other: N_("Other"),
        },
    ),
    EnumWords(
        Safety,
        "safety",
        {
            Safety.a: N_("A: safe"),
            Safety.b: N_("B: mostly safe"),
            Safety.c: N_("C: partly dangerous"),
            Safety.d: N_("D: dangerous"),
            Safety.not_checked: N_("Not checked"),
        },
    ),
    EnumWords(
        Conclusion,
        "conclusion",
        {
            Conclusion.money: N_("Relief money"),
            Conclusion.goods: N_("Goods"),
            Conclusion.services: N_("A service"),
            Conclusion.referral: N_("Referral to a charity"),
            Conclusion.report_upward: N_("Report to a higher level"),
            Conclusion.no_need: N_("No need found"),
        },
    ),
    EnumWords(
        AlertState,
        "alert_state",
        {
            AlertState.open: N_("To check"),
            AlertState.verified: N_("Became a case"),
            AlertState.dismissed: N_("Dismissed"),
        },
    ),
    EnumWords(
        AlertSource,
        "alert_source",
        {
            AlertSource.medical_cost: N_("High medical costs (medical insurance)"),
            AlertSource.serious_illness: N_("Serious illness (health)"),
            AlertSource.disability: N_("New disability (disabled persons' federation)"),
            AlertSource.schooling: N_("Education costs (education)"),
            AlertSource.lost_work: N_("Unemployment (human resources)"),
            AlertSource.disaster: N_("Disaster or accident (emergency management)"),
            AlertSource.other_department: N_("Another department"),
            AlertSource.hotline: N_("Hotline"),
        },
    ),
    EnumWords(
        DismissalReason,
        "dismissal_reason",
        {
            DismissalReason.no_need: N_("Checked, no need"),
            DismissalReason.helped_already: N_("Already helped"),
            DismissalReason.passed_on: N_("Passed on to the department in charge"),
            DismissalReason.not_found: N_("Not found or moved away"),
            DismissalReason.duplicate: N_("Duplicate alert"),
            DismissalReason.other: N_("Other (explain it)"),
        },
    ),
)

CODES: Mapping[str, Mapping[str, str]] = {
    "need_domain_word": {
        "money": N_("Money"),
        "body": N_("Health"),
        "schooling": N_("Education"),
        "dwelling": N_("Housing"),
        "work": N_("Work"),
        "guardianship": N_("Guardianship"),
        "inclusion": N_("Social inclusion"),
    },
    "alone_item": {
        "eats": N_("Eating"),
        "dresses": N_("Dressing"),
        "gets_up": N_("Getting in and out of bed"),
        "toilets": N_("Using the toilet"),
        "walks": N_("Walking indoors"),
        "bathes": N_("Bathing"),
    },
}
